"""Whether a mask is an outline, or only boxes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_FILLED = 0.98
_SMALLEST_PX = 16
_BOXES = 3
"""Boxes of one mask that are still told from an outline."""

_SMALLEST_OF_SEVERAL_PX = 100


def is_rectangle(mask: npt.NDArray[np.uint8]) -> bool:
    """Whether the mask (rows, columns) is box annotations: one rectangle, or up to three."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return False
    pixels = int(np.count_nonzero(mask))
    box = int((rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1))
    if pixels >= _FILLED * box and box > _SMALLEST_PX:
        return True
    part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return pixels >= _SMALLEST_OF_SEVERAL_PX and _corners(part) <= 4 * _BOXES


def _corners(mask: npt.NDArray[np.uint8]) -> int:
    """Corners of the outline: places where three of four neighbours agree, or two opposite ones."""
    solid = np.pad(mask > 0, 1).astype(np.int8)
    a, b, c, d = solid[:-1, :-1], solid[:-1, 1:], solid[1:, :-1], solid[1:, 1:]
    total = a + b + c + d
    odd = np.count_nonzero((total == 1) | (total == 3))
    crossed = np.count_nonzero((total == 2) & (a == d))
    return int(odd + 2 * crossed)
