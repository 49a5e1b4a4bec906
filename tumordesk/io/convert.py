"""Header values as geometry and windows; None for whatever is not usable."""

from __future__ import annotations

from pydicom.dataset import Dataset

from tumordesk.core.volume import Window
from tumordesk.io import tags, values
from tumordesk.io.records import Vector

_T = tags.NAMES


def windows_of(dataset: Dataset) -> tuple[Window, ...]:
    """The header's usable windows; a VOI look-up table counts as the range that it covers."""
    centers = values.numbers(dataset, _T["WindowCenter"]) or ()
    widths = values.numbers(dataset, _T["WindowWidth"]) or ()
    names = values.codes(dataset, _T["WindowCenterWidthExplanation"])
    function = values.code(dataset, _T["VOILUTFunction"]).upper() or "LINEAR"
    if function not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        function = "LINEAR"
    least = 1.0 if function == "LINEAR" else 0.0
    found = [
        Window(center, width, names[i] if i < len(names) else "", function)
        for i, (center, width) in enumerate(zip(centers, widths, strict=False))
        if width > 0 and width >= least
    ]
    if not found:
        for item in values.items(dataset, _T["VOILUTSequence"]):
            table = values.exactly(item, tags.LUT_DESCRIPTOR, 3)
            if table is not None:
                entries = table[0] or 65536.0
                found.append(Window(table[1] + entries / 2, entries, "VOI LUT"))
    return tuple(found)


def vector(found: tuple[float, ...] | None) -> Vector | None:
    """Three numbers as a vector."""
    return (found[0], found[1], found[2]) if found is not None else None


def pair(found: tuple[float, ...] | None) -> tuple[float, float] | None:
    """(row, column) spacing, or None unless both are positive and sane."""
    usable = found is not None and all(0 < v < 1e4 for v in found)
    return (found[0], found[1]) if found is not None and usable else None


def positive(value: float | None) -> float | None:
    """A positive, sane length, or None."""
    return value if value is not None and 0 < value < 1e4 else None


def orientation(found: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """Two unit vectors at right angles (within 1 %), normalised; None for anything else."""
    if found is None:
        return None
    row, column = found[:3], found[3:]
    lengths = [sum(v * v for v in axis) ** 0.5 for axis in (row, column)]
    if any(abs(length - 1) > 0.05 for length in lengths):
        return None
    dot = sum(a * b for a, b in zip(row, column, strict=True))
    if abs(dot) > 0.01:
        return None
    return (*(v / lengths[0] for v in row), *(v / lengths[1] for v in column))
