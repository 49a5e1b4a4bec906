"""Train: starts the run in a process of its own, and follows it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import RunState, TrainingConfig, TrainingEvent
from tumordesk.gui.banner import Message
from tumordesk.gui.jobs import Failure
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.curves import save_csv, save_png
from tumordesk.gui.training_wizard.moved_card import MovedCard
from tumordesk.gui.training_wizard.pages import Page
from tumordesk.gui.training_wizard.report_export import free_path
from tumordesk.gui.training_wizard.train_start import TrainStart
from tumordesk.gui.training_wizard.train_view import TrainView
from tumordesk.session.folds import folds_left, is_last, order_of
from tumordesk.session.naming import safe_part


class TrainPage(Page):
    """First the order in words, then the run as it goes."""

    stage = "train"
    title = "Train"
    hint = "The network learns from the training part; after each epoch it is tried on validation."

    def __init__(self, context: WizardContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._run: Path | None = None
        self._starting: TrainingConfig | None = None
        self._ordered: TrainingConfig | None = None
        self._other = False
        self._early: list[TrainingEvent] = []
        self._ready = False
        self.moved = MovedCard(context, self)
        self.body.addWidget(self.moved)
        self._stack = QStackedWidget(self)
        self.body.addWidget(self._stack, 1)
        self.start = TrainStart(self._stack)
        self.view = TrainView(context.runner, self._stack)
        self._stack.addWidget(self.start)
        self._stack.addWidget(self.view)
        self._wire()
        self.set_expert(context.expert)
        if context.training.folder is not None:  # attached to before this page was made
            self._begun(context.training.folder)
            self._batch(tuple(context.training.follower.events))  # type: ignore[union-attr]

    def _wire(self) -> None:
        training = self.context.training
        training.begun.connect(self._begun)
        training.batch.connect(self._batch)
        training.lost.connect(self._lost)
        training.failed.connect(self._failed)
        training.ended.connect(self._ended)
        training.state_changed.connect(lambda _: self._show_folds())
        self.start.changed.connect(self.changed)
        view = self.view
        view.pause_asked.connect(training.pause)
        view.go_on_asked.connect(training.go_on)
        view.stop_asked.connect(training.stop)
        view.resume_asked.connect(self._resume)
        view.anew_asked.connect(self._anew)
        view.save_asked.connect(self._ask_where)

    # Page ----------------------------------------------------------------------------------

    @property
    def training(self) -> bool:
        """True where a run is shown, False where the order is."""
        return self._stack.currentWidget() is self.view

    def enter(self) -> None:
        """Read the draft again, unless a run is shown; then say whether it is another one."""
        if not self.training:
            self.start.show_draft(self.context.draft)
        self._show_other()
        self._look_for_data()

    def _look_for_data(self) -> None:
        """Whether a run that is over could go on: its data may not be there any more."""
        self.moved.look(self._run if self.training and self.view.over else None)

    def _show_other(self) -> None:
        """Whether what is chosen now is not what the run that is shown was made with."""
        shown, draft = self.view.config, self.context.draft
        self._other = False
        if self.training and self.view.over and shown is not None and draft.data.root:
            self._other = Path(shown.data.root) != Path(draft.data.root)
            if not self._other and self._ordered is not None:
                with suppress(ConfigError):
                    self._other = draft.config() != self._ordered
        self.view.show_other(chosen=self._other)

    def set_expert(self, expert: bool) -> None:
        """The run folder is shown to experts."""
        self.start.set_expert(expert)

    def complete(self) -> bool:
        """Before: whether it may start. After: whether there is something to evaluate."""
        if not self.training:
            return self.start.ready
        ended = self.view.progress.state in (RunState.FINISHED, RunState.STOPPED)
        whole = ended and not self.view.lost and self.view.kept
        return (whole or self.context.draft.kept_best) and not self._more_folds

    @property
    def _more_folds(self) -> bool:
        """True between two folds of a cross-validation: this one is over, the whole is not."""
        return self.view.over and self.context.training.running

    def next_text(self) -> str:
        """The start is the page's one action."""
        return "&Next" if self.training else "&Start training"

    def next_sentence(self) -> str:
        """What happens with Next, or what is missing for it."""
        if not self.training:
            return "Starts the training now." if self.start.ready else self.start.words.text()
        if not self.view.over:
            return "You may close this window: you are asked whether the training goes on."
        if self._more_folds:
            config, run = self.view.config, self._run
            last = run is not None and config is not None and is_last(run, config)
            then = "this is the last one" if last else "then the next one begins"
            return f"This fold is over and is being measured; {then}."
        if self.context.draft.kept_best:
            return "It failed, but its best epoch was kept: Next measures it. Or go on from there."
        if self._other and self.complete():
            return "Next measures this training. New training begins with what is chosen now."
        if self.complete():
            return "Next measures the best epoch on pictures it has never seen."
        if self.view.kept:
            return "Go on from the last checkpoint, or start a new training."
        return "Nothing was kept. Change what is said above, then start a new training."

    def advance(self) -> bool:
        """Start the training, or go on to the results."""
        if self.training:
            return True
        config = self.start.config
        if config is not None and self.start.ready:
            folder = Path(self.start.folder.text().strip())
            self._starting = config
            self.context.training.start(config, folder, all_folds=self.start.all_folds)
        return False

    def stop(self) -> None:
        """The window closes."""
        self.view.stop_drawing()

    # Run -----------------------------------------------------------------------------------

    def _begun(self, folder: Path) -> None:
        self._ordered, self._starting = self._starting, None
        self._run, self._ready, self._early = folder, False, []
        self.moved.look(None)
        self.view.show_folds(waits=False, left=0)
        self.view.begin(folder, None)
        self._other = False
        self.view.show_other(chosen=False)
        self._stack.setCurrentWidget(self.view)
        self.changed.emit()
        self.context.runner.submit(
            "io",
            "train-page-config",
            lambda _: order_of(folder),
            done=lambda config: self._configured(folder, config),
            failed=self._unreadable,
        )

    def _configured(self, folder: Path, config: TrainingConfig) -> None:
        if folder != self._run:
            return
        self.view.begin(folder, config)
        self._ready = True
        early, self._early = self._early, []
        self._take(early)
        self._show_other()
        self._look_for_data()

    def _batch(self, events: Sequence[TrainingEvent]) -> None:
        if self._ready:
            self._take(events)
        else:
            self._early += events

    def _take(self, events: Sequence[TrainingEvent]) -> None:
        over = self.view.over
        self.view.add(events)
        if self.view.over and not over:
            self.view.draw_now()
        self.changed.emit()

    def _show_folds(self, left: int = 0) -> None:
        self.view.show_folds(waits=self.view.over and self.context.training.running, left=left)
        self.changed.emit()

    def _ended(self) -> None:
        """The process is gone: are there folds that it has not come to?"""
        run = self._run
        self._show_folds()
        self._look_for_data()
        if run is not None and run == self.context.training.folder:
            self.context.runner.submit(
                "io",
                "folds-left",
                lambda _: folds_left(run),
                done=lambda left: self._show_folds(left) if run == self._run else None,
                failed=self._unreadable,
            )

    def _lost(self, words: str) -> None:
        self.view.draw_now()
        self.view.lose(words)
        self._look_for_data()
        self.changed.emit()

    def _failed(self, sentence: str, hint: str) -> None:
        self.context.say(Message("error", sentence, hint))
        self.view.refused()
        self.changed.emit()

    def _unreadable(self, failure: Failure) -> None:
        self.context.say(Message("error", failure.message, failure.hint))

    def _resume(self) -> None:
        if self._run is not None:
            self.context.training.resume(self._run)

    def _anew(self) -> None:
        """Show the order again; the old run stays where it is."""
        if not self.context.draft.data.root:
            self.context.show_stage("data")
            return
        self.context.training.detach()
        self._run = self._ordered = self._starting = None
        self._stack.setCurrentWidget(self.start)
        self.enter()
        self.changed.emit()

    # Curves --------------------------------------------------------------------------------

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, "Save the curves in")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.save_curves(Path(name)))
        dialog.open()

    def save_curves(self, folder: Path) -> None:
        """Write the curves as PNG and CSV into ``folder``; nothing is replaced."""
        curves = self.view.curves
        stem = safe_part(self._run.name if self._run is not None else "", "run")
        image, table = curves.picture(), curves.book.csv()

        def write() -> str:
            paths = [free_path(folder / f"{stem}-curves{kind}") for kind in (".png", ".csv")]
            save_png(image, paths[0])
            save_csv(table, paths[1])
            return ", ".join(path.name for path in paths)

        self.context.runner.submit(
            "io",
            "save-curves",
            lambda _: write(),
            done=lambda names: self.context.say(Message("success", "Curves saved", names)),
            failed=self._unreadable,
        )
