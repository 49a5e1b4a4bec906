"""What the numbers of label maps, or COCO categories, stand for, where they are several."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLabel, QLineEdit, QRadioButton, QWidget

from tumordesk.core.data_report import DataReport
from tumordesk.core.label_numbers import (
    BACKGROUND,
    LabelNumber,
    refuse_doubles,
    suggested_name,
)
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import ElidedLabel, clear, label
from tumordesk.gui.training_wizard.beside import reveal
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.widgets import Card, explained
from tumordesk.session.folder_peek import number

_TITLES = {
    False: "What do the numbers in the label maps stand for?",
    True: "What do the categories of the outlines stand for?",
}
_TOGETHER = {
    False: "Whatever has a number is outlined.",
    True: "Whatever has an outline is outlined, of any category.",
}
_EACH = (
    "Each part gets an outline and a figure of its own. The same name twice makes one part of "
    "both; what has no name is background."
)
_NAME_W = 220


class LabelsCard(Card):
    """One outline of all numbers, or one for each name; hidden where there is one number.

    ``chosen``: a person chose otherwise. ``problem``: why the names cannot be taken.
    """

    chosen = Signal()

    def __init__(self, context: WizardContext) -> None:
        super().__init__(_TITLES[False])
        self.column.setSpacing(tokens.SPACE_4)
        self._context = context
        self._offered: tuple[str, ...] = ()
        self._categories: dict[str, str] = {}
        self.names: dict[str, QLineEdit] = {}
        self._group = QButtonGroup(self)
        self.together = QRadioButton("All for the tumour: one outline")
        self.each = QRadioButton("For parts of it, each with a name")
        for button in (self.together, self.each):
            self._group.addButton(button)
            button.clicked.connect(self._take)
        self._rows = QWidget()
        self._grid = QGridLayout(self._rows)
        self._grid.setSpacing(tokens.SPACE_8)
        self._grid.setContentsMargins(tokens.SPACE_24, 0, 0, tokens.SPACE_4)
        self._grid.setColumnStretch(3, 1)
        self.problem = label("", "", "error", wrap=True)
        self._all_words = label(_TOGETHER[False], "small", wrap=True)
        self.column.addLayout(explained(self.together, self._all_words))
        self.column.addLayout(explained(self.each, label(_EACH, "small", wrap=True)))
        self.column.addWidget(self._rows)
        self.column.addWidget(self.problem)
        self.forget()

    @property
    def chosen_button(self) -> QRadioButton:
        """The choice that stands: where the keyboard begins."""
        return self.each if self.each.isChecked() else self.together

    def forget(self) -> None:
        """Another folder was chosen: nothing is known of its label maps yet."""
        self._offered = ()
        self._say("")
        self.hide()

    def show_labels(self) -> None:
        """Offer what the report says; the last offer stands while the folder is read anew."""
        draft = self._context.draft
        if draft.report is not None and tuple(draft.report.labels) != self._offered:
            self._offered = tuple(draft.report.labels)
            self._fill(draft.report)
        self.setVisible(bool(self._offered) and draft.learns == "outline")
        if not self.problem.text():
            (self.each if draft.data.labels else self.together).setChecked(True)
        self._rows.setVisible(self.each.isChecked())

    def _fill(self, report: DataReport) -> None:
        clear(self._grid)
        self.names = {}
        self._say("")
        coco = report.layout == "coco"
        self.heading.setText(_TITLES[coco])
        self._all_words.setText(_TOGETHER[coco])
        self._categories = report.label_names if coco else {}
        given = {str(one.number): one.name for one in self._context.draft.data.labels}
        for row, (key, count) in enumerate(report.labels.items()):
            told = given.get(key) or suggested_name(key, report.label_names.get(key, ""))
            field = QLineEdit("" if told == BACKGROUND else told)
            field.setPlaceholderText(BACKGROUND)
            field.setFixedWidth(_NAME_W)
            shown = self._categories.get(key, key)
            field.setAccessibleName(
                f"What the category {shown} stands for" if coco else f"What number {key} stands for"
            )
            field.editingFinished.connect(self._take)
            kind = "scan" if report.volumes else "picture"
            self._grid.addWidget(_shown(shown), row, 0)
            self._grid.addWidget(field, row, 1)
            words = f"in {number(count)} {kind}{'' if count == 1 else 's'}"
            self._grid.addWidget(label(words, "small"), row, 2)
            self.names[key] = field
        # What is made last would be reached last, after the buttons of the window.
        for before, after in pairwise((self.each, *self.names.values())):
            self.setTabOrder(before, after)

    def _take(self) -> None:
        self._rows.setVisible(self.each.isChecked())
        if self.each.isChecked():
            reveal(self._rows)
        try:
            labels = self._named() if self.each.isChecked() else ()
        except ValueError as error:
            self._say(f"{str(error)[:1].upper()}{str(error)[1:]}.")
            self.chosen.emit()
            return
        self._say("")
        self._context.draft.name_labels(labels)
        self.chosen.emit()

    def _named(self) -> tuple[LabelNumber, ...]:
        labels = tuple(
            LabelNumber(
                int(key),
                " ".join(field.text().split()) or BACKGROUND,
                self._categories.get(key, ""),
            )
            for key, field in self.names.items()
        )
        refuse_doubles(labels)
        return labels

    def _say(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        if sentence:
            reveal(self.problem)


def _shown(name: str) -> QLabel:
    """A number or a category as it stands in the data."""
    result = ElidedLabel(name)
    result.setMaximumWidth(_NAME_W)
    return result
