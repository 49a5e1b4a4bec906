"""Longest diameter of a lesion in a slice and the longest perpendicular to it (RANO style).

Where a pixel's boundary is: a lesion is taken to reach to the middle of the edges of its outermost
pixels (pixel centre plus and minus half a pixel along rows and columns). A single pixel is then
one pixel wide, and a disc drawn on a grid measures its diameter within one pixel in every
direction; pixel centres would measure one pixel too little, pixel corners too much on diagonals.

A lesion may have several parts on a slice that do not touch there: diameters are those of the part
that is longest, never of the empty space between two. The longest diameter is exact: the largest
distance between two border points, found on their convex hull, in millimetres where the pixels are
not square. The perpendicular is the longest chord at a right angle to it (Wen et al., Response
Assessment in Neuro-Oncology, 2010: product of the largest diameters, perpendicular to each other,
on the same slice): both its ends lie on the lesion's border and it runs inside it; a hole is
counted as inside, for a rim that takes up contrast is measured from rim to rim. In a lesion with a
dent the longest diameter may cross the dent, the perpendicular never does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tumordesk.core.finding import Diameter
from tumordesk.imaging.chords import FloatArray, Line, islands, longest_chord_across
from tumordesk.imaging.components import BoolArray

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

    Of parts with the same longest diameter, the one with the largest area is taken.

    Args:
        mask: (slice, row, column), with at least one True element.
        origin: index of the mask's first element in the whole volume; results count from there.
        pixel_spacing_mm: (between rows, between columns), None = measure in pixels.
    """
    scale = np.array(pixel_spacing_mm or (1.0, 1.0), dtype=np.float64)
    best: tuple[float, int] = (-1.0, 0)
    chosen: tuple[int, BoolArray, FloatArray, Line] | None = None
    for bound, index in _slices_by_bound(mask, scale):
        if bound < best[0] - _SAME_LENGTH:
            break
        for part, corner in islands(mask[index]):
            if float(np.linalg.norm(part.shape * scale)) < best[0] - _SAME_LENGTH:
                continue
            line = farthest_pair(convex_hull(boundary_points(part) * scale))
            length = float(np.linalg.norm(line[1] - line[0]))
            area = int(np.count_nonzero(part))
            longer = length > best[0] + _SAME_LENGTH
            if longer or (length >= best[0] - _SAME_LENGTH and area > best[1]):
                best, chosen = (max(length, best[0]), area), (index, part, corner, line)
    if chosen is None:
        raise ValueError("the mask is empty")
    index, part, corner, line = chosen
    shift = corner + origin[1:]
    across = longest_chord_across(part, scale, line) or line
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
