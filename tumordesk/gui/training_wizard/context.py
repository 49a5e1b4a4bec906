"""What the pages share: the draft, remembered choices, processes, thumbnails, the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from tumordesk.core.data_report import CHANNELS
from tumordesk.core.settings import TrainingChoices
from tumordesk.core.training_run import RunState
from tumordesk.gui.banner import Message
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.training_process import TrainerProcess, TrainingRunProcess
from tumordesk.gui.training_wizard.data_check import DataCheck
from tumordesk.gui.training_wizard.thumbnails import ThumbnailStore
from tumordesk.session.run_process import OVER
from tumordesk.session.training import Draft, StageName


class WizardContext(QObject):
    """Given to every page.

    ``said``: a :class:`Message` for the top of the window. ``published``: id of a model that is
    in the user's models now; ``wanted``: it is to be used in the viewer. ``go``: show another
    stage. ``runner``: for reading files; it tells nothing once the window closed. ``check``: what
    the training program says of the data. ``training``: the run that is trained or attached to.
    ``device``: as in the settings ("auto", "cpu", "cuda", "mps"). ``command``: the training program
    where it is not the usual one. ``colours``: thumbnails of coloured pictures, by what is read
    of them.
    """

    said = Signal(object)
    published = Signal(str)
    wanted = Signal(str)
    go = Signal(str)
    expert_wanted = Signal()
    field_wanted = Signal(str)

    def __init__(
        self,
        runner: JobRunner,
        choices: TrainingChoices | None = None,
        keep: Callable[[TrainingChoices], None] = lambda _: None,
        parent: QObject | None = None,
        device: str = "auto",
        command: list[str] | None = None,
    ) -> None:
        super().__init__(parent)
        self.draft = Draft()
        self.runner = JobRunner(self, host=runner)
        self.choices = choices or TrainingChoices()
        self.device = device
        self.command = command
        self._keep = keep
        self._processes: list[TrainerProcess] = []
        self.thumbnails = ThumbnailStore(self)
        self.colours = {name: ThumbnailStore(self) for name in CHANNELS}
        self.check = DataCheck(self)
        self.training = TrainingRunProcess(self.runner, self, command)
        self.training.begun.connect(self._begun)
        self.training.state_changed.connect(self._state_changed)
        self.training.ended.connect(self._ended)
        self.training.lost.connect(lambda _: self._state_changed(RunState.FAILED))

    @property
    def expert(self) -> bool:
        """True where every number is shown."""
        return self.choices.expert

    def trainer(self, args: list[str], stdin: str = "") -> TrainerProcess:
        """Start a command of the training program; it ends with the window at the latest.

        Signals come only after this returned. The process deletes itself after its outcome.
        """
        process = TrainerProcess(self, self.command)
        self._processes.append(process)
        process.finished.connect(lambda _: self._forget(process))
        process.start(args, stdin)
        return process

    def _forget(self, process: TrainerProcess) -> None:
        if process in self._processes:
            self._processes.remove(process)
        process.deleteLater()

    def remember(self, **changes: Any) -> None:
        """Keep entries of :class:`TrainingChoices` for the next time."""
        self.choices = replace(self.choices, **changes)
        self._keep(self.choices)

    def remember_value(self, name: str, value: Any) -> None:
        """Keep a choice of one page (anything JSON has) under ``name``."""
        self.remember(values={**self.choices.values, name: value})

    def say(self, message: Message) -> None:
        """Show a message at the top of the window."""
        self.said.emit(message)

    def want_expert(self) -> None:
        """Show every number from now on."""
        self.expert_wanted.emit()

    def show_stage(self, stage: StageName) -> None:
        """Show another stage."""
        self.go.emit(stage)

    def settle_on_data(self, code: str) -> None:
        """Show the field of the Data page that settles a finding of that code."""
        self.show_stage("data")
        self.field_wanted.emit(code)

    def _begun(self, folder: Path) -> None:
        self.draft.run = folder
        self.draft.run_state = None
        self.remember(last_run=str(folder))

    def _state_changed(self, state: RunState) -> None:
        # A fold that is over while others are to come: the training as a whole is not.
        over = state in OVER and not self.training.running
        self.draft.run_state = state if over or state not in OVER else None

    def _ended(self) -> None:
        if self.draft.run == self.training.folder and self.training.state in OVER:
            self.draft.run_state = self.training.state

    def shutdown(self) -> None:
        """End all short commands; a training goes on."""
        self.training.detach()
        for store in (self.thumbnails, *self.colours.values()):
            store.stop()
        for process in self._processes:
            process.shutdown()
        self._processes.clear()
        self.runner.close()
