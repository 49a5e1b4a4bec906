"""What a scan found, as JSON (`tumordesk info --json`) and as text."""

from __future__ import annotations

from typing import Any

from tumordesk.core.study import Patient, ScanResult, Series, Study

SCHEMA = 1


def info_document(result: ScanResult) -> dict[str, Any]:
    """The JSON document of ``tumordesk info --json``, as plain lists, dicts, text and numbers."""
    return {
        "schema": SCHEMA,
        "studies": [
            _study(patient, study) for patient in result.patients for study in patient.studies
        ],
        "skipped": [{"path": _plain(s.path), "reason": s.reason} for s in result.skipped],
    }


def _plain(text: object) -> str:
    """Text that can be printed: names of files may hold bytes that are no characters."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def _study(patient: Patient, study: Study) -> dict[str, Any]:
    return {
        "patient_id": patient.patient_id,
        "study_uid": study.uid,
        "date": study.date,
        "description": _plain(study.description),
        "series": [_series(series) for series in study.series],
    }


def _series(series: Series) -> dict[str, Any]:
    spacing = series.geometry.spacing_mm
    return {
        "series_uid": series.uid,
        "number": series.number,
        "modality": series.modality,
        "description": _plain(series.description),
        "sequence": series.guess.sequence.value,
        "plane": series.geometry.plane,
        "slices": series.slices,
        "rows": series.rows,
        "columns": series.columns,
        "spacing_mm": None if spacing is None else [round(v, 6) for v in spacing],
        "transfer_syntax": series.transfer_syntax,
        "warnings": list(series.warnings),
    }


def info_text(result: ScanResult) -> str:
    """The same for people: one line for each series, its warnings, then what was skipped."""
    lines: list[str] = []
    for patient in result.patients:
        for study in patient.studies:
            title = " · ".join(
                part for part in (patient.patient_id, study.date, study.description) if part
            )
            lines.append(title or "(no patient or study named)")
            for series in study.series:
                lines.extend(_series_lines(series))
    if not lines:
        lines.append("No images found.")
    if result.skipped:
        lines.append(f"Not used: {len(result.skipped)}")
        lines.extend(f"  {item.path}: {item.reason}" for item in result.skipped)
    return _plain("\n".join(lines) + "\n")


def _series_lines(series: Series) -> list[str]:
    number = "-" if series.number is None else str(series.number)
    size = f"{series.slices} x {series.rows} x {series.columns}"
    spacing = series.geometry.spacing_mm
    mm = "spacing unknown" if spacing is None else " x ".join(f"{v:.3g}" for v in spacing) + " mm"
    plane = series.geometry.plane or "plane unknown"
    guess = series.guess
    lines = [
        f"  [{number}] {series.modality or '?'} {series.description or '(no description)'}: "
        f"{size}, {mm}, {plane}",
        f"      guess: {guess.sequence.shown} ({guess.reason}); {series.transfer_syntax}",
    ]
    lines.extend(f"      note: {warning}" for warning in series.warnings)
    return lines
