"""Batches: what is a study, what is in the tables, and that nothing that stops one matters."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import batch_fakes
from batch_fakes import CLASSIFIER, SEGMENTER, dicom_study, picture, zipped
from tumordesk import cli
from tumordesk.core.errors import WriteError
from tumordesk.core.file_lock import FileLock
from tumordesk.core.job import JobContext
from tumordesk.core.policy import Policy
from tumordesk.io import archives
from tumordesk.session.audit import AuditLog
from tumordesk.session.batch import BatchOptions, open_batch, plan, run_batch, unfinished

TESTS = Path(batch_fakes.__file__).parent


@pytest.fixture
def network(own_home, monkeypatch):
    """The outliner of the fake models; its ``batches`` say what was run."""
    batch_fakes.write_models(own_home)
    yield batch_fakes.use_networks(monkeypatch.setattr)
    batch_fakes.cache.clear()


@pytest.fixture
def scans(tmp_path) -> Path:
    """Seven studies, two of them unusable; and a file that belongs to none."""
    root = tmp_path / "scans"
    for name in ("case 10", "case 2"):
        dicom_study(root / name, name)
    dicom_study(root / "=cmd", "formula", SeriesDescription="AX FLAIR @home")
    dicom_study(root / "ct", "ct", Modality="CT", SeriesDescription="HEAD CT")
    dicom_study(root / "zip", "zipped")
    zipped(root / "zip", root / "later.zip")
    picture(root / "pictures" / "a.png")
    picture(root / "pictures" / "b.png", 1)
    (root / "pictures" / "c.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    return root


def batch(*arguments: object) -> int:
    return cli.run(["batch", *map(str, arguments)])


def start(scans: Path, out: Path, *more: object) -> int:
    return batch(scans, "--model", SEGMENTER, "--out", out, "--device", "cpu", *more)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def tables(out: Path) -> tuple[bytes, bytes]:
    return (out / "results.csv").read_bytes(), (out / "failures.csv").read_bytes()


def test_one_row_for_each_study_and_reasons_for_the_rest(network, scans, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert start(scans, out) == 2
    rows = table(out / "results.csv")
    assert [row["input"] for row in rows] == [
        "'=cmd", "case 2", "case 10", "ct", "later.zip", "pictures/a.png", "pictures/b.png",
    ]  # fmt: skip
    two = rows[1]
    assert (two["series"], two["model"], two["version"]) == (
        "AX FLAIR (series 1)", SEGMENTER, "1.0",
    )  # fmt: skip
    assert two["sha256"] == "0" * 64
    assert (two["outcome"], two["lesions"], two["geometry"]) == ("tumour", "1", "ok")
    assert float(two["volume_mL"]) > 0.1
    assert float(two["longest_mm"]) >= float(two["perpendicular_mm"]) > 0
    assert two["warnings"] == ""
    drawn = rows[-1]
    assert (drawn["volume_mL"], drawn["longest_mm"]) == ("", "")
    assert "picture" in drawn["warnings"]
    assert rows[3]["outcome"] == "failed"
    failures = table(out / "failures.csv")
    assert [(f["kind"], f["input"]) for f in failures] == [
        ("study", "ct"), ("file", "pictures/c.png"),
    ]  # fmt: skip
    assert "CT" in failures[0]["reason"]
    assert all("Research use only" in row["notice"] for row in rows)
    found = {p.name for p in (out / two["study"]).iterdir()}
    assert {"mask.nii.gz", "result.json"} <= found
    assert any(name.startswith("key-") for name in found)
    said = capsys.readouterr()
    assert "6 of 7 studies gave a result" in said.out
    assert "ct: The series does not fit Fake segmenter. This is a CT" in said.err


def test_no_patient_in_the_table_unless_asked(network, scans, tmp_path) -> None:
    start(scans, tmp_path / "plain", "--format", "none")
    written = b"".join(p.read_bytes() for p in (tmp_path / "plain").rglob("*") if p.is_file())
    assert b"ID-" not in written
    assert b"Secret" not in written
    start(scans, tmp_path / "named", "--format", "none", "--identify")
    rows = table(tmp_path / "named" / "results.csv")
    assert rows[1]["patient_id"] == "ID-case 2"
    log = b"".join(p.read_bytes() for p in AuditLog().folder.glob("*.jsonl"))
    assert AuditLog().read().entries[0].via == "batch"
    for secret in (b"ID-", b"Secret", b"case", b"2.25.", str(tmp_path).encode()):
        assert secret not in log


@pytest.mark.skipif(os.name != "posix", reason="kills a process the POSIX way")
def test_killed_at_work_and_continued_gives_the_same_tables(
    network, scans, tmp_path, own_home
) -> None:
    assert start(scans, tmp_path / "whole", "--format", "json") == 2
    passes = len(network.batches)
    out = tmp_path / "killed"
    arguments = ["batch", scans, "--model", SEGMENTER, "--out", out, "--device", "cpu"]
    arguments += ["--format", "json"]
    killed = subprocess.run(
        [sys.executable, TESTS / "batch_fakes.py", "4", *arguments],
        env=os.environ | {"PYTHONPATH": str(TESTS), "TUMORDESK_HOME": str(own_home)},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr.decode()
    kept = sorted((out / "state").iterdir())
    assert 0 < len(kept) < 6
    before = {path: path.read_bytes() for path in kept}
    assert tables(out) != tables(tmp_path / "whole")
    network.batches.clear()
    assert start(scans, out, "--format", "json") == 2
    assert 0 < len(network.batches) < passes
    assert tables(out) == tables(tmp_path / "whole")
    assert {path: path.read_bytes() for path in kept if "ct" not in path.name} == before
    for study in table(out / "results.csv"):
        names = [{p.name for p in (top / study["study"]).glob("*")}
                 for top in (out, tmp_path / "whole")]  # fmt: skip
        assert names[0] == names[1]


def test_only_what_changed_runs_again(network, scans, tmp_path) -> None:
    out = tmp_path / "out"
    start(scans, out, "--format", "none")
    network.batches.clear()
    start(scans, out, "--format", "none")
    assert network.batches == []
    picture(scans / "pictures" / "a.png", 5)
    os.utime(scans / "pictures" / "a.png", (1, 1))
    picture(scans / "pictures" / "d.png", 6)
    start(scans, out, "--format", "none")
    assert len(network.batches) == 2
    assert len(table(out / "results.csv")) == 8


def test_another_batch_is_not_mixed_in(network, scans, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    start(scans, out, "--format", "none")
    before = tables(out)
    assert start(scans, out, "--format", "json", "--strict") == 1
    assert "other options: the formats, strictness differ" in capsys.readouterr().err
    assert batch(scans, "--model", CLASSIFIER, "--out", out, "--format", "none") == 1
    assert "the model" in capsys.readouterr().err
    assert tables(out) == before
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "results.csv").write_text("mine")
    assert start(scans, taken) == 1
    assert (taken / "results.csv").read_text() == "mine"


def test_two_programs_never_work_in_one_folder(network, scans, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    out.mkdir()
    lock = FileLock(out / ".batch.lock")
    assert lock.acquire()
    assert start(scans, out) == 1
    assert "Another TumorDesk is working on out" in capsys.readouterr().err
    lock.release()
    assert start(scans, out, "--format", "none") == 2


def test_resume_needs_the_folder_of_results_only(network, scans, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    options = BatchOptions(out, SEGMENTER, formats=(), device="cpu")
    job = open_batch(JobContext(), [scans], options)
    first = job.waiting[0]
    job.run_study(JobContext(), first)
    job.close()
    there = unfinished(out)
    assert (there.done, there.studies, there.options.model) == (1, 7, SEGMENTER)
    assert batch("--resume", "--out", out) == 2
    assert len(table(out / "results.csv")) == 7
    assert unfinished(out) is None
    assert batch("--resume", "--out", tmp_path / "nothing") == 1
    assert "no batch to continue in nothing" in capsys.readouterr().err
    assert batch("--out", out) == 1


def test_cancel_keeps_what_is_finished(network, scans, tmp_path, capsys, monkeypatch) -> None:
    answer = network.forward

    def interrupt(x):
        if len(network.batches) == 2:
            raise KeyboardInterrupt
        return answer(x)

    monkeypatch.setattr(network, "forward", interrupt)
    assert start(scans, tmp_path / "out", "--format", "none") == 4
    assert len(table(tmp_path / "out" / "results.csv")) == 2
    monkeypatch.setattr(network, "forward", answer)
    assert start(scans, tmp_path / "out", "--format", "none") == 2
    assert start(scans, tmp_path / "whole", "--format", "none") == 2
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")


def test_strict_leaves_doubtful_studies_out(network, scans, tmp_path) -> None:
    start(scans, tmp_path / "out", "--format", "none", "--strict")
    outcomes = {row["input"]: row["outcome"] for row in table(tmp_path / "out" / "results.csv")}
    assert outcomes["case 2"] == "tumour"
    assert outcomes["pictures/a.png"] == "failed"


def test_classifier_after_the_outline(network, scans, tmp_path) -> None:
    start(scans, tmp_path / "out", "--format", "json", "--classify-with", CLASSIFIER)
    row = table(tmp_path / "out" / "results.csv")[1]
    assert row["type"] == "Glioma"
    assert row["probabilities"].startswith("Glioma 0.")
    assert row["classifier"] == f"{CLASSIFIER} 1.0 sha256:{'0' * 64}"
    document = json.loads((tmp_path / "out" / row["study"] / "result.json").read_text())
    assert document["classifications"]


def test_classifier_reads_where_the_outline_is(network, scans, tmp_path) -> None:
    more = ("--outline-with", SEGMENTER, "--format", "none")
    assert batch(scans, "--model", CLASSIFIER, "--out", tmp_path / "out", *more) == 2
    row = table(tmp_path / "out" / "results.csv")[1]
    assert (row["model"], row["lesions"], row["type"]) == (CLASSIFIER, "1", "Glioma")


def test_a_study_may_lie_in_several_folders_and_several_in_one(tmp_path) -> None:
    root = tmp_path / "scans"
    dicom_study(root / "x" / "1", "split", series="one")
    dicom_study(root / "x" / "2", "split", series="two", SeriesDescription="AX T2")
    for name in ("p", "q"):
        dicom_study(root / "flat", name)
        for path in (root / "flat").glob("IM*.dcm"):
            path.rename(path.with_name(f"{name}-{path.name}"))
    found = plan([root], tmp_path / "out")
    assert [(s.input, len(s.sources)) for s in found.studies] == [
        ("flat/p-IM0001.dcm", 6), ("flat/q-IM0001.dcm", 6), ("x", 12),
    ]  # fmt: skip
    assert len({study.code for study in found.studies}) == 3


def test_results_are_no_input_and_archives_leave_nothing(network, tmp_path) -> None:
    root = tmp_path / "scans"
    for number in range(3):
        picture(root / "many" / f"{number}.png", number)
    zipped(root / "many", root / "many.zip")
    left = set(archives.temporary_root().iterdir())
    for _ in range(2):
        assert start(root, root / "out", "--format", "png") == 0
    rows = table(root / "out" / "results.csv")
    assert [row["input"] for row in rows] == [f"many.zip/{n}.png" for n in range(3)]
    assert set(archives.temporary_root().iterdir()) == left


def test_a_full_disk_fails_the_study_and_the_next_start_mends_it(
    network, scans, tmp_path, monkeypatch
) -> None:
    from tumordesk.session.batch import run as module

    export = module.export_study

    def full(*arguments, **named):
        raise WriteError("mask.nii.gz could not be written: No space left on device.")

    monkeypatch.setattr(module, "export_study", full)
    assert start(scans, tmp_path / "out", "--format", "json") == 2
    reasons = [f["reason"] for f in table(tmp_path / "out" / "failures.csv")]
    assert sum("No space left" in reason for reason in reasons) == 6
    monkeypatch.setattr(module, "export_study", export)
    assert start(scans, tmp_path / "out", "--format", "json") == 2
    assert len(table(tmp_path / "out" / "failures.csv")) == 2


def test_a_state_that_cannot_be_kept_stops_the_batch(network, scans, tmp_path, monkeypatch) -> None:
    options = BatchOptions(tmp_path / "out", SEGMENTER, formats=(), device="cpu")
    job = open_batch(JobContext(), [scans], options)

    def full(*_):
        raise WriteError("state could not be written.")

    monkeypatch.setattr("tumordesk.session.batch.state.keep_record", full)
    with pytest.raises(WriteError):
        run_batch(JobContext(), job)
    job.close()
    assert job.records == {}


def test_formats_that_a_study_does_not_allow_are_named(network, tmp_path) -> None:
    picture(tmp_path / "scans" / "a.png")
    assert start(tmp_path / "scans", tmp_path / "out", "--format", "seg,json") == 0
    row = table(tmp_path / "out" / "results.csv")[-1]
    assert row["outcome"] == "tumour"
    assert "Not written: DICOM SEG" in row["warnings"]


def test_nothing_to_run_on_leaves_no_folder(network, tmp_path, capsys) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert start(empty, tmp_path / "out") == 2
    assert start(tmp_path / "missing", tmp_path / "out") == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert not (tmp_path / "out").exists()


def test_predict_leaves_a_line_in_the_audit_log(network, tmp_path) -> None:
    picture(tmp_path / "Mustermann.png")
    more = ("--model", SEGMENTER, "--out", str(tmp_path / "out"), "--format", "json")
    assert cli.run(["predict", str(tmp_path / "Mustermann.png"), *more]) == 0
    entry = AuditLog().read().entries[0]
    assert (entry.action, entry.via, entry.models[0].id) == ("run", "command line", SEGMENTER)
    assert b"Mustermann" not in next(AuditLog().folder.glob("*.jsonl")).read_bytes()


def test_an_outline_beside_a_scan_is_not_run_on(network, tmp_path) -> None:
    import SimpleITK

    array = np.zeros((4, 64, 64), np.uint8)
    array[1:3, 20:30, 20:30] = 1
    root = tmp_path / "scans"
    root.mkdir()
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(root / "mask.nii.gz"))
    assert start(root, tmp_path / "out", "--format", "none") == 2
    (failure,) = table(tmp_path / "out" / "failures.csv")
    assert failure["reason"] == "It holds labels (an outline), not a scan."
    assert network.batches == []


def test_an_administrator_may_switch_it_off(network, scans, tmp_path, capsys, monkeypatch) -> None:
    off = Policy(disabled=frozenset({"batch"}))
    monkeypatch.setattr("tumordesk.session.batch.run.policy", lambda: off)
    assert start(scans, tmp_path / "out") == 1
    assert "switched off" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_table_that_is_open_elsewhere_does_not_stop_it(
    network, scans, tmp_path, monkeypatch, capsys
) -> None:
    from tumordesk.session.batch import run as module

    write, calls = module.write_tables, []

    def locked(*arguments, **named):
        calls.append(1)
        if len(calls) > 1:
            raise WriteError("results.csv could not be written: Permission denied.")
        write(*arguments, **named)

    monkeypatch.setattr(module, "write_tables", locked)
    assert start(scans, tmp_path / "out", "--format", "none") == 1
    assert "open in another program" in capsys.readouterr().err
    monkeypatch.setattr(module, "write_tables", write)
    ran = len(network.batches)
    (tmp_path / "out" / "state" / ".part-left-behind").write_text("half")
    assert start(scans, tmp_path / "out", "--format", "none") == 2
    assert len(network.batches) == ran
    assert len(table(tmp_path / "out" / "results.csv")) == 7
    assert not list((tmp_path / "out").rglob(".part-*"))
