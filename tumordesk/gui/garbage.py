"""Python's search for cyclic garbage, on the window's thread alone and in short turns.

Left to itself, Python searches whenever enough objects were made, on whatever thread made them.
A search through all objects takes longer than a turn of the event loop may (about 130 ms once
torch is read), and on a worker's thread it would delete widgets there, which Qt forbids.
"""

from __future__ import annotations

import gc
import sys

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 100
MANY_MODULES = 25
"""So many modules read in one interval are a library: its objects stay for good."""
MANY_OBJECTS = 20_000
"""So are modules that made so many; to search through these would take too long."""


class GarbageSearch(QObject):
    """Searches at short intervals; leaves out what libraries have made while they were read.

    Takes the work from Python's own search until :meth:`stop`. An object in a cycle that is there
    while a library is being read is kept until the end of the program: torch and the like are read
    once, just after the window has come up.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._modules = 0
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.turn)

    def start(self) -> None:
        """From now on, search here."""
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Python searches by itself again, through all objects."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def turn(self) -> None:
        """Search one generation, where it is due by Python's own measure; at most one each turn."""
        before, self._modules = self._modules, len(sys.modules)
        read = self._modules - before
        counts, limits = gc.get_count(), gc.get_threshold()
        if read >= MANY_MODULES or (read > 0 and counts[0] >= MANY_OBJECTS):
            gc.freeze()
            return
        for generation in (2, 1, 0):
            if counts[generation] > limits[generation]:
                gc.collect(generation)
                return
