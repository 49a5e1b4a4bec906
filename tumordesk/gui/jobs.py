"""Work off the window's thread: two threads for reading, one for models, two that wait for others.

A job ends in exactly one of done, failed or cancelled, delivered on the window's thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from tumordesk.core.errors import Cancelled, TumorDeskError
from tumordesk.core.job import JobContext, Progress
from tumordesk.gui.crash import CrashReport, crash_report

_log = logging.getLogger(__name__)

T = TypeVar("T")
Lane = Literal["io", "compute", "net"]
THREADS: dict[Lane, int] = {"io": 2, "compute": 1, "net": 2}
SHUTDOWN_S = 8.0


@dataclass(frozen=True)
class Failure:
    """Why a job failed. ``crash`` is set where it is a defect of the program."""

    message: str
    hint: str = ""
    crash: CrashReport | None = None


class RunnerContext(JobContext):
    """A job context that can also hand over what is there already."""

    def __init__(self, on_progress: Callable[[Progress], None], on_post: Callable[[Any], None]):
        super().__init__(on_progress)
        self._on_post = on_post

    def post(self, value: Any) -> None:
        """Hand ``value`` to the job's ``partial`` callback on the window's thread."""
        self._on_post(value)


@dataclass(eq=False)
class _Job:
    lane: Lane
    key: str
    function: Callable[[RunnerContext], Any]
    done: Callable[[Any], None] | None
    failed: Callable[[Failure], None] | None
    cancelled: Callable[[], None] | None
    progress: Callable[[Progress], None] | None
    partial: Callable[[Any], None] | None
    work: Callable[[_Job], None]
    context: RunnerContext = field(init=False)
    retired: bool = False
    ended: bool = False

    def release(self) -> None:
        """Let go of the scans and windows the functions hold: a job and its context are a ring."""
        self.function = _nothing
        self.done = self.failed = self.cancelled = self.progress = self.partial = None


def _nothing(_: RunnerContext) -> None:
    """What a job does once it is over."""


class _Lane:
    """A queue and its threads, started with the first job."""

    def __init__(self, name: Lane, count: int) -> None:
        self._name = name
        self._count = count
        self._queue: deque[_Job] = deque()
        self._condition = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def put(self, job: _Job, first: bool) -> None:
        with self._condition:
            if first:
                self._queue.appendleft(job)
            else:
                self._queue.append(job)
            if not self._threads:
                self._start()
            self._condition.notify()

    def _start(self) -> None:
        for number in range(self._count):
            name = f"tumordesk-{self._name}-{number}"
            # Daemon: a crash that never reaches shutdown() must not keep the process alive.
            thread = threading.Thread(target=self._loop, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def remove(self, job: _Job) -> bool:
        """Take a waiting job out; False when it is running or over."""
        with self._condition:
            if job in self._queue:
                self._queue.remove(job)
                return True
            return False

    def _loop(self) -> None:
        while True:
            with self._condition:
                while not self._queue and not self._closed:
                    self._condition.wait()
                if self._closed:
                    return
                job = self._queue.popleft()
            job.work(job)
            # Or the last job, and the scan it has read, stay for as long as nothing else comes.
            del job

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._queue.clear()
            self._condition.notify_all()

    def join(self, until: float) -> bool:
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)


class JobRunner(QObject):
    """Submits functions to a lane. Lives on the window's thread; call it only from there.

    ``host``: a runner whose threads are used, for a window that may close before the program
    does: it calls :meth:`close`, and nothing reaches it any more.
    """

    _outcome = Signal(object, str, object)
    idle_changed = Signal()

    def __init__(self, parent: QObject | None = None, host: JobRunner | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self._current: dict[str, _Job] = {}
        self._active: set[_Job] = set()
        self._closed = False
        self._lanes: dict[Lane, _Lane] = host._lanes if host is not None else _lanes()
        self._outcome.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        lane: Lane,
        key: str,
        function: Callable[[RunnerContext], T],
        *,
        done: Callable[[T], None] | None = None,
        failed: Callable[[Failure], None] | None = None,
        cancelled: Callable[[], None] | None = None,
        progress: Callable[[Progress], None] | None = None,
        partial: Callable[[Any], None] | None = None,
        first: bool = False,
    ) -> None:
        """Run ``function(context)`` in ``lane``; callbacks come on the window's thread.

        A newer job with the same ``key`` cancels the older one, whose result is dropped (it
        ends in ``cancelled``). ``first`` jumps the queue. After :meth:`shutdown` or
        :meth:`close` nothing is accepted and nothing delivered any more.
        """
        if self.closed:
            return
        self.cancel(key)
        job = _Job(lane, key, function, done, failed, cancelled, progress, partial, self._work)
        job.context = RunnerContext(
            lambda report: self._emit(job, "progress", report),
            lambda value: self._emit(job, "partial", value),
        )
        self._current[key] = job
        self._active.add(job)
        self._lanes[lane].put(job, first)
        self.idle_changed.emit()

    def cancel(self, key: str) -> bool:
        """Ask the job with that key to stop; True when there was one."""
        job = self._current.pop(key, None)
        if job is None:
            return False
        job.retired = True
        job.context.cancel()
        if self._lanes[job.lane].remove(job):
            self._outcome.emit(job, "cancelled", None)
        return True

    def busy(self, key: str) -> bool:
        """True while a job with that key waits or runs, and was not cancelled."""
        return key in self._current

    @property
    def active(self) -> int:
        """Jobs that have not ended yet, cancelled ones included."""
        return len(self._active)

    @property
    def closed(self) -> bool:
        """True once nothing is accepted and nothing delivered any more."""
        return self._closed or (self._host is not None and self._host.closed)

    def close(self) -> None:
        """Deliver nothing any more; what was asked for is still done."""
        self._closed = True

    def shutdown(self, timeout_s: float = SHUTDOWN_S) -> bool:
        """Cancel all jobs and wait for the threads; True when all ended in time.

        Raises:
            RuntimeError: the threads belong to another runner.
        """
        if self._host is not None:
            raise RuntimeError("the threads belong to the host: close() instead")
        self._closed = True
        for job in list(self._active):
            job.context.cancel()
        for lane in self._lanes.values():
            lane.close()
        until = time.monotonic() + timeout_s
        ended = [lane.join(until) for lane in self._lanes.values()]
        self._current.clear()
        self._active.clear()
        return all(ended)

    def _work(self, job: _Job) -> None:
        """On a worker thread: run the job and say how it ended."""
        try:
            job.context.check()
            result = job.function(job.context)
        except Cancelled:
            self._emit(job, "cancelled", None)
        except TumorDeskError as error:
            self._emit(job, "failed", Failure(error.message, error.hint))
        except MemoryError:
            hint = "Close other studies or programs, then try again."
            self._emit(job, "failed", Failure("This computer ran out of memory.", hint))
        except BaseException as error:  # noqa: BLE001 - the thread's boundary; shown as a crash
            _log.error("job %s failed: %s", job.key.split(":")[0], type(error).__name__)
            report = crash_report(error)
            self._emit(job, "failed", Failure("TumorDesk ran into a defect.", "", report))
        else:
            self._emit(job, "done", result)

    def _emit(self, job: _Job, kind: str, value: object) -> None:
        if self.closed:
            return
        try:
            self._outcome.emit(job, kind, value)
        except RuntimeError:
            # The window and this object are gone already; nobody is left to tell.
            _log.debug("late %s dropped", kind)

    @Slot(object, str, object)
    def _deliver(self, job: _Job, kind: str, value: object) -> None:
        if self.closed or job.ended:
            return
        if kind in ("progress", "partial"):
            callback = job.progress if kind == "progress" else job.partial
            if callback is not None and not job.retired:
                callback(value)  # type: ignore[arg-type]
            return
        self._end(job, "cancelled" if job.retired else kind, value)

    def _end(self, job: _Job, kind: str, value: object) -> None:
        job.ended = True
        self._active.discard(job)
        if self._current.get(job.key) is job:
            del self._current[job.key]
        done, failed, cancelled = job.done, job.failed, job.cancelled
        job.release()
        if kind == "done" and done is not None:
            done(value)
        elif kind == "failed" and failed is not None:
            failed(value)  # type: ignore[arg-type]
        elif kind == "cancelled" and cancelled is not None:
            cancelled()
        self.idle_changed.emit()


def _lanes() -> dict[Lane, _Lane]:
    return {name: _Lane(name, count) for name, count in THREADS.items()}
