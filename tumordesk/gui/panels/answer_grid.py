"""Class probabilities of one or several classifiers side by side, and those of a slice."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from tumordesk.core.finding import Classification
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.parts import Bar, ElidedLabel, label
from tumordesk.gui.panels.rows import RowButton
from tumordesk.session.agreement import class_key

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
SHOWN_MODELS = 4


class ModelRow(RowButton):
    """A classifier and what it says; a click shows its answer and its map in full."""

    def __init__(self, number: int, model: str, answer: Classification, *, chosen: bool) -> None:
        super().__init__()
        self.model = model
        said = answer.labels[answer.winner]
        sure = numbers.probability(answer.probabilities[answer.winner])
        self.setCheckable(True)
        self.setChecked(chosen)
        self.add(label(str(number), "" if chosen else "secondary"))
        self.add(ElidedLabel(model, "" if chosen else "secondary"), 1)
        # The percentages stand in the grid below, under the number.
        self.add(ElidedLabel(said, "" if chosen else "secondary"))
        self.setToolTip(f"Show the answer and the activation map of {model}")
        self.setAccessibleName(f"Classifier {number}, {model}: {said} {sure}")

    def sizeHint(self) -> QSize:
        """Lower than a button: rows stand close."""
        return self.row.sizeHint().expandedTo(QSize(0, tokens.SPACE_24))

    def minimumSizeHint(self) -> QSize:
        """As wide as what it holds can be made."""
        return self.row.minimumSize().expandedTo(QSize(0, tokens.SPACE_24))


class AnswerGrid(QWidget):
    """A line for each class: the study by each classifier, the slice by the chosen one.

    With several classifiers the columns bear the numbers of their rows (:class:`ModelRow`).
    """

    def __init__(self, answers: Mapping[str, Classification], chosen: str, slices: int) -> None:
        super().__init__()
        self._shown = answers[chosen]
        self._by_slice = {s.slice_index: s.probabilities for s in self._shown.slices}
        self._cells: dict[str, QLabel] = {}
        self.cells: dict[tuple[str, str], QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(tokens.SPACE_12)
        self._grid.setVerticalSpacing(tokens.SPACE_4)
        self._grid.setColumnStretch(0, 1)
        self._several = len(answers) > 1
        models = list(answers)[:SHOWN_MODELS]
        if chosen not in models:
            models[-1] = chosen
        numbers_of = {model: str(n) for n, model in enumerate(answers, start=1)}
        self._slice_column = len(models) + 1 if slices > 1 else None
        for column, model in enumerate(models, start=1):
            self._head(column, numbers_of[model] if self._several else "Study", model == chosen)
        self._slice_head = self._head(self._slice_column, "", True) if self._slice_column else None
        self._rows(answers, models, chosen)

    def _head(self, column: int, text: str, strong: bool) -> QLabel:
        head = label(text, "small")
        if strong and self._several:
            head.setProperty("role", "")
        head.setAlignment(RIGHT)
        self._grid.addWidget(head, 0, column)
        return head

    def _rows(self, answers: Mapping[str, Classification], models: list[str], chosen: str) -> None:
        row = 1
        winner = class_key(self._shown.classes[self._shown.winner])
        for name, text in _classes(answers, chosen):
            value = _of(self._shown, name)
            self._name(row, text, leading=name == winner)
            row += self._several
            for column, model in enumerate(models, start=1):
                cell = self._cell(row, column, _of(answers[model], name))
                if name == class_key(answers[model].classes[answers[model].winner]):
                    cell.setProperty("role", "")
                cell.setAccessibleName(f"{model}, {text}: {cell.text()}")
                self.cells[model, name] = cell
            if self._slice_column is not None:
                self._cells[name] = self._cell(row, self._slice_column, None)
            self._bar(row, value, leading=name == winner)
            row += 2

    def _name(self, row: int, text: str, *, leading: bool) -> None:
        """Beside the numbers of one classifier; above those of several, which leave no room."""
        name = ElidedLabel(text, "" if leading else "secondary")
        self._grid.addWidget(name, row, 0, 1, -1 if self._several else 1)

    def _bar(self, row: int, value: float | None, *, leading: bool) -> None:
        if value is None:
            return
        bar = Bar(value, leading=leading)
        if self._several:
            self._grid.addWidget(bar, row, 0, Qt.AlignmentFlag.AlignVCenter)
        else:
            self._grid.addWidget(bar, row + 1, 0, 1, -1)

    def _cell(self, row: int, column: int, value: float | None) -> QLabel:
        cell = label(_percent(value), "secondary")
        cell.setAlignment(RIGHT)
        self._grid.addWidget(cell, row, column)
        return cell

    def show_slice(self, index: int) -> None:
        """The slice's own probabilities by the chosen classifier; a dash where it read none."""
        if self._slice_head is None:
            return
        found = self._by_slice.get(index)
        self._slice_head.setText(f"Slice {numbers.slice_number(index)}")
        tip = "" if found else f"Slice {numbers.slice_number(index)} was not read"
        for name, cell in self._cells.items():
            place = _place(self._shown, name)
            cell.setText(_percent(None if found is None or place is None else found[place]))
            cell.setToolTip(tip)

    def slice_texts(self) -> tuple[str, ...]:
        """What the column of the slice shows, from top to bottom."""
        return tuple(cell.text() for cell in self._cells.values())


def _classes(answers: Mapping[str, Classification], chosen: str) -> list[tuple[str, str]]:
    """(key, label): those of the chosen classifier, the most probable first, then all others."""
    shown = answers[chosen]
    order = sorted(range(len(shown.classes)), key=lambda i: -shown.probabilities[i])
    found = {class_key(shown.classes[i]): shown.labels[i] for i in order}
    for answer in answers.values():
        for name, text in zip(answer.classes, answer.labels, strict=True):
            found.setdefault(class_key(name), text)
    return list(found.items())


def _place(answer: Classification, key: str) -> int | None:
    keys = [class_key(name) for name in answer.classes]
    return keys.index(key) if key in keys else None


def _of(answer: Classification, key: str) -> float | None:
    place = _place(answer, key)
    return None if place is None else answer.probabilities[place]


def _percent(value: float | None) -> str:
    return numbers.DASH if value is None else str(numbers.probability(value))
