"""The check of the data folder: one process, whose progress and result several pages show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tumordesk.core.data_report import DataReport
from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import from_plain
from tumordesk.core.label_numbers import without_names
from tumordesk.core.training_run import DataConfig
from tumordesk.gui.training_process import Outcome, TrainerProcess
from tumordesk.gui.training_wizard.thumbnails import data_options

if TYPE_CHECKING:
    from tumordesk.gui.training_wizard.context import WizardContext


class DataCheck(QObject):
    """Runs ``check-data``. ``changed``: progress, result, failure or nothing at all is new."""

    changed = Signal()

    def __init__(self, context: WizardContext) -> None:
        super().__init__(context)
        self._context = context
        self._process: TrainerProcess | None = None
        self._asked: DataConfig | None = None
        self.share = 0.0
        self.text = ""
        self.problem = ""
        """Why there is no report: a sentence, or that it was cancelled."""

    @property
    def running(self) -> bool:
        """True while the folder is being looked at."""
        return self._process is not None

    def ensure(self) -> None:
        """Check the draft's folder unless that was done, or is being done."""
        data = _as_read(self._context.draft.data)
        if not data.root or (self._asked == data and (self.running or self._known())):
            return
        self.start()

    def _known(self) -> bool:
        return self._context.draft.report is not None

    def start(self) -> None:
        """Check the draft's folder, from the start."""
        self.cancel()
        data = self._context.draft.data
        self._asked = _as_read(data)
        self._context.draft.report = None
        self._context.thumbnails.use(self._asked)
        self.share, self.text, self.problem = 0.0, "Starting", ""
        args = ["check-data", data.root, "--json", "--progress", *data_options(self._asked)]
        process = self._context.trainer(args)
        self._process = process
        process.progress.connect(lambda share, text: self._progress(process, share, text))
        process.finished.connect(lambda outcome: self._over(process, outcome))
        self.changed.emit()

    def cancel(self) -> None:
        """Stop looking."""
        if self._process is not None:
            self._process.cancel()
            self._process = None
            self.problem = "The check was cancelled."
            self.changed.emit()

    def _progress(self, process: TrainerProcess, share: float, text: str) -> None:
        if process is self._process:
            self.share, self.text = share, text
            self.changed.emit()

    def _over(self, process: TrainerProcess, outcome: Outcome) -> None:
        if process is not self._process:
            return
        self._process = None
        if outcome.kind == "done":
            try:
                report = read_report(outcome.stdout)
            except ConfigError as error:
                self.problem = f"The check gave an answer that cannot be read: {error.message}"
            else:
                self._context.draft.use_report(report)
        else:
            self.problem = outcome.message or "The check was cancelled."
        self.changed.emit()


def read_report(text: str) -> DataReport:
    """Decode what ``check-data --json`` printed. Raises ConfigError."""
    try:
        return from_plain(DataReport, json.loads(text), "report")
    except ValueError as error:
        raise ConfigError("it is not JSON.") from error


def _as_read(data: DataConfig) -> DataConfig:
    """Only what changes how the folder is read: decisions need no new check."""
    return DataConfig(
        root=data.root,
        layout=data.layout,
        channel=data.channel,
        sequences=data.sequences,
        indexes=data.indexes,
        group_pattern=data.group_pattern,
        labels=without_names(data.labels),
    )
