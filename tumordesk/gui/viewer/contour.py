"""Outlines of label masks along the edges of pixels, as Qt paths in index coordinates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QPainterPath

Segments = npt.NDArray[np.int64]


def boundary_segments(mask: npt.NDArray[np.bool_]) -> Segments:
    """The outline of a 2-D mask as straight pieces, shape (n, 4): h0, v0, h1, v1.

    Pieces lie on pixel edges (pixel i covers [i, i + 1)) and are as long as they can be.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return np.zeros((0, 4), dtype=np.int64)
    top, left = int(rows[0]), int(columns[0])
    part = np.pad(mask[top : rows[-1] + 1, left : columns[-1] + 1], 1).astype(np.int8)
    across = _runs(part[1:] != part[:-1])
    down = _runs((part[:, 1:] != part[:, :-1]).T)
    flat = np.column_stack([across[:, 1], across[:, 0] + 1, across[:, 2], across[:, 0] + 1])
    upright = np.column_stack([down[:, 0] + 1, down[:, 1], down[:, 0] + 1, down[:, 2]])
    offset = np.array([left - 1, top - 1, left - 1, top - 1])
    return np.asarray(np.concatenate([flat, upright]) + offset, dtype=np.int64)


def _runs(lines: npt.NDArray[np.bool_]) -> Segments:
    """Runs of True in each line: (n, 3) of line, start, end (exclusive)."""
    padded = np.pad(lines, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    line, start = np.nonzero(change == 1)
    _, end = np.nonzero(change == -1)
    return np.column_stack([line, start, end]).astype(np.int64)


def contour_path(mask: npt.NDArray[np.bool_]) -> QPainterPath:
    """The outline of a 2-D mask as a path to be stroked with a square-capped cosmetic pen."""
    path = QPainterPath()
    for h0, v0, h1, v1 in boundary_segments(mask).tolist():
        path.moveTo(h0, v0)
        path.lineTo(h1, v1)
    return path
