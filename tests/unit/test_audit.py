"""The audit log: what is in it, what never is, and that neither crashes nor rivals spoil it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

import panel_fakes
from inference_fakes import make_entry
from tumordesk.core.errors import Cancelled, ReadError
from tumordesk.core.study import Patient, Study
from tumordesk.core.study_findings import StudyFindings
from tumordesk.core.tables import safe_cell, table_text
from tumordesk.session import audit
from tumordesk.session.audit import AuditLog, run_entry, write_entries_csv, write_entries_json
from tumordesk.session.audited import record_export, watched_run

SECRETS = ("Mustermann", "4711-0815", "AX FLAIR", "1.2.3", "1.9.8.7", "/home/mustermann")


@pytest.fixture(autouse=True)
def fresh():
    audit.forget_trouble()
    yield
    audit.forget_trouble()


def a_study() -> tuple[Patient, Study]:
    series = panel_fakes.series()
    study = Study("1.9.8.7", "2024-01-02", "Head of Mustermann", (series,))
    return Patient("4711-0815", "Mustermann^Max", (study,)), study


def a_run(**changes) -> audit.AuditEntry:
    entry = run_entry("window", AuditLog().code("1.9.8.7"), [panel_fakes.result()],
                      panel_fakes.series())  # fmt: skip
    return replace(entry, **changes)


def lines() -> list[dict]:
    files = sorted(AuditLog().folder.glob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def test_a_run_and_its_export_leave_a_line_each_and_no_identifier(own_home) -> None:
    patient, study = a_study()
    series = study.series[0]
    result = panel_fakes.result(warnings=("Mustermann's scan in /home/mustermann is odd.",))
    with watched_run("window", series, study, [make_entry()]) as watch:
        watch.took(result, None)
    findings = StudyFindings(
        series, None, patient, study, result.segmentation, "ai", result, result.measurements
    )
    record_export("window", findings, ("seg", "pdf"))
    ran, exported = lines()
    assert (ran["action"], ran["outcome"], ran["verdict"]) == ("run", "tumour", "ok")
    assert ran["models"][0] == {
        "id": "flair-glioma",
        "version": "1.0",
        "sha256": "3f2a91c0d7e4" + "0" * 52,
    }
    assert (ran["device"], ran["seconds"], ran["warnings"]) == ("CPU", 12.3, 1)
    assert datetime.fromisoformat(ran["time"]).tzinfo is not None
    assert (exported["action"], exported["formats"]) == ("export", ["seg", "pdf"])
    assert exported["study"] == ran["study"]
    written = b"".join(p.read_bytes() for p in AuditLog().folder.rglob("*") if p.is_file())
    key = (own_home / "config" / audit.KEY_NAME).read_bytes().strip()
    for secret in (*SECRETS, str(own_home)):
        assert secret.encode() not in written
    assert len(key) >= 32
    assert key not in written


@pytest.mark.parametrize(
    ("error", "told"), [(Cancelled(), "cancelled"), (ReadError("x.dcm"), "failed: ReadError")]
)
def test_a_run_that_ends_badly_is_recorded_too(error, told) -> None:
    series = panel_fakes.series(picture=True)
    with pytest.raises(type(error)), watched_run("batch", series, None, [make_entry()]):
        raise error
    (entry,) = AuditLog().read().entries
    assert (entry.outcome, entry.via) == (told, "batch")
    assert entry.models[0].id == "fake-segmenter"
    assert "picture" in entry.doubts


def test_codes_are_steady_and_depend_on_the_key(tmp_path) -> None:
    code = AuditLog().code("1.2.3")
    assert AuditLog().code("1.2.3") == code
    assert AuditLog().code("1.2.4") != code
    assert AuditLog(key_path=tmp_path / "other.key").code("1.2.3") != code
    assert len(code) == audit.CODE_DIGITS


def test_a_torn_line_costs_itself_only() -> None:
    log = AuditLog()
    assert log.append(a_run())
    (path,) = log.folder.glob("*.jsonl")
    with path.open("ab") as stream:
        stream.write(b'{"time": "2026-01-01T00:00:00+00:00", "acti')
    assert log.append(a_run(outcome="no tumour"))
    found = log.read()
    assert [entry.outcome for entry in found.entries] == ["tumour", "no tumour"]
    assert found.damaged == 1


def test_lines_of_a_newer_program_are_read() -> None:
    log = AuditLog()
    log.append(a_run())
    (path,) = log.folder.glob("*.jsonl")
    data = json.loads(path.read_text()) | {"new": 1}
    data["models"][0]["licence"] = "x"
    path.write_text(json.dumps(data) + "\n[1, 2]\n\n")
    found = log.read()
    assert (len(found.entries), found.damaged) == (1, 1)


def test_months_have_files_of_their_own() -> None:
    log = AuditLog()
    for month in ("2026-02", "2026-01"):
        log.append(a_run(time=f"{month}-03T10:00:00+01:00"))
    assert sorted(p.name for p in log.folder.glob("*.jsonl")) == [
        "audit-2026-01.jsonl",
        "audit-2026-02.jsonl",
    ]
    assert [entry.time[:7] for entry in log.read().entries] == ["2026-01", "2026-02"]


_APPEND = """
from tumordesk.session.audit import AuditLog, AuditEntry
log = AuditLog()
for number in range(40):
    assert log.append(AuditEntry("2026-03-01T00:00:00+00:00", "run", "batch",
                                 log.code("1.2.3"), "x" * 3000))
"""


def test_processes_append_side_by_side(own_home) -> None:
    rivals = [subprocess.Popen([sys.executable, "-c", _APPEND]) for _ in range(2)]
    assert [rival.wait(60) for rival in rivals] == [0, 0]
    found = AuditLog().read()
    assert (len(found.entries), found.damaged) == (80, 0)
    assert len({entry.study for entry in found.entries}) == 1


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_breaks_nothing_and_is_told_once(own_home) -> None:
    own_home.chmod(0o500)
    try:
        assert not AuditLog().append(a_run())
    finally:
        own_home.chmod(0o700)
    assert "could not be written" in audit.take_trouble()
    assert audit.take_trouble() == ""


def test_a_folder_that_is_a_file_breaks_nothing_and_is_told_once(own_home) -> None:
    (own_home / "data").write_text("in the way")
    series = panel_fakes.series()
    for _ in range(2):
        with watched_run("window", series, None, []) as watch:
            watch.took(panel_fakes.result())
    assert "could not be written" in audit.take_trouble()
    assert audit.take_trouble() == ""


def test_exports_are_whole_and_safe_in_a_spreadsheet(tmp_path: Path) -> None:
    entry = a_run(outcome="=cmd|'/c calc'!A1")
    write_entries_csv(tmp_path / "a.csv", [entry])
    write_entries_json(tmp_path / "a.json", [entry])
    text = (tmp_path / "a.csv").read_bytes().decode("utf-8-sig")
    assert "'=cmd|" in text
    assert ",=cmd" not in text
    assert "Research use only" in text
    assert json.loads((tmp_path / "a.json").read_text())["entries"][0]["study"] == entry.study


def test_cells() -> None:
    assert [safe_cell(v) for v in (None, -1.5, 3, "-5", "+1", "@x", "a\nb", "ok")] == [
        "", "-1.5", "3", "'-5", "'+1", "'@x", "a b", "ok",
    ]  # fmt: skip
    assert table_text(("a", "b"), [("x,y", 'say "z"')]) == 'a,b\r\n"x,y","say ""z"""\r\n'
