"""A part of a side panel under a heading that folds away."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import IconLabel, label, tight
from tumordesk.gui.panels.rows import RowButton


class SectionHeading(RowButton):
    """The heading: icon, title, chevron. One click or Space folds."""

    def __init__(self, title: str, icon: str) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self._chevron = IconLabel("chevron-down")
        self.add(IconLabel(icon))
        self.add(label(title.upper(), "heading"))
        self.row.addStretch(1)
        self.add(self._chevron)

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
