"""Collects the slices of a scan and builds Patient, Study and Series from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydicom.dataset import Dataset

from tumordesk.core.study import Instance, Patient, Series, Skipped, Study
from tumordesk.imaging.sequence import guess_sequence
from tumordesk.io import tags, values
from tumordesk.io.facts import facts_of
from tumordesk.io.names import short_hash
from tumordesk.io.placing import geometry_of
from tumordesk.io.records import SeriesFacts, Slice
from tumordesk.io.relevance import sort_key
from tumordesk.io.sidecar import CALCULATED
from tumordesk.io.stacking import Stack, most_common_syntax, stacks_of
from tumordesk.io.suitability import syntax_name

_T = tags.NAMES
_SeriesKey = tuple[str, ...]


@dataclass
class _Bucket:
    """Slices of one DICOM Series, with the built result kept until more arrive."""

    facts: SeriesFacts
    slices: list[Slice] = field(default_factory=list)
    built: tuple[tuple[Series, ...], tuple[Skipped, ...]] | None = None


class DicomCollection:
    """DICOM slices by Series; rebuilds only the series that changed."""

    def __init__(self) -> None:
        self._buckets: dict[_SeriesKey, _Bucket] = {}

    def add(self, dataset: Dataset, slices: Iterable[Slice], folder: Path) -> str:
        """Take the slices of one file; returns its Series Instance UID, or ''."""
        uid = values.code(dataset, _T["SeriesInstanceUID"])
        study = values.code(dataset, _T["StudyInstanceUID"])
        key: _SeriesKey
        if uid:
            key = (study, uid, values.code(dataset, _T["Modality"]).upper())
        else:
            number = values.code(dataset, _T["SeriesNumber"])
            description = values.text(dataset, _T["SeriesDescription"])
            key = ("", study, str(folder), number, description)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(facts_of(dataset))
        bucket.slices.extend(slices)
        bucket.built = None
        return uid

    def build(self) -> tuple[tuple[Patient, ...], tuple[Skipped, ...]]:
        """Patients in order of their ID, and the duplicates that were dropped."""
        skipped: list[Skipped] = []
        by_study: dict[tuple[str, str], list[tuple[SeriesFacts, Series]]] = defaultdict(list)
        for key, bucket in self._buckets.items():
            if bucket.built is None:
                bucket.built = _build_series(bucket.facts, bucket.slices)
            series, dropped = bucket.built
            skipped.extend(dropped)
            study_key = (_patient_key(bucket.facts), bucket.facts.study_uid or "|".join(key))
            by_study[study_key].extend((bucket.facts, item) for item in series)
        return _patients(by_study), tuple(skipped)


def _patient_key(facts: SeriesFacts) -> str:
    if facts.patient_id:
        return "id " + facts.patient_id
    if facts.patient_name:
        return f"name {facts.patient_name} {facts.birth_date}"
    return "study " + facts.study_uid


def _patients(
    by_study: dict[tuple[str, str], list[tuple[SeriesFacts, Series]]],
) -> tuple[Patient, ...]:
    studies: dict[str, list[Study]] = defaultdict(list)
    who: dict[str, SeriesFacts] = {}
    for (patient, uid), members in by_study.items():
        facts = members[0][0]
        who.setdefault(patient, facts)
        ordered = sorted((series for _, series in members), key=sort_key)
        studies[patient].append(
            Study(
                uid=facts.study_uid or f"unknown-{short_hash(uid)}",
                date=facts.study_date,
                description=facts.study_description,
                series=tuple(ordered),
                study_id=facts.study_id,
                accession_number=facts.accession_number,
            )
        )
    return tuple(
        Patient(
            patient_id=facts.patient_id,
            name=facts.patient_name,
            studies=tuple(sorted(studies[key], key=lambda s: (s.date, s.uid), reverse=True)),
            birth_date=facts.birth_date,
            sex=facts.sex,
        )
        for key, facts in sorted(who.items())
    )


def _build_series(
    facts: SeriesFacts, slices: list[Slice]
) -> tuple[tuple[Series, ...], tuple[Skipped, ...]]:
    found: list[Series] = []
    skipped: dict[Path, Skipped] = {}
    used: set[str] = set()
    for stack in stacks_of(slices):
        key = _stack_key(facts, stack)
        while key in used:
            key = short_hash(key, "again")
        used.add(key)
        found.append(_series(key, facts, stack))
        for item in stack.left_out:
            reason = "a later volume of a long series: only the first volume is shown"
            skipped[item.file.path] = Skipped(item.file.shown, reason)
        kept = {(item.file.sop_uid, item.frame): item.file.path for item in stack.slices}
        for item in stack.duplicates:
            twin = kept.get((item.file.sop_uid, item.frame))
            name = f" as {twin.name}" if twin is not None else ""
            skipped[item.file.path] = Skipped(
                item.file.shown, f"duplicate: the same image (SOP Instance UID){name}"
            )
    found = _numbered(found)
    in_use = {item.path for series in found for item in series.instances}
    return tuple(found), tuple(s for path, s in skipped.items() if path not in in_use)


def _numbered(series: list[Series]) -> list[Series]:
    """Stacks of several multi-frame files that would be called the same, told apart."""
    names = Counter(item.description for item in series if item.instances[0].frame is not None)
    seen: Counter[str] = Counter()
    numbered = []
    for item in series:
        name = item.description
        if names[name] > 1 and item.instances[0].frame is not None:
            seen[name] += 1
            part = f"{name} (part {seen[name]} of {names[name]})".strip()
            item = replace(item, description=part)
        numbered.append(item)
    return numbered


def _stack_key(facts: SeriesFacts, stack: Stack) -> str:
    first = stack.slices[0]
    axes = tuple(round(v, 1) + 0.0 for v in first.orientation) if first.orientation else ()
    form = first.file.format
    own = () if facts.series_uid else (first.file.path.parent, facts.number, facts.description)
    return short_hash(
        facts.study_uid, facts.series_uid, facts.modality, *own, form.rows, form.columns,
        form.colour, first.file.sop_uid if first.file.frames > 1 else "", first.localizer, axes,
        first.pixel_spacing, stack.key_label,
    )  # fmt: skip


def _series(key: str, facts: SeriesFacts, stack: Stack) -> Series:
    geometry = geometry_of(stack)
    first = stack.slices[0]
    description = facts.description
    if stack.label:
        description = f"{description} ({stack.label})".strip()
    guess = guess_sequence(
        modality=facts.modality,
        description=facts.description,
        acquisition={**facts.acquisition, **_own_acquisition(first)},
    )
    syntax = most_common_syntax(stack.slices)
    derived = first.projection or "SECONDARY" in first.image_type
    return Series(
        key=key,
        uid=facts.series_uid or f"unknown-{key}",
        kind="dicom",
        number=facts.number,
        modality=facts.modality,
        description=description,
        guess=guess,
        geometry=geometry,
        instances=tuple(
            Instance(s.file.path, s.file.sop_uid, s.number, s.frame, s.position)
            for s in stack.slices
        ),
        transfer_syntax=syntax_name(syntax) if syntax else "mixed",
        warnings=_warnings(geometry.notes, stack),
        frame_of_reference_uid=facts.frame_of_reference,
        colour=first.file.format.colour,
        extra={
            "slices": stack.slices,
            "units": facts.units,
            "label": stack.label,
            "derived": derived,
            "calculated": _calculated(first),
        },
    )


def _calculated(item: Slice) -> bool:
    """Whether it says to show something else than what was measured: a subtraction, a map, a
    projection. Derived alone says little: reformats are, and some archives write it everywhere.
    """
    return item.projection or bool(set(item.image_type) & CALCULATED)


def _own_acquisition(item: Slice) -> dict[str, object]:
    """Acquisition values of this stack where they differ from the rest of the series."""
    names = {"echo time": "EchoTime", "inversion time": "InversionTime"}
    found: dict[str, object] = {}
    for name, value in item.traits:
        if name in names and isinstance(value, tuple) and value:
            found.setdefault(names[name], value[0])
        if name == "b-value" and isinstance(value, tuple) and value:
            found.setdefault("BValue", value[0])
    if item.image_type:
        found["ImageType"] = item.image_type
    return found


def _warnings(notes: tuple[str, ...], stack: Stack) -> tuple[str, ...]:
    found = list(notes)
    if stack.duplicates:
        count = len(stack.duplicates)
        word = "duplicate was" if count == 1 else "duplicates were"
        found.append(f"{count} {word} dropped")
    if stack.slices[0].file.sop_class.startswith("1.2.840.10008.5.1.4.1.1.77.1.6"):
        found.append("tiles of a microscopy slide, shown one by one")
    return tuple(found)
