"""Draws what stands still on the screen: corner texts, edge letters, messages, borders."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from tumordesk.gui import tokens
from tumordesk.gui.viewer.texts import Corners

MARGIN = tokens.SPACE_8
_GAP = tokens.SPACE_24


def view_font(base: QFont, pixels: int = tokens.VIEW_FONT, *, strong: bool = False) -> QFont:
    """The font of texts on the picture, with figures of equal width."""
    font = QFont(base)
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def alpha(colour: str, share: float) -> QColor:
    """A colour of the tokens, partly transparent."""
    found = QColor(colour)
    found.setAlphaF(share)
    return found


def draw_text(
    painter: QPainter, box: QRectF, flags: Qt.AlignmentFlag, text: str, colour: QColor
) -> None:
    """A line of text with its one-pixel shadow."""
    shadow = box.translated(tokens.VIEW_TEXT_SHADOW_PX, tokens.VIEW_TEXT_SHADOW_PX)
    painter.setPen(QColor(tokens.VIEW_TEXT_SHADOW))
    painter.drawText(shadow, flags, text)
    painter.setPen(colour)
    painter.drawText(box, flags, text)


def draw_corners(painter: QPainter, area: QRect, font: QFont, texts: Corners) -> None:
    """All corner texts; elided and, in a low view, cut rather than overlapping."""
    metrics = QFontMetricsF(font)
    line = metrics.lineSpacing()
    room = max(int((area.height() / 2 - MARGIN - line) // line), 1)
    width = (area.width() - 2 * MARGIN - _GAP) / 2
    white = alpha(tokens.VIEW_TEXT, tokens.VIEW_TEXT_ALPHA)
    painter.setFont(font)
    notes = [(text, QColor(tokens.VIEW_WARNING)) for text in texts.notes]
    columns = (
        ([(t, white) for t in texts.top_left][:room], True, True),
        ([(t, white) for t in texts.top_right][-room:], False, True),
        ([*notes, *((t, white) for t in texts.bottom_left)][:room], True, False),
        ([(t, white) for t in texts.bottom_right][-room:], False, False),
    )
    for lines, left, top in columns:
        x = MARGIN if left else area.width() - MARGIN - width
        y = MARGIN if top else area.height() - MARGIN - line * len(lines)
        align = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        for text, colour in lines:
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            flags = align | Qt.AlignmentFlag.AlignVCenter
            draw_text(painter, QRectF(x, y, width, line), flags, shown, colour)
            y += line


def draw_letters(
    painter: QPainter, area: QRect, base: QFont, letters: tuple[str, str, str, str]
) -> None:
    """Letters at the middle of the (left, right, top, bottom) edges."""
    font = view_font(base, tokens.FONT_LARGE, strong=True)
    painter.setFont(font)
    side = QFontMetricsF(font).height()
    width, height = float(area.width()), float(area.height())
    middle_x, middle_y = (width - side) / 2, (height - side) / 2
    places = (
        (MARGIN, middle_y, Qt.AlignmentFlag.AlignLeft),
        (width - MARGIN - side, middle_y, Qt.AlignmentFlag.AlignRight),
        (middle_x, MARGIN, Qt.AlignmentFlag.AlignHCenter),
        (middle_x, height - MARGIN - side, Qt.AlignmentFlag.AlignHCenter),
    )
    white = alpha(tokens.VIEW_TEXT, tokens.VIEW_TEXT_ALPHA)
    for letter, (x, y, align) in zip(letters, places, strict=True):
        flags = align | Qt.AlignmentFlag.AlignVCenter
        draw_text(painter, QRectF(x, y, side, side), flags, letter, white)


def draw_message(painter: QPainter, area: QRect, base: QFont, lines: Sequence[str]) -> None:
    """A quiet message in the middle: the first line says what, the rest why or what next."""
    box = QRectF(area).adjusted(_GAP, 0, -_GAP, 0)
    wrap = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    fonts = [view_font(base, tokens.FONT_BASE, strong=len(lines) > 1 and not i) for i in range(9)]
    heights = [
        QFontMetricsF(font).boundingRect(box, int(wrap), text).height() + tokens.SPACE_4
        for font, text in zip(fonts, lines, strict=False)
    ]
    y = box.center().y() - sum(heights) / 2
    for font, text, height in zip(fonts, lines, heights, strict=False):
        painter.setFont(font)
        painter.setPen(QColor(tokens.VIEW_EMPTY_TEXT))
        painter.drawText(QRectF(box.left(), y, box.width(), height), int(wrap), text)
        y += height


def draw_border(painter: QPainter, area: QRect, active: bool) -> None:
    """A thin line around a view, in the accent colour where the keys go."""
    colour = tokens.VIEW_BORDER_ACTIVE if active else tokens.VIEW_BORDER
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(QColor(colour), tokens.LINE_PX))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area.adjusted(0, 0, -1, -1))


def draw_crosshair(painter: QPainter, area: QRect, at: QPointF) -> None:
    """Two thin lines through a point, open around it so that they hide nothing.

    Lines are whole pixels of the screen, so that both are equally thin at any scale.
    """
    ratio = painter.device().devicePixelRatio()
    thick = max(round(tokens.CROSSHAIR_PX * ratio), 1) / ratio
    x, y = round(at.x() * ratio) / ratio, round(at.y() * ratio) / ratio
    open_ = float(tokens.SPACE_12)
    right, bottom = float(area.width()), float(area.height())
    colour = alpha(tokens.VIEW_CROSSHAIR, tokens.VIEW_CROSSHAIR_ALPHA)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for start, end in ((0.0, x - open_), (x + open_, right)):
        painter.fillRect(QRectF(start, y, max(end - start, 0.0), thick), colour)
    for start, end in ((0.0, y - open_), (y + open_, bottom)):
        painter.fillRect(QRectF(x, start, thick, max(end - start, 0.0)), colour)


def draw_measure(
    painter: QPainter,
    start: QPointF,
    end: QPointF,
    label: str,
    font: QFont,
    colour: QColor,
    handles: bool = False,
    taken: list[QRectF] | None = None,
) -> None:
    """A measured line with a dark rim, ticks at its ends and its label beside it.

    ``taken``: places of labels drawn before, which this one keeps clear of and adds its own to.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    along = end - start
    length = max((along.x() ** 2 + along.y() ** 2) ** 0.5, 1e-6)
    tick = QPointF(-along.y(), along.x()) / length * (tokens.SPACE_4 + 1)
    pieces = [(start, end), (start - tick, start + tick), (end - tick, end + tick)]
    rim = alpha(tokens.VIEW_TEXT_SHADOW, 0.6)
    for pen in (QPen(rim, tokens.MEASURE_PX + 2), QPen(colour, tokens.MEASURE_PX)):
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        for first, second in pieces:
            painter.drawLine(first, second)
    if handles:
        painter.setBrush(colour)
        for point in (start, end):
            painter.drawEllipse(point, tokens.HANDLE_PX / 2, tokens.HANDLE_PX / 2)
    if label:
        _label_beside(painter, start, end, label, font, colour, taken if taken is not None else [])


def _label_beside(
    painter: QPainter,
    start: QPointF,
    end: QPointF,
    label: str,
    font: QFont,
    colour: QColor,
    taken: list[QRectF],
) -> None:
    metrics = QFontMetricsF(font)
    size = metrics.size(0, label)
    tip = end if end.x() >= start.x() else start
    box = QRectF(tip.x() + tokens.SPACE_8, tip.y() - size.height() / 2, size.width() + 1, 0)
    box.setHeight(size.height())
    for _ in taken:
        below = [other.bottom() for other in taken if other.intersects(box)]
        if not below:
            break
        box.moveTop(max(below))
    taken.append(box)
    painter.setFont(font)
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    draw_text(painter, box, flags, label, colour)
