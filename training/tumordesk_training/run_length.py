"""Run-length coded masks of COCO files as outlines. No torch."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

_MOST_PIXELS = 100_000_000

Points = tuple[float, ...]
Strip = tuple[int, int, int]
"""Column, first row, last row."""


def size_of(value: dict[str, Any]) -> tuple[int, int] | None:
    """Rows and columns that run lengths say they are of; None where they say nothing sensible."""
    size = value.get("size")
    if not (isinstance(size, list) and len(size) == 2 and all(_whole(n) and n for n in size)):
        return None
    return (size[0], size[1]) if size[0] * size[1] <= _MOST_PIXELS else None


def outlines_of(value: Any, target: tuple[int, int] | None = None) -> list[Points] | None:
    """Outlines (x1 y1 x2 y2 ...) that fill the pixels of ``{"size": [rows, columns], "counts"}``.

    ``counts``: lengths of runs, background first, column by column, as a list or as the string
    that pycocotools writes. ``target``: rows and columns of the picture they are wanted for, where
    that is not ``size``. None where it is none of that.
    """
    size = size_of(value) if isinstance(value, dict) else None
    if size is None:
        return None
    rows, columns = size
    counts = value.get("counts")
    runs = _unpacked(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(_whole(n) for n in runs):
        return None
    if sum(runs) != rows * columns:
        return None
    edges = [0, *accumulate(runs)]
    found: list[Strip] = []
    for start, end in list(pairwise(edges))[1::2]:
        found += _strips(start, end, rows)
    if target is not None and target != size:
        found = _scaled(found, size, target)
    return [
        (float(x), float(low), float(x), float(high), float(x), float(high))
        for x, low, high in found
    ]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _strips(start: int, end: int, rows: int) -> list[Strip]:
    """A run of pixels as one thin strip for each column that it touches."""
    found: list[Strip] = []
    while start < end:
        column, top = divmod(start, rows)
        bottom = min(rows, top + end - start)
        found.append((column, top, bottom - 1))
        start += bottom - top
    return found


def _scaled(strips: list[Strip], size: tuple[int, int], target: tuple[int, int]) -> list[Strip]:
    """Strips of the pixels of a picture of another size whose centres lie in ``strips``.

    Moving the ends of the strips alone would leave gaps between them where it grows.
    """
    found: list[Strip] = []
    for column, low, high in strips:
        top, bottom = _pixels(low, high, size[0], target[0])
        left, right = _pixels(column, column, size[1], target[1])
        if top <= bottom:
            found += [(x, top, bottom) for x in range(left, right + 1)]
    return found


def _pixels(first: int, last: int, old: int, new: int) -> tuple[int, int]:
    """First and last of ``new`` pixels with their centres in those from ``first`` to ``last``."""
    # Centre of pixel n is (2n + 1) / 2; all in whole numbers, so that no pixel is lost to rounding.
    low = -((old - 2 * first * new) // (2 * old))
    high = -((old - 2 * (last + 1) * new) // (2 * old)) - 1
    return low, high


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
