"""The colour scale of the activation map, in the corner of the picture."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QLinearGradient, QPainter

from tumordesk.gui import tokens
from tumordesk.gui.viewer.hud import MARGIN, alpha, draw_text
from tumordesk.imaging.heat import CLEAR_BELOW, heat_colours

_STOPS = 9
_WIDTH = 8 * tokens.SPACE_12
_HEIGHT = tokens.SPACE_8


def scale_box(area: QRect, font: QFont, lines: int) -> QRectF:
    """Where the coloured strip lies: above ``lines`` lines of text at the bottom left."""
    metrics = QFontMetricsF(font)
    line = metrics.lineSpacing()
    left = MARGIN + metrics.horizontalAdvance("low") + tokens.SPACE_8
    top = area.height() - MARGIN - line * (lines + 1) + (line - _HEIGHT) / 2
    return QRectF(left, top, _WIDTH, _HEIGHT)


def draw_scale(painter: QPainter, area: QRect, font: QFont, lines: int) -> None:
    """'low', the colours of the map, 'high'. Left out where the view is too small for it."""
    box = scale_box(area, font, lines)
    metrics = QFontMetricsF(font)
    right = box.right() + tokens.SPACE_8 + metrics.horizontalAdvance("high")
    if right > area.width() / 2 or box.top() < area.height() / 2:
        return
    gradient = QLinearGradient(box.topLeft(), box.topRight())
    for step, colour in enumerate(heat_colours(np.linspace(CLEAR_BELOW, 1.0, _STOPS))):
        gradient.setColorAt(step / (_STOPS - 1), QColor(*(int(part) for part in colour)))
    painter.fillRect(box, gradient)
    painter.setFont(font)
    white = alpha(tokens.VIEW_TEXT, tokens.VIEW_TEXT_ALPHA)
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    height = metrics.lineSpacing()
    for text, x in (("low", float(MARGIN)), ("high", box.right() + tokens.SPACE_8)):
        place = QPointF(x, box.center().y() - height / 2)
        row = QRectF(place.x(), place.y(), metrics.horizontalAdvance(text) + 1, height)
        draw_text(painter, row, flags, text, white)
