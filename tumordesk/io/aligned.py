"""Voxels of one series on the grid of another, by where both say they lie in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import InputMismatch
from tumordesk.core.geometry import FloatArray, Geometry

_SAME_MM = 0.01
_INSIDE = 0.5


@dataclass(frozen=True, eq=False)
class Aligned:
    """``array``: values in the voxels of the grid; ``covered``: share of each of its slices that
    the other series reaches, float64 (slices,). ``resampled`` is False where both share voxels."""

    array: npt.NDArray[Any]
    covered: npt.NDArray[np.float64]
    resampled: bool


def onto_grid(
    array: npt.NDArray[Any], of: Geometry, grid: Geometry, motion: FloatArray | None = None
) -> Aligned:
    """``array`` (slices, rows, columns), which lies as ``of`` says, in the voxels of ``grid``.

    Linear between voxels, float32; where it does not reach stands its lowest value. ``motion``
    (4x4): LPS mm in ``grid`` -> LPS mm of the same anatomy in ``array``, see ``io.registered``;
    without it a patient who moved between the two series stays moved.

    Raises:
        InputMismatch: one of the two does not say where it lies, and their shapes differ or only
            one of them says it.
    """
    if of.affine is None or grid.affine is None:
        if of.affine is None and grid.affine is None and of.shape == grid.shape:
            return Aligned(array, np.ones(grid.shape[0]), resampled=False)
        raise InputMismatch(
            "One of the series does not say where in the patient it lies.",
            "Only series with known positions can be laid on each other.",
        )
    if motion is None and same_voxels(of, grid):
        return Aligned(array, np.ones(grid.shape[0]), resampled=False)
    place = grid.affine if motion is None else motion @ grid.affine
    # Index in ``grid`` -> index in ``of``.
    step = np.asarray(np.linalg.solve(of.affine, place), dtype=np.float64)
    values = _sampled(np.asarray(array, dtype=np.float32), step, grid, float(np.min(array)))
    inside = _sampled(np.ones(of.shape, dtype=np.float32), step, grid, 0.0) > _INSIDE
    return Aligned(values, inside.mean(axis=(1, 2)), resampled=True)


def same_voxels(first: Geometry, second: Geometry) -> bool:
    """Whether two grids have the same shape and say that they lie at the same place."""
    if first.affine is None or second.affine is None or first.shape != second.shape:
        return False
    corners = np.array(np.meshgrid(*((0, n - 1) for n in first.shape))).reshape(3, -1).T
    away = first.to_patient(corners) - second.to_patient(corners)
    return float(np.linalg.norm(away, axis=1).max()) <= _SAME_MM


def _sampled(
    array: npt.NDArray[np.float32], step: npt.NDArray[np.float64], grid: Geometry, outside: float
) -> npt.NDArray[np.float32]:
    """``array`` at the voxels of ``grid``; ITK counts (column, row, slice)."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(array)  # spacing 1, origin 0: its places are indices
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(step[2::-1, 2::-1].ravel().tolist())
    transform.SetTranslation(step[2::-1, 3].tolist())
    found = sitk.Resample(
        image, grid.shape[::-1], transform, sitk.sitkLinear,
        (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        outside, sitk.sitkFloat32,
    )  # fmt: skip
    return np.asarray(sitk.GetArrayFromImage(found), dtype=np.float32)
