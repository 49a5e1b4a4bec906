"""Results: what the trained model is worth, on pictures it has never seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.errors import ConfigError
from tumordesk.core.evaluation import Evaluation
from tumordesk.gui import tokens
from tumordesk.gui.banner import Message
from tumordesk.gui.icons import icon
from tumordesk.gui.jobs import Failure
from tumordesk.gui.panels.parts import ElidedLabel, label, tight
from tumordesk.gui.training_process import Outcome, TrainerProcess
from tumordesk.gui.training_wizard.beside import ViewStack
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.explain_store import ExplainStore
from tumordesk.gui.training_wizard.figures_view import Caveats, FiguresView
from tumordesk.gui.training_wizard.moved_card import MovedCard
from tumordesk.gui.training_wizard.pages import Page, scrolling
from tumordesk.gui.training_wizard.pieces import Pieces
from tumordesk.gui.training_wizard.report_export import Kind, ReportExport
from tumordesk.gui.training_wizard.results_views import ClassifierView, OutlinerView
from tumordesk.gui.training_wizard.waiting import State, Waiting
from tumordesk.session import results
from tumordesk.session.naming import safe_part

ALL_RUNS = "All runs"
_WAITING = "The best epoch is measured on the test part: pictures it has never seen."
_NO_RUN = "Nothing is trained yet. Results stand here after the training."


class ResultsPage(Page):
    """Evaluates the run once, then shows figures, pictures and all runs side by side."""

    stage = "results"
    title = "Results"
    hint = (
        "Measured on pictures that took no part in the training. "
        "Below each figure: its 95 % interval."
    )

    def __init__(self, context: WizardContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.run: Path | None = None
        self.part = "test"
        self.found: Evaluation | None = None
        self._process: TrainerProcess | None = None
        self._comparing: TrainerProcess | None = None
        self._compared: Path | None = None
        self._folds = ""
        self.store = ExplainStore(context, self)
        self.export = ReportExport(context, self)
        self.export.said.connect(context.say)
        self.export.busy_changed.connect(self._show_export)
        self._pieces = Pieces(self)
        self.moved = MovedCard(context, self)
        self.moved.moved.connect(self._data_moved)
        self.body.addWidget(self.moved)
        self._stack = QStackedWidget()
        self.body.addWidget(self._stack, 1)
        self.wait = Waiting()
        self.wait.start.clicked.connect(self.evaluate)
        self.wait.other.clicked.connect(self._use_validation)
        self.wait.cancel.clicked.connect(self._cancel)
        self._stack.addWidget(self.wait)
        area = scrolling(QWidget(), self._stack)
        area.widget().setMinimumHeight(0)  # tables and pictures keep the height they need
        self._stack.addWidget(area)
        self._build(area.widget())
        self._say(_NO_RUN)

    # Parts ---------------------------------------------------------------------------------

    def _build(self, box: QWidget) -> None:
        column = tight(QVBoxLayout(box), tokens.SPACE_12)
        head = tight(QHBoxLayout(), tokens.SPACE_8)
        self.subject = ElidedLabel("", "secondary")
        self.again = QPushButton("Evaluate a&gain")
        self.again.setProperty("role", "link")
        self.again.clicked.connect(self.evaluate)
        head.addWidget(self.subject, 1)
        head.addWidget(self.again)
        head.addWidget(self._make_save())
        self.figures = FiguresView()
        self._views = ViewStack()
        self._made: dict[str, ClassifierView | OutlinerView] = {}
        self.folds = label("", "secondary", wrap=True)
        self.folds.hide()
        self.folds_caveats = Caveats()
        column.addLayout(head)
        column.addWidget(self.folds)
        column.addWidget(self.folds_caveats)
        column.addWidget(self.figures)
        column.addWidget(self._views, 1)

    def _view(self, task: str) -> ClassifierView | OutlinerView:
        """The view of that task, made when it is first asked for: it is large."""
        if task not in self._made:
            kind = ClassifierView if task == "classification" else OutlinerView
            made = self._made[task] = kind(self.store, self._views)
            made.shown.connect(self._tab_shown)
            made.runs.opened.connect(self._open_run)
            self._views.addWidget(made)
        return self._made[task]

    @property
    def classifier(self) -> ClassifierView:
        """What shows a classifier."""
        made = self._view("classification")
        assert isinstance(made, ClassifierView)
        return made

    @property
    def outliner(self) -> OutlinerView:
        """What shows a model that outlines."""
        made = self._view("segmentation")
        assert isinstance(made, OutlinerView)
        return made

    def _make_save(self) -> QPushButton:
        self.save = QPushButton(icon("save"), " &Save…")
        self.save.setIconSize(QSize(tokens.ICON_SMALL, tokens.ICON_SMALL))
        self.save.setToolTip("Save report, tables or charts")
        menu = QMenu(self.save)
        menu.addAction("Report as &PDF…", lambda: self._ask_file("pdf"))
        menu.addAction("Report as &HTML…", lambda: self._ask_file("html"))
        menu.addAction("Curves and cases as &CSV…", lambda: self._ask_folder("csv"))
        menu.addAction("Charts as p&ictures (PNG)…", lambda: self._ask_folder("png"))
        menu.addSeparator()
        self.nameless = menu.addAction("Leave out &names of pictures and patients")
        self.nameless.setCheckable(True)
        self.save.setMenu(menu)
        return self.save

    # Page ----------------------------------------------------------------------------------

    def enter(self) -> None:
        """Show the run of the draft; it is evaluated where that was not done yet."""
        run = self.context.draft.run
        self.moved.look(run)
        if run is None:
            self._forget()
            self._say(_NO_RUN)
        elif run != self.run or self.found is None:
            self._forget()
            self.run = run
            self.store.use(run)
            self._read(evaluate=True)
        elif self._process is None:
            self._refresh(run)

    def _data_moved(self) -> None:
        """It is known where the data are: measure, or ask for the pictures again."""
        if self.run is None or self._process is not None:
            return
        self.store.use(self.run)
        if self.found is None:
            self.evaluate()
        else:
            self._show(self.found)

    def _refresh(self, run: Path) -> None:
        """The training may have gone on since: measure again where its best epoch is newer."""
        part = self.part
        self.context.runner.submit(
            "io",
            "results",
            lambda _: results.read_fresh(run, part),
            done=lambda found: self.evaluate() if found is None and run == self.run else None,
        )

    def complete(self) -> bool:
        """A run may be published with or without looking at its results."""
        return self.context.draft.run is not None and self._process is None

    def next_sentence(self) -> str:
        """What comes next."""
        if self._process is not None:
            return "The model is being measured…"
        return "Next makes the model ready for the viewer."

    def stop(self) -> None:
        """The window closes."""
        self._pieces.stop()
        self.store.stop()

    @property
    def view(self) -> ClassifierView | OutlinerView:
        """What suits the task of the run."""
        task = self.found.task if self.found is not None else "classification"
        return self._view(task)

    # Evaluation ----------------------------------------------------------------------------

    def _forget(self) -> None:
        for process in (self._process, self._comparing):
            if process is not None:
                process.cancel()
        self.run, self.found = None, None
        self._process = self._comparing = self._compared = None
        self.part = "test"

    def _read(self, *, evaluate: bool) -> None:
        run, part = self.run, self.part
        if run is None:
            return
        self._say("Looking for results…", "")

        def job(_: object) -> Evaluation | None:
            if evaluate:
                return results.read_fresh(run, part)
            return results.read_evaluation(results.evaluation_file(run, part))

        self.context.runner.submit(
            "io",
            "results",
            job,
            done=lambda found: self._was_read(run, found),
            failed=lambda failure: self._unreadable(failure),
        )

    def _was_read(self, run: Path, found: Evaluation | None) -> None:
        if run != self.run:
            return
        if found is None:
            self.evaluate()
            return
        self._pieces.add(
            lambda: self._view(found.task),
            lambda: self._show(found) if run == self.run else None,
        )

    def _unreadable(self, failure: Failure) -> None:
        self._say("The results cannot be read.", failure.message, "failed")

    def evaluate(self) -> None:
        """Measure the best epoch in the training program."""
        if self.run is None or self._process is not None:
            return
        args = ["evaluate", str(self.run), "--part", self.part, "--progress"]
        if self.context.device in ("cpu", "cuda"):
            args += ["--device", self.context.device]
        process = self.context.trainer(args)
        self._process = process
        process.progress.connect(self._progress)
        process.finished.connect(lambda outcome: self._evaluated(process, outcome))
        self._say("Measuring the model", _WAITING, "busy")

    def _progress(self, share: float, text: str) -> None:
        self.wait.progress(share, text)

    def _evaluated(self, process: TrainerProcess, outcome: Outcome) -> None:
        if process is not self._process:
            return
        self._process = None
        if outcome.kind == "done":
            self._read(evaluate=False)
        elif outcome.kind == "cancelled" and self.found is not None:
            self._show(self.found)
        elif outcome.kind == "cancelled":
            self._say("Not measured yet", "You stopped it. Nothing was changed.", "idle")
        elif self.found is not None:  # what was measured before still stands
            self._show(self.found)
            self.context.say(Message("error", "The model could not be measured", outcome.message))
        else:
            self._say("The model could not be measured", outcome.message, "failed")

    def _cancel(self) -> None:
        if self._process is not None:
            self.wait.cancelling()
            self._process.cancel()

    def _use_validation(self) -> None:
        self.part = "val"
        self._read(evaluate=True)

    def _say(self, words: str, detail: str = "", state: State = "plain") -> None:
        """Words instead of results: why there are none, and what can be done."""
        self.wait.say(words, detail, state, other_part=self.part == "test")
        self._stack.setCurrentWidget(self.wait)
        self.changed.emit()

    def _show_folds(self) -> None:
        """What this fold and the others came to together, where there are others."""
        run = self.run
        self.folds.hide()
        self.folds_caveats.hide()
        if run is not None:
            self.context.runner.submit(
                "io",
                "folds-words",
                lambda _: (results.folds_words(run), results.folds_warnings(run)),
                done=lambda told: self._folds_told(run, *told),
                failed=lambda failure: self._folds_told(run, failure.message),
            )

    def _folds_told(self, run: Path, words: str, warnings: tuple[str, ...] = ()) -> None:
        if run == self.run and self.found is not None:
            own = self.found.warnings  # they stand below the figures of this fold already
            self.folds.setText(words)
            self.folds.setVisible(bool(words))
            self.folds_caveats.show_sentences([one for one in warnings if one not in own])

    def _show(self, found: Evaluation) -> None:
        self.found = found
        self._show_folds()
        self.subject.set_full(results.subject(found))
        self.figures.show_evaluation(found)
        self._views.show_view(self.view)
        self.view.show_evaluation(found)
        self._stack.setCurrentIndex(1)
        self._compared = None
        if self.view.tab == ALL_RUNS:
            self.compare()
        self._show_export()
        self.changed.emit()

    # All runs ------------------------------------------------------------------------------

    def _tab_shown(self, name: str) -> None:
        if name == ALL_RUNS and self._compared != self.run:
            self.compare()

    def compare(self) -> None:
        """Put all runs of the same task side by side."""
        run = self.run
        if run is None:
            return
        self._compared = run
        self.view.runs.say("Looking for other runs…")
        self.context.runner.submit(
            "io",
            "comparable-runs",
            lambda _: (results.comparable_runs(run), results.folds_words(run)),
            done=lambda found: self._ask_comparison(run, *found),
        )

    def _ask_comparison(self, run: Path, runs: tuple[Path, ...], folds: str) -> None:
        if run != self.run:
            return
        self._folds = folds
        args = ["compare", *(str(one) for one in runs), "--part", self.part, "--json"]
        process = self.context.trainer(args)
        self._comparing = process
        process.finished.connect(lambda outcome: self._was_compared(process, outcome))

    def _was_compared(self, process: TrainerProcess, outcome: Outcome) -> None:
        if process is not self._comparing:
            return
        self._comparing = None
        if outcome.kind != "done":
            self._compared = None
            self.view.runs.say(outcome.message or "Stopped.", tone="warning")
            return
        try:
            found = results.read_comparison(_document(outcome.stdout))
        except ConfigError as error:
            self.view.runs.say(str(error), tone="warning")
            return
        current = str(self.run) if self.run is not None else ""
        self.view.runs.show_comparison(found, current, self._folds)

    def _open_run(self, name: str) -> None:
        """Another run of the table: follow it, and show what it is worth."""
        if self.run is not None and name != str(self.run):
            self.context.training.attach(Path(name))
            self.enter()

    # Saving --------------------------------------------------------------------------------

    def _show_export(self) -> None:
        self.save.setEnabled(self.found is not None and not self.export.busy)
        self.save.setText("Saving…" if self.export.busy else " &Save…")

    def _ask_file(self, kind: Kind) -> None:
        run = self.run
        if run is None:
            return
        names = {"pdf": "PDF (*.pdf)", "html": "Web page (*.html)"}
        dialog = QFileDialog(self, "Save the report", "", names[kind])
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(f"{safe_part(run.name, 'run')}.{kind}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.save_to(kind, Path(name)))
        dialog.open()

    def _ask_folder(self, kind: str) -> None:
        dialog = QFileDialog(self, "Save in")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.save_to(kind, Path(name)))
        dialog.open()

    def save_to(self, kind: str, target: Path) -> None:
        """Write what was asked for: 'pdf' or 'html' to a file, 'csv' or 'png' into a folder."""
        run = self.run
        if run is None or self.found is None:
            return
        if kind == "png":
            self.export.charts(self.view.charts(), target, run.name)
        else:
            names = not self.nameless.isChecked()
            self.export.report(run, self.part, kind, target, names=names)  # type: ignore[arg-type]


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
