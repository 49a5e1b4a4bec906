"""Painting into label maps: a round brush that moves along the pointer's path. No Qt."""

from __future__ import annotations

import numpy as np

from tumordesk.gui.viewer.planes import Plane
from tumordesk.gui.viewer.types import Labels, LayerEdit, OverlayLayer, plane_of

Point = tuple[float, float]


class Stroke:
    """One stroke of the brush on one slice, from press to release.

    ``diameter`` is in voxels along the finer side of the plane, so that the brush is round on
    the screen. ``label`` 0 erases. Raises ValueError when the layer's array is read-only.
    """

    def __init__(
        self, layer: OverlayLayer, plane: Plane, index: int, diameter: float, label: int
    ) -> None:
        if not layer.array.flags.writeable:
            raise ValueError("the layer's labels are read-only")
        self._layer, self._plane, self._index, self._label = layer, plane, index, label
        self._target = plane_of(layer.array, plane.axis, index)
        self._before = self._target.copy()
        self._radius = diameter / 2
        self._last: Point | None = None

    def move_to(self, h: float, v: float) -> None:
        """Paint from the last point to this one, in continuous (h, v) index coordinates."""
        start = self._last or (h, v)
        self._last = (h, v)
        paint_capsule(self._target, self._plane, start, (h, v), self._radius, self._label)

    def cancel(self) -> None:
        """Take back what was painted."""
        self._target[...] = self._before

    def finish(self) -> LayerEdit | None:
        """What the stroke changed, or None when it changed nothing."""
        if np.array_equal(self._before, self._target):
            return None
        after = self._target.copy()
        return LayerEdit(
            self._layer.key,
            self._plane.axis,
            self._index,
            self._before,
            after,
            erased=self._label == 0,
        )


def paint_capsule(
    target: Labels, plane: Plane, start: Point, end: Point, radius: float, label: int
) -> None:
    """Set the voxels whose centre lies within ``radius`` of the line from start to end.

    ``target`` is one slice of the plane, changed in place. The voxels under the two points are
    always set, however small the brush. Points are (h, v); ``radius`` counts voxels of the
    plane's finer side.
    """
    finer = min(plane.scale)
    unit_v, unit_h = plane.scale[0] / finer, plane.scale[1] / finer
    reach_h, reach_v = radius / unit_h, radius / unit_v
    left, right = _span(start[0], end[0], reach_h, target.shape[1])
    top, bottom = _span(start[1], end[1], reach_v, target.shape[0])
    if left >= right or top >= bottom:
        return
    h = (np.arange(left, right) + 0.5)[None, :] * unit_h
    v = (np.arange(top, bottom) + 0.5)[:, None] * unit_v
    h0, v0 = start[0] * unit_h, start[1] * unit_v
    dh, dv = end[0] * unit_h - h0, end[1] * unit_v - v0
    along = ((h - h0) * dh + (v - v0) * dv) / max(dh * dh + dv * dv, 1e-12)
    along = np.clip(along, 0.0, 1.0)
    near = np.square(h - h0 - along * dh) + np.square(v - v0 - along * dv) <= radius * radius
    target[top:bottom, left:right][near] = label
    for point_h, point_v in (start, end):
        row, column = int(np.floor(point_v)), int(np.floor(point_h))
        if 0 <= row < target.shape[0] and 0 <= column < target.shape[1]:
            target[row, column] = label


def _span(first: float, second: float, reach: float, size: int) -> tuple[int, int]:
    low = int(np.floor(min(first, second) - reach))
    high = int(np.ceil(max(first, second) + reach)) + 1
    return max(low, 0), min(high, size)
