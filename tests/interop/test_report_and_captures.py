"""SR, secondary captures and encapsulated PDF in the hands of other programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from interop_checks import (
    new_errors,
    report_by_dcmqi,
    report_by_highdicom,
    run,
    tool,
)
from tumordesk.io.export.pdf_dicom import write_encapsulated_pdf
from tumordesk.io.export.sr import write_sr

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"  # noqa: E501


def _expected(case: object) -> list[tuple[str, float]]:
    """Every number that geometry supported, as the panel knows it."""
    found = []
    for lesion in case.findings.measurements.lesions:
        if lesion.volume_ml is not None:
            found.append(("Volume", lesion.volume_ml))
        for name, diameter in (("Long Axis", lesion.longest), ("Short Axis", lesion.perpendicular)):
            if diameter is not None and diameter.length_mm is not None:
                found.append((name, diameter.length_mm))
    return found


@pytest.mark.parametrize("reader", ["dcmqi", "highdicom"])
def test_reports_hold_the_same_numbers(case: object, reader: str, tmp_path: Path) -> None:
    found = (
        report_by_dcmqi(case.sr, tmp_path) if reader == "dcmqi" else report_by_highdicom(case.sr)
    )
    expected = _expected(case)
    assert expected
    for name, value in expected:
        near = [number for _, what, number in found if what == name and abs(number - value) < 6e-3]
        assert near, f"{name} {value} is not in the report: {found}"
    known = [value for _, value in expected]
    total = case.findings.measurements.volume_ml
    for _, what, number in found:
        if what in ("Volume", "Long Axis", "Short Axis"):
            assert min(abs(number - v) for v in [*known, total or 0.0]) < 6e-3
    assert ("Type by type-fake", "Probability of Glioma", 0.875) in found


def test_reports_are_valid_and_refer_to_what_is_there(case: object, tmp_path: Path) -> None:
    alone = write_sr(tmp_path / "alone.dcm", case.findings, None)
    for report in (case.sr, alone):
        assert new_errors(report, case.sources) == []
    text = run(tool("dsrdump"), "+U8", case.sr)
    assert "UNVERIFIED" in text.upper()
    dataset = pydicom.dcmread(case.sr)
    evidence = {
        str(item.ReferencedSOPInstanceUID)
        for study in dataset.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    sources = {
        str(pydicom.dcmread(p, stop_before_pixels=True).SOPInstanceUID) for p in case.sources
    }
    seg = {str(pydicom.dcmread(case.seg_of_report).SOPInstanceUID)}
    assert evidence <= sources | seg
    named = set(_named(dataset))
    assert named <= evidence
    lesions = case.findings.measurements.lesions
    if any(lesion.longest and lesion.longest.length_mm for lesion in lesions):
        assert named & sources


def _named(item: pydicom.Dataset) -> list[str]:
    found = [str(ref.ReferencedSOPInstanceUID) for ref in item.get("ReferencedSOPSequence", [])]
    return found + [uid for child in item.get("ContentSequence", []) for uid in _named(child)]


def test_captures_are_valid_pictures(case: object) -> None:
    for capture in case.captures:
        assert new_errors(capture, case.sources) == []
    pixels = sitk.GetArrayFromImage(sitk.ReadImage(str(case.captures[0])))
    assert np.array_equal(pixels.reshape(case.picture.shape), case.picture)


def test_a_pdf_comes_out_of_its_dicom_file(case: object, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(PDF)
    path = write_encapsulated_pdf(tmp_path / "report.dcm", tmp_path / "report.pdf", case.findings)
    assert new_errors(path, case.sources) == []
    run(tool("dcm2pdf"), path, tmp_path / "back.pdf")
    assert (tmp_path / "back.pdf").read_bytes().rstrip(b"\0") == PDF
