"""A form of many sections below each other, with a row of words above that lead to them.

What is looked at stays where it is when something above it grows (pictures that arrive later).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import tight
from tumordesk.gui.training_wizard.form import FormSection, Row
from tumordesk.gui.training_wizard.pages import scrolling
from tumordesk.gui.training_wizard.pieces import Pieces

Maker = Callable[[QWidget], FormSection]


class SectionedForm(QWidget):
    """The sections are made one after the other while the window goes on, and shown when filled.

    Whoever asks for :attr:`sections`, :attr:`rows` or :attr:`jumps` gets the whole form at once.
    Sub-classes call :meth:`build`, fill the rows in :meth:`made`, and get a changed row's path in
    :meth:`row_edited`.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._sections: dict[str, FormSection] = {}
        self._rows: dict[str, Row] = {}
        self._jumps: dict[str, QPushButton] = {}
        self._left_out: frozenset[str] = frozenset()
        self._shown: set[str] = set()
        self._whole = False
        self._held: tuple[str, int] | None = None
        self._holding = False
        self._pieces = Pieces(self)
        self._area = scrolling(QWidget(), self)
        self._column = tight(QVBoxLayout(self._area.widget()), tokens.SPACE_16)
        self._column.addStretch(1)
        self._bar = tight(QHBoxLayout())
        outer = tight(QVBoxLayout(self), tokens.SPACE_8)
        outer.addLayout(self._bar)
        outer.addWidget(self._area, 1)
        # The width must not change when the first sections are there and the next ones come.
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._area.verticalScrollBar().valueChanged.connect(self._scrolled)
        self._area.verticalScrollBar().rangeChanged.connect(self._hold)

    # Making --------------------------------------------------------------------------------

    def build(self, makers: dict[str, Maker]) -> None:
        """Begin to make these sections, by the words that lead to them."""
        for name, maker in makers.items():
            self._bar.addWidget(self._jump(name))
            self._pieces.add(partial(self._add, name, maker))
        self._bar.addStretch(1)
        self._pieces.add(self._all_made)

    def _jump(self, name: str) -> QPushButton:
        button = QPushButton(name)
        button.setProperty("role", "jump")
        button.setCheckable(True)
        button.clicked.connect(lambda: self.show_section(name))
        self._jumps[name] = button
        return button

    def _add(self, name: str, maker: Maker) -> None:
        section = maker(self._area.widget())
        section.hide()
        section.edited.connect(self.row_edited)
        section.installEventFilter(self)
        self._sections[name] = section
        self._rows |= section.rows
        self._column.insertWidget(self._column.count() - 1, section)
        self._jumps[name].setToolTip(f"Go to: {section.title}")

    def _all_made(self) -> None:
        self._whole = True
        self.made()
        self._pieces.add(*(partial(self._show, name) for name in self._sections))

    def _show(self, name: str) -> None:
        self._shown.add(name)
        self._sections[name].setVisible(name not in self._left_out)

    def made(self) -> None:
        """Every section is there, none is seen yet."""

    def row_edited(self, path: str) -> None:
        """A person changed a row."""

    # Parts ---------------------------------------------------------------------------------

    @property
    def sections(self) -> dict[str, FormSection]:
        """The sections by the words that lead to them."""
        self._finish()
        return self._sections

    @property
    def rows(self) -> dict[str, Row]:
        """The rows of all sections by path."""
        self._finish()
        return self._rows

    @property
    def jumps(self) -> dict[str, QPushButton]:
        """The buttons that lead to the sections."""
        self._finish()
        return self._jumps

    def _finish(self) -> None:
        """Make what is left, and give all of it its place."""
        if self._pieces.busy:
            self._pieces.finish()
            self._settle()

    def _settle(self) -> None:
        """Give everything the place that it has asked for."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)

    # Showing -------------------------------------------------------------------------------

    def leave_out(self, *names: str) -> None:
        """Show all sections but these."""
        self._left_out = frozenset(names)
        for name, button in self._jumps.items():
            button.setVisible(name not in names)
        for name in self._shown:
            self._show(name)

    def show_section(self, name: str) -> None:
        """Scroll to a section, and put the keyboard there."""
        section = self.sections[name]
        inner = self._area.widget()
        self._settle()
        self._held = (name, 0)
        self._hold()
        first = next(
            (r.control for r in section.rows.values() if r.control.isVisibleTo(inner)), None
        )
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _scrolled(self) -> None:
        """Another place is looked at: remember it by the section at the top."""
        bar = self._area.verticalScrollBar()
        if not self._holding:
            above = [name for name in self._seen() if self._sections[name].y() <= bar.value()]
            self._held = (above[-1], bar.value() - self._top(above[-1])) if above else None
        self._mark_section()

    def _hold(self) -> None:
        """Look at the same place as before, wherever it is now."""
        if self._held is not None and self._held[0] in self._seen():
            name, below = self._held
            self._holding = True
            self._area.verticalScrollBar().setValue(self._top(name) + below)
            self._holding = False
        self._mark_section()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The section that is looked at was moved by what is above it."""
        held = self._sections.get(self._held[0]) if self._held is not None else None
        if event.type() == QEvent.Type.Move and watched is held:
            self._hold()
        return super().eventFilter(watched, event)

    def _top(self, name: str) -> int:
        return self._sections[name].mapTo(self._area.widget(), QPoint(0, 0)).y()

    def _seen(self) -> list[str]:
        inner = self._area.widget()
        return [name for name, s in self._sections.items() if s.isVisibleTo(inner)]

    def _mark_section(self) -> None:
        """Mark the section at the top; at the very end, the last one."""
        bar, shown = self._area.verticalScrollBar(), self._seen()
        above = [n for n in shown if self._sections[n].y() <= bar.value() + tokens.SPACE_32]
        at_end = bar.value() == bar.maximum() > 0
        current = shown[-1] if at_end else above[-1] if above else ""
        for name, button in self._jumps.items():
            button.setChecked(name == current)
