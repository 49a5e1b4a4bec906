"""What `tumordesk info` says, and which series comes first."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import factories
from tumordesk.io.reader import open_series
from tumordesk.io.relevance import most_relevant
from tumordesk.io.report import info_document, info_text
from tumordesk.io.scan import scan_paths


def study(tmp_path: Path) -> Path:
    for number, (name, count) in enumerate(
        {"LOC": 3, "T2 AX": 6, "AX FLAIR": 6, "T1 +C": 6, "DWI b1000": 6, "FLAIR short": 2}.items()
    ):
        factories.write_series(
            tmp_path / str(number), factories.phantom((count, 8, 6)), series=name,
            SeriesDescription=name, SeriesNumber=number + 1,
        )  # fmt: skip
    (tmp_path / "notes.txt").write_text("x")
    return tmp_path


def test_tumour_sequences_first_localizers_last(tmp_path: Path) -> None:
    series = scan_paths([study(tmp_path)]).series
    assert [s.description for s in series] == [
        "AX FLAIR", "T1 +C", "T2 AX", "DWI b1000", "FLAIR short", "LOC",
    ]  # fmt: skip
    assert most_relevant(series) is series[0]
    assert most_relevant([]) is None


def test_document_has_exactly_the_promised_shape(tmp_path: Path) -> None:
    document = info_document(scan_paths([study(tmp_path)]))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert list(document) == ["schema", "studies", "skipped"]
    assert document["schema"] == 1
    (found,) = document["studies"]
    assert list(found) == ["patient_id", "study_uid", "date", "description", "series"]
    assert found["patient_id"] == "TEST-1"
    assert found["date"] == "2024-01-02"
    assert found["series"][0] == {
        "series_uid": factories.uid("study", "AX FLAIR"),
        "number": 3,
        "modality": "MR",
        "description": "AX FLAIR",
        "sequence": "FLAIR",
        "plane": "axial",
        "slices": 6,
        "rows": 8,
        "columns": 6,
        "spacing_mm": [5.0, 0.9, 0.9],
        "transfer_syntax": "Explicit VR Little Endian",
        "warnings": [],
    }
    assert document["skipped"] == [
        {"path": str(tmp_path / "notes.txt"), "reason": "not a DICOM file or a picture"}
    ]


def test_unknown_geometry_is_null(tmp_path: Path) -> None:
    path = factories.write_picture(tmp_path / "a.png", np.zeros((4, 5), np.uint8))
    series = info_document(scan_paths([path]))["studies"][0]["series"][0]
    assert series["spacing_mm"] is None
    assert series["plane"] is None
    assert series["number"] is None
    assert (series["slices"], series["rows"], series["columns"]) == (1, 4, 5)
    assert series["transfer_syntax"] == "PNG"


def test_text_is_for_people(tmp_path: Path) -> None:
    text = info_text(scan_paths([study(tmp_path)]))
    assert "guess: FLAIR ('flair' in the name)" in text
    assert "notes.txt: not a DICOM file or a picture" in text
    assert "No images found." in info_text(scan_paths([]))


def test_file_names_that_are_no_text_can_be_printed(tmp_path: Path) -> None:
    try:
        (tmp_path / "odd\udcff.txt").write_text("x")
        picture = factories.write_picture(tmp_path / "odd\udcff.png")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes only text as names")
    result = scan_paths([tmp_path])
    json.dumps(info_document(result), ensure_ascii=False).encode("utf-8")
    info_text(result).encode("utf-8")
    assert open_series(result.series[0]).read_slice(0).shape == (60, 48)
    assert picture.exists()
