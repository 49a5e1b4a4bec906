"""Label maps on the grid of their volume, where both lie on the same voxels. No torch."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry

_TOLERANCE_VOXELS = 0.05


def onto(labels: npt.NDArray[Any], of: Geometry, grid: Geometry) -> npt.NDArray[Any] | None:
    """``labels`` (on ``of``) with its axes in the order and direction of ``grid``.

    Programs store the same voxels with rows or slices the other way round; nothing is resampled.

    Returns:
        Labels with the shape of ``grid``, or None where the voxels of both do not coincide.
    """
    if of.affine is None or grid.affine is None:
        return None
    step = np.linalg.solve(grid.affine, of.affine)  # index in ``of`` -> index in ``grid``
    turn = np.rint(step[:3, :3])
    if not _is_turn(turn):
        return None
    axes = [int(np.flatnonzero(turn[axis])[0]) for axis in range(3)]
    turned = np.transpose(labels, axes)
    if turned.shape != grid.shape:
        return None
    backwards = tuple(a for a in range(3) if turn[a, axes[a]] < 0)
    exact = np.eye(4)
    exact[:3, :3] = turn
    exact[:3, 3] = [grid.shape[a] - 1 if a in backwards else 0 for a in range(3)]
    corners = np.array([(*c, 1) for c in product(*((0, n - 1) for n in labels.shape))]).T
    if np.abs((step - exact) @ corners).max() > _TOLERANCE_VOXELS:
        return None
    return np.ascontiguousarray(np.flip(turned, backwards) if backwards else turned)


def _is_turn(matrix: npt.NDArray[np.float64]) -> bool:
    """Whether each axis goes to one axis, forwards or backwards."""
    ones = np.abs(matrix)
    return bool((ones.sum(axis=0) == 1).all() and (ones.sum(axis=1) == 1).all())
