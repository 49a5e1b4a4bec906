"""How one plane of a volume lies on the screen: axes, aspect, radiological orientation. No Qt.

In a plane, (v, h) are the vertical and horizontal index axes of the array as stored. Continuous
index coordinates run over pixel edges: voxel i covers [i, i + 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry, Verdict
from tumordesk.gui.viewer.types import Position

IN_PLANE = {0: (1, 2), 1: (0, 2), 2: (0, 1)}
"""For each axis cut across: the index axes that run down and to the right as stored."""

# Screen directions (right, down) in LPS by the main axis of a plane's normal: sagittal with the
# front to the left and the head up, coronal and axial with the patient's right on the left.
_SCREEN = {
    0: ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
    1: ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    2: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
}
_NAMES = {0: "Sagittal", 1: "Coronal", 2: "Axial"}


@dataclass(frozen=True)
class Plane:
    """One of three planes through a volume.

    ``axis`` is cut across; ``size`` is (down, right) in voxels as stored and ``scale`` the
    length of a voxel along these, in mm where known (``to_scale``), else relative.
    ``matrix`` is a 2x2 signed permutation: (right, down) as stored to (right, down) on screen.
    ``letters`` are those at the (left, right, top, bottom) edges, or None where unknown.
    """

    axis: int
    size: tuple[int, int]
    count: int
    scale: tuple[float, float]
    to_scale: bool
    matrix: tuple[tuple[int, int], tuple[int, int]]
    letters: tuple[str, str, str, str] | None
    name: str

    @property
    def vertical(self) -> int:
        """Index axis that runs down as stored."""
        return IN_PLANE[self.axis][0]

    @property
    def horizontal(self) -> int:
        """Index axis that runs to the right as stored."""
        return IN_PLANE[self.axis][1]

    def index_of(self, position: Position) -> int:
        """Which slice of this plane a (slice, row, column) lies on."""
        return position[self.axis]

    def point_of(self, position: Position) -> tuple[float, float]:
        """(h, v) continuous index coordinates of a position's voxel centre."""
        return position[self.horizontal] + 0.5, position[self.vertical] + 0.5

    def position_at(self, h: float, v: float, index: int) -> Position:
        """(slice, row, column) of a point, kept inside the volume."""
        found = [0, 0, 0]
        found[self.axis] = min(max(index, 0), self.count - 1)
        found[self.vertical] = min(max(int(np.floor(v)), 0), self.size[0] - 1)
        found[self.horizontal] = min(max(int(np.floor(h)), 0), self.size[1] - 1)
        return found[0], found[1], found[2]

    def contains(self, h: float, v: float) -> bool:
        """Whether a point lies on the picture."""
        return 0 <= h < self.size[1] and 0 <= v < self.size[0]

    def length(self, start: tuple[float, float], end: tuple[float, float]) -> float:
        """Distance of two (h, v) points: mm where ``to_scale``, else pixels."""
        dh, dv = end[0] - start[0], end[1] - start[1]
        if not self.to_scale:
            return float(np.hypot(dh, dv))
        return float(np.hypot(dh * self.scale[1], dv * self.scale[0]))


def plane_of_volume(geometry: Geometry, axis: int) -> Plane:
    """The plane of a geometry across index axis 0 (as acquired), 1 (rows) or 2 (columns)."""
    vertical, horizontal = IN_PLANE[axis]
    scale, to_scale = _scale(geometry, vertical, horizontal)
    shape = geometry.shape
    size = (shape[vertical], shape[horizontal])
    directions = geometry.directions
    if directions is None:
        matrix, letters, name = ((1, 0), (0, 1)), None, ""
    else:
        matrix = _matrix(directions, axis)
        letters = _letters(geometry, axis, matrix)
        name = _name(geometry, directions, axis)
    return Plane(axis, size, shape[axis], scale, to_scale, matrix, letters, name)


def volume_refusal(geometry: Geometry) -> str:
    """Why no planes can be cut through this, in plain words, or '' when they can."""
    if geometry.verdict == Verdict.SINGLE or geometry.shape[0] == 1:
        return "Not a volume: this series has a single slice."
    if geometry.verdict == Verdict.FLAT:
        return "Not a volume: these pictures do not form a stack of parallel slices."
    return ""


def reformat_note(geometry: Geometry, axis: int) -> str:
    """What to tell under a picture about its truth to scale, or ''."""
    if axis == 0:
        return ""
    if geometry.verdict in (Verdict.GAP, Verdict.IRREGULAR):
        return "Uneven slice spacing: approximate"
    if geometry.verdict == Verdict.SHEARED:
        return "Tilted slices: reformat is sheared"
    return "" if geometry.spacing_mm is not None else "Slice spacing unknown: not to scale"


def _scale(geometry: Geometry, vertical: int, horizontal: int) -> tuple[tuple[float, float], bool]:
    in_plane = geometry.pixel_spacing_mm
    rows, columns = in_plane or (1.0, 1.0)
    between = geometry.slice_spacing_mm or min(rows, columns)
    sizes = (between, rows, columns)
    known = (geometry.slice_spacing_mm is not None, in_plane is not None, in_plane is not None)
    return (sizes[vertical], sizes[horizontal]), known[vertical] and known[horizontal]


def _normal_axis(directions: npt.NDArray[np.float64], axis: int) -> int:
    vertical, horizontal = IN_PLANE[axis]
    normal = np.cross(directions[:, horizontal], directions[:, vertical])
    return int(np.argmax(np.abs(normal)))


def _matrix(
    directions: npt.NDArray[np.float64], axis: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Signed permutation that brings the stored picture closest to the usual orientation."""
    vertical, horizontal = IN_PLANE[axis]
    right, down = (np.asarray(v) for v in _SCREEN[_normal_axis(directions, axis)])
    along = directions[:, horizontal], directions[:, vertical]
    cosines = np.array([[right @ along[0], right @ along[1]], [down @ along[0], down @ along[1]]])
    straight = abs(cosines[0, 0]) + abs(cosines[1, 1])
    crossed = abs(cosines[0, 1]) + abs(cosines[1, 0])
    if straight >= crossed:
        return ((_sign(cosines[0, 0]), 0), (0, _sign(cosines[1, 1])))
    return ((0, _sign(cosines[0, 1])), (_sign(cosines[1, 0]), 0))


def _sign(value: float) -> int:
    return 1 if value >= 0 else -1


def _letters(
    geometry: Geometry, axis: int, matrix: tuple[tuple[int, int], tuple[int, int]]
) -> tuple[str, str, str, str] | None:
    stored_h = geometry.axis_letters(IN_PLANE[axis][1])
    stored_v = geometry.axis_letters(IN_PLANE[axis][0])
    if stored_h is None or stored_v is None:
        return None
    left, right = _edge(matrix[0], stored_h, stored_v)
    top, bottom = _edge(matrix[1], stored_h, stored_v)
    return left, right, top, bottom


def _edge(
    row: tuple[int, int], stored_h: tuple[str, str], stored_v: tuple[str, str]
) -> tuple[str, str]:
    low, high = stored_h if row[0] else stored_v
    return (low, high) if row[0] + row[1] > 0 else (high, low)


def _name(geometry: Geometry, directions: npt.NDArray[np.float64], axis: int) -> str:
    name = _NAMES[_normal_axis(directions, axis)]
    return f"Oblique {name.lower()}" if geometry.plane == "oblique" else name
