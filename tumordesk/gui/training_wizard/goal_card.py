"""What the model should learn, where the data can teach more than one thing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.widgets import Card, explained
from tumordesk.session.training import Goal, goals, named_classes

_TITLES: dict[Goal, str] = {
    "outline": "Outline the tumour",
    "classes": "Tell the classes apart",
    "presence": "Say whether there is a tumour",
}
_NOTES: dict[Goal, str] = {
    "outline": "From the masks. The viewer shows the outline and measures it.",
    "classes": "From the labels: {classes}.",
    "presence": "From the masks: a picture with an empty mask has no tumour.",
}


class GoalCard(Card):
    """One choice for each thing these data can teach; hidden where there is only one.

    ``chosen``: a person chose another.
    """

    chosen = Signal()

    def __init__(self, context: WizardContext) -> None:
        super().__init__("What should it learn?")
        self.column.setSpacing(tokens.SPACE_4)
        self._context = context
        self._group = QButtonGroup(self)
        self.buttons: dict[Goal, QRadioButton] = {}
        self._notes = {goal: label("", "small", wrap=True) for goal in _TITLES}
        for goal, title in _TITLES.items():
            button = QRadioButton(title)
            button.clicked.connect(lambda _=False, name=goal: self._choose(name))
            self._group.addButton(button)
            self.buttons[goal] = button
            self.column.addLayout(explained(button, self._notes[goal]))

    def show_goals(self) -> None:
        """Offer what the report of the draft says."""
        draft = self._context.draft
        report = draft.kept
        found = goals(report) if report is not None else ()
        self.setVisible(len(found) > 1)
        for goal, button in self.buttons.items():
            button.setVisible(goal in found)
            self._notes[goal].setVisible(goal in found)
            button.setChecked(goal == draft.learns)
        if report is not None:
            names = ", ".join(name.replace("_", " ") for name in named_classes(report))
            self._notes["classes"].setText(_NOTES["classes"].format(classes=names))
        self._notes["outline"].setText(_NOTES["outline"])
        self._notes["presence"].setText(_NOTES["presence"])

    def _choose(self, goal: Goal) -> None:
        self._context.draft.learn(goal)
        self.chosen.emit()
