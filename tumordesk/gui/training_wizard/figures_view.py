"""Headline figures with their confidence intervals, and beside them what they are worth."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.evaluation import Evaluation
from tumordesk.gui import tokens
from tumordesk.gui.panels.numbers import Quantity
from tumordesk.gui.panels.parts import ElidedLabel, IconLabel, clear, tight
from tumordesk.gui.panels.rows import amount
from tumordesk.gui.training_wizard.beside import words
from tumordesk.session.results import Figure, headline

_CARD_W = 124
"""Room for the longest interval."""
_LEAST_W = tokens.DIALOG_W - 4 * tokens.SPACE_32


class FigureCard(QFrame):
    """One figure: its name, the number, the interval."""

    def __init__(self, figure: Figure) -> None:
        super().__init__()
        self.setObjectName("card")
        between = f"\n95 % interval: {figure.range_text}" if figure.range_text else ""
        self.setToolTip(figure.tip + between)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.SPACE_12, tokens.SPACE_8, tokens.SPACE_8, tokens.SPACE_8)
        column.setSpacing(0)
        column.addWidget(ElidedLabel(figure.name, "small"))
        column.addWidget(amount(Quantity(figure.value, figure.unit), "number"))
        text = figure.range_text or "no interval"
        self.range = ElidedLabel(text, "small")
        column.addWidget(self.range)
        spoken = f"{figure.name} {figure.value} {figure.unit}".strip()
        self.setAccessibleName(f"{spoken}, 95 %: {text}" if figure.range_text else spoken)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


class Caveats(QFrame):
    """Sentences that must stand beside the figures; not there where there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setProperty("tone", "warning")
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.SPACE_12, tokens.SPACE_8, tokens.SPACE_12, tokens.SPACE_8)
        row.setSpacing(tokens.SPACE_8)
        row.addWidget(IconLabel("warning", "warning"), 0, Qt.AlignmentFlag.AlignTop)
        self._column = tight(QVBoxLayout(), tokens.SPACE_4)
        row.addLayout(self._column, 1)
        self.sentences: tuple[str, ...] = ()
        self.hide()

    def show_sentences(self, sentences: Sequence[str]) -> None:
        """Show these; nothing where there are none."""
        self.sentences = tuple(sentences)
        clear(self._column)
        for sentence in sentences:
            self._column.addWidget(words(sentence, tone="warning", least=_LEAST_W))
        self.setAccessibleName("Warning: " + " ".join(sentences))
        self.setVisible(bool(sentences))


class FiguresView(QWidget):
    """The figures in a row, or several where there is no room; the warnings right below them."""

    def __init__(self) -> None:
        super().__init__()
        column = tight(QVBoxLayout(self), tokens.SPACE_8)
        self._cards = QGridLayout()
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(tokens.SPACE_8)
        self._columns = 0
        column.addLayout(self._cards)
        self.caveats = Caveats()
        column.addWidget(self.caveats)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def cards(self) -> tuple[FigureCard, ...]:
        """The cards from left to right."""
        items = (self._cards.itemAt(i) for i in range(self._cards.count()))
        widgets = (item.widget() for item in items if item is not None)
        return tuple(w for w in widgets if isinstance(w, FigureCard))

    def show_evaluation(self, found: Evaluation) -> None:
        """Show the figures of an evaluation."""
        clear(self._cards)
        self._place([FigureCard(figure) for figure in headline(found)])
        self.caveats.show_sentences(found.warnings)

    def _place(self, cards: Sequence[FigureCard]) -> None:
        """In rows of the same length, as few as the width allows."""
        fit = max(1, self.width() // _CARD_W)
        rows = max(1, -(-len(cards) // fit))
        columns = max(1, -(-len(cards) // rows))
        for number in range(max(self._columns, columns)):
            self._cards.setColumnStretch(number, int(number < columns))
        for number, card in enumerate(cards):
            self._cards.addWidget(card, number // columns, number % columns)
        self._columns = columns

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the rows anew."""
        super().resizeEvent(event)
        cards = self.cards
        for card in cards:
            self._cards.removeWidget(card)
        self._place(cards)
