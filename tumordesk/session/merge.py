"""Several drops in one list of patients: the same series is never listed twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from tumordesk.core.study import Patient, ScanResult, Series, Skipped, Study

EMPTY = ScanResult(patients=(), skipped=())


def merge_scans(first: ScanResult, second: ScanResult) -> ScanResult:
    """Both scans as one. What ``second`` knows of a series replaces what ``first`` knew.

    Patients are the same when ID and name agree, studies and series by UID and key.
    """
    return ScanResult(
        patients=_merge_patients(first.patients, second.patients),
        skipped=_unique_skipped((*first.skipped, *second.skipped)),
    )


def without_study(scan: ScanResult, study_uid: str) -> ScanResult:
    """The scan without one study; patients left without studies go too."""
    patients = (
        replace(p, studies=tuple(s for s in p.studies if s.uid != study_uid)) for p in scan.patients
    )
    return ScanResult(tuple(p for p in patients if p.studies), scan.skipped)


def without_series(scan: ScanResult, keys: Collection[str]) -> ScanResult:
    """The scan without some series; studies and patients left empty go too."""

    def rest(study: Study) -> Study:
        return replace(study, series=tuple(s for s in study.series if s.key not in keys))

    patients = []
    for patient in scan.patients:
        studies = tuple(study for study in map(rest, patient.studies) if study.series)
        if studies:
            patients.append(replace(patient, studies=studies))
    return ScanResult(tuple(patients), scan.skipped)


def find_series(scan: ScanResult, key: str) -> Series | None:
    """The series with that key, or None."""
    return next((s for s in scan.series if s.key == key), None)


def study_of(scan: ScanResult, key: str) -> tuple[Patient, Study] | None:
    """Patient and study the series with that key belongs to, or None."""
    for patient in scan.patients:
        for study in patient.studies:
            if any(series.key == key for series in study.series):
                return patient, study
    return None


def _merge_patients(first: tuple[Patient, ...], second: tuple[Patient, ...]) -> tuple[Patient, ...]:
    found = {(p.patient_id, p.name): p for p in first}
    for patient in second:
        known = found.get((patient.patient_id, patient.name))
        if known is not None:
            patient = replace(patient, studies=_merge_studies(known.studies, patient.studies))
        found[patient.patient_id, patient.name] = patient
    return tuple(found.values())


def _merge_studies(first: tuple[Study, ...], second: tuple[Study, ...]) -> tuple[Study, ...]:
    found = {s.uid: s for s in first}
    for study in second:
        known = found.get(study.uid)
        if known is not None:
            series = {s.key: s for s in known.series} | {s.key: s for s in study.series}
            study = replace(study, series=tuple(series.values()))
        found[study.uid] = study
    return tuple(found.values())


def _unique_skipped(items: Iterable[Skipped]) -> tuple[Skipped, ...]:
    return tuple({item.path: item for item in items}.values())
