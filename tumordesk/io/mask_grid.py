"""Whether a mask's voxels are the series' voxels, and which: by their places in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import ReadError
from tumordesk.core.geometry import FloatArray
from tumordesk.core.study import Series

SAME_PLACE_MM = 0.01
"""How far a voxel's centre may lie from the series' own and still be the same one."""
_UNIT = 1e-3
_FAR = 1e9
IntArray = npt.NDArray[np.intp]


class GridDiffers(ReadError):
    """A mask lies in the patient of an open series, but on other voxels."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the voxels of a series lie, slice by slice; even distances are not needed.

    ``places``: LPS mm of each slice's first pixel, (slices, 3). ``down`` and ``along``: LPS unit
    vectors of the row and the column index.
    """

    shape: tuple[int, int, int]
    places: FloatArray
    down: FloatArray
    along: FloatArray
    spacing_mm: tuple[float, float]

    @property
    def normal(self) -> FloatArray:
        """LPS unit vector across the slices."""
        return np.asarray(np.cross(self.along, self.down), dtype=np.float64)

    def locate(self, points_mm: FloatArray) -> tuple[IntArray, FloatArray]:
        """(slice, row, column) nearest to each LPS point (N, 3), and how far away it is in mm.

        Indices may lie outside the series.
        """
        normal = self.normal
        heights = self.places @ normal
        order = np.argsort(heights)
        wanted = points_mm @ normal
        after = np.searchsorted(heights[order], wanted).clip(0, len(order) - 1)
        before = (after - 1).clip(0)
        nearer = np.abs(heights[order[before]] - wanted) < np.abs(heights[order[after]] - wanted)
        slices = order[np.where(nearer, before, after)]
        within = points_mm - self.places[slices]
        row_mm, column_mm = within @ self.down, within @ self.along
        rows = _nearest(row_mm / self.spacing_mm[0])
        columns = _nearest(column_mm / self.spacing_mm[1])
        off = np.stack(
            [
                wanted - heights[slices],
                row_mm - rows * self.spacing_mm[0],
                column_mm - columns * self.spacing_mm[1],
            ]
        )
        return np.stack([slices, rows, columns], axis=1), np.linalg.norm(off, axis=0)

    def inside(self, index: IntArray) -> npt.NDArray[np.bool_]:
        """Which of the indices (N, 3) are voxels of the series."""
        return np.asarray(np.all((index >= 0) & (index < np.asarray(self.shape)), axis=1))

    def one_voxel(self, step_mm: FloatArray) -> bool:
        """Whether a step is one voxel of the series along one of its axes, there or back."""
        across = np.median(np.diff(np.sort(self.places @ self.normal))) if self.shape[0] > 1 else 0
        steps = [float(across) * self.normal, self.spacing_mm[0] * self.down]
        steps.append(self.spacing_mm[1] * self.along)
        return any(
            min(np.linalg.norm(step_mm - own), np.linalg.norm(step_mm + own)) <= _UNIT
            for own in steps
        )


def _nearest(steps: FloatArray) -> IntArray:
    """Whole numbers; places light years away stay outside instead of wrapping round."""
    return np.asarray(np.rint(steps).clip(-_FAR, _FAR), dtype=np.intp)


def grid_of(series: Series) -> Grid | None:
    """The grid of a series, or None where it does not say where its voxels lie."""
    geometry = series.geometry
    directions, spacing = geometry.directions, geometry.pixel_spacing_mm
    if directions is None or spacing is None:
        return None
    positions = [item.position_mm for item in series.instances]
    if len(positions) == series.slices and all(p is not None for p in positions):
        places = np.asarray(positions, dtype=np.float64)
    elif geometry.affine is not None:
        index = np.zeros((series.slices, 3))
        index[:, 0] = np.arange(series.slices)
        places = geometry.to_patient(index)
    else:
        return None
    down, along = directions[:, 1], directions[:, 2]
    return Grid(geometry.shape, places, down, along, spacing)


def put(
    target: npt.NDArray[np.uint8], grid: Grid, points_mm: FloatArray, values: npt.NDArray[np.uint8]
) -> int:
    """Set ``values`` at their places; returns how many replaced another label.

    Raises:
        GridDiffers: a point is no voxel of the series; nothing was set.
    """
    index, off = grid.locate(points_mm)
    there = grid.inside(index)
    if not there.all() or (off > SAME_PLACE_MM).any():
        wrong = int(np.count_nonzero(~there | (off > SAME_PLACE_MM)))
        raise GridDiffers(
            f"{wrong} of {len(points_mm)} outlined voxels of a slice are not voxels of the series."
        )
    at = tuple(index.T)
    clash = int(np.count_nonzero((target[at] != 0) & (target[at] != values)))
    target[at] = values
    return clash


def sampled(labels: npt.NDArray[np.uint8], affine: FloatArray, grid: Grid) -> npt.NDArray[np.uint8]:
    """``labels`` on the series' voxels, each from the nearest voxel of the mask.

    ``affine`` maps the mask's (slice, row, column) to LPS mm. Outside the mask there is nothing.
    """
    back = np.linalg.inv(affine)
    found = np.zeros(grid.shape, dtype=np.uint8)
    rows, columns = np.mgrid[0 : grid.shape[1], 0 : grid.shape[2]]
    flat_rows, flat_columns = rows.reshape(-1, 1), columns.reshape(-1, 1)
    in_plane = flat_rows * grid.spacing_mm[0] * grid.down
    in_plane = in_plane + flat_columns * grid.spacing_mm[1] * grid.along
    size = np.asarray(labels.shape)
    for number, place in enumerate(grid.places):
        index = np.rint((in_plane + place) @ back[:3, :3].T + back[:3, 3]).astype(np.intp)
        there = np.all((index >= 0) & (index < size), axis=1)
        values = np.zeros(len(index), dtype=np.uint8)
        values[there] = labels[tuple(index[there].T)]
        found[number] = values.reshape(grid.shape[1:])
    return found
