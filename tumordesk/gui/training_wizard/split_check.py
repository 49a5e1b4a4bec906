"""Asks the training program for the counts of a split, a moment after the last change."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from tumordesk.core.errors import ConfigError, TumorDeskError
from tumordesk.core.jsonio import from_plain
from tumordesk.core.paths import cache_dir
from tumordesk.core.training_run import TrainingConfig, write_config
from tumordesk.gui.jobs import Failure
from tumordesk.gui.training_process import Outcome, TrainerProcess
from tumordesk.session.training import SplitReport

if TYPE_CHECKING:
    from tumordesk.gui.training_wizard.context import WizardContext

WAIT_MS = 200


class SplitCheck(QObject):
    """``changed``: waiting, progress, result or failure is new. The result is in the draft."""

    changed = Signal()

    def __init__(self, context: WizardContext) -> None:
        super().__init__(context)
        self._context = context
        self._process: TrainerProcess | None = None
        self._config: TrainingConfig | None = None
        self.problem = ""
        self.share = 0.0
        self.text = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self._write)

    @property
    def waiting(self) -> bool:
        """True while there is no answer to the last question."""
        return self._timer.isActive() or self._config is not None

    def ask(self) -> None:
        """Have the draft's split counted."""
        self.stop()
        self._context.draft.split_report = None
        self.problem, self.share, self.text = "", 0.0, "Counting"
        self._timer.start()
        self.changed.emit()

    def stop(self) -> None:
        """Ask no more."""
        self._timer.stop()
        self._config = None
        if self._process is not None:
            self._process.cancel()
            self._process = None

    def _write(self) -> None:
        try:
            config = self._context.draft.config()
        except TumorDeskError as error:
            self._fail(str(error))
            return
        self._config = config
        path = cache_dir() / "wizard" / f"split-{os.getpid()}.json"
        self._context.runner.submit(
            "io",
            "split-config",
            lambda _: write_config(path, config),
            done=lambda _: self._start(config, path),
            failed=lambda failure: self._refused(config, failure),
        )

    def _refused(self, config: TrainingConfig, failure: Failure) -> None:
        if config is self._config:
            self._fail(f"{failure.message} {failure.hint}".strip())

    def _start(self, config: TrainingConfig, path: Path) -> None:
        if config is not self._config:
            return
        args = ["split", str(path), "--data", config.data.root, "--json", "--progress"]
        process = self._context.trainer(args)
        self._process = process
        process.progress.connect(lambda share, text: self._progress(process, share, text))
        process.finished.connect(lambda outcome: self._over(process, outcome))

    def _progress(self, process: TrainerProcess, share: float, text: str) -> None:
        if process is self._process:
            self.share, self.text = share, text
            self.changed.emit()

    def _over(self, process: TrainerProcess, outcome: Outcome) -> None:
        if process is not self._process:
            return
        self._process = None
        if outcome.kind != "done":
            self._fail(outcome.message or "The split was not counted.")
            return
        try:
            self._context.draft.split_report = read_split_report(outcome.stdout)
        except ConfigError as error:
            self._fail(f"The split cannot be read: {error.message}")
            return
        self._config = None
        self.changed.emit()

    def _fail(self, sentence: str) -> None:
        self._config = None
        self.problem = sentence
        self.changed.emit()


def read_split_report(text: str) -> SplitReport:
    """Decode what ``split --json`` printed. Raises ConfigError."""
    try:
        return from_plain(SplitReport, json.loads(text), "split")
    except ValueError as error:
        raise ConfigError("it is not JSON.") from error
