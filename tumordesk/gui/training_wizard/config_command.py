"""A command of the training program on the configuration as it stands; the last order counts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from tumordesk.core.paths import cache_dir
from tumordesk.core.training_run import TrainingConfig, write_config
from tumordesk.gui.jobs import Failure
from tumordesk.gui.training_process import Outcome, TrainerProcess

if TYPE_CHECKING:
    from tumordesk.gui.training_wizard.context import WizardContext


class ConfigCommand(QObject):
    """Runs ``COMMAND CONFIG.json --data FOLDER --progress`` with further options.

    ``done(stdout)``, ``failed(sentence)`` or nothing at all, where it was cancelled or another
    order came. ``changed``: running or progress is new. ``wait_ms``: how long a person must have
    stopped changing things.
    """

    done = Signal(str)
    failed = Signal(str)
    changed = Signal()

    def __init__(self, context: WizardContext, command: str, wait_ms: int = 0) -> None:
        super().__init__(context)
        self._context = context
        self._command = command
        self._process: TrainerProcess | None = None
        self._order: tuple[TrainingConfig, tuple[str, ...]] | None = None
        self.share = 0.0
        self.text = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(wait_ms)
        self._timer.timeout.connect(self._write)

    @property
    def running(self) -> bool:
        """True from an order to its outcome."""
        return self._order is not None

    def ask(self, config: TrainingConfig, options: tuple[str, ...] = ()) -> None:
        """Run the command on this configuration; an earlier one is stopped."""
        self._stop()
        self._order = (config, options)
        self.share, self.text = 0.0, ""
        self._timer.start()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop, and tell nothing."""
        was = self.running
        self._stop()
        if was:
            self.changed.emit()

    def _stop(self) -> None:
        self._timer.stop()
        self._order = None
        if self._process is not None:
            self._process.cancel()
            self._process = None

    def _write(self) -> None:
        order = self._order
        if order is None:
            return
        path = cache_dir() / "wizard" / f"{self._command}-{os.getpid()}.json"
        self._context.runner.submit(
            "io",
            f"{self._command}-config",
            lambda _: write_config(path, order[0]),
            done=lambda _: self._start(order, path),
            failed=lambda failure: self._refused(order, failure),
        )

    def _refused(self, order: object, failure: Failure) -> None:
        if order is self._order:
            self._fail(f"{failure.message} {failure.hint}".strip())

    def _start(self, order: tuple[TrainingConfig, tuple[str, ...]], path: Path) -> None:
        if order is not self._order:
            return
        config, options = order
        args = [self._command, str(path), "--data", config.data.root, *options, "--progress"]
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
            self._fail(outcome.message or "The training program stopped.")
            return
        self._order = None
        self.done.emit(outcome.stdout)
        self.changed.emit()

    def _fail(self, sentence: str) -> None:
        self._order = None
        self.failed.emit(sentence)
        self.changed.emit()
