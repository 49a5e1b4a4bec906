"""What changed between two studies, in numbers; thresholds are named as thresholds.

Thresholds: sum of the products of perpendicular diameters by 25 % up or 50 % down (RANO: Wen et
al., J Clin Oncol 2010), 25 % down for non-enhancing tumour (RANO-LGG: van den Bent et al., Lancet
Oncol 2011), volume by 40 % up or 65 % down (RANO 2.0: Wen et al., J Clin Oncol 2023). RANO compares
with the smallest or the first of all studies and looks at much more than sizes; two studies are
compared here, and nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tumordesk.core.change import Change
from tumordesk.core.finding import Measurements, Provenance
from tumordesk.core.study import Sequence, Series
from tumordesk.core.study_findings import StudyFindings

PRODUCT_UP, PRODUCT_DOWN, PRODUCT_DOWN_NON_ENHANCING = 25.0, 50.0, 25.0
VOLUME_UP, VOLUME_DOWN = 40.0, 65.0
MEASURABLE_MM = 10.0
"""RANO measures lesions that are at least this long in both directions."""
_SAME = 0.1
"""Slice distances that differ by less than this share are taken as equal."""
_PIXEL_FACTOR = 1.5
_NON_ENHANCING = (Sequence.FLAIR, Sequence.T2)
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Measured:
    """What one study gives to a comparison. ``date`` is YYYY-MM-DD or empty."""

    series: Series
    date: str
    measurements: Measurements | None
    origin: Literal["ai", "mine"] = "ai"
    made_by: Provenance | None = None


def compare(before: StudyFindings, after: StudyFindings) -> Change:
    """Compare the outlines of two studies of one patient; ``before`` is the earlier one.

    Whether they belong to one patient, and which is earlier, is the caller's to know. See
    :func:`compare_measured`.
    """
    return compare_measured(_measured(before), _measured(after))


def _measured(findings: StudyFindings) -> Measured:
    return Measured(
        series=findings.series,
        date=findings.study.date if findings.study is not None else "",
        measurements=findings.measurements,
        origin=findings.origin,
        made_by=findings.made_by.provenance if findings.made_by is not None else None,
    )


def compare_measured(before: Measured, after: Measured) -> Change:
    """Volume and sum of products of diameters, before and after, with percent of the earlier.

    A number that one of them does not have is None; ``refused`` says why. Nothing is refused for
    another sequence, model or slice distance, but ``doubts`` says so.
    """
    old, new = before.measurements, after.measurements
    volumes = (old.volume_mm3 if old else None, new.volume_mm3 if new else None)
    products = (old.product_mm2 if old else None, new.product_mm2 if new else None)
    volume_percent, product_percent = _percent(*volumes), _percent(*products)
    return Change(
        earlier_date=before.date,
        later_date=after.date,
        earlier_series=series_name(before.series),
        earlier_key=before.series.key,
        volume_before_mm3=volumes[0],
        volume_after_mm3=volumes[1],
        volume_percent=volume_percent,
        product_before_mm2=products[0],
        product_after_mm2=products[1],
        product_percent=product_percent,
        thresholds=tuple(_thresholds(volume_percent, product_percent, before, after)),
        refused=tuple(_refused(before, after, volumes, products)),
        doubts=tuple(_doubts(before, after)),
    )


def series_name(series: Series) -> str:
    """How people call a series: its description, else its sequence or number."""
    if series.description:
        return series.description
    if series.guess.sequence is not Sequence.UNKNOWN:
        return series.guess.sequence.shown
    return f"Series {series.number}" if series.number is not None else "Series without a name"


def _percent(before: float | None, after: float | None) -> float | None:
    if before is None or after is None or before <= 0.0:
        return None
    return 100.0 * (after - before) / before


def _thresholds(
    volume: float | None, product: float | None, before: Measured, after: Measured
) -> Iterator[str]:
    if product is not None:
        of = "of the product of the diameters"
        sequences = {before.series.guess.sequence, after.series.guess.sequence}
        if product >= PRODUCT_UP - _ROUNDING:
            yield f"Passes the RANO threshold of {PRODUCT_UP:.0f} % increase {of}"
        elif product <= -PRODUCT_DOWN + _ROUNDING:
            yield f"Passes the RANO threshold of {PRODUCT_DOWN:.0f} % decrease {of}"
        elif product <= -PRODUCT_DOWN_NON_ENHANCING + _ROUNDING and sequences <= {*_NON_ENHANCING}:
            down = f"{PRODUCT_DOWN_NON_ENHANCING:.0f} % decrease {of}"
            yield f"Passes the RANO threshold for tumour without contrast uptake of {down}"
    if volume is not None:
        if volume >= VOLUME_UP - _ROUNDING:
            yield f"Passes the RANO 2.0 threshold of {VOLUME_UP:.0f} % increase of the volume"
        elif volume <= -VOLUME_DOWN + _ROUNDING:
            yield f"Passes the RANO 2.0 threshold of {VOLUME_DOWN:.0f} % decrease of the volume"


Pair = tuple[float | None, float | None]


def _refused(before: Measured, after: Measured, volumes: Pair, products: Pair) -> Iterator[str]:
    if before.measurements is None or after.measurements is None:
        which = "earlier study has" if before.measurements is None else "study has"
        yield f"No change: the {which} no measured outline."
        return
    sides = (("earlier study", before.measurements), ("study", after.measurements))
    for volume, (which, found) in zip(volumes, sides, strict=True):
        if volume is None:
            why = " ".join(found.refused) or "its volume is not known."
            yield f"No change of the volume, because of the {which}. {why}"
    for product, (which, _) in zip(products, sides, strict=True):
        if product is None:
            yield (
                f"No change of the product of the diameters: the {which} does not give the size "
                "of its pixels."
            )
    if not before.measurements.voxels:
        yield "No percent: nothing is outlined in the earlier study."


def _doubts(before: Measured, after: Measured) -> Iterator[str]:
    yield from _of_series(before.series, after.series)
    yield from _of_outlines(before, after)
    known = [m for m in (before.measurements, after.measurements) if m is not None]
    if any(m.volume_estimated and m.volume_mm3 is not None for m in known):
        yield "A volume is an estimate: slices are missing or unevenly spaced."
    for which, found in (("earlier", before.measurements), ("later", after.measurements)):
        if found is not None and found.lesions and not _measurable(found):
            yield (
                f"No lesion of the {which} study is {MEASURABLE_MM:.0f} mm or more in both "
                "directions, as RANO asks for."
            )


def _of_series(before: Series, after: Series) -> Iterator[str]:
    old, new = before.guess.sequence, after.guess.sequence
    if Sequence.UNKNOWN in (old, new):
        yield "It is not known whether both series are of the same sequence."
    elif old is not new:
        yield f"Another sequence: {old.shown} then, {new.shown} now."
    plane_then, plane_now = before.geometry.plane, after.geometry.plane
    if plane_then and plane_now and plane_then != plane_now:
        yield f"Another plane: {plane_then} then, {plane_now} now."
    then_mm, now_mm = before.geometry.slice_spacing_mm, after.geometry.slice_spacing_mm
    if then_mm and now_mm and abs(then_mm - now_mm) > _SAME * max(then_mm, now_mm):
        yield f"Another slice distance: {then_mm:.1f} mm then, {now_mm:.1f} mm now."
    then, now = before.geometry.pixel_spacing_mm, after.geometry.pixel_spacing_mm
    if then and now and max(*then, *now) > _PIXEL_FACTOR * min(*then, *now):
        yield f"Pixels of another size: {max(then):.2f} mm then, {max(now):.2f} mm now."


def _of_outlines(before: Measured, after: Measured) -> Iterator[str]:
    old, new = before.made_by, after.made_by
    if before.origin != after.origin:
        person, model = ("now", "then") if after.origin == "mine" else ("then", "now")
        yield f"Outlined by a model {model}, and drawn or corrected by a person {person}."
    elif after.origin == "ai" and old is not None and new is not None:
        names = [f"{made.model_id} {made.model_version}" for made in (old, new)]
        if old.model_sha256 != new.model_sha256:
            yield (
                f"Another model: {names[0]} then, {names[1]} now."
                if names[0] != names[1]
                else f"Another state of the model {names[0]}."
            )


def _measurable(measured: Measurements) -> bool:
    for lesion in measured.lesions:
        both = [d.length_mm for d in (lesion.longest, lesion.perpendicular) if d is not None]
        if len(both) == 2 and all(mm is None or mm >= MEASURABLE_MM for mm in both):
            return True
    return False
