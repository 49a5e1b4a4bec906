"""Chords of a 2-D mask: straight lines that run inside it from border to border.

The border of a mask is the line half way between the middles of its pixels and of those beside it
(marching squares at one half): it passes through the middles of the edges of the outermost pixels,
as the hull that :mod:`tumordesk.imaging.diameters` measures, but follows dents.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumordesk.imaging.components import BoolArray

FloatArray = npt.NDArray[np.float64]
Line = tuple[FloatArray, FloatArray]
Run = tuple[int, int, int]
"""Row, first column, column after the last."""
_MAX_PLACES = 6144
_EQUAL = 0.002
_AT_ONCE = 4_000_000


def filled(mask: BoolArray) -> BoolArray:
    """The 2-D mask with its holes: what of the background does not reach the picture's edge."""
    outside = np.pad(~mask, 1, constant_values=True)
    result = np.ones_like(outside)
    for row, first, stop in _groups(outside, diagonal=False)[0]:
        result[row, first:stop] = False
    return result[1:-1, 1:-1]


def islands(mask: BoolArray) -> list[tuple[BoolArray, FloatArray]]:
    """The parts of a 2-D mask that do not touch each other, not even at corners.

    Each is (its mask in the smallest box around it, (row, column) of the box's first pixel).
    """
    found = []
    for runs in _groups(mask, diagonal=True):
        rows, firsts, stops = zip(*runs, strict=True)
        top, left = min(rows), min(firsts)
        part = np.zeros((max(rows) - top + 1, max(stops) - left), dtype=np.bool_)
        for row, first, stop in runs:
            part[row - top, first - left : stop - left] = True
        found.append((part, np.array([top, left], dtype=np.float64)))
    return found


def _groups(mask: BoolArray, *, diagonal: bool) -> list[list[Run]]:
    """Runs of True pixels that touch, by their first run in reading order.

    Plain Python over runs: a slice of a lesion has a few dozen, and SimpleITK needs longer to
    start its threads.
    """
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, firsts = np.nonzero(edges == 1)
    stops = np.nonzero(edges == -1)[1]
    runs = list(zip(rows.tolist(), firsts.tolist(), stops.tolist(), strict=True))
    parent = list(range(len(runs)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    reach = 1 if diagonal else 0
    above = 0
    for index, (row, first, stop) in enumerate(runs):
        while runs[above][0] < row - 1 or (
            runs[above][0] == row - 1 and runs[above][2] + reach <= first
        ):
            above += 1
        other = above
        while runs[other][0] == row - 1 and runs[other][1] < stop + reach:
            low, high = sorted((root(index), root(other)))
            parent[high] = low
            other += 1
    groups: dict[int, list[Run]] = {}
    for index, run in enumerate(runs):
        groups.setdefault(root(index), []).append(run)
    return list(groups.values())


def border(mask: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Starts and ends, each (n, 2) row and column, of the straight pieces of a mask's border.

    Pixels that touch only at a corner are joined there.
    """
    padded = np.pad(mask, 1)
    corners = [padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]]
    kind = sum(part.astype(np.uint8) << bit for bit, part in enumerate(corners))
    # Middles of the four edges of a cell, from its first corner: top, bottom, left, right.
    top, bottom, left, right = (0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0)
    cut = {1: (top, left), 2: (top, right), 4: (left, bottom), 8: (right, bottom)}
    pieces = {number: [line] for number, line in cut.items()}
    pieces |= {15 - number: [line] for number, line in cut.items()}
    pieces |= {3: [(left, right)], 12: [(left, right)], 5: [(top, bottom)], 10: [(top, bottom)]}
    pieces |= {9: [cut[2], cut[4]], 6: [cut[1], cut[8]]}
    starts, ends = [], []
    for number, lines in pieces.items():
        cells = np.argwhere(kind == number).astype(np.float64) - 1.0
        for start, end in lines:
            starts.append(cells + start)
            ends.append(cells + end)
    return np.concatenate(starts), np.concatenate(ends)


def longest_chord_across(mask: BoolArray, scale: FloatArray, line: Line) -> Line | None:
    """The longest chord of a 2-D mask at a right angle to ``line``, holes counted as inside.

    Of chords that are equally long (within 0.2 %) the one nearest to the middle of ``line``.
    ``scale`` (row, column) turns pixels into the unit of ``line`` and of the answer, whose points
    are (row, column) times ``scale``. None where ``line`` has no length.
    """
    along = line[1] - line[0]
    length = float(np.linalg.norm(along))
    if length == 0.0:
        return None
    along = along / length
    across = np.array([-along[1], along[0]])
    starts, ends = (points * scale for points in border(filled(mask)))
    chords = _chords(starts @ along, starts @ across, ends @ along, ends @ across)
    if not chords:
        return None
    longest = max(high - low for _, low, high in chords)
    equal = [chord for chord in chords if chord[2] - chord[1] >= (1.0 - _EQUAL) * longest]
    middle = float((line[0] + line[1]) @ along) / 2.0
    place, low, high = min(equal, key=lambda chord: abs(chord[0] - middle))
    return place * along + low * across, place * along + high * across


def _chords(
    start_p: FloatArray, start_h: FloatArray, end_p: FloatArray, end_h: FloatArray
) -> list[tuple[float, float, float]]:
    """(position, low, high) of the longest stretch inside closed borders, at many positions.

    Between two corners the length of a chord changes evenly, so the longest begins or ends at a
    corner. Just beside the corners no line meets one, and crossings come in pairs. The middle
    between neighbouring corners is looked at too: there chords of equal length lie apart.
    """
    corners = np.unique(start_p)
    nudge = 1e-7 * max(1e-6, float(np.ptp(corners)))
    between = (corners[:-1] + corners[1:]) / 2.0
    places = np.concatenate([corners - nudge, corners + nudge, between])
    if len(places) > _MAX_PLACES:
        places = places[:: len(places) // _MAX_PLACES + 1]
    found: list[tuple[float, float, float]] = []
    step = max(1, _AT_ONCE // max(1, len(start_p)))
    for first in range(0, len(places), step):
        at = places[first : first + step]
        crosses = (start_p[None] > at[:, None]) != (end_p[None] > at[:, None])
        for row in np.flatnonzero(crosses.any(axis=1)):
            hit = crosses[row]
            share = (at[row] - start_p[hit]) / (end_p[hit] - start_p[hit])
            height = np.sort(start_h[hit] + share * (end_h[hit] - start_h[hit]))
            low, high = height[0::2], height[1::2]
            longest = int(np.argmax(high - low))
            found.append((float(at[row]), float(low[longest]), float(high[longest])))
    return found
