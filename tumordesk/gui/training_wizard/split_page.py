"""Split: what the model learns from, and what it is tested on."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.data_report import DataReport
from tumordesk.core.training_run import SplitConfig
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import IconLabel, clear, label, tight
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.pages import Page, scrolling
from tumordesk.gui.training_wizard.split_check import SplitCheck
from tumordesk.gui.training_wizard.split_view import SplitView
from tumordesk.gui.training_wizard.widgets import Card, explained
from tumordesk.session.split_choices import (
    SHARES,
    WAYS,
    Shares,
    Way,
    flattering,
    possible,
    safest,
    shares_words,
    way_of,
    with_shares,
    with_way,
)

OWN = "Own numbers"


class SplitPage(Page):
    """The way to split, the shares, and at once what they come to."""

    stage = "split"
    title = "Split"
    hint = (
        "The model learns from one part, the best version is chosen on a second, and the figures "
        "come from a third that it never saw."
    )

    def __init__(self, context: WizardContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.counted = SplitCheck(context)
        self.counted.changed.connect(self._counted)
        self._report: DataReport | None = None
        self.ways: dict[Way, QRadioButton] = {}
        self._notes: dict[Way, QLabel] = {}
        self._group = QButtonGroup(self)
        self.shares = QComboBox()
        self.shares_text = label("", "secondary", wrap=True)
        self.all_folds = QCheckBox("Train &all folds, one after the other")
        self.fold = QSpinBox()
        self.seed = QSpinBox()
        self.validation = QSpinBox()
        self.test = QSpinBox()
        self.view = SplitView()
        self.bar = QProgressBar()
        self.state = label("", "secondary", wrap=True)
        self.warnings = Card()
        self.warnings.setProperty("tone", "warning")
        self.warnings.hide()
        self._build()
        self._wire()
        self.set_expert(context.expert)

    # Building ------------------------------------------------------------------------------

    def _build(self) -> None:
        inner = QWidget()
        row = tight(QHBoxLayout(inner), tokens.SPACE_16)
        left = tight(QVBoxLayout(), tokens.SPACE_16)
        left.addWidget(self._ways_card())
        left.addWidget(self._shares_card())
        left.addStretch(1)
        right = tight(QVBoxLayout(), tokens.SPACE_16)
        right.addWidget(self._result_card())
        right.addWidget(self.warnings)
        right.addStretch(1)
        row.addLayout(left, 4)
        row.addLayout(right, 5)
        self.body.addWidget(scrolling(inner))

    def _ways_card(self) -> Card:
        card = Card("How to divide")
        for text in WAYS:
            button = QRadioButton(text.title)
            button.clicked.connect(lambda _=False, way=text.way: self._choose(way))
            self._group.addButton(button)
            self.ways[text.way] = button
            note = label(text.text, "small", wrap=True)
            self._notes[text.way] = note
            card.column.addLayout(explained(button, note))
        return card

    def _shares_card(self) -> Card:
        card = Card("How much of it")
        for shares in SHARES:
            self.shares.addItem(shares.title, shares)
        self.shares.addItem(OWN, None)
        self.fold.setPrefix("part ")
        self.seed.setRange(0, 999_999)
        for box in (self.validation, self.test):
            box.setRange(0, 60)
            box.setSuffix(" %")
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(tokens.SPACE_16)
        self._form.setVerticalSpacing(tokens.SPACE_8)
        self._form.addRow("&Shares", self.shares)
        self._form.addRow("", self.all_folds)
        self._form.addRow("Test on &fold", self.fold)
        self._form.addRow("&Validation", self.validation)
        self._form.addRow("&Test", self.test)
        self._form.addRow("S&eed", self.seed)
        card.column.addLayout(self._form)
        card.column.addWidget(self.shares_text)
        self.seed.setToolTip("The same seed always gives the same split")
        return card

    def _result_card(self) -> Card:
        card = Card("What it comes to")
        self.bar.setTextVisible(False)
        card.column.addWidget(self.bar)
        card.column.addWidget(self.state)
        card.column.addWidget(self.view)
        return card

    def _wire(self) -> None:
        self.shares.activated.connect(self._shares_chosen)
        self.all_folds.clicked.connect(self._all_folds_chosen)
        self.fold.valueChanged.connect(lambda n: self._change(fold=n - 1))
        self.seed.valueChanged.connect(lambda n: self._change(seed=n))
        self.validation.valueChanged.connect(lambda n: self._change(validation=n / 100))
        self.test.valueChanged.connect(lambda n: self._change(test=n / 100))

    # Choosing ------------------------------------------------------------------------------

    def _choose(self, way: Way) -> None:
        if self._report is not None:
            self._use(with_way(self.context.draft.split, way, self._report))

    def _shares_chosen(self, _: int) -> None:
        shares = self.shares.currentData()
        if isinstance(shares, Shares):
            self.context.remember_value("shares", shares.title)
            self._use(with_shares(self.context.draft.split, shares))
        else:
            self._use(replace(self.context.draft.split, folds=0, fold=0), own=True)

    def _all_folds_chosen(self, chosen: bool) -> None:
        """The counts shown are then those of the first."""
        self.context.draft.all_folds = chosen
        if chosen:
            self._change(fold=0)
        self._show()
        self.changed.emit()

    def _change(self, **changes: object) -> None:
        split = self.context.draft.split
        try:
            changed = replace(split, **changes)  # type: ignore[arg-type]
        except ValueError as error:
            self.state.setText(str(error).capitalize() + ".")
            return
        self._use(changed)

    def _use(self, split: SplitConfig, *, own: bool = False) -> None:
        if split != self.context.draft.split or own:
            self.context.draft.split = split
            self._show(own=own)
            self.counted.ask()

    # Showing -------------------------------------------------------------------------------

    def enter(self) -> None:
        """Start from the safest split where the data are new; count where that is not known."""
        draft = self.context.draft
        report = draft.kept
        if report is not None and report is not self._report:
            self._report = report
            first = with_shares(SplitConfig(), self._usual_shares())
            draft.split = with_way(first, safest(report), report)
        self._show()
        if draft.split_report is None and not self.counted.waiting:
            self.counted.ask()
        else:
            self._counted()

    def _usual_shares(self) -> Shares:
        """Those of the last time."""
        title = self.context.choices.values.get("shares")
        return next((shares for shares in SHARES if shares.title == title), SHARES[0])

    def _show(self, *, own: bool = False) -> None:
        report, split = self._report, self.context.draft.split
        if report is None:
            return
        way = way_of(split, report)
        for name, button in self.ways.items():
            can = possible(name, report)
            button.setEnabled(can)
            button.setVisible(can or name == "patient")
            self._notes[name].setVisible(button.isVisibleTo(self))
            button.setChecked(name == way)
        patients = self._notes["patient"]
        text = WAYS[0].text if report.patients.known else "Patients are not known in this folder."
        patients.setText(text)
        self._show_shares(split, way, own)
        self._show_warnings()

    def _show_shares(self, split: SplitConfig, way: Way, own: bool) -> None:
        boxes = (self.shares, self.fold, self.seed, self.validation, self.test)
        for box in boxes:
            box.blockSignals(True)
        index = self.shares.count() - 1 if own or self._own() else _index_of(split)
        self.shares.setCurrentIndex(index)
        self.fold.setRange(1, max(1, split.folds))
        self.fold.setSuffix(f" of {split.folds}")
        self.fold.setValue(split.fold + 1)
        self.seed.setValue(split.seed)
        self.validation.setValue(round(100 * split.validation))
        self.test.setValue(round(100 * split.test))
        for box in boxes:
            box.blockSignals(False)
        numbers = self.context.expert or index == self.shares.count() - 1
        one_by_one = self.context.draft.folds > 0
        self.all_folds.setChecked(one_by_one)
        self._form.setRowVisible(self.all_folds, bool(split.folds))
        self._form.setRowVisible(self.fold, bool(split.folds) and not one_by_one)
        self._form.setRowVisible(self.validation, numbers)
        self._form.setRowVisible(self.test, numbers and not split.folds)
        self._form.setRowVisible(self.seed, self.context.expert)
        self.shares_text.setText(_share_sentence(split, way, one_by_one=one_by_one))

    def _own(self) -> bool:
        """True where the numbers are none of the usual ones."""
        return _index_of(self.context.draft.split) == len(SHARES)

    def _counted(self) -> None:
        counted, result = self.counted, self.context.draft.split_report
        self.bar.setVisible(counted.waiting)
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * counted.share))
        self.state.setVisible(counted.waiting or bool(counted.problem))
        self.state.setText(f"{counted.text} …" if counted.waiting else counted.problem)
        self.view.setVisible(result is not None)
        if result is not None and self._report is not None:
            self.view.show_report(result, self._report.patients.known)
        self._show_warnings()
        self.changed.emit()

    def _show_warnings(self) -> None:
        draft, report = self.context.draft, self._report
        if report is None:
            return
        told = draft.split_report.warnings if draft.split_report is not None else ()
        own = flattering(draft.split, draft.data, report) if not told else ()
        clear(self.warnings.column)
        for sentence in (*told, *own):
            row = tight(QHBoxLayout(), tokens.SPACE_8)
            row.addWidget(IconLabel("warning", "warning"), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(label(sentence, "", wrap=True), 1)
            self.warnings.column.addLayout(row)
        self.warnings.setVisible(bool(told or own))

    # Page ----------------------------------------------------------------------------------

    def complete(self) -> bool:
        """Once the parts are counted and none that is needed is empty."""
        result = self.context.draft.split_report
        if result is None:
            return False
        return all(sum(result.counts.get(part, {}).values()) for part in ("train", "val"))

    def next_sentence(self) -> str:
        """What is missing, or what Next does."""
        if self.counted.waiting:
            return "The parts are being counted."
        if self.context.draft.split_report is None:
            return self.counted.problem or "The split was not counted yet."
        if not self.complete():
            return "The training or the validation part is empty: choose other shares."
        return "Next chooses what is trained. The split is kept with the model."

    def set_expert(self, expert: bool) -> None:
        """Show exact shares and the seed."""
        self._show()
        if self._report is None:
            for box in (self.all_folds, self.fold, self.validation, self.test, self.seed):
                self._form.setRowVisible(box, False)

    def stop(self) -> None:
        """Ask no more."""
        self.counted.stop()


def _index_of(split: SplitConfig) -> int:
    """Place of the usual division that ``split`` is; the one after the last where it is none."""
    for index, shares in enumerate(SHARES):
        same = (shares.validation, shares.folds) == (split.validation, split.folds)
        if same and (shares.folds or shares.test == split.test):
            return index
    return len(SHARES)


def _share_sentence(split: SplitConfig, way: Way, *, one_by_one: bool) -> str:
    if way == "given":
        return "The folder decides; these shares count only for a part that it does not have."
    words = shares_words(split).capitalize() + "."
    if one_by_one:
        words += (
            f" Each of the {split.folds} folds is the test of a training of its own, and their "
            "mean is the figure to give. The counts are those of the first."
        )
    elif split.folds:
        words += (
            f" One training uses one of the {split.folds} folds as its test; train the others "
            "too, and give their mean."
        )
    return words
