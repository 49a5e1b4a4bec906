"""Check: what is wrong with the data, shown with pictures, and decided by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.data_report import CHANNELS, READ_ANEW, DataFinding, DataReport
from tumordesk.core.label_numbers import LabelNumber
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import clear, label, tight
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.finding_view import SHORT, FindingView
from tumordesk.gui.training_wizard.findings_table import USUAL, FindingsTable
from tumordesk.gui.training_wizard.pages import Page, scrolling
from tumordesk.gui.training_wizard.widgets import Card, Fact
from tumordesk.session.folder_peek import number
from tumordesk.session.training import copy_kind

_FOLLOWS = {
    "patients_unknown": "patients_from_pattern",
    "patients_from_pattern": "patients_unknown",
}
"""What the next check says in the place of a finding that was acted on."""


class CheckPage(Page):
    """Progress while the folder is looked at; then facts, findings, and what to do with each."""

    stage = "check"
    title = "Check"
    hint = (
        "Every picture was looked at. Copies and torn-apart patients make a model look better "
        "than it is, so decide what becomes of them; what you decide is kept with the model."
    )

    def __init__(self, context: WizardContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.table = FindingsTable()
        self.view = FindingView(context)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.doing = label("", "secondary", wrap=True)
        self.cancel = QPushButton("&Cancel")
        self.again = QPushButton("Check a&gain")
        self.words = label("", wrap=True)
        self._stack = QStackedWidget()
        self._facts = tight(QHBoxLayout(), tokens.SPACE_32)
        self._build()
        self.cancel.clicked.connect(context.check.cancel)
        self.again.clicked.connect(context.check.start)
        self.table.picked.connect(self._picked)
        self.view.decided.connect(self._decided)
        self.view.elsewhere.connect(self._to_data)
        context.check.changed.connect(self._checked)
        self._shown: DataReport | None = None
        self._anew = ""

    def _build(self) -> None:
        for made in (self._checking(), self._stopped(), self._clean_or_not()):
            self._stack.addWidget(made)
        self.body.addWidget(self._stack, 1)

    def _checking(self) -> QWidget:
        card = Card("Looking at your pictures", "eye")
        card.column.addWidget(self.bar)
        card.column.addWidget(self.doing)
        card.column.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignLeft)
        return _at_top(card)

    def _stopped(self) -> QWidget:
        card = Card("There is no report yet", "info")
        card.column.addWidget(self.words)
        card.column.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        return _at_top(card)

    def _clean_or_not(self) -> QWidget:
        box = QWidget()
        column = tight(QVBoxLayout(box), tokens.SPACE_12)
        column.addLayout(self._facts)
        self.clean = label("Nothing is wrong with these pictures.", "strong", "success")
        column.addWidget(self.clean)
        inner = QWidget()
        frame = QVBoxLayout(inner)
        frame.setContentsMargins(tokens.SPACE_16, tokens.SPACE_4, tokens.SPACE_12, 0)
        frame.addWidget(self.view)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(scrolling(inner))
        self.splitter.setSizes([tokens.WIZARD_W, tokens.WIZARD_W])
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 1)
        column.addWidget(self.splitter, 1)
        return box

    # Showing -------------------------------------------------------------------------------

    def enter(self) -> None:
        """Have the folder checked where it was not, and show how far that is."""
        self.context.check.ensure()
        self._checked()
        self._show_decisions()  # what was said on the page of the data may settle one
        self._picked(self.table.current)

    def _checked(self) -> None:
        check, report = self.context.check, self.context.draft.report
        self.bar.setValue(round(100 * check.share))
        self.doing.setText(f"{check.text} …")
        self.words.setText(check.problem)
        self._stack.setCurrentIndex(0 if check.running else 2 if report is not None else 1)
        if report is not self._shown:
            self._shown = report
            if report is not None:
                self._show(report)
        self.changed.emit()

    def _show(self, report: DataReport) -> None:
        self._show_facts()
        self.clean.setVisible(not report.findings)
        self.splitter.setVisible(bool(report.findings))
        decisions = [self._decision_words(finding) for finding in report.findings]
        self.table.show_findings(report.findings, decisions)
        self.table.pick(_FOLLOWS.get(self._anew, self._anew))
        self._picked(self.table.current)
        if self._anew and self.isVisible():
            self.table.setFocus()  # the button that was pressed is another one now
        self._anew = ""

    def _show_facts(self) -> None:
        report = self.context.draft.kept
        clear(self._facts)
        for value, caption in facts(report) if report is not None else ():
            self._facts.addWidget(Fact(value, caption))
        self._facts.addStretch(1)

    def _finding(self, code: str) -> DataFinding | None:
        report = self.context.draft.report
        found = report.findings if report is not None else ()
        return next((finding for finding in found if finding.code == code), None)

    def _picked(self, code: str) -> None:
        finding = self._finding(code)
        default = self._default(finding) if finding is not None else ""
        named = self.context.draft.data.labels
        if finding is not None and code == "label_numbers" and named:
            finding = replace(finding, advice=f"Learned by name: {_told(named)}.", actions=())
        self.view.show_finding(finding, self.context.draft.decision(code), default)

    # Deciding ------------------------------------------------------------------------------

    def _default(self, finding: DataFinding) -> str:
        """What is done where a person decides nothing."""
        kind = copy_kind(finding.code)
        data = self.context.draft.data
        chosen = {"duplicates": data.duplicates, "near_duplicates": data.near_duplicates}
        default = str(chosen.get(kind, ""))
        if finding.code.startswith("patients"):
            default = "together"
        if finding.code == "coloured":
            default = next(name for name, number in CHANNELS.items() if number == data.channel)
        return default if default in finding.actions else ""

    def _decision_words(self, finding: DataFinding) -> str:
        if finding.code == "label_numbers" and self.context.draft.data.labels:
            return "Named"
        decision = self.context.draft.decision(finding.code)
        if decision is not None:
            return SHORT.get(decision.action, decision.action)
        default = self._default(finding)
        if default:
            chosen = default in CHANNELS and CHANNELS[default] is not None
            return SHORT[default] + ("" if chosen else USUAL)
        return "Not decided" if finding.severity == "problem" else ""

    def _decided(self, code: str, action: str, reason: str) -> None:
        draft = self.context.draft
        draft.decide(code, action, reason)
        self._show_decisions()
        self._show_facts()
        if action in READ_ANEW:
            self.context.check.ensure()
            self._anew = code if self.context.check.running else ""
        self.changed.emit()

    def _show_decisions(self) -> None:
        report = self.context.draft.report
        for finding in report.findings if report is not None else ():
            self.table.show_decision(finding.code, self._decision_words(finding))

    def _to_data(self, code: str) -> None:
        report = self.context.draft.report
        # Sequences that have no names are told in a field of Expert: there is none to choose.
        unnamed = code == "shared_outlines" and report is not None and not report.sequences
        if code == "patients_unknown" or unnamed:
            self.context.want_expert()
        self.context.settle_on_data(code)

    # Page ----------------------------------------------------------------------------------

    def complete(self) -> bool:
        """Once there is a report on something that can be trained on."""
        draft = self.context.draft
        return draft.report is not None and "split" in draft.reachable()

    def next_sentence(self) -> str:
        """What is missing, or what Next does."""
        draft, report = self.context.draft, self.context.draft.report
        if self.context.check.running:
            return "The folder is being looked at."
        if report is None:
            return self.context.check.problem or "The folder was not checked yet."
        if not self.complete():
            return "There is too little here to train on: at least two classes, or masks."
        open_ones = [
            f for f in report.findings if self._decision_words(f) == "Not decided" and f.actions
        ]
        if open_ones:
            count = len(open_ones)
            if count == 1:
                return "One problem is not decided; Next leaves it as it is."
            return f"{number(count)} problems are not decided; Next leaves them as they are."
        left = len(draft.data.exclude)
        out = f", without {number(left)} left out" if left else ""
        return f"Next divides the {report.many(2)}{out} into parts to learn from and to test on."


def _told(labels: Sequence[LabelNumber]) -> str:
    return ", ".join(f"{one.category or one.number} is {one.name}" for one in labels)


def _at_top(card: QWidget) -> QWidget:
    box = QWidget()
    column = tight(QVBoxLayout(box))
    column.addWidget(card)
    column.addStretch(1)
    return box


def facts(report: DataReport) -> list[tuple[str, str]]:
    """(number, what it counts) of what everybody asks first."""
    found = [(number(report.pictures), report.many(report.pictures))]
    if report.task == "classification":
        found.append((number(len(report.classes)), "classes"))
    else:
        found.append((number(report.masks.get("with", 0)), "with a mask"))
        found.append((number(report.masks.get("empty", 0)), "empty masks"))
    if report.patients.known:
        found.append((number(report.patients.count), f"patients, from {report.patients.source}"))
    else:
        found.append(("?", "patients: not known"))
    sizes = sorted(report.sizes.items(), key=lambda item: -item[1])
    if sizes:
        more = f", and {len(sizes) - 1} more sizes" if len(sizes) > 1 else ""
        found.append((sizes[0][0].replace("x", " × "), f"pixels{more}"))
    parts = [name for name, n in report.parts.items() if name and n]
    if parts:
        found.append((str(len(parts)), f"parts given: {', '.join(parts)}"))
    return found
