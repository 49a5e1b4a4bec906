"""predict in every format, and export of what was made earlier, on made-up scans."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import HAS_QT
from factories import phantom, write_picture, write_series
from inference_fakes import BrightIsTumour, MeanDecides, make_card
from tumordesk import cli
from tumordesk.core.model_card import CARD_NAME, NOTICE, write_card
from tumordesk.inference import cache
from tumordesk.session.exporting import FORMATS

EVERYTHING = ",".join(one for one in FORMATS if one != "pdf" or HAS_QT)


@pytest.fixture
def zoo(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two user models whose networks are the known fakes."""
    for task in ("segmentation", "classification"):
        card = make_card(task)
        folder = own_home / "data" / "models" / card.id
        folder.mkdir(parents=True)
        write_card(folder / CARD_NAME, card)
        (folder / card.weights_file).write_bytes(b"")
    networks = {"segmentation": BrightIsTumour(), "classification": MeanDecides()}
    cache.clear()
    monkeypatch.setattr(cache, "load_model", lambda folder, card: networks[card.task])
    monkeypatch.setattr("tumordesk.zoo.Zoo.verify", lambda self, entry: None)
    yield
    cache.clear()


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A DICOM folder with a bright lesion."""
    write_series(
        tmp_path / "scan", phantom((8, 64, 64)), PatientID="SECRET-77", PatientName="Doe^Jane"
    )
    return tmp_path / "scan"


def run(*arguments: object) -> int:
    return cli.run([str(a) for a in arguments])


def predict(*arguments: object) -> int:
    return run("predict", *arguments, "--model", "fake-segmenter", "--device", "cpu")


def export(*arguments: object) -> int:
    return run("export", *arguments)


def result_in(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def rows_in(folder: Path) -> list[dict[str, str]]:
    with (folder / "lesions.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def done(zoo: None, scan: Path, tmp_path: Path) -> Path:
    """A folder that predict wrote."""
    assert predict(scan, "--out", tmp_path / "done", "--classify-with", "fake-classifier") == 0
    return tmp_path / "done"


def test_predict_writes_every_format_into_one_folder(
    zoo: None, scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert predict(scan, "--out", out, "--format", EVERYTHING, "--pdf-as-dicom") == 0
    found = names(out)
    assert {
        "seg.dcm", "sr.dcm", "sc-1.dcm", "mask.nii.gz", "mask-labels.txt", "mask.seg.nrrd",
        "lesions.csv", "result.json",
    } <= found  # fmt: skip
    assert ("report.pdf" in found) == ("report.dcm" in found) == HAS_QT
    assert sorted([*result_in(out)["files"], "result.json"]) == sorted(found)
    assert capsys.readouterr().err == ""
    (*lesions, total) = rows_in(out)
    assert len(lesions) == len(result_in(out)["lesions"])
    assert float(total["volume_ml"]) == pytest.approx(result_in(out)["volume_ml"], abs=1e-3)
    assert total["model_sha256"] == "0" * 64
    assert total["notice"] == NOTICE


def test_what_a_picture_does_not_allow_is_a_warning_and_an_exit_code_of_its_own(
    zoo: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = write_picture(tmp_path / "a.png")
    out = tmp_path / "out"
    assert predict(picture, "--out", out, "--format", "seg,sr,nifti,json") == 5
    assert names(out) == {"mask.nii.gz", "mask-labels.txt", "result.json"}
    warnings = [w for w in result_in(out)["warnings"] if w.startswith("Not written: ")]
    assert len(warnings) == 2
    assert "Needs the DICOM series it belongs to" in warnings[0] or "DICOM series" in warnings[0]
    errors = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in errors] == ["tumordesk", "tumordesk"]
    assert all("a.png" in line for line in errors)


def test_a_file_in_the_way_of_a_new_format_is_never_replaced_unasked(
    zoo: None, scan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "lesions.csv").write_text("mine")
    (out / "report.pdf").write_text("mine, too")
    assert predict(scan, "--out", out, "--format", "csv") == 1
    assert (out / "lesions.csv").read_text() == "mine"
    assert predict(scan, "--out", out, "--format", "csv", "--overwrite") == 0
    assert rows_in(out)[-1]["lesion"] == "all"
    assert (out / "report.pdf").read_text() == "mine, too"  # no result of ours


def test_full_disk_fails_with_the_reason_and_without_result(
    zoo: None,
    scan: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    out = tmp_path / "out"
    assert predict(scan, "--out", out) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert names(out) == set()


def test_export_of_an_earlier_result_keeps_model_and_numbers(
    done: Path, scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = result_in(done)
    out = tmp_path / "out"
    capsys.readouterr()
    assert export(done, "--series", scan, "--format", EVERYTHING, "--out", out) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert {Path(line).name for line in said.out.splitlines()} == names(out)
    document = result_in(out)
    assert document["outline"] == "model"
    assert document["provenance"]["model_id"] == "fake-segmenter"
    assert document["measurements"]["voxels"] == before["totals"]["voxels"]
    (classes,) = document["classifications"]
    assert classes["provenance"]["model_id"] == "fake-classifier"
    assert classes["classification"]["labels"][0] == "Glioma"
    assert float(rows_in(out)[-1]["volume_ml"]) == pytest.approx(before["volume_ml"], abs=1e-3)
    again = tmp_path / "again"  # what export wrote can be exported again
    assert export(out, "--series", scan, "--format", "json", "--out", again) == 0
    assert result_in(again)["provenance"] == document["provenance"]


@pytest.mark.parametrize("name", ["mask.nii.gz", "mask.seg.nrrd", "seg.dcm"])
def test_export_of_a_mask_alone(zoo: None, scan: Path, tmp_path: Path, name: str) -> None:
    made = tmp_path / "made"
    assert predict(scan, "--out", made, "--format", "nifti,nrrd,seg,json") == 0
    out = tmp_path / "out"
    assert export(made / name, "--series", scan, "--format", "csv,json", "--out", out) == 0
    document = result_in(out)
    assert document["provenance"] is None
    assert document["outline"] == "drawn by a person or read from a file"
    assert document["measurements"]["voxels"] == result_in(made)["totals"]["voxels"]


def test_a_mask_that_was_changed_is_no_models_any_more(
    done: Path, scan: Path, tmp_path: Path
) -> None:
    from tumordesk.io.reader import open_series
    from tumordesk.io.scan import scan_paths
    from tumordesk.io.writers import write_nifti

    mask = done / "mask.nii.gz"
    volume = open_series(scan_paths([mask]).series[0]).read_volume()
    array = np.array(volume.array, dtype=np.uint8)
    array[tuple(np.argwhere(array)[0])] = 0
    write_nifti(mask, array, volume.geometry, overwrite=True)
    assert export(done, "--series", scan, "--format", "json", "--out", tmp_path / "out") == 0
    document = result_in(tmp_path / "out")
    assert document["outline"] == "corrected or drawn by a person"
    assert any("changed after" in text for text in document["provenance"]["warnings"])


def test_export_refuses_what_does_not_belong_together(
    done: Path, scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    write_series(other, phantom((5, 32, 32)), series="other")
    base = ("--format", "json", "--out", tmp_path / "out")
    for arguments in (
        (done, "--series", other, *base),
        (done / "mask.nii.gz", "--series", other, *base),
        (done, "--series", scan, "--uid", "1.2.3", *base),
        (tmp_path / "nothing", "--series", scan, *base),
        (scan, "--series", scan, *base),
        (done, "--series", tmp_path / "nothing", *base),
    ):
        capsys.readouterr()
        assert export(*arguments) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    (done / "result.json").write_text('{"schema": 1}')
    assert export(done, "--series", scan, *base) == 2
    assert "not a result of this program" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_export_overwrites_only_when_asked(done: Path, scan: Path, tmp_path: Path) -> None:
    base = (done, "--series", scan, "--format", "csv", "--out", tmp_path / "out")
    assert export(*base) == 0
    (tmp_path / "out" / "lesions.csv").write_text("mine")
    assert export(*base) == 1
    assert (tmp_path / "out" / "lesions.csv").read_text() == "mine"
    assert export(*base, "--overwrite") == 0
    assert rows_in(tmp_path / "out")


@pytest.mark.skipif(not HAS_QT, reason="a PDF needs Qt")
def test_pdf_needs_no_display_and_can_hide_the_patient(
    done: Path, scan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code = (
        "import sys; from tumordesk import cli; "
        f"sys.exit(cli.run(['export', {str(done)!r}, '--series', {str(scan)!r}, '--format', "
        f"'pdf', '--hide-names', '--out', {str(out)!r}]))"
    )
    clean = {"PATH": "/usr/bin:/bin", "TUMORDESK_HOME": str(tmp_path)}
    done_ = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, env=clean
    )
    assert done_.returncode == 0, done_.stderr
    assert done_.stderr == b""
    data = (out / "report.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert b"SECRET" not in data


def test_pdf_without_qt_is_a_plain_refusal(
    done: Path,
    scan: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tumordesk.commands.export.pdf_writer", lambda: None)
    base = (done, "--series", scan, "--format", "pdf,csv", "--out", tmp_path / "out")
    assert export(*base) == 5
    assert "tumordesk[gui]" in capsys.readouterr().err
    assert names(tmp_path / "out") == {"lesions.csv"}


@pytest.mark.skipif(not HAS_QT, reason="a PDF needs Qt")
def test_a_real_classifiers_map_stands_in_report_and_pictures(scan: Path, tmp_path: Path) -> None:
    from inference_fakes import write_model

    entry = write_model(tmp_path / "models", make_card("classification"))
    out = tmp_path / "out"
    base = ("predict", scan, "--model", entry.folder, "--device", "cpu", "--outline-with", "none")
    assert run(*base, "--format", "pdf,png,json", "--out", out) == 0
    assert len(list(out.glob("key-*-map.png"))) == 1
    assert "report.pdf" in result_in(out)["files"]
    plain = tmp_path / "plain"  # without people to show it to, no time is spent on it
    assert run(*base, "--format", "png,json", "--out", plain) == 0
    assert list(plain.glob("key-*-map.png")) == []
