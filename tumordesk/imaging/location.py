"""Where a lesion lies in the head, roughly: left or right, front or back, upper or lower.

Only where the file gives positions in the patient and the series shows the whole head. The head is
a box along the patient's axes, so in a strongly turned head a lesion near the middle can be told
to lie in the neighbouring quadrant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry
from tumordesk.core.volume import Volume
from tumordesk.imaging.components import Component

BoxMm = tuple[tuple[float, float], ...]
MIN_HEAD_WIDTH_MM = 100.0
BOTH_SIDES_SHARE = 0.2
"""A lesion lies on both sides of a plane when the smaller part is at least this share of it."""
_SIDES = {"left": "Left", "right": "Right", "both": "Both sides"}

# What a head measures, from infants to large adults, nose and ears included.
_WIDTH_MM = (MIN_HEAD_WIDTH_MM, 210.0)
_LENGTH_MM = (120.0, 260.0)
_HEIGHT_OF_LENGTH = 0.82
"""Brain with skull, vertex to foramen magnum, as a share of the head's length."""
_SEEN_OF_HEIGHT = 0.7
_TOP_SHARE = 0.6
"""A head whose top is in the picture tapers: the uppermost part is at most this wide."""
_LAYER_MM = 10.0
_HEAD_LEVEL = 0.15
_OUTLIERS_PERCENT = 0.5
_SAMPLES = 128


@dataclass(frozen=True)
class Head:
    """``midline_x_mm`` parts left from right; ``box_mm`` is (low, high) for LPS x, y and z.

    None where the series does not show it.
    """

    midline_x_mm: float | None = None
    box_mm: BoxMm | None = None


def estimate_head(volume: Volume) -> Head:
    """Find the head: everything brighter than air, in patient coordinates.

    The head is what is above 15 % of the 99.5 percentile (of values above the lowest); its extent
    leaves out the outermost 0.5 % on both sides. The midline needs a width of at least 100 mm. The
    box also needs the measures of a head and its top in the picture: a slab, a picture of another
    part of the body or a phantom without a rounded top has none. Its lower end is 0.82 of the
    head's length below the top, where the brain ends: series stop short of it or show the neck.
    Nothing is told where the affine is unknown.
    """
    points = _head_points_mm(volume)
    if points is None:
        return Head()
    low, high = np.percentile(points, (_OUTLIERS_PERCENT, 100.0 - _OUTLIERS_PERCENT), axis=0)
    width, length, height = (float(v) for v in high - low)
    midline = float(low[0] + high[0]) / 2.0 if width >= MIN_HEAD_WIDTH_MM else None
    brain = _HEIGHT_OF_LENGTH * length
    whole = (
        _WIDTH_MM[0] <= width <= _WIDTH_MM[1]
        and _LENGTH_MM[0] <= length <= _LENGTH_MM[1]
        and width <= length * 1.1
        and height >= _SEEN_OF_HEIGHT * brain
        and _tapers(points[:, 2], volume.geometry)
    )
    if not whole:
        return Head(midline)
    x, y = ((float(low[i]), float(high[i])) for i in (0, 1))
    return Head(midline, (x, y, (float(high[2]) - brain, float(high[2]))))


def _head_points_mm(volume: Volume) -> npt.NDArray[np.float64] | None:
    """LPS points, evenly spread over all voxels of the head; None where there are none."""
    geometry = volume.geometry
    if geometry.affine is None:
        return None
    step = [max(1, n // _SAMPLES) for n in geometry.shape]
    grey = volume.grey()[:: step[0], :: step[1], :: step[2]].astype(np.float32)
    finite = np.isfinite(grey)
    if not finite.any():
        return None
    low = float(grey[finite].min())
    high = float(np.percentile(grey[finite], 99.5))
    head = np.argwhere(finite & (grey > low + _HEAD_LEVEL * (high - low))) * step
    return geometry.to_patient(head) if len(head) else None


def _tapers(z_mm: npt.NDArray[np.float64], geometry: Geometry) -> bool:
    """True where the uppermost layer is clearly smaller than the largest."""
    assert geometry.affine is not None
    apart = float(np.max(np.abs(geometry.affine[2, :3])))
    thick = max(_LAYER_MM, 2.0 * apart)
    counts = np.bincount(((z_mm.max() - z_mm) / thick).astype(int))
    return bool(counts[0] <= _TOP_SHARE * counts.max())


def share_beyond(
    component: Component, geometry: Geometry, axis: int, plane_mm: float
) -> float | None:
    """Share (0..1) of a lesion's voxels whose LPS coordinate ``axis`` is above ``plane_mm``.

    None without affine. Slice by slice, to stay small in memory.
    """
    if geometry.affine is None:
        return None
    per_slice, per_row, per_column, first_mm = geometry.affine[axis]
    slices, rows, columns = (part.start for part in component.box)
    beyond = 0
    for index, layer in enumerate(component.mask, start=slices):
        r, c = np.nonzero(layer)
        at_mm = first_mm + per_slice * index + per_row * (r + rows) + per_column * (c + columns)
        beyond += int(np.count_nonzero(at_mm > plane_mm))
    return beyond / component.voxels


def side_of(component: Component, geometry: Geometry, midline_x_mm: float | None) -> str | None:
    """'left', 'right', 'both', or None where the midline is unknown."""
    if midline_x_mm is None:
        return None
    return _either(share_beyond(component, geometry, 0, midline_x_mm), "left", "right", "both")


def location_of(
    component: Component, geometry: Geometry, side: str | None, box_mm: BoxMm | None
) -> str | None:
    """'Left, front, upper' (see module); None where side or head are unknown.

    ``side`` is taken as it is, so that both always agree. 'front', 'back', 'upper' and 'lower' are
    left out where the lesion lies on both sides of the middle.
    """
    if side is None or box_mm is None or geometry.affine is None:
        return None
    words = [_SIDES[side]]
    for axis, above, below in ((1, "back", "front"), (2, "upper", "lower")):
        middle_mm = (box_mm[axis][0] + box_mm[axis][1]) / 2.0
        word = _either(share_beyond(component, geometry, axis, middle_mm), above, below, "")
        words += [word] if word else []
    return ", ".join(words)


def _either(share: float | None, above: str, below: str, both: str) -> str | None:
    if share is None:
        return None
    if min(share, 1.0 - share) >= BOTH_SIDES_SHARE:
        return both
    return above if share > 0.5 else below
