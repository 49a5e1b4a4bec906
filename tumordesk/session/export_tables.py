"""What was found as a JSON document and as a table of lesions; no names, no numbers of patients."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from tumordesk import __version__
from tumordesk.core.activation import map_mark
from tumordesk.core.finding import AnalysisResult, Diameter, Lesion, Provenance
from tumordesk.core.jsonio import to_plain
from tumordesk.core.model_card import NOTICE
from tumordesk.core.study_findings import StudyFindings

SCHEMA = 1
_COLUMNS = (
    "lesion", "segment", "side", "location", "volume_ml", "longest_mm", "perpendicular_mm",
    "longest_px", "perpendicular_px", "largest_slice", "first_slice", "last_slice", "voxels",
    "refused", "outlined_by", "model", "model_version", "model_sha256", "software", "notice",
)  # fmt: skip


def export_document(
    findings: StudyFindings, files: Sequence[str], mask: str | None
) -> dict[str, Any]:
    """The JSON of an export. Slices, rows and columns count from 0, as in the mask.

    ``files``: names of the files written with it; ``mask``: that of the NIfTI mask, or None.
    """
    outline, made_by = findings.outline, findings.made_by
    where = findings.volume.geometry
    return {
        "schema": SCHEMA,
        "notice": NOTICE,
        "mask": mask,
        "outline": outline_by(findings),
        "segments": to_plain(outline.segments) if outline is not None else [],
        "measurements": to_plain(findings.measurements),
        "provenance": to_plain(made_by.provenance) if made_by is not None else None,
        "series_uid": findings.series.uid,
        "geometry": {
            "verdict": where.verdict.value,
            "shape": list(where.shape),
            "spacing_mm": to_plain(where.spacing_mm),
            "notes": list(where.notes),
        },
        "classifications": [_classes(findings, one) for one in findings.classifications],
        "change": to_plain(findings.change),
        "explanation": _explanation(findings),
        "files": list(files),
        "software": f"TumorDesk {__version__}",
    }


def outline_by(findings: StudyFindings) -> str | None:
    """Who made the outline, in words; None where there is none."""
    if findings.outline is None:
        return None
    mark = map_mark(findings.outline.segments)
    if mark:
        return mark
    if findings.origin == "ai":
        return "model"
    by_model = findings.made_by is not None
    return "corrected or drawn by a person" if by_model else "drawn by a person or read from a file"


def _classes(findings: StudyFindings, result: AnalysisResult) -> dict[str, Any]:
    model_id = result.provenance.model_id
    heat = findings.maps.get(model_id)
    return {
        "provenance": to_plain(result.provenance),
        "classification": to_plain(result.classification),
        "map": None if heat is None else {"method": heat.method, "class": heat.class_name},
        "focus": to_plain(findings.foci.get(model_id)),
    }


def _explanation(findings: StudyFindings) -> dict[str, Any] | None:
    told = findings.explanation
    if told is None:
        return None
    return {
        "language": told.language.value,
        "register": told.register.value,
        "source": told.source,
        "model": told.model,
        "text": told.text,
    }


def lesion_table(findings: StudyFindings) -> str:
    """CSV: a row for each lesion and one for all of them; slices count from 1, as in the window.

    Of an outline of several segments, a row for all that is of each follows.
    Empty cells are numbers that the geometry does not support; 'refused' says why.
    """
    measured = findings.measurements
    if measured is None:
        raise ValueError("nothing was measured")
    stream = io.StringIO(newline="")
    table = csv.DictWriter(stream, _COLUMNS, lineterminator="\r\n", restval="")
    table.writeheader()
    outline, made = findings.outline, _made_by(findings)

    def named(segments: tuple[int, ...]) -> str:
        return outline.names(segments) if outline is not None else ""

    def write(row: dict[str, object]) -> None:
        table.writerow({key: plain_cell(value) for key, value in (row | made).items()})

    for lesion in measured.lesions:
        write(_lesion_row(lesion, named(lesion.segments)))
    slices = measured.tumour_slices
    total = {
        "lesion": "all",
        "volume_ml": _rounded(measured.volume_ml, 3),
        "first_slice": slices[0] + 1 if slices else "",
        "last_slice": slices[-1] + 1 if slices else "",
        "voxels": measured.voxels,
        "refused": " ".join(measured.refused),
    }
    write(total)
    for part in measured.parts:
        size = {"volume_ml": _rounded(part.volume_ml, 3), "voxels": part.voxels}
        write({"lesion": "all", "segment": named((part.segment,)), **size})
    return stream.getvalue()


def plain_cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    text = value if isinstance(value, str) else ""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text else value


def _lesion_row(lesion: Lesion, label: str) -> dict[str, object]:
    return {
        "lesion": lesion.number,
        "segment": label,
        "side": lesion.side or "",
        "location": lesion.location or "",
        "volume_ml": _rounded(lesion.volume_ml, 3),
        "longest_mm": _mm(lesion.longest),
        "perpendicular_mm": _mm(lesion.perpendicular),
        "longest_px": _px(lesion.longest),
        "perpendicular_px": _px(lesion.perpendicular),
        "largest_slice": lesion.largest_slice + 1,
        "first_slice": lesion.slice_range[0] + 1,
        "last_slice": lesion.slice_range[1] + 1,
        "voxels": lesion.voxels,
        "refused": " ".join(lesion.refused),
    }


def _made_by(findings: StudyFindings) -> dict[str, object]:
    by = findings.made_by
    made: Provenance | None = by.provenance if by is not None else None
    return {
        "outlined_by": outline_by(findings) or "",
        "model": made.model_id if made else "",
        "model_version": made.model_version if made else "",
        "model_sha256": made.model_sha256 if made else "",
        "software": f"TumorDesk {__version__}",
        "notice": NOTICE,
    }


def _rounded(value: float | None, digits: int) -> object:
    return "" if value is None else f"{value:.{digits}f}"


def _mm(diameter: Diameter | None) -> object:
    return "" if diameter is None else _rounded(diameter.length_mm, 1)


def _px(diameter: Diameter | None) -> object:
    return "" if diameter is None else _rounded(diameter.length_px, 1)
