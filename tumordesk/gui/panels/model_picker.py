"""The model list at the top: automatic, or one model; and what each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.icons import icon

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry, Problem

_WIDTH = 210


_GROUPS = (("bundled", "With TumorDesk"), ("site", "Of this machine"), ("user", "Yours"))


def _together(entry: ModelEntry) -> str:
    """What a model reads that reads several sequences; empty for the others."""
    spec = entry.card.input
    return f": reads {spec.sequences_shown} of one examination" if spec.sequences else ""


class ModelPicker(QToolButton):
    """Shows what a run would use; the menu changes it and opens the cards."""

    model_chosen = Signal(str)
    card_requested = Signal(str)
    add_requested = Signal()
    """A model folder is to be added."""
    add_file_requested = Signal()
    """A model in one file (.tdmodel) is to be added."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "picker")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIcon(icon("model"))
        self.setIconSize(QSize(tokens.ICON_SMALL, tokens.ICON_SMALL))
        self.setFixedWidth(_WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._group = QActionGroup(self)
        self._entries: tuple[ModelEntry, ...] = ()
        self._problems: tuple[Problem, ...] = ()
        self._choice, self._effective = "", ""
        self.set_choice("", "")

    def set_entries(self, entries: Sequence[ModelEntry], problems: Sequence[Problem]) -> None:
        """List these models; refused ones are named with the reason."""
        self._entries, self._problems = tuple(entries), tuple(problems)
        self._rebuild()

    def set_choice(self, model_id: str, effective: str) -> None:
        """``model_id``: what the person picked, empty for automatic; ``effective``: what runs."""
        self._choice, self._effective = model_id, effective
        shown = effective or model_id or "Automatic"
        metrics = self.fontMetrics()
        room = _WIDTH - tokens.ICON_SMALL - 3 * tokens.SPACE_12
        self.setText(metrics.elidedText(shown, Qt.TextElideMode.ElideRight, room))
        how = "chosen by you" if model_id else "chosen by the kind of series"
        told = next((_together(e) for e in self._entries if e.card.id == model_id), "")
        self.setToolTip(f"Model: {shown} ({how}){told}" if effective else "Model")
        self.setAccessibleName(f"Model: {shown}")
        self._rebuild()

    def _rebuild(self) -> None:
        self._menu.clear()
        for action in self._group.actions():
            self._group.removeAction(action)
            action.deleteLater()
        self._add_choice("Automatic", "", "The model that suits the series")
        for origin, title in _GROUPS:
            listed = [entry for entry in self._entries if entry.origin == origin]
            if listed:
                self._menu.addSection(title)
            for entry in listed:
                text = f"{entry.card.name} ({entry.card.id})"
                self._add_choice(text, entry.card.id, f"{text}{_together(entry)}")
        self._menu.addSeparator()
        self._add_cards()
        add = self._menu.addAction(icon("folder"), "Add a model folder…")
        add.triggered.connect(self.add_requested)
        file = self._menu.addAction(icon("file"), "Add a model file…")
        file.triggered.connect(self.add_file_requested)
        for problem in self._problems:
            refused = self._menu.addAction(icon("warning"), f"{problem.folder.name} was refused")
            refused.setEnabled(False)
            refused.setToolTip(problem.reason)
        self._menu.setToolTipsVisible(True)

    def _add_choice(self, text: str, model_id: str, tip: str) -> None:
        action = QAction(text, self._group)
        action.setCheckable(True)
        action.setChecked(model_id == self._choice)
        action.setToolTip(tip or text)
        action.setData(model_id)
        action.triggered.connect(lambda _=False: self.model_chosen.emit(model_id))
        self._menu.addAction(action)

    def _add_cards(self) -> None:
        if not self._entries:
            return
        cards = self._menu.addMenu(icon("info"), "About the models")
        for entry in self._entries:
            action = cards.addAction(f"{entry.card.name} {entry.card.version}…")
            action.triggered.connect(
                lambda _=False, chosen=entry.card.id: self.card_requested.emit(chosen)
            )
