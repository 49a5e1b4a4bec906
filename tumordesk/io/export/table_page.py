"""A page with the table of lesions as a picture, to be burned into a secondary capture.

Nothing that names the patient stands on it: the DICOM header around it does that.
"""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import numpy.typing as npt

import tumordesk
from tumordesk.core.activation import map_mark
from tumordesk.core.finding import Diameter, Lesion, Provenance
from tumordesk.core.model_card import NOTICE
from tumordesk.core.study_findings import StudyFindings

WIDTH = 960
_MARGIN = 40
_LINE = 30
_SIZE, _TITLE = 20, 30
_WRAP = 88
_MAX_LESIONS = 24
_HEADS = ("Lesion", "Volume", "Longest", "Perpendicular", "Side", "Slices")
_COLUMNS = (0, 120, 280, 440, 620, 740)
_WHITE, _QUIET, _RULE = (240, 240, 240), (170, 170, 170), (90, 90, 90)
_NONE = "-"

Row = tuple[str, ...]


def table_page(findings: StudyFindings) -> npt.NDArray[np.uint8]:
    """RGB uint8 (rows, columns, 3): the outline's numbers, where they come from, the notice."""
    from PIL import Image, ImageDraw, ImageFont

    rows, below = table_rows(findings), notes(findings)
    height = 2 * _MARGIN + 60 + (len(rows) + 1) * _LINE + 30 + len(below) * _LINE
    picture = Image.new("RGB", (WIDTH, max(480, height)), (0, 0, 0))
    draw = ImageDraw.Draw(picture)
    font, title = ImageFont.load_default(_SIZE), ImageFont.load_default(_TITLE)
    y = _MARGIN
    draw.text((_MARGIN, y), "TumorDesk: measured from the outline", font=title, fill=_WHITE)
    y += 60
    y = _row(draw, font, y, _HEADS, _QUIET)
    draw.line([(_MARGIN, y - 4), (WIDTH - _MARGIN, y - 4)], fill=_RULE)
    for row in rows:
        y = _row(draw, font, y, row, _WHITE)
    y += 30
    for line in below:
        draw.text((_MARGIN, y), line, font=font, fill=_QUIET)
        y += _LINE
    return np.asarray(picture, dtype=np.uint8)


def _row(draw: Any, font: Any, y: int, cells: Row, colour: tuple[int, int, int]) -> int:
    for x, cell in zip(_COLUMNS, cells, strict=False):
        draw.text((_MARGIN + x, y), cell, font=font, fill=colour)
    return y + _LINE


def table_rows(findings: StudyFindings) -> list[Row]:
    """The table's cells: one row for each lesion, then all together."""
    measured = findings.measurements
    if measured is None or not measured.lesions:
        return [("None", _NONE, _NONE, _NONE, _NONE, _NONE)]
    rows = [_lesion(lesion) for lesion in measured.lesions[:_MAX_LESIONS]]
    left = len(measured.lesions) - len(rows)
    if left:
        rows.append((f"{left} more", "", "", "", "", ""))
    if len(measured.lesions) > 1:
        rows.append(("All", volume_text(measured.volume_ml), "", "", "", ""))
    return rows


def _lesion(lesion: Lesion) -> Row:
    first, last = (index + 1 for index in lesion.slice_range)
    return (
        str(lesion.number),
        volume_text(lesion.volume_ml),
        length_text(lesion.longest, lesion.longest),
        length_text(lesion.perpendicular, lesion.longest),
        lesion.side or _NONE,
        str(first) if first == last else f"{first} to {last}",
    )


def volume_text(volume_ml: float | None) -> str:
    """'24.3 mL', '0.42 mL', '131 mL' or '-'."""
    if volume_ml is None:
        return _NONE
    if 0 < volume_ml < 0.01:
        return "< 0.01 mL"
    digits = 2 if volume_ml < 0.995 else 1 if volume_ml < 99.95 else 0
    return f"{volume_ml:.{digits}f} mL"


def length_text(diameter: Diameter | None, longest: Diameter | None = None) -> str:
    """'41 mm', '8.3 mm', '37 pixels' or '-'; as many digits as the lesion's ``longest`` has."""
    if diameter is None:
        return _NONE
    if diameter.length_mm is None:
        return f"{diameter.length_px:.0f} pixels"
    other_mm = 0.0 if longest is None or longest.length_mm is None else longest.length_mm
    largest = max(diameter.length_mm, other_mm)
    return f"{diameter.length_mm:.{1 if largest < 9.95 else 0}f} mm"


def notes(findings: StudyFindings) -> list[str]:
    """What stands below the table, in lines that fit."""
    measured = findings.measurements
    found = [*_classes(findings)]
    if measured is not None:
        found += [f"Not measured: {reason}" for reason in measured.refused]
        found += [str(note) for note in measured.notes]
    made = findings.made_by.provenance if findings.made_by is not None else None
    makers = [r.provenance for r in (*findings.classifications, findings.made_by) if r is not None]
    found += [f"Warning: {text}" for text in dict.fromkeys(w for m in makers for w in m.warnings)]
    if findings.outline is not None:
        mark = map_mark(findings.outline.segments)
        by = _by(made, corrected=findings.origin == "mine")
        found.append(f"{mark}." if mark else by)
    found.append(f"TumorDesk {tumordesk.__version__}. {NOTICE}")
    return [
        line for text in dict.fromkeys(found) for line in textwrap.wrap(_plain(text), _WRAP) or [""]
    ]


def _classes(findings: StudyFindings) -> list[str]:
    lines = []
    for result in findings.classifications:
        found = result.classification
        if found is not None:
            several = sorted(zip(found.probabilities, found.labels, strict=True), reverse=True)
            shares = ", ".join(f"{label} {_percent(share)}" for share, label in several)
            made = result.provenance
            asked = "Tumour or not, by" if found.detects else "Type by"
            said = " Undecided: no class reaches 50%." if found.undecided else ""
            lines.append(f"{asked} {made.model_id} {made.model_version}: {shares}.{said}")
            if found.unlike is not None and found.unlike.unlike:
                lines.append(f"Doubtful: {found.unlike.text}")
    return lines


def _percent(share: float) -> str:
    percent = 100.0 * share
    if 0 < percent < 1:
        return "<1%"
    return ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def _by(made: Provenance | None, *, corrected: bool) -> str:
    if made is None:
        return "Outline drawn by a person, or out of a file that a person opened."
    text = f"Outline by {made.model_id} {made.model_version}, sha256 {made.model_sha256[:16]}."
    return f"Corrected by a person. {text}" if corrected else text


def _plain(text: str) -> str:
    """Text that the page's only font has: others become '?'."""
    return text.encode("latin-1", "replace").decode("latin-1")
