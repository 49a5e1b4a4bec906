"""Run-length coded masks of COCO files as outlines. No torch."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

_MOST_PIXELS = 100_000_000

Points = tuple[float, ...]


def outlines_of(value: Any) -> list[Points] | None:
    """Outlines (x1 y1 x2 y2 ...) that fill the pixels of ``{"size": [rows, columns], "counts"}``.

    ``counts``: lengths of runs, background first, column by column, as a list or as the string
    that pycocotools writes. None where it is none of that.
    """
    if not isinstance(value, dict):
        return None
    size, counts = value.get("size"), value.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(_whole(n) for n in size)):
        return None
    rows, columns = size
    runs = _unpacked(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(_whole(n) for n in runs):
        return None
    if rows < 1 or rows * columns > _MOST_PIXELS or sum(runs) != rows * columns:
        return None
    edges = [0, *accumulate(runs)]
    found: list[Points] = []
    for start, end in list(pairwise(edges))[1::2]:
        found += _columns(start, end, rows)
    return found


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _columns(start: int, end: int, rows: int) -> list[Points]:
    """A run of pixels as one thin outline for each column that it touches."""
    found: list[Points] = []
    while start < end:
        column, top = divmod(start, rows)
        bottom = min(rows, top + end - start)
        x, low, high = float(column), float(top), float(bottom - 1)
        found.append((x, low, x, high, x, high))
        start += bottom - top
    return found


def _unpacked(text: str) -> list[int] | None:
    """Runs from the packed string: five bits a letter, from the third on as differences."""
    runs: list[int] = []
    letters = [ord(letter) - 48 for letter in text]
    if any(not 0 <= letter < 64 for letter in letters):
        return None
    place = 0
    while place < len(letters):
        value = shift = 0
        while True:
            if place >= len(letters) or shift > 60:
                return None
            letter = letters[place]
            place += 1
            value |= (letter & 0x1F) << shift
            shift += 5
            if not letter & 0x20:
                break
        if letter & 0x10:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
    return runs
