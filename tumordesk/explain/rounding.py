"""Facts from measured values, rounded to the digits that people read and the panel shows."""

from __future__ import annotations

from math import floor, log10

from tumordesk.core.explanation import Fact

Point = tuple[float, float] | None


def _rounded(value: float, digits: int) -> float:
    """As it will be written; never minus nought."""
    return float(f"{value:.{digits}f}") + 0.0


def plain(
    key: str,
    value: float,
    unit: str,
    digits: int,
    words: str,
    slice_index: int | None = None,
    point: Point = None,
) -> Fact:
    """A value with so many decimals."""
    return Fact(key, _rounded(value, digits), unit, words, slice_index, point, digits)


def whole(
    key: str, value: int, words: str, slice_index: int | None = None, point: Point = None
) -> Fact:
    """A count, or the number of a slice or lesion as people count it (from 1)."""
    return plain(key, value, "", 0, words, slice_index, point)


def volume_ml(
    key: str, ml: float, words: str, slice_index: int | None = None, point: Point = None
) -> Fact:
    """Millilitres: 24.3, 0.42, 131; below a hundredth '< 0.01'."""
    if 0 < ml < 0.01:
        return Fact(key, 0.01, "mL", words, slice_index, point, 2, "<")
    digits = 2 if ml < 0.995 else 1 if ml < 99.95 else 0
    return plain(key, ml, "mL", digits, words, slice_index, point)


def length_mm(
    key: str,
    mm: float,
    longest_mm: float,
    words: str,
    slice_index: int | None = None,
    point: Point = None,
) -> Fact:
    """Millimetres: one decimal where the longest of the lesion's diameters is below 10."""
    return plain(key, mm, "mm", 1 if longest_mm < 9.95 else 0, words, slice_index, point)


def product_mm2(
    key: str, mm2: float, words: str, slice_index: int | None = None, point: Point = None
) -> Fact:
    """Product of two diameters: whole mm², three figures at most (they are no better known)."""
    if mm2 >= 1000:
        step = 10 ** (floor(log10(mm2)) - 2)
        mm2 = round(mm2 / step) * step
    digits = 1 if 0 < mm2 < 9.95 else 0
    return plain(key, mm2, "mm²", digits, words, slice_index, point)


def share(key: str, part: float, words: str) -> Fact:
    """A share 0..1 in percent: 38, 4.2, '< 0.1'."""
    percent = 100.0 * part
    if 0 < percent < 0.1:
        return Fact(key, 0.1, "%", words, digits=1, bound="<")
    return plain(key, percent, "%", 1 if 0 < percent < 9.95 else 0, words)


def probability(key: str, value: float, words: str, slice_index: int | None = None) -> Fact:
    """A probability 0..1 in whole percent; never 0 or 100 where it is neither."""
    percent = 100.0 * value
    if 0 < percent < 1:
        return Fact(key, 1.0, "%", words, slice_index, bound="<")
    if 99 < percent < 100:
        return Fact(key, 99.0, "%", words, slice_index, bound=">")
    return plain(key, percent, "%", 0, words, slice_index)


def change_percent(key: str, percent: float, words: str) -> Fact:
    """A change with its sign: +25, -4.2."""
    return plain(key, percent, "%", 1 if abs(percent) < 9.95 else 0, words)
