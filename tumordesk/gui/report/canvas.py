"""Text, boxes and pictures on paper, in points, whatever the resolution behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPaintDevice,
    QPainter,
    QPainterPath,
    QTextLayout,
    QTextOption,
)

from tumordesk.gui import theme, tokens

LINE_HEIGHT = 1.32
RIGHT = Qt.AlignmentFlag.AlignRight
LEFT = Qt.AlignmentFlag.AlignLeft
CENTER = Qt.AlignmentFlag.AlignHCenter
INK = tokens.LIGHT.text
QUIET = tokens.LIGHT.text_secondary


@dataclass(frozen=True)
class Style:
    """Size in points, weight 400..600, colour '#RRGGBB'."""

    size: float
    weight: int = tokens.WEIGHT_NORMAL
    colour: str = INK


TITLE = Style(21, tokens.WEIGHT_STRONG)
HEADING = Style(11.5, tokens.WEIGHT_STRONG)
FIGURE = Style(19, tokens.WEIGHT_STRONG)
BODY = Style(9.5)
STRONG = Style(9.5, tokens.WEIGHT_STRONG)
SMALL = Style(8.2, colour=QUIET)
SMALL_INK = Style(8.2)
LABEL = Style(7.6, tokens.WEIGHT_MEDIUM, QUIET)


class Canvas:
    """Draws with ``painter`` on ``device``; all lengths in points, ``scale`` pixels each."""

    def __init__(self, painter: QPainter, device: QPaintDevice, scale: float) -> None:
        self.painter = painter
        self._device = device
        self._scale = scale
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)

    def text(
        self,
        x: float,
        y: float,
        width: float,
        text: str,
        style: Style,
        align: Qt.AlignmentFlag = LEFT,
    ) -> float:
        """Draw wrapped text with its top left at (x, y); returns its height."""
        layout, height = self._laid_out(text, style, width, align)
        self.painter.setPen(QColor(style.colour))
        layout.draw(self.painter, QPointF(x * self._scale, y * self._scale))
        return height

    def height_of(self, text: str, style: Style, width: float) -> float:
        """Height that wrapped text needs."""
        return self._laid_out(text, style, width, LEFT)[1]

    def width_of(self, text: str, style: Style) -> float:
        """Width of text on one line."""
        return QFontMetricsF(self._font(style), self._device).horizontalAdvance(text) / self._scale

    def elided(self, text: str, style: Style, width: float) -> str:
        """``text``, or as much of it as has room on one line, and '…'."""
        metrics = QFontMetricsF(self._font(style), self._device)
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width * self._scale)

    def _font(self, style: Style) -> QFont:
        font = QFont(theme.base_font())
        font.setPixelSize(max(1, round(style.size * self._scale)))
        font.setWeight(QFont.Weight(style.weight))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    def _laid_out(
        self, text: str, style: Style, width: float, align: Qt.AlignmentFlag
    ) -> tuple[QTextLayout, float]:
        # A line break within a text is one; text layouts know only their own sign for it.
        layout = QTextLayout(text.replace("\n", "\u2028"), self._font(style), self._device)
        option = QTextOption(align)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        step, y = style.size * LINE_HEIGHT * self._scale, 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width * self._scale)
            # Every line is as high as the style says, also where a fallback font is taller.
            line.setPosition(QPointF(0.0, y + (step - line.height()) / 2.0))
            y += step
        layout.endLayout()
        return layout, y / self._scale

    def box(
        self, x: float, y: float, width: float, height: float, fill: str, radius: float = 4.0
    ) -> None:
        """A filled box, with round corners where ``radius`` says so."""
        if not radius:
            self.painter.fillRect(self._rect(x, y, width, height).toAlignedRect(), QColor(fill))
            return
        path = QPainterPath()
        radius *= self._scale
        path.addRoundedRect(self._rect(x, y, width, height), radius, radius)
        self.painter.fillPath(path, QColor(fill))

    def line(self, x: float, y: float, width: float, colour: str, thick: float = 0.6) -> None:
        """A rule from left to right."""
        self.painter.fillRect(self._rect(x, y, width, thick), QColor(colour))

    def picture(
        self, x: float, y: float, width: float, height: float, rgb: npt.NDArray[np.uint8]
    ) -> None:
        """A picture, fitted into the box."""
        rows, columns = rgb.shape[:2]
        plain = np.ascontiguousarray(rgb)
        image = QImage(plain.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()
        scale = min(width / columns, height / rows)
        size = (columns * scale, rows * scale)
        left, top = x + (width - size[0]) / 2, y + (height - size[1]) / 2
        self.painter.drawImage(self._rect(left, top, *size).toAlignedRect(), image)

    def _rect(self, x: float, y: float, width: float, height: float) -> QRectF:
        k = self._scale
        return QRectF(x * k, y * k, width * k, height * k)
