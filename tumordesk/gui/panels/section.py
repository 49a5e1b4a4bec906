"""A part of a side panel under a heading that folds away."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import IconLabel, label, tight


class SectionHeading(QPushButton):
    """The heading: icon, title, chevron. One click or Space folds."""

    def __init__(self, title: str, icon: str) -> None:
        super().__init__()
        self.setProperty("role", "row")
        self.setAccessibleName(title)
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, 0)
        row.setSpacing(tokens.SPACE_8)
        words = label(title.upper(), "heading")
        words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._chevron = IconLabel("chevron-down")
        row.addWidget(IconLabel(icon))
        row.addWidget(words)
        row.addStretch(1)
        row.addWidget(self._chevron)
        self.setFixedHeight(tokens.BUTTON_H)

    def sizeHint(self) -> QSize:
        """Room for what it holds."""
        return QSize(self.layout().sizeHint().width(), tokens.BUTTON_H)

    def minimumSizeHint(self) -> QSize:
        """As wide as its words."""
        return QSize(self.layout().minimumSize().width(), tokens.BUTTON_H)

    def show_collapsed(self, collapsed: bool) -> None:
        """Turn the chevron and say what a click does."""
        self._chevron.set_icon("chevron-right" if collapsed else "chevron-down")
        self.setToolTip("Show" if collapsed else "Hide")


class Section(QFrame):
    """``body`` under a heading. ``collapsed`` can be kept and given back at the next start."""

    collapsed_changed = Signal(bool)

    def __init__(self, title: str, icon: str, body: QWidget) -> None:
        super().__init__()
        self.setObjectName("section")
        self.heading = SectionHeading(title, icon)
        self.body = body
        self._collapsed = False
        column = QVBoxLayout(self)
        tight(column)
        column.setContentsMargins(tokens.SPACE_4, tokens.SPACE_4, tokens.SPACE_4, tokens.SPACE_8)
        column.addWidget(self.heading)
        column.addWidget(body, 1)
        self.heading.clicked.connect(lambda: self.set_collapsed(not self._collapsed))
        self.heading.show_collapsed(False)

    @property
    def collapsed(self) -> bool:
        """True while only the heading is shown."""
        return self._collapsed

    def set_collapsed(self, collapsed: bool) -> None:
        """Fold or unfold; says so once if it changed."""
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        self.body.setVisible(not collapsed)
        self.heading.show_collapsed(collapsed)
        self.collapsed_changed.emit(collapsed)
