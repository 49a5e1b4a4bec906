"""A job ends in exactly one way, on the window's thread, and never after shutdown."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tumordesk.core.errors import ReadError
from tumordesk.core.job import JobContext, Progress
from tumordesk.gui.jobs import Failure, JobRunner, Lane, RunnerContext


class Ends:
    """Records how a job ended, and on which thread."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.threads: set[int] = set()

    def _add(self, kind: str, value: Any = None) -> None:
        self.events.append((kind, value))
        self.threads.add(threading.get_ident())

    def callbacks(self) -> dict[str, Any]:
        return {
            "done": lambda value: self._add("done", value),
            "failed": lambda failure: self._add("failed", failure),
            "cancelled": lambda: self._add("cancelled"),
            "progress": lambda report: self._add("progress", report),
            "partial": lambda value: self._add("partial", value),
        }

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.events if kind not in ("progress", "partial")]


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[JobRunner]:
    runner = JobRunner()
    yield runner
    assert runner.shutdown(5.0)
    runner.deleteLater()


def wait_until_cancelled(started: threading.Event):
    def work(context: JobContext) -> None:
        started.set()
        while True:
            context.check()
            threading.Event().wait(0.001)

    return work


def test_a_result_comes_on_the_window_thread(qtbot: QtBot, runner: JobRunner) -> None:
    ends = Ends()

    def work(context: RunnerContext) -> int:
        context.progress(0.5, "half")
        context.post("early")
        return threading.get_ident()

    runner.submit("io", "a", work, **ends.callbacks())
    qtbot.waitUntil(lambda: bool(ends.kinds))
    assert ends.kinds == ["done"]
    assert ("progress", Progress(0.5, "half")) in ends.events
    assert ("partial", "early") in ends.events
    assert ends.threads == {threading.get_ident()}
    assert ends.events[-1][1] != threading.get_ident()


def test_an_expected_failure_keeps_its_words(qtbot: QtBot, runner: JobRunner) -> None:
    ends = Ends()

    def work(context: JobContext) -> None:
        raise ReadError("IM_0042: damaged.", "Copy it again.")

    runner.submit("io", "a", work, **ends.callbacks())
    qtbot.waitUntil(lambda: bool(ends.kinds))
    assert ends.events == [("failed", Failure("IM_0042: damaged.", "Copy it again."))]


def test_a_defect_becomes_a_report_without_its_message(qtbot: QtBot, runner: JobRunner) -> None:
    ends = Ends()

    def work(context: JobContext) -> None:
        raise ValueError("/home/doctor/Novak Jan/IM1")

    runner.submit("compute", "a", work, **ends.callbacks())
    qtbot.waitUntil(lambda: bool(ends.kinds))
    crash = ends.events[0][1].crash
    assert crash is not None
    assert crash.kind == "ValueError"
    assert "Novak" not in crash.text
    assert "test_jobs.py" in crash.text


@pytest.mark.parametrize("lane", ["io", "compute"])
def test_a_newer_job_retires_the_older(qtbot: QtBot, runner: JobRunner, lane: Lane) -> None:
    older, newer = Ends(), Ends()
    started = threading.Event()
    runner.submit(lane, "a", wait_until_cancelled(started), **older.callbacks())
    qtbot.waitUntil(started.is_set)
    runner.submit(lane, "a", lambda context: "new", **newer.callbacks())
    qtbot.waitUntil(lambda: bool(newer.kinds and older.kinds))
    assert older.kinds == ["cancelled"]
    assert newer.kinds == ["done"]


def test_a_result_that_comes_after_cancel_is_dropped(qtbot: QtBot, runner: JobRunner) -> None:
    ends = Ends()
    started, go = threading.Event(), threading.Event()

    def work(context: JobContext) -> str:
        started.set()
        go.wait(5.0)
        return "too late"

    runner.submit("compute", "a", work, **ends.callbacks())
    qtbot.waitUntil(started.is_set)
    assert runner.cancel("a")
    go.set()
    qtbot.waitUntil(lambda: bool(ends.kinds))
    assert ends.kinds == ["cancelled"]


def test_a_waiting_job_is_cancelled_at_once(qtbot: QtBot, runner: JobRunner) -> None:
    busy, waiting = Ends(), Ends()
    started = threading.Event()
    runner.submit("compute", "busy", wait_until_cancelled(started), **busy.callbacks())
    runner.submit("compute", "waiting", lambda context: 1, **waiting.callbacks())
    qtbot.waitUntil(started.is_set)
    runner.cancel("waiting")
    qtbot.waitUntil(lambda: bool(waiting.kinds))
    assert waiting.kinds == ["cancelled"]
    assert busy.kinds == []
    runner.cancel("busy")
    qtbot.waitUntil(lambda: bool(busy.kinds))


def test_shutdown_ends_the_threads_and_is_silent(qtbot: QtBot) -> None:
    runner = JobRunner()
    ends = Ends()
    started = threading.Event()
    runner.submit("compute", "a", wait_until_cancelled(started), **ends.callbacks())
    runner.submit("compute", "b", lambda context: 1, **ends.callbacks())
    qtbot.waitUntil(started.is_set)
    assert runner.shutdown(5.0)
    runner.submit("io", "c", lambda context: 1, **ends.callbacks())
    names = [thread.name for thread in threading.enumerate()]
    assert not any(name.startswith("tumordesk-") for name in names)
    assert ends.kinds == []


def test_shutdown_says_when_a_job_does_not_stop(qtbot: QtBot) -> None:
    runner = JobRunner()
    started, go = threading.Event(), threading.Event()

    def deaf(context: JobContext) -> None:
        started.set()
        go.wait(10.0)

    runner.submit("compute", "a", deaf)
    qtbot.waitUntil(started.is_set)
    assert not runner.shutdown(0.01)
    go.set()


def test_the_compute_lane_runs_one_job_at_a_time(qtbot: QtBot, runner: JobRunner) -> None:
    ends = Ends()
    running: list[int] = []
    most: list[int] = []

    def work(context: JobContext) -> None:
        running.append(1)
        most.append(len(running))
        running.pop()

    for number in range(20):
        runner.submit("compute", f"job:{number}", work, **ends.callbacks())
    qtbot.waitUntil(lambda: len(ends.kinds) == 20)
    assert max(most) == 1


def test_a_window_that_closes_is_told_nothing_more(qtbot: QtBot, runner: JobRunner) -> None:
    guest, go, acts = JobRunner(runner, host=runner), threading.Event(), []
    early, late, other = Ends(), Ends(), Ends()
    guest.submit("compute", "a", lambda _: acts.append("early"), **early.callbacks())
    qtbot.waitUntil(lambda: early.kinds == ["done"])
    guest.submit("compute", "a", lambda _: go.wait(5.0), **late.callbacks())
    guest.submit("compute", "b", lambda _: acts.append("late"), **late.callbacks())
    guest.close()
    guest.submit("compute", "c", lambda _: acts.append("too late"), **late.callbacks())
    go.set()
    runner.submit("compute", "a", lambda _: None, **other.callbacks())
    qtbot.waitUntil(lambda: other.kinds == ["done"])
    assert acts == ["early", "late"]
    assert late.events == []


def test_guests_end_with_their_host(qapp: QApplication) -> None:
    host, ends, started = JobRunner(), Ends(), threading.Event()
    guest = JobRunner(host, host=host)
    guest.submit("io", "a", lambda _: started.set(), **ends.callbacks())
    assert started.wait(5.0)
    with pytest.raises(RuntimeError, match="host"):
        guest.shutdown()
    assert host.shutdown(5.0)
    qapp.processEvents()  # the threads have ended: what they sent waits here by now
    assert guest.closed
    assert ends.events == []
    host.deleteLater()


@pytest.mark.parametrize("lane", ["io", "compute"])
def test_what_a_job_has_read_goes_when_it_is_over(
    qtbot: QtBot, runner: JobRunner, lane: Lane
) -> None:
    """A scan must not stay in memory until the next job comes, or a search for garbage."""
    ends = Ends()
    scan = np.zeros(8)
    kept = weakref.ref(scan)

    def submit(held: np.ndarray) -> None:
        runner.submit(lane, "a", lambda _: float(held.sum()), **ends.callbacks())

    gc.disable()
    try:
        submit(scan)
        del scan
        qtbot.waitUntil(lambda: bool(ends.kinds))
        qtbot.waitUntil(lambda: kept() is None)
    finally:
        gc.enable()
