"""A PACS takes what is exported, and gives it back as it was."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pydicom

from tumordesk.io.export.pdf_dicom import write_encapsulated_pdf

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _post(address: str, path: Path) -> dict[str, str]:
    request = urllib.request.Request(f"{address}/instances", data=path.read_bytes())
    with _OPENER.open(request, timeout=60) as answer:
        return dict(json.load(answer))


def _get(address: str, path: str) -> bytes:
    with _OPENER.open(f"{address}{path}", timeout=60) as answer:
        return bytes(answer.read())


def test_orthanc_stores_everything_beside_its_source(
    orthanc: str, all_cases: list, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    for case in all_cases:
        parent = _post(orthanc, case.sources[0])["ParentStudy"]
        pdf = write_encapsulated_pdf(
            tmp_path / f"{case.name}.dcm", tmp_path / "a.pdf", case.findings
        )
        for path in (*case.files, pdf):
            stored = _post(orthanc, path)
            assert stored["Status"] == "Success", path.name
            assert stored["ParentStudy"] == parent, f"{path.name} is in another study"
            assert _get(orthanc, f"/instances/{stored['ID']}/file") == path.read_bytes()
            tags = json.loads(_get(orthanc, f"/instances/{stored['ID']}/simplified-tags"))
            assert tags["SeriesDescription"].startswith("TumorDesk ")
            assert tags["PatientID"] == str(pydicom.dcmread(case.sources[0]).PatientID)
