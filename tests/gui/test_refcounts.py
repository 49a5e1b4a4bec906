"""Some PySide6 releases free True and None on Python 3.11; this one must not."""

from __future__ import annotations

import gc
import sys

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 12),
    reason="from Python 3.12 on True, False and None are immortal: their counts mean nothing",
)

ROUNDS = 500
ALLOWED_DRIFT = ROUNDS // 5
"""Other threads and caches move the counts a little; the fault costs one for each round."""


class _Sender(QObject):
    told = Signal(bool)


def _drift(work) -> dict[str, int]:
    watched = (True, False, None)
    gc.collect()  # what earlier tests left must not be freed in between
    gc.disable()
    try:
        before = [sys.getrefcount(value) for value in watched]
        for _ in range(ROUNDS):
            work()
        after = [sys.getrefcount(value) for value in watched]
    finally:
        gc.enable()
    return {repr(v): a - b for v, b, a in zip(watched, before, after, strict=True)}


def test_emitting_signals_keeps_the_reference_counts(qapp: QApplication) -> None:
    sender, seen = _Sender(), []
    sender.told.connect(lambda value: seen.append(value is True))
    drift = _drift(lambda: sender.told.emit(True))
    assert len(seen) == ROUNDS
    assert all(value >= -ALLOWED_DRIFT for value in drift.values()), drift


def test_void_calls_events_and_timers_keep_the_reference_counts(qapp: QApplication, qtbot) -> None:
    widget, timer = QWidget(), QTimer()
    qtbot.addWidget(widget)

    def work() -> None:
        widget.update()
        timer.start(1000)
        timer.stop()
        QCoreApplication.processEvents()

    drift = _drift(work)
    assert all(value >= -ALLOWED_DRIFT for value in drift.values()), drift
