"""What is shown while files are dragged over the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from tumordesk.gui import theme, tokens
from tumordesk.gui.viewer.guard import never_raises


class DropOverlay(QWidget):
    """Lies over the whole window; takes no events itself."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def cover(self) -> None:
        """Show over all of the parent."""
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        self.raise_()
        self.show()

    @never_raises
    def paintEvent(self, event: QPaintEvent) -> None:
        """A veil, a frame, and what will happen."""
        colours = theme.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour(colours.window, 0.85))
        margin = tokens.SPACE_24
        frame = self.rect().adjusted(margin, margin, -margin, -margin)
        painter.setPen(QPen(theme.colour(colours.accent), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(frame, 10, 10)
        painter.setPen(theme.colour(colours.text))
        painter.setFont(theme.base_font(tokens.FONT_TITLE, tokens.WEIGHT_STRONG))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, "Drop to open")
        painter.end()
