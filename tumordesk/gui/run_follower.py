"""Follows events.jsonl of a run: whoever started it, and whenever."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from tumordesk.core.training_run import RunState, TrainingEvent
from tumordesk.gui.jobs import Failure, JobRunner
from tumordesk.session.run_process import OVER, Look, look, state_after

POLL_MS = 250
LOST = (
    "The training process ended suddenly. Its checkpoints are kept: the training can go on from "
    "the last one."
)


class RunFollower(QObject):
    """Reads what is new four times a second, off the window's thread.

    ``happened``: one event; ``batch``: the same events, all of one look together (cheaper where
    they are drawn). ``state_changed``: a :class:`RunState`. ``lost(sentence)``: the process is
    dead and the run not over. ``ended``: nothing is followed any more. ``moved(folder)``: this
    fold is over, and the process is at that one now.
    """

    happened = Signal(object)
    batch = Signal(object)
    state_changed = Signal(object)
    lost = Signal(str)
    ended = Signal()
    moved = Signal(object)

    def __init__(self, folder: Path, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.state = RunState.CREATED
        self.events: list[TrainingEvent] = []
        self._runner = runner
        self._offset = 0
        self._key = f"follow:{folder}"
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def active(self) -> bool:
        """True while the run is being followed."""
        return self._timer.isActive()

    def start(self) -> None:
        """Follow from where the last look ended."""
        self._timer.start()
        self._poll()

    def stop(self) -> None:
        """Follow no more."""
        if self._timer.isActive():
            self._timer.stop()
            self._runner.cancel(self._key)
            self.ended.emit()

    def _poll(self) -> None:
        if not self._timer.isActive() or self._runner.busy(self._key):
            return
        folder, offset = self.folder, self._offset
        self._runner.submit(
            "io", self._key, lambda _: look(folder, offset), done=self._take, failed=self._failed
        )

    def _failed(self, failure: Failure) -> None:
        """A defect: say so once instead of four times a second."""
        self.stop()
        self.lost.emit(failure.message)

    def _take(self, seen: Look) -> None:
        if not self._timer.isActive():
            return
        self._offset = seen.offset
        before = self.state
        for event in seen.events:
            self.state = state_after(self.state, event)
            self.events.append(event)
        if seen.events:
            self.batch.emit(seen.events)
        for event in seen.events:
            self.happened.emit(event)
        if self.state is not before:
            self.state_changed.emit(self.state)
        if seen.then is not None and not seen.more:
            self.moved.emit(seen.then)
        elif seen.more:
            QTimer.singleShot(0, self, self._poll)
        elif not seen.alive:
            self._over(seen)

    def _over(self, seen: Look) -> None:
        """The process is gone, and everything it wrote was read."""
        self.stop()
        if self.state not in OVER:
            self.lost.emit(seen.last_words or LOST)
