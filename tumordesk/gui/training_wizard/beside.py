"""Parts that fit their page: side by side where there is room; as high as what is shown."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QScrollArea, QSizePolicy, QStackedWidget, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label, tight

_LEAST_WORDS_W = 200
_BAND = 24
"""The scroll bar that comes with a taller page must not turn it back again."""


def words(text: str, role: str = "", tone: str = "", least: int = _LEAST_WORDS_W) -> QLabel:
    """A wrapping label that is never narrower than ``least``.

    Qt takes the lowest height of a page from the height of its words where they are narrowest.
    """
    made = label(text, role, tone, wrap=True)
    made.setMinimumWidth(least)
    return made


def reveal(part: QWidget) -> None:
    """Scroll the page so that ``part`` can be seen, once everything has its place."""

    def scroll() -> None:
        # What was shown or hidden a moment ago has its place only after these.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        above = part.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is not None and part.isVisible():
            above.ensureWidgetVisible(part)

    QTimer.singleShot(0, part, scroll)


class Beside(QWidget):
    """``first`` and ``second`` share the width by their stretches."""

    def __init__(
        self, first: QWidget, second: QWidget, stretch: int = 1, other_stretch: int = 1
    ) -> None:
        super().__init__()
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        tight(self._layout, tokens.SPACE_16)
        self._layout.addWidget(first, stretch)
        self._layout.addWidget(second, other_stretch)

    @property
    def stacked(self) -> bool:
        """True while one part is below the other."""
        return self._layout.direction() == QBoxLayout.Direction.TopToBottom

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn where the width asks for it."""
        super().resizeEvent(event)
        limit = tokens.NARROW_W + (_BAND if self.stacked else 0)
        narrow = event.size().width() < limit
        if narrow != self.stacked:
            way = QBoxLayout.Direction
            self._layout.setDirection(way.TopToBottom if narrow else way.LeftToRight)


class ViewStack(QStackedWidget):
    """One of several views; only the one that is shown asks for room."""

    def show_view(self, view: QWidget) -> None:
        """Show a view of this stack."""
        self.setCurrentWidget(view)
        for index in range(self.count()):
            one = self.widget(index)
            kind = QSizePolicy.Policy.Preferred if one is view else QSizePolicy.Policy.Ignored
            one.setSizePolicy(kind, kind)
