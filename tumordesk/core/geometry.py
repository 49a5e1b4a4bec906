"""Where voxels lie in the patient: LPS millimetres, or honestly unknown.

Index space is (slice, row, column). Patient space is LPS (DICOM PS3.3 C.7.6.2.1.1): +x to the
patient's left, +y to posterior, +z to the head (superior).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# The letter towards which an LPS axis points, positive and negative.
_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))
_PLANES = ("sagittal", "coronal", "axial")
OBLIQUE_LIMIT = float(np.cos(np.deg2rad(35.0)))
"""Slices tilted up to 35 degrees are still called by their main plane, 'oblique' beyond."""


class Verdict(StrEnum):
    """What the geometry of a stack of slices is good for."""

    OK = "ok"
    GAP = "gap"
    IRREGULAR = "irregular"
    SHEARED = "sheared"
    NO_MM = "no-mm"
    FLAT = "2d-only"
    SINGLE = "single"


@dataclass(frozen=True, eq=False)
class Geometry:
    """Shape, spacing and position of a stack of slices; ``None`` wherever the file does not say.

    ``shape`` is (slices, rows, columns). ``pixel_spacing_mm`` is (between rows, between columns).
    ``slice_spacing_mm`` is the distance of neighbouring slices along the normal.
    ``affine`` (4x4, float64) maps (slice, row, column, 1) to LPS mm, only where position,
    orientation and all spacings are known. ``slice_positions_mm`` holds each slice's position
    along the normal where spacing is not even (GAP, IRREGULAR).
    """

    shape: tuple[int, int, int]
    pixel_spacing_mm: tuple[float, float] | None = None
    slice_spacing_mm: float | None = None
    affine: FloatArray | None = None
    orientation: FloatArray | None = None
    verdict: Verdict = Verdict.NO_MM
    notes: tuple[str, ...] = ()
    slice_positions_mm: tuple[float, ...] | None = None

    @property
    def spacing_mm(self) -> tuple[float, float, float] | None:
        """(slice, row, column) spacing, or None when any of them is unknown."""
        if self.pixel_spacing_mm is None or self.slice_spacing_mm is None:
            return None
        return (self.slice_spacing_mm, *self.pixel_spacing_mm)

    @property
    def directions(self) -> FloatArray | None:
        """3x3, columns = LPS unit vectors of the slice, row and column index axes, or None.

        From ``affine``, else from ``orientation`` (same layout, known even without position).
        """
        if self.affine is not None:
            axes = self.affine[:3, :3]
            return np.asarray(axes / np.linalg.norm(axes, axis=0), dtype=np.float64)
        return self.orientation

    @property
    def plane(self) -> str | None:
        """'axial', 'sagittal', 'coronal', 'oblique', or None when orientation is unknown."""
        directions = self.directions
        if directions is None:
            return None
        normal = np.cross(directions[:, 2], directions[:, 1])
        axis = int(np.argmax(np.abs(normal)))
        return _PLANES[axis] if abs(normal[axis]) >= OBLIQUE_LIMIT else "oblique"

    def axis_letters(self, axis: int) -> tuple[str, str] | None:
        """Letters (R/L/A/P/H/F) towards the low and the high end of index axis 0, 1 or 2."""
        directions = self.directions
        if directions is None:
            return None
        vector = directions[:, axis]
        main = int(np.argmax(np.abs(vector)))
        positive, negative = _LETTERS[main]
        return (negative, positive) if vector[main] > 0 else (positive, negative)

    def to_patient(self, index: npt.ArrayLike) -> FloatArray:
        """LPS mm of (slice, row, column) indices, shape (..., 3). Needs an affine."""
        if self.affine is None:
            raise ValueError("the geometry has no affine")
        points = np.asarray(index, dtype=np.float64)
        return np.asarray(points @ self.affine[:3, :3].T + self.affine[:3, 3])

    def to_index(self, point_mm: npt.ArrayLike) -> FloatArray:
        """(slice, row, column), fractional, of LPS mm points, shape (..., 3). Needs an affine."""
        if self.affine is None:
            raise ValueError("the geometry has no affine")
        points = np.asarray(point_mm, dtype=np.float64) - self.affine[:3, 3]
        return np.asarray(np.linalg.solve(self.affine[:3, :3], points.reshape(-1, 3).T).T).reshape(
            points.shape
        )


def affine_from(
    origin_mm: npt.ArrayLike, directions: npt.ArrayLike, spacing_mm: tuple[float, float, float]
) -> FloatArray:
    """4x4 affine from the LPS position of voxel (0,0,0), 3x3 directions and (s,r,c) spacing."""
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(directions, dtype=np.float64) * np.asarray(spacing_mm)
    affine[:3, 3] = np.asarray(origin_mm, dtype=np.float64)
    return affine
