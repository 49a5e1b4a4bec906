"""Long work of the window's own thread, in pieces: between them the window draws and listens."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tumordesk.gui.panels.parts import tight

SLICE_S = 0.008
"""No further piece is begun in a turn of the event loop that took so long already."""
Part = TypeVar("Part", bound=QWidget)


class Pieces(QObject):
    """Does what it is given in order, a little in each turn of the event loop."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._turn)

    @property
    def busy(self) -> bool:
        """True while something is left to do."""
        return bool(self._steps)

    def add(self, *steps: Callable[[], object]) -> None:
        """Do these too, after what waits already."""
        self._steps.extend(steps)
        if self._steps:
            self._timer.start()

    def finish(self) -> None:
        """Do all that is left at once."""
        while self._steps:
            self._steps.popleft()()
        self._timer.stop()

    def stop(self) -> None:
        """Leave undone what is left."""
        self._steps.clear()
        self._timer.stop()

    def _turn(self) -> None:
        end = time.perf_counter() + SLICE_S
        while self._steps:
            self._steps.popleft()()
            if time.perf_counter() >= end:
                break
        if not self._steps:
            self._timer.stop()


class Later(QWidget, Generic[Part]):
    """The place of a part that takes long to make; it is made when :attr:`part` is asked for."""

    def __init__(self, make: Callable[[], Part]) -> None:
        super().__init__()
        self._make = make
        self._part: Part | None = None
        self._column = tight(QVBoxLayout(self))

    @property
    def made(self) -> Part | None:
        """The part, where it was made already."""
        return self._part

    @property
    def part(self) -> Part:
        """The part, which is made at once where it was not."""
        if self._part is None:
            self._part = self._make()
            self._column.addWidget(self._part)
        return self._part
