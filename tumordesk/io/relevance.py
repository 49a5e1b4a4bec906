"""Which series a person most likely came for: first in lists, and selected by itself."""

from __future__ import annotations

from collections.abc import Sequence as Several

from tumordesk.core.geometry import Verdict
from tumordesk.core.study import Sequence, Series

_ORDER = {
    Sequence.FLAIR: 0,
    Sequence.T1C: 1,
    Sequence.T1: 3,
    Sequence.T2: 2,
    Sequence.CT: 5,
    Sequence.DWI: 6,
    Sequence.UNKNOWN: 7,
    Sequence.LOCALIZER: 9,
}
_FEW_SLICES = 5


def sort_key(series: Series) -> tuple[object, ...]:
    """Sort key: tumour sequences first, localizers last; whole stacks before odd ones."""
    kind = _ORDER[series.guess.sequence]
    derived = bool(series.extra.get("derived"))
    odd = series.geometry.verdict in (Verdict.FLAT, Verdict.NO_MM) and not series.is_picture
    few = series.slices < _FEW_SLICES and not series.is_picture
    number = series.number if series.number is not None else 2**31
    return (
        series.guess.sequence is Sequence.LOCALIZER,
        few,
        odd,
        derived,
        kind,
        series.geometry.plane != "axial",
        number,
        series.description,
        series.key,
    )


def most_relevant(series: Several[Series]) -> Series | None:
    """The series to select by itself; None when there is none."""
    return min(series, key=sort_key, default=None)
