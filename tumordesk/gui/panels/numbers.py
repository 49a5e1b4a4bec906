"""Numbers as people read them: a value, its unit, and no digit that was not measured.

Pure functions, no Qt. Slices are counted from 0 inside the program and from 1 on the screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tumordesk.core.finding import Diameter, Lesion

SIDES = {"left": "Left side", "right": "Right side", "both": "Both sides"}
TIMES = "×"
DASH = "–"
MINUS = "\N{MINUS SIGN}"
ABOUT = "≈"
THIN = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Quantity:
    """``value`` and ``unit`` as shown, apart so that the unit can be drawn more quietly."""

    value: str
    unit: str

    def __str__(self) -> str:
        return f"{self.value}{THIN}{self.unit}" if self.unit else self.value


def volume(ml: float, *, estimated: bool = False) -> Quantity:
    """Millilitres: 24.3, 0.42, 131; below a hundredth '< 0.01'; '≈ 24.3' where ``estimated``."""
    if 0 < ml < 0.01:
        return Quantity("< 0.01", "mL")
    digits = 2 if ml < 0.995 else 1 if ml < 99.95 else 0
    about = f"{ABOUT}{THIN}" if estimated else ""
    return Quantity(f"{about}{ml:.{digits}f}", "mL")


def lengths(*values: float, unit: str = "mm") -> Quantity:
    """Lengths of one lesion side by side: '41 × 32 mm', with one decimal where all are below 10.

    Pixels are always whole.
    """
    digits = 1 if unit == "mm" and max(values) < 9.95 else 0
    return Quantity(f" {TIMES} ".join(f"{value:.{digits}f}" for value in values), unit)


def diameters(lesion: Lesion) -> Quantity | None:
    """Longest and perpendicular diameter, in mm where the spacing is known, else in pixels."""
    both = [d for d in (lesion.longest, lesion.perpendicular) if d is not None]
    if not both:
        return None
    in_mm = [d.length_mm for d in both if d.length_mm is not None]
    if len(in_mm) == len(both):
        return lengths(*in_mm)
    return lengths(*(d.length_px for d in both), unit="px")


def middle(diameter: Diameter) -> tuple[float, float]:
    """(row, column) half way along a diameter."""
    return (
        (diameter.start[0] + diameter.end[0]) / 2.0,
        (diameter.start[1] + diameter.end[1]) / 2.0,
    )


def product(mm2: float) -> Quantity:
    """A product of diameters in mm²: 840, '1 330', 71.3 is 71; three figures at most."""
    if mm2 >= 1000:
        step = 10 ** (math.floor(math.log10(mm2)) - 2)
        mm2 = round(mm2 / step) * step
    if 0 < mm2 < 9.95:
        return Quantity(f"{mm2:.1f}", "mm²")
    return Quantity(grouped(round(mm2)), "mm²")


def change(percent: float) -> Quantity:
    """A change in percent with its sign: '+28', '−4.2', '0.0'."""
    digits = 1 if abs(percent) < 9.95 else 0
    text = f"{percent:+.{digits}f}"
    if not text.strip("+-0."):
        return Quantity(text.lstrip("+-"), "%")
    return Quantity(text.replace("-", MINUS), "%")


def share(part: float) -> Quantity:
    """A share 0..1 in percent: 38, 4.2, '< 0.1'."""
    percent = 100.0 * part
    if 0 < percent < 0.1:
        return Quantity("< 0.1", "%")
    digits = 1 if 0 < percent < 9.95 else 0
    return Quantity(f"{percent:.{digits}f}", "%")


def probability(value: float) -> Quantity:
    """A probability 0..1 in whole percent; never '0' or '100' where it is neither."""
    percent = 100.0 * value
    if 0 < percent < 1:
        return Quantity("< 1", "%")
    if 99 < percent < 100:
        return Quantity("> 99", "%")
    return Quantity(f"{percent:.0f}", "%")


def grouped(count: int) -> str:
    """A whole number with its thousands apart: '12 480'."""
    return f"{count:,}".replace(",", THIN)


def counted(count: int, noun: str, plural: str = "") -> str:
    """'1 slice', '26 slices'."""
    return f"{grouped(count)} {noun if count == 1 else plural or noun + 's'}"


def slice_number(index: int) -> str:
    """A slice as people count: from 1."""
    return str(index + 1)


def slice_list(indices: Sequence[int]) -> str:
    """'3, 9–12' of the indices 2, 8, 9, 10, 11."""
    runs: list[list[int]] = []
    for index in sorted(set(indices)):
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ", ".join(
        slice_number(a) if a == b else f"{slice_number(a)}{DASH}{slice_number(b)}" for a, b in runs
    )


def seconds(value_s: float) -> str:
    """'4.2 s', '37 s', '2 min 5 s'."""
    if value_s < 9.95:
        return f"{value_s:.1f}{THIN}s"
    whole = round(value_s)
    if whole < 60:
        return f"{whole}{THIN}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}{THIN}min" + (f" {rest}{THIN}s" if rest else "")


def side(name: str | None) -> str:
    """'Left side', 'Right side', 'Both sides', or empty where it is not known."""
    return SIDES.get(name or "", "")
