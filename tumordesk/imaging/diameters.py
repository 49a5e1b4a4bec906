"""Longest diameter of a lesion in a slice and the longest perpendicular to it (RANO style).

Where a pixel's boundary is: a lesion is taken to reach to the middle of the edges of its outermost
pixels (pixel centre plus and minus half a pixel along rows and columns). A single pixel is then
one pixel wide, and a disc drawn on a grid measures its diameter within one pixel in every
direction; pixel centres would measure one pixel too little, pixel corners too much on diagonals.

The longest diameter is exact: the largest distance between two such points, found on their convex
hull, in millimetres where the pixels are not square. The perpendicular is the longest line across
that hull at a right angle to it (Wen et al., Response Assessment in Neuro-Oncology, 2010: product
of the largest diameters, perpendicular to each other, on the same slice). Both therefore stay
within the lesion's outer extent; in a lesion with a dent they may cross the dent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumordesk.core.finding import Diameter
from tumordesk.imaging.components import BoolArray

FloatArray = npt.NDArray[np.float64]
Line = tuple[FloatArray, FloatArray]
_SAME_LENGTH = 1e-6


@dataclass(frozen=True, eq=False)
class Diameters:
    """Longest diameter and its perpendicular on one slice."""

    longest: Diameter
    perpendicular: Diameter


def longest_diameters(
    mask: BoolArray,
    origin: tuple[int, int, int],
    pixel_spacing_mm: tuple[float, float] | None,
) -> Diameters:
    """Diameters on the slice of a 3-D mask where the longest one is longest.

    Of slices with the same longest diameter, the one with the largest area is taken.

    Args:
        mask: (slice, row, column), with at least one True element.
        origin: index of the mask's first element in the whole volume; results count from there.
        pixel_spacing_mm: (between rows, between columns), None = measure in pixels.
    """
    scale = np.array(pixel_spacing_mm or (1.0, 1.0), dtype=np.float64)
    best: tuple[float, int] = (-1.0, 0)
    chosen: tuple[int, FloatArray, Line] | None = None
    for bound, index in _slices_by_bound(mask, scale):
        if bound < best[0] - _SAME_LENGTH:
            break
        hull = convex_hull(boundary_points(mask[index]) * scale)
        line = farthest_pair(hull)
        length = float(np.linalg.norm(line[1] - line[0]))
        area = int(np.count_nonzero(mask[index]))
        longer = length > best[0] + _SAME_LENGTH
        if longer or (length >= best[0] - _SAME_LENGTH and area > best[1]):
            best, chosen = (max(length, best[0]), area), (index, hull, line)
    if chosen is None:
        raise ValueError("the mask is empty")
    index, hull, line = chosen
    shift = np.array(origin[1:], dtype=np.float64)
    across = longest_perpendicular(hull, line)
    known = pixel_spacing_mm is not None
    return Diameters(
        _diameter(line, scale, shift, origin[0] + index, known),
        _diameter(across, scale, shift, origin[0] + index, known),
    )


def _slices_by_bound(mask: BoolArray, scale: FloatArray) -> list[tuple[float, int]]:
    """(no diameter can be longer than this, slice) of non-empty slices, most promising first."""
    bounds = []
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        rows = np.flatnonzero(mask[index].any(axis=1))
        columns = np.flatnonzero(mask[index].any(axis=0))
        extent = np.array([rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1]) * scale
        bounds.append((float(np.linalg.norm(extent)), int(index)))
    return sorted(bounds, key=lambda item: (-item[0], item[1]))


def _diameter(
    line: Line, scale: FloatArray, shift: FloatArray, slice_index: int, known: bool
) -> Diameter:
    start, end = line[0] / scale + shift, line[1] / scale + shift
    return Diameter(
        slice_index=slice_index,
        start=(float(start[0]), float(start[1])),
        end=(float(end[0]), float(end[1])),
        length_px=float(np.linalg.norm(end - start)),
        length_mm=float(np.linalg.norm(line[1] - line[0])) if known else None,
    )


def boundary_points(mask: BoolArray) -> FloatArray:
    """(n, 2) row and column of the edge middles that can lie on the hull of a 2-D mask."""
    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    sides = [(rows, first - 0.5), (rows, last + 0.5)]
    ends = [(rows + step, column) for step in (-0.5, 0.5) for column in (first, last)]
    return np.concatenate([np.stack([r, c], axis=1).astype(np.float64) for r, c in [*sides, *ends]])


def convex_hull(points: FloatArray) -> FloatArray:
    """Corners of the convex hull of (n, 2) points, in order around it (monotone chain)."""
    ordered = [(float(r), float(c)) for r, c in np.unique(points, axis=0)]
    if len(ordered) < 3:
        return np.array(ordered)
    lower = _half_hull(ordered)
    upper = _half_hull(ordered[::-1])
    return np.array(lower[:-1] + upper[:-1])


def _half_hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    hull: list[tuple[float, float]] = []
    for point in points:
        while len(hull) >= 2 and _turn(hull[-2], hull[-1], point) <= 0.0:
            hull.pop()
        hull.append(point)
    return hull


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def farthest_pair(hull: FloatArray) -> Line:
    """The two corners of a hull that lie farthest apart (the first such pair)."""
    difference = hull[:, None, :] - hull[None, :, :]
    squared = np.einsum("ijk,ijk->ij", difference, difference)
    first, second = np.unravel_index(int(squared.argmax()), squared.shape)
    return hull[first], hull[second]


def longest_perpendicular(hull: FloatArray, line: Line) -> Line:
    """The longest line across a convex hull at a right angle to ``line``.

    The width of a convex shape is a concave, piecewise linear function of the position along
    any direction, so its maximum is at one of the corners.
    """
    along = line[1] - line[0]
    length = float(np.linalg.norm(along))
    if length == 0.0:
        return line
    along = along / length
    across = np.array([-along[1], along[0]])
    position, height = hull @ along, hull @ across
    low, high = _sections(position, height)
    best = int(np.argmax(high - low))
    base = position[best] * along
    return base + low[best] * across, base + high[best] * across


def _sections(position: FloatArray, height: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest point of a convex polygon at each of its corners' positions."""
    start_p, start_h = position[:, None], height[:, None]
    end_p, end_h = np.roll(position, -1)[:, None], np.roll(height, -1)[:, None]
    at = position[None, :]
    run = end_p - start_p
    crosses = (np.minimum(start_p, end_p) <= at) & (at <= np.maximum(start_p, end_p))
    share = np.where(run == 0.0, 0.0, (at - start_p) / np.where(run == 0.0, 1.0, run))
    crossing = start_h + share * (end_h - start_h)
    low = np.where(crosses, crossing, np.inf).min(axis=0)
    high = np.where(crosses, crossing, -np.inf).max(axis=0)
    # A corner lies on its own edges; rounding must not lose it.
    return np.minimum(low, height), np.maximum(high, height)
