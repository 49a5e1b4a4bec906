"""Drives a batch from the window: one study is one job, so that runs in the viewer come between.

The compute lane has one worker. A run that a person starts waits for the study in progress at
most, and is done before the next one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tumordesk.gui.jobs import Failure, JobRunner, RunnerContext

if TYPE_CHECKING:
    from tumordesk.session.batch import Batch, BatchOptions, PlannedStudy, StudyRecord

OPEN_KEY = "batch-open"
STUDY_KEY = "batch-study"
CLOSE_KEY = "batch-close"


class Phase(Enum):
    """Where a batch stands."""

    IDLE = "idle"
    OPENING = "opening"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"


BUSY = frozenset({Phase.OPENING, Phase.RUNNING, Phase.PAUSING, Phase.STOPPING})
"""Phases in which something is going on."""


class BatchWork(QObject):
    """One batch at a time. ``batch`` is the one that is open, or was last; None before."""

    phase_changed = Signal()
    planned = Signal()
    """The queue is known."""
    study_started = Signal(str)
    study_done = Signal(str)
    """With the code of the study."""
    progressed = Signal(object)
    """A Progress of the study in work, or of looking for studies."""
    failed = Signal(object)
    """A Failure that ended the batch; what is finished is kept."""

    def __init__(self, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self.phase = Phase.IDLE
        self.batch: Batch | None = None
        self.current = ""
        self._began_s = 0.0
        self._done_since = 0

    @property
    def busy(self) -> bool:
        """Whether something is going on."""
        return self.phase in BUSY

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the studies done since the start; None before two are done."""
        if self.batch is None or self._done_since < 2:
            return None
        each_s = (time.monotonic() - self._began_s) / self._done_since
        return each_s * len(self.batch.waiting)

    def start(self, paths: Sequence[Path], options: BatchOptions) -> None:
        """Begin a batch, or go on with the one in ``options.out``."""
        if self.busy:
            return
        # A batch that is only paused still holds its folder.
        old, self.batch = self.batch, None
        self._set(Phase.OPENING)

        made: list[Batch] = []

        def job(context: RunnerContext) -> Batch:
            from tumordesk.session.batch import open_batch

            if old is not None:
                old.close()
            made.append(open_batch(context, paths, options))
            if "pdf" in options.formats:
                from tumordesk.gui.report.pdf import write_report

                made[0].write_pdf = write_report
            return made[0]

        def cancelled() -> None:
            # It may have been open already when it was cancelled: nobody else gives it back.
            self.batch = made[0] if made else None
            self._end(Phase.STOPPED)

        self._runner.submit(
            "io",
            OPEN_KEY,
            job,
            done=self._opened,
            failed=self._broke,
            cancelled=cancelled,
            progress=self.progressed.emit,
        )

    def _opened(self, batch: Batch) -> None:
        self.batch = batch
        self._began_s, self._done_since = time.monotonic(), 0
        self._set(Phase.RUNNING)
        self.planned.emit()
        self._next()

    def _next(self) -> None:
        batch = self.batch
        if batch is None:
            return
        waiting = batch.waiting
        if not waiting:
            self._end(Phase.DONE)
            return
        if self.phase is Phase.PAUSING:
            self.current = ""
            self._set(Phase.PAUSED)
            return
        self._submit(batch, waiting[0], waiting[1] if len(waiting) > 1 else None)

    def _submit(self, batch: Batch, study: PlannedStudy, then: PlannedStudy | None) -> None:
        def job(context: RunnerContext) -> StudyRecord:
            from tumordesk.inference.devices import limit_threads

            limit_threads()
            return batch.run_study(context, study, then)

        self.current = study.code
        self.study_started.emit(study.code)
        self._runner.submit(
            "compute",
            STUDY_KEY,
            job,
            done=lambda _: self._study_done(study.code),
            failed=self._broke,
            cancelled=lambda: self._end(Phase.STOPPED),
            progress=self.progressed.emit,
        )

    def _study_done(self, code: str) -> None:
        self._done_since += 1
        self.current = ""
        self.study_done.emit(code)
        self._next()

    def pause(self) -> None:
        """Stop after the study in progress; memory and folder stay with the batch."""
        if self.phase is Phase.RUNNING:
            self._set(Phase.PAUSING)

    def go_on(self) -> None:
        """After a pause."""
        if self.phase is Phase.PAUSING:
            self._set(Phase.RUNNING)
        elif self.phase is Phase.PAUSED:
            self._began_s, self._done_since = time.monotonic(), 0
            self._set(Phase.RUNNING)
            self._next()

    def cancel(self) -> None:
        """Stop within one batch of slices; the study in progress is run again another time."""
        if self.phase is Phase.PAUSED:
            self._end(Phase.STOPPED)
        elif self.busy and self.phase is not Phase.STOPPING:
            opening = self.phase is Phase.OPENING
            self._set(Phase.STOPPING)
            self._runner.cancel(OPEN_KEY if opening else STUDY_KEY)

    def _broke(self, failure: Failure) -> None:
        self._end(Phase.STOPPED)
        self.failed.emit(failure)

    def _end(self, phase: Phase) -> None:
        """Give the folder back; off the window's thread, since a reader may have to finish."""
        self.current = ""
        batch = self.batch
        if batch is not None:
            self._runner.submit("io", CLOSE_KEY, lambda _: batch.close())
        self._set(phase)

    def shut_down(self) -> None:
        """The program ends; call it after the runner's shutdown."""
        if self.batch is not None:
            self.batch.close()

    def _set(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.phase_changed.emit()
