"""Guards for window tests: what a test starts, it must also end.

Qt warnings fail a test through ``qt_log_level_fail`` in pyproject.toml.
"""

from __future__ import annotations

import gc
import threading
import time
import traceback
import weakref
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QWidget

from tumordesk.gui import theme, tokens

THREAD_GRACE_S = 5.0


def _flush() -> None:
    """Deliver what is queued, deletions included."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def _new_threads(before: set[threading.Thread]) -> list[str]:
    """Names of Python threads that this test started and that do not end.

    Threads that Qt made (``Dummy-``) end with their pool and are none of Python's.
    """
    end = time.monotonic() + THREAD_GRACE_S
    while True:
        left = [
            thread
            for thread in threading.enumerate()
            if thread not in before and not thread.name.startswith("Dummy-")
        ]
        if not left or time.monotonic() > end:
            return [thread.name for thread in left]
        QCoreApplication.processEvents()
        left[0].join(0.02)


def _windows() -> dict[int, QWidget]:
    """Top-level widgets a person would call a window: visible ones, main windows, dialogs."""
    return {
        id(widget): widget
        for widget in QApplication.topLevelWidgets()
        if widget.isVisible() or isinstance(widget, (QMainWindow, QDialog))
    }


@pytest.fixture(autouse=True)
def program_look(qapp: QApplication) -> None:
    """Start every test in the look that the program starts in, whatever the test before it left.

    Widths and heights that a test measures are then those a person sees.
    """
    if qapp.styleSheet() != theme.style_sheet(tokens.DARK) or theme.palette() is not tokens.DARK:
        theme.apply_theme("dark")


@pytest.fixture(autouse=True)
def no_leftover_threads(qapp: QApplication) -> Iterator[None]:
    """Fail a test whose threads are still alive a few seconds after it."""
    before = set(threading.enumerate())
    yield
    left = _new_threads(before)
    if left:
        pytest.fail(f"threads still running after the test: {', '.join(left)}")


@pytest.fixture(autouse=True)
def no_leftover_timers(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a QTimer running, and name the line that started it."""
    started: list[tuple[weakref.ref[QTimer], str]] = []
    original = QTimer.start

    def start(timer: QTimer, *args: object) -> None:
        line = "".join(traceback.format_stack(limit=2)[:1]).strip()
        started.append((weakref.ref(timer), line))
        original(timer, *args)

    monkeypatch.setattr(QTimer, "start", start)
    yield
    _flush()
    left = []
    for reference, line in started:
        timer = reference()
        if timer is not None and shiboken6.isValid(timer) and timer.isActive():
            left.append(line)
            timer.stop()
    if left:
        pytest.fail("timers still running after the test, started at:\n" + "\n".join(left))


@pytest.fixture(autouse=True)
def no_leftover_windows(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a window, and close it so that the next test starts clean."""
    before = set(_windows())
    yield
    _flush()
    if set(_windows()) - before:
        gc.collect()
        _flush()
    left = [widget for key, widget in _windows().items() if key not in before]
    names = [
        f"{type(widget).__name__} {widget.objectName() or widget.windowTitle()!r}"
        for widget in left
    ]
    for widget in left:
        widget.close()
        widget.deleteLater()
    _flush()
    if names:
        pytest.fail(f"windows left open after the test: {', '.join(names)}")
