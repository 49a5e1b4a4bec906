"""Use: the trained model in the viewer, as one file for others, as ONNX for other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.model_card import NOTICE
from tumordesk.gui import tokens
from tumordesk.gui.icons import icon
from tumordesk.gui.jobs import Failure
from tumordesk.gui.panels.parts import ElidedLabel, IconLabel, label, tight
from tumordesk.gui.training_wizard.beside import Beside, reveal
from tumordesk.gui.training_wizard.card_form import CardForm
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.model_export import ModelExport
from tumordesk.gui.training_wizard.moved_card import MovedCard
from tumordesk.gui.training_wizard.pages import Page, scrolling
from tumordesk.gui.training_wizard.widgets import Card
from tumordesk.session import publishing

_AGAIN = "To publish it again, tick that your model of that identifier is exchanged."
_NO_RUN = "Nothing is trained yet."
_GONE = "Publishing measures the model once more, and its data are not there."
_ARCHIVE = "TumorDesk model (*.tdmodel)"
_ONNX = "ONNX (*.onnx)"


class UsePage(Page):
    """Publishes the run; afterwards its model can be used and given away."""

    stage = "use"
    title = "Use your model"
    hint = (
        "Publishing puts the model into the viewer's model list, with a card that says its worth."
    )

    def __init__(self, context: WizardContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._facts: publishing.RunFacts | None = None
        self._run: Path | None = None
        self.model_id = ""
        self.export = ModelExport(context, self)
        self.form = CardForm()
        self.form.changed.connect(self._show_state)
        self._build()
        self._wire()
        self._show_state()

    # Parts ---------------------------------------------------------------------------------

    def _build(self) -> None:
        right = QWidget()
        column = tight(QVBoxLayout(right), tokens.SPACE_12)
        column.addWidget(self._facts_card())
        column.addWidget(self._publish_card())
        column.addWidget(self._done_card())
        column.addStretch(1)
        self.moved = MovedCard(self.context, self)
        self.body.addWidget(self.moved)
        self.body.addWidget(scrolling(Beside(self.form, right, 3, 2)), 1)

    def _facts_card(self) -> Card:
        card = Card("On the card by itself", "info")
        self._table = QFormLayout()
        self._table.setHorizontalSpacing(tokens.SPACE_16)
        self._table.setVerticalSpacing(tokens.SPACE_4)
        card.column.addLayout(self._table)
        self._caveat = label("", wrap=True)
        card.column.addWidget(self._caveat)
        return card

    def _publish_card(self) -> QFrame:
        box = QFrame()
        column = tight(QVBoxLayout(box), tokens.SPACE_8)
        self.together = QCheckBox()
        self.together_words = label("", "secondary", wrap=True)
        column.addWidget(self.together)
        column.addWidget(self.together_words)
        self.publish = QPushButton("&Publish")
        self.publish.setProperty("role", "primary")
        self.cancel = QPushButton("&Cancel")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.words = label("", "secondary", wrap=True)
        row = tight(QHBoxLayout(), tokens.SPACE_8)
        row.addWidget(self.publish, 1)
        row.addWidget(self.cancel)
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self.words)
        return box

    def _done_card(self) -> Card:
        self.done = Card()
        head = tight(QHBoxLayout(), tokens.SPACE_8)
        head.addWidget(IconLabel("check", "success"))
        self.done_words = ElidedLabel("", "strong")
        head.addWidget(self.done_words, 1)
        self.done.column.addLayout(head)
        told = label("It is in the viewer's model list now.", "secondary", wrap=True)
        self.done.column.addWidget(told)
        self.use = QPushButton(icon("play"), " Use it in the &viewer")
        self.archive = QPushButton(icon("save"), " Save as one &file…")
        self.archive.setToolTip("Everything in one .tdmodel file, for TumorDesk elsewhere")
        self.onnx = QPushButton(icon("model"), " Save as &ONNX…")
        self.onnx.setToolTip("For other programs; checked against the network's own answers")
        for button in (self.use, self.archive, self.onnx):
            self.done.column.addWidget(button)
        self.done.column.addWidget(label(NOTICE, "small", wrap=True))
        return self.done

    def _wire(self) -> None:
        export = self.export
        export.published.connect(self._published)
        export.failed.connect(self._failed)
        export.said.connect(self.context.say)
        export.progress.connect(self._progress)
        export.busy_changed.connect(self._show_state)
        self.publish.clicked.connect(self.publish_now)
        self.moved.looked.connect(self._show_state)
        self.moved.moved.connect(self.enter)
        self.together.toggled.connect(self._joined)
        self.cancel.clicked.connect(export.cancel)
        self.use.clicked.connect(lambda: self.context.wanted.emit(self.model_id))
        self.archive.clicked.connect(lambda: self._ask(_ARCHIVE, "tdmodel", export.archive))
        self.onnx.clicked.connect(lambda: self._ask(_ONNX, "onnx", export.onnx))

    # Page ----------------------------------------------------------------------------------

    def enter(self) -> None:
        """Read what is known of the run; what a person wrote for it stays."""
        run = self.context.draft.run
        if run is None:
            self._facts = self._run = None
            self.moved.look(None)
            self._show_state()
            return
        fresh = run != self._run
        self._run = run
        self.moved.look(run)
        if fresh:
            self.model_id = ""
            self._facts = None
        self.context.runner.submit(
            "io",
            "publishing-facts",
            lambda _: publishing.read_facts(run),
            done=lambda facts: self._take(facts, fresh),
            failed=self._unread,
        )
        self._show_state()

    def set_expert(self, expert: bool) -> None:
        """Show every entry of the card, or what everybody should fill in."""
        self.form.set_expert(expert)

    def complete(self) -> bool:
        """Once the model is published."""
        return bool(self.model_id)

    def next_sentence(self) -> str:
        """Where things stand."""
        if self.model_id:
            return f"{self.model_id} is ready. You may close this window."
        return "Publish makes the best epoch a model of yours."

    def _take(self, facts: publishing.RunFacts, fresh: bool) -> None:
        if facts.run != self._run:
            return
        first = self._facts is None
        self._facts = facts
        if fresh or first:
            with QSignalBlocker(self.together):
                self.together.setChecked(facts.folds is not None)
            self.form.show_facts(self._chosen(facts))
        self._show_facts(self._chosen(facts))
        self._say("")
        self._show_state()

    def _chosen(self, facts: publishing.RunFacts) -> publishing.RunFacts:
        """Of this fold alone, or of the model that all folds become."""
        return publishing.joined(facts) if self.together.isChecked() else facts

    def _joined(self) -> None:
        if self._facts is not None:
            chosen = self._chosen(self._facts)
            self.form.follow_facts(chosen)
            self._show_facts(chosen)
            self._show_state()

    def _unread(self, failure: Failure) -> None:
        self._say(f"{failure.message} {failure.hint}".strip(), "error")

    def _show_facts(self, facts: publishing.RunFacts) -> None:
        while self._table.rowCount():
            self._table.removeRow(0)
        rows = list(publishing.facts_table(facts))
        rows += publishing.figure_rows(facts)
        for name, value in rows:
            self._table.addRow(label(name, "secondary"), label(value, wrap=True))
        warned = publishing.caveats(facts)
        self._caveat.setText(" ".join(warned))
        self._caveat.setProperty("tone", "warning" if warned else "")
        self._caveat.style().unpolish(self._caveat)
        self._caveat.style().polish(self._caveat)
        self._caveat.setVisible(bool(warned))

    # Publishing ----------------------------------------------------------------------------

    def _problem(self) -> str:
        facts = self._facts
        if facts is None:
            return _NO_RUN if self._run is None else "Reading the run…"
        if self.moved.missing:
            return _GONE
        problem = publishing.problem_of(self.form.texts(), facts)
        if not problem and self.form.taken and not self.form.exchange.isChecked():
            return "You have a model of that identifier. Choose another one, or exchange it."
        return problem

    def publish_now(self) -> None:
        """Make the model with what is written on the card."""
        if self._facts is None or self._problem() or self.export.busy:
            return
        facts = self._chosen(self._facts)
        texts = self.form.texts()
        options = ["--replace"] if self.form.exchange.isChecked() else []
        if self.form.tune.isChecked() and not self.form.tune.isHidden():
            options.append("--tune")
        if not self.form.record.isChecked():
            options.append("--no-record")
        self.bar.setValue(0)
        self._say("Measuring the model once more, for its card…")
        card = publishing.document_of(texts, facts)
        self.export.publish(facts.run, texts.model_id, card, [*options, "--progress"])

    def _progress(self, share: float, text: str) -> None:
        self.bar.setValue(round(1000 * share))
        if text:
            self._say(f"{text}…")

    def _published(self, model_id: str) -> None:
        self.model_id = model_id
        self.form.took(model_id)
        if self._facts is not None:
            self._facts = publishing.with_own(self._facts, model_id)
        self.done_words.set_full(f"{self.form.name.text().strip()} is published")
        self._say("")
        self.context.published.emit(model_id)
        self._show_state()
        self.use.setFocus(Qt.FocusReason.OtherFocusReason)
        reveal(self.done)

    def _failed(self, words: str) -> None:
        self._say(words, "error")
        self._show_state()

    def _say(self, words: str, tone: str = "") -> None:
        self.words.setText(words)
        self.words.setProperty("tone", tone)
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)
        self.words.setVisible(bool(words))

    def _show_state(self) -> None:
        busy, problem = self.export.busy, self._problem()
        self.form.setEnabled(self._facts is not None and not busy)
        self._show_together(busy)
        self.publish.setEnabled(not busy and not problem)
        self.publish.setToolTip(problem)
        self.publish.setText("&Publish again" if self.model_id else "&Publish")
        self.bar.setVisible(busy)
        self.cancel.setVisible(busy)
        self.done.setVisible(bool(self.model_id) and not busy)
        own = bool(self.model_id) and self.form.texts().model_id == self.model_id
        if problem and not busy and not own:
            self._say(problem, "" if self._facts is None else "warning")
        elif problem and not busy:
            self._say(_AGAIN)
        elif self.words.property("tone") == "warning" or self.words.text() == _AGAIN:
            self._say("")
        self.changed.emit()

    def _show_together(self, busy: bool) -> None:
        folds = self._facts.folds if self._facts is not None else None
        for part in (self.together, self.together_words):
            part.setVisible(folds is not None)
            part.setEnabled(not busy)
        if folds is not None:
            self.together.setText(f"&All {folds.folds} folds as one model")
            self.together_words.setText(
                f"Their probabilities are averaged, and a run takes {folds.folds} times as long. "
                "Otherwise it is the fold under Results alone."
            )

    # Files ---------------------------------------------------------------------------------

    def _ask(self, kinds: str, suffix: str, then: Callable[[str, Path], None]) -> None:
        dialog = QFileDialog(self, "Save the model", "", kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.selectFile(f"{self.model_id}.{suffix}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: then(self.model_id, Path(name)))
        dialog.open()
