"""Names of exported files: <PatientID>_<StudyDate>_<Series>_<model>_<time>, safe everywhere."""

from __future__ import annotations

import re
from datetime import datetime

from tumordesk.core.study import Patient, Series, Study

_ILLEGAL = re.compile(r'[<>:"/\\|?*\x00-\x1f\s_]+')
_PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
_RESERVED = {"con", "prn", "aux", "nul", *_PORTS}
MAX_PART = 40


def safe_part(text: str, fallback: str) -> str:
    """``text`` as a part of a file name on any system; ``fallback`` when nothing is left."""
    part = _ILLEGAL.sub("-", text.strip()).strip("-. ")[:MAX_PART].rstrip("-. ")
    if not part or part.lower() in _RESERVED:
        return fallback
    return part


def export_stem(
    patient: Patient | None,
    study: Study | None,
    series: Series,
    model_id: str,
    when: datetime,
    *,
    hide_names: bool = False,
) -> str:
    """File name without suffix. With ``hide_names`` the patient's ID is left out."""
    patient_id = "" if hide_names or patient is None else patient.patient_id
    date = study.date.replace("-", "") if study is not None else ""
    label = series.description or (f"S{series.number:03d}" if series.number is not None else "")
    parts = (
        safe_part(patient_id, "anonymous"),
        safe_part(date, "nodate"),
        safe_part(label, "series"),
        safe_part(model_id, "mask"),
        when.strftime("%Y%m%d-%H%M%S"),
    )
    return "_".join(parts)
