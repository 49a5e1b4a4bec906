"""Class probabilities as bars, and the slices they were read on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from tumordesk.core.finding import Classification
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.parts import Bar, ElidedLabel, label, tight
from tumordesk.gui.panels.rows import amount, slice_links

UNDECIDED = 0.5


class ClassView(QWidget):
    """Classes, the most probable first. ``jump`` gets the index of a slice."""

    def __init__(
        self, classification: Classification, slices: int, jump: Callable[[int], None]
    ) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, 0)
        column.setSpacing(tokens.SPACE_8)
        winner = classification.winner
        order = sorted(
            range(len(classification.probabilities)),
            key=lambda i: -classification.probabilities[i],
        )
        for index in order:
            column.addWidget(
                _bar(
                    classification.labels[index],
                    classification.probabilities[index],
                    leading=index == winner,
                )
            )
        if classification.probabilities[winner] < UNDECIDED:
            column.addWidget(label("Undecided: no type reaches 50 %.", "small", "warning"))
        if slices > 1 and classification.driving_slices:
            column.addWidget(self._read_on(classification, jump))

    def _read_on(self, classification: Classification, jump: Callable[[int], None]) -> QWidget:
        box = QWidget()
        column = tight(QVBoxLayout(box))
        read = len(classification.slices)
        driving = sorted(classification.driving_slices)
        words = f"Read on {numbers.counted(read, 'slice')}"
        if len(driving) < read:
            words += ", clearest on"
        column.addWidget(label(words, "small", wrap=True))
        column.addWidget(slice_links(driving, jump))
        return box


def _bar(name: str, probability: float, *, leading: bool) -> QWidget:
    box = QWidget()
    column = tight(QVBoxLayout(box), tokens.SPACE_4)
    line = tight(QHBoxLayout(), tokens.SPACE_8)
    line.addWidget(ElidedLabel(name, "strong" if leading else "secondary"), 1)
    line.addWidget(amount(numbers.probability(probability), "strong" if leading else ""))
    column.addLayout(line)
    column.addWidget(Bar(probability, leading=leading))
    box.setAccessibleName(f"{name} {numbers.probability(probability)}")
    return box
