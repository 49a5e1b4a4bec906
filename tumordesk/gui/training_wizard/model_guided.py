"""Guided: how thorough, what to start from, how long it may take, which pictures these are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import clear, label, tight
from tumordesk.gui.training_wizard.controls import Choice, Whole
from tumordesk.gui.training_wizard.flow import FlowLayout
from tumordesk.gui.training_wizard.model_fields import SEQUENCES
from tumordesk.gui.training_wizard.option_tile import OptionTile
from tumordesk.gui.training_wizard.pages import scrolling
from tumordesk.gui.training_wizard.widgets import Card, Fact
from tumordesk.session.model_choices import LEVELS, StartPoint

_LONGEST = 7 * 24 * 60
_SEQUENCE = "Stands on the model's card: the viewer offers the model for series of this kind."
_TOLD = "By the names or headers of your scans."
OWN = "Numbers chosen in Expert are in use. Any choice here puts simple ones in their place."


class GuidedChoices(QWidget):
    """Signals carry what a person chose: level name, weights, minutes, sequence."""

    level_chosen = Signal(str)
    start_chosen = Signal(str)
    minutes_chosen = Signal(int)
    sequence_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.tiles: dict[str, OptionTile] = {}
        self.starts: dict[str, QRadioButton] = {}
        self.known: dict[str, QLabel] = {}
        self.notes: dict[QWidget, QLabel] = {}
        self.sequence = Choice(SEQUENCES)
        self.minutes = Whole(1, _LONGEST, step=5, unit="minutes")
        self.summary = label("", "secondary", wrap=True)
        self._facts = FlowLayout(spacing=tokens.SPACE_24)
        self.own = label(OWN, "", "warning", wrap=True)
        self._group = QButtonGroup(self)
        self._start_group = QButtonGroup(self)
        self._start_card = Card("What it starts from")
        self._start_column = tight(QVBoxLayout(), tokens.SPACE_4)
        self._points: tuple[StartPoint, ...] = ()
        self._build()
        self.sequence.edited.connect(lambda: self.sequence_chosen.emit(self.sequence.value()))
        self.minutes.edited.connect(lambda: self.minutes_chosen.emit(self.minutes.value()))

    def _build(self) -> None:
        inner = QWidget()
        column = tight(QVBoxLayout(inner), tokens.SPACE_16)
        column.addWidget(self.own)
        column.addLayout(self._tiles())
        self._start_card.column.addLayout(self._start_column)
        row = tight(QHBoxLayout(), tokens.SPACE_16)
        row.addWidget(self._start_card, 5)
        row.addWidget(self._pictures_card(), 4)
        column.addLayout(row)
        outcome = Card("What will be trained")
        outcome.column.addLayout(self._facts)
        outcome.column.addWidget(self.summary)
        column.addWidget(outcome)
        column.addStretch(1)
        tight(QVBoxLayout(self)).addWidget(scrolling(inner))

    def _tiles(self) -> QBoxLayout:
        row = tight(QHBoxLayout(), tokens.SPACE_16)
        for level in LEVELS:
            figure = f"{time_words(level.minutes)}, {level.epochs} epochs"
            tile = OptionTile(level.title, level.text, figure)
            tile.clicked.connect(lambda _=False, name=level.name: self.level_chosen.emit(name))
            self._group.addButton(tile)
            self.tiles[level.name] = tile
            row.addWidget(tile, 1)
        return row

    def _pictures_card(self) -> Card:
        card = Card("Your pictures and your time")
        for caption, control, text in (
            ("Se&quence", self.sequence, _SEQUENCE),
            ("At &most", self.minutes, "The training comes to its end in this time; the best "
             "version is kept."),
        ):  # fmt: skip
            key = QLabel(caption)
            key.setBuddy(control)
            control.setAccessibleName(caption.replace("&", ""))
            control.setAccessibleDescription(text)
            words = label(text, "small", wrap=True)
            words.setContentsMargins(0, 0, 0, tokens.SPACE_8)
            for widget in (key, control, words):
                card.column.addWidget(widget)
            self.notes[control] = words
        card.column.addStretch(1)
        return card

    def show_source(self, *, told: bool) -> None:
        """Say where the sequence comes from: ``told`` by the scans themselves, or chosen."""
        self.notes[self.sequence].setText(f"{_TOLD} {_SEQUENCE}" if told else _SEQUENCE)

    # Showing -------------------------------------------------------------------------------

    def show_starts(self, points: Sequence[StartPoint]) -> None:
        """Offer these starts."""
        if tuple(points) == self._points:
            return
        self._points = tuple(points)
        for button in self.starts.values():
            self._start_group.removeButton(button)
        clear(self._start_column)
        self.starts, self.known = {}, {}
        for point in points:
            button = QRadioButton(point.title)
            weights = point.weights
            button.clicked.connect(lambda _=False, name=weights: self.start_chosen.emit(name))
            self._start_group.addButton(button)
            self.starts[weights] = button
            self._start_column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            note = label(point.text, "small", wrap=True)
            known = self.known[weights] = label("", "small", "warning", wrap=True)
            known.hide()
            for words in (note, known):
                words.setContentsMargins(tokens.SPACE_24, 0, 0, tokens.SPACE_4)
                self._start_column.addWidget(words)
        self._start_column.addStretch(1)
        self._order_by_tab()

    def show_known(self, words: Mapping[str, str]) -> None:
        """Say below a start what speaks against it."""
        for weights, known in self.known.items():
            text = words.get(weights, "")
            known.setText(text)
            known.setVisible(bool(text))
            self.starts[weights].setAccessibleDescription(text)

    def _order_by_tab(self) -> None:
        """Starts are made last, but stand before the pictures and the time."""
        chain = [*self.tiles.values(), *self.starts.values(), self.sequence, self.minutes]
        for first, second in pairwise(chain):
            QWidget.setTabOrder(first, second)

    def show_outcome(self, facts: Sequence[tuple[str, str]], summary: str) -> None:
        """Show (number, what it counts), and a sentence."""
        clear(self._facts)
        for value, caption in facts:
            self._facts.addWidget(Fact(value, caption))
        self.summary.setText(summary)

    def show_plan(self, level: str, start: str, minutes: int, sequence: str, *, own: bool) -> None:
        """Show what is chosen; with ``own`` numbers no simple choice is marked."""
        self.own.setVisible(own)
        for group, buttons, name in (
            (self._group, self.tiles, level),
            (self._start_group, self.starts, start),
        ):
            group.setExclusive(False)
            for key, button in buttons.items():
                button.setChecked(key == name and not own)
            group.setExclusive(True)
        self.minutes.set_value(minutes)
        self.sequence.set_value(sequence)


def time_words(minutes: int) -> str:
    """15 minutes, 1 hour, 4 hours."""
    if minutes < 60 or minutes % 60:
        return f"{minutes} minutes"
    hours = minutes // 60
    return "1 hour" if hours == 1 else f"{hours} hours"
