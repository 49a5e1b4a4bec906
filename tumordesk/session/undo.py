"""Brush strokes that can be taken back: one stack, bounded by bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DEFAULT_BUDGET_BYTES = 128 * 1024**2


@dataclass(frozen=True, eq=False)
class Edit:
    """One stroke: ``before`` and ``after`` are the uint8 slice ``slice_index`` across ``axis``."""

    series_key: str
    layer_key: str
    slice_index: int
    before: npt.NDArray[np.uint8]
    after: npt.NDArray[np.uint8]
    name: str = "brush stroke"
    axis: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes held by the stroke."""
        return int(self.before.nbytes + self.after.nbytes)


class UndoStack:
    """Strokes done and strokes taken back, newest last."""

    def __init__(self, budget_bytes: int = DEFAULT_BUDGET_BYTES) -> None:
        self._budget_bytes = budget_bytes
        self._done: list[Edit] = []
        self._undone: list[Edit] = []

    def push(self, edit: Edit) -> None:
        """Remember a new stroke; what had been taken back is forgotten."""
        self._undone.clear()
        self._done.append(edit)
        while len(self._done) > 1 and sum(e.nbytes for e in self._done) > self._budget_bytes:
            self._done.pop(0)

    def undo(self) -> Edit | None:
        """The stroke to take back, or None."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> Edit | None:
        """The stroke to make again, or None."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    @property
    def undo_name(self) -> str:
        """What undo would take back, or empty."""
        return self._done[-1].name if self._done else ""

    @property
    def redo_name(self) -> str:
        """What redo would make again, or empty."""
        return self._undone[-1].name if self._undone else ""

    def forget(self, series_keys: set[str]) -> None:
        """Drop the strokes of closed series."""
        self._done = [e for e in self._done if e.series_key not in series_keys]
        self._undone = [e for e in self._undone if e.series_key not in series_keys]
