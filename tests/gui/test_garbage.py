"""Cyclic garbage goes on the window's thread, in turns that leave the libraries' objects out."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from types import ModuleType

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from tumordesk.gui.garbage import MANY_MODULES, GarbageSearch


@pytest.fixture
def search(qtbot: QtBot) -> Iterator[GarbageSearch]:
    search = GarbageSearch()
    search.start()
    # The program's own modules: this turn sets them aside.
    search.turn()
    yield search
    search.stop()
    search.deleteLater()


class Ring(QObject):
    """Refers to itself: only a search finds it."""

    def __init__(self, seen: list[int]) -> None:
        super().__init__()
        self.ring = self
        weakref.finalize(self, lambda: seen.append(threading.get_ident()))


def many_objects() -> None:
    for _ in range(20 * gc.get_threshold()[0]):
        ring: list[object] = []
        ring.append(ring)


def test_a_widget_in_a_ring_goes_on_the_window_thread(qtbot: QtBot, search: GarbageSearch) -> None:
    seen: list[int] = []
    Ring(seen)
    worker = threading.Thread(target=many_objects)
    worker.start()
    worker.join()
    assert seen == []
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [threading.get_ident()]


def test_objects_of_a_library_are_left_out(
    search: GarbageSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = gc.get_freeze_count()
    made = [[k] for k in range(1000)]
    for number in range(MANY_MODULES):
        monkeypatch.setitem(sys.modules, f"library.part{number}", ModuleType("part"))
    search.turn()
    assert gc.get_freeze_count() >= before + len(made)


def test_stop_hands_the_search_back_to_python(qtbot: QtBot) -> None:
    search = GarbageSearch()
    search.start()
    assert not gc.isenabled()
    search.turn()
    search.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    search.deleteLater()
