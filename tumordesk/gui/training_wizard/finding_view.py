"""One finding: what it means, what can be done, and the pictures it is about."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.data_report import READ_ANEW, Action, DataFinding
from tumordesk.core.training_run import Decision
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import clear, label, selectable, tight
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.examples_view import ExamplesView
from tumordesk.gui.training_wizard.read_anew import ReadAnew
from tumordesk.session.folder_peek import number

SHORT: dict[str, str] = {
    "drop": "Drop copies",
    "together": "Keep together",
    "keep": "Leave as is",
    "exclude": "Leave out",
    "ignore": "Ignored",
    "red": "Red alone",
    "green": "Green alone",
    "blue": "Blue alone",
    "grey": "All, as grey",
    "pattern": "From names",
}
_NAMES: dict[str, str] = {
    "drop": "Drop the copies",
    "together": "Keep together",
    "keep": "Leave as it is",
    "exclude": "Leave these out",
    "ignore": "Ignore it, because",
}
_NOTES: dict[str, str] = {
    "drop": "One picture of each set stays.",
    "together": "All of a set are in the same part of the split.",
    "keep": "The figures will carry a warning.",
    "exclude": "{count} pictures are not used at all.",
    "ignore": "",
}
_PATIENTS = "All pictures of a patient are in the same part of the split."


_ON_DATA_PAGE = {
    "patients_unknown": "Say where the &patients are named…",
    "shared_outlines": "Choose the &sequence…",
    "label_numbers": "Say what &each stands for…",
}
"""Findings settled on the page of the data: code -> text of the button that goes there."""


class FindingView(QWidget):
    """``decided(code, action, reason)``: a person chose what to do.

    ``elsewhere``: a person wants to settle it on the page of the data; the finding's code.
    """

    decided = Signal(str, str, str)
    elsewhere = Signal(str)

    def __init__(self, context: WizardContext) -> None:
        super().__init__()
        self.finding: DataFinding | None = None
        self._group: QButtonGroup | None = None
        self.buttons: dict[str, QAbstractButton] = {}
        column = tight(QVBoxLayout(self), tokens.SPACE_8)
        self._title = selectable("", "strong")
        self._advice = selectable("", "secondary")
        self._choices = tight(QVBoxLayout())
        self._heading = label("WHAT TO DO", "heading")
        self.anew = ReadAnew(context)
        self.anew.chosen.connect(self._tell)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("the reason, kept with the model")
        self.reason.setAccessibleName("Reason for ignoring it")
        self.reason.editingFinished.connect(self._reason_given)
        self.data = QPushButton()
        self.data.clicked.connect(self._go)
        self.examples = ExamplesView(context.thumbnails)
        self._pictures = label("PICTURES", "heading")
        column.addWidget(self._title)
        column.addWidget(self._advice)
        column.addSpacing(tokens.SPACE_4)
        column.addWidget(self._heading)
        column.addWidget(self.anew)
        column.addLayout(self._choices)
        column.addWidget(self.data, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(tokens.SPACE_8)
        column.addWidget(self._pictures)
        column.addWidget(self.examples)
        column.addStretch(1)

    def show_finding(
        self, finding: DataFinding | None, decision: Decision | None, default: str
    ) -> None:
        """Show a finding and what was decided; ``default`` is done where nothing was."""
        self.finding = finding
        self.setVisible(finding is not None)
        if finding is None:
            return
        self._title.setText(finding.title)
        self._advice.setText(finding.advice)
        self._fill_choices(finding, decision, default)
        elsewhere = "" if _no_choice(finding) else _ON_DATA_PAGE.get(finding.code, "")
        self.data.setText(elsewhere)
        self.data.setVisible(bool(elsewhere))
        self._pictures.setVisible(bool(finding.examples))
        self.examples.show_examples(finding.examples)

    def _fill_choices(self, finding: DataFinding, decision: Decision | None, default: str) -> None:
        self._choices.removeWidget(self.reason)
        self.reason.setParent(self)
        self.reason.hide()
        clear(self._choices)
        self.buttons = {}
        self._group = QButtonGroup(self)
        self._heading.setVisible(bool(finding.actions))
        chosen = decision.action if decision is not None else default
        self.anew.show_finding(finding, chosen)
        self.buttons.update(self.anew.buttons)
        self.reason.setText(decision.reason if decision is not None else "")
        for action in finding.actions:
            if action in READ_ANEW:
                continue
            button = QRadioButton(_NAMES[action])
            button.setChecked(action == chosen)
            button.clicked.connect(lambda _=False, said=action: self._choose(said))
            self._group.addButton(button)
            self.buttons[action] = button
            if action == "ignore":
                self._choices.addWidget(self._with_reason(button))
            else:
                self._choices.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            note = action_note(finding, action)
            if note:
                words = label(note, "small", wrap=True)
                words.setContentsMargins(tokens.SPACE_24, 0, 0, tokens.SPACE_4)
                self._choices.addWidget(words)
        # What is made last would be reached last, after the buttons of the window.
        order = (self._advice, *self.buttons.values(), self.reason, self.data)
        for before, after in pairwise(order):
            self.setTabOrder(before, after)

    def _with_reason(self, button: QRadioButton) -> QWidget:
        box = QWidget()
        row = tight(QHBoxLayout(box), tokens.SPACE_8)
        row.addWidget(button)
        row.addWidget(self.reason, 1)
        self.reason.show()
        return box

    def _choose(self, action: str) -> None:
        if action == "ignore" and not self.reason.text().strip():
            self.reason.setFocus()
            return
        self._tell(action)

    def _reason_given(self) -> None:
        button = self.buttons.get("ignore")
        if button is not None and self.reason.text().strip():
            button.setChecked(True)
            self._tell("ignore")

    def _go(self) -> None:
        if self.finding is not None:
            self.elsewhere.emit(self.finding.code)

    def _tell(self, action: str) -> None:
        if self.finding is not None:
            reason = self.reason.text().strip() if action == "ignore" else ""
            self.decided.emit(self.finding.code, action, reason)


def _no_choice(finding: DataFinding) -> bool:
    """Whether scans share outlines, but are not of several sequences."""
    return finding.code == "shared_outlines" and finding.severity != "problem"


def action_note(finding: DataFinding, action: Action) -> str:
    """What an action does with this finding, in a sentence."""
    if action == "together" and finding.code.startswith("patients"):
        return _PATIENTS
    if action == "keep" and "duplicates" not in finding.code:
        return ""
    return _NOTES[action].format(count=number(len(finding.exclude)))
