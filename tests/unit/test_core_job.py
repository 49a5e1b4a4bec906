"""Jobs tell their progress without a flood, and stop when they are asked to."""

from __future__ import annotations

import threading

import pytest

from tumordesk.core.errors import Cancelled, ReadError, TumorDeskError
from tumordesk.core.job import JobContext, Progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    now = [100.0]
    monkeypatch.setattr("tumordesk.core.job.time.monotonic", lambda: now[0])
    return now


def test_a_flood_of_reports_is_thinned_out(clock):
    seen = []
    job = JobContext(seen.append, max_rate_hz=10.0)
    for step in range(100):
        job.progress(step / 200, "reading")
        clock[0] += 0.01
    assert 10 <= len(seen) <= 11


def test_the_last_report_and_a_new_stage_always_come_through(clock):
    seen = []
    job = JobContext(seen.append)
    job.progress(0.1, "reading")
    job.progress(0.2, "reading")
    job.progress(0.3, "thinking")
    job.progress(1.0, "thinking")
    assert seen == [
        Progress(0.1, "reading"),
        Progress(0.3, "thinking"),
        Progress(1.0, "thinking"),
    ]


def test_an_unknown_share_is_told_as_unknown(clock):
    seen = []
    JobContext(seen.append).progress(None, "looking")
    assert seen == [Progress(None, "looking")]


def test_a_cancelled_job_stops_at_its_next_report_and_says_no_more():
    seen = []
    job = JobContext(seen.append)
    assert not job.cancelled
    job.check()
    job.cancel()
    assert job.cancelled
    with pytest.raises(Cancelled):
        job.check()
    with pytest.raises(Cancelled):
        job.progress(0.5, "reading")
    assert seen == []


def test_cancelling_works_from_another_thread_and_without_a_listener():
    job = JobContext()
    job.progress(0.5)
    thread = threading.Thread(target=job.cancel)
    thread.start()
    thread.join()
    with pytest.raises(Cancelled):
        job.progress(0.6)


def test_cancelling_is_not_an_error_of_the_family():
    # A handler of expected failures must not take a cancellation for one.
    assert not issubclass(Cancelled, TumorDeskError)


def test_an_error_tells_what_happened_and_what_to_do():
    error = ReadError("scan.dcm is cut off.", "Copy it again.")
    assert str(error) == "scan.dcm is cut off. Copy it again."
    assert str(ReadError("scan.dcm is cut off.")) == "scan.dcm is cut off."
