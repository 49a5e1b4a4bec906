"""The command line on made-up scans: files, exit codes, one plain sentence for every error."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from factories import phantom, write_picture, write_series
from inference_fakes import BrightIsTumour, MeanDecides, make_card, write_model
from tumordesk import __version__, cli
from tumordesk.commands import selftest_parts
from tumordesk.commands.folders import output_folders
from tumordesk.commands.selftest_training import training
from tumordesk.core.errors import Cancelled, ModelError, TumorDeskError
from tumordesk.core.jsonio import write_json
from tumordesk.core.model_card import CARD_NAME, write_card
from tumordesk.inference import cache

FIELDS = {
    "schema",
    "model",
    "device",
    "series_uid",
    "warnings",
    "outcome",
    "lesions",
    "volume_ml",
    "classes",
    "seconds",
}


@pytest.fixture
def zoo(own_home, monkeypatch):
    """Two user models whose networks are the known fakes; loads are counted."""
    for task in ("segmentation", "classification"):
        card = make_card(task)
        folder = own_home / "data" / "models" / card.id
        folder.mkdir(parents=True)
        write_card(folder / CARD_NAME, card)
        (folder / card.weights_file).write_bytes(b"")
    networks = {"segmentation": BrightIsTumour(), "classification": MeanDecides()}
    loads: list[str] = []

    def load(folder, card):
        loads.append(card.id)
        return networks[card.task]

    cache.clear()
    monkeypatch.setattr(cache, "load_model", load)
    monkeypatch.setattr("tumordesk.zoo.Zoo.verify", lambda self, entry: None)
    monkeypatch.setattr("tumordesk.zoo.zoo.verify_model", lambda folder, card: folder)
    yield networks, loads
    cache.clear()


@pytest.fixture
def scan(tmp_path) -> Path:
    """A DICOM folder with a bright lesion."""
    write_series(tmp_path / "scan", phantom((12, 96, 96)))
    return tmp_path / "scan"


def run(*arguments: object) -> int:
    return cli.run([str(a) for a in arguments])


def predict(*arguments: object) -> int:
    return run("predict", *arguments, "--model", "fake-segmenter", "--device", "cpu")


def result_in(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def nifti(path: Path) -> tuple[np.ndarray, tuple]:
    import SimpleITK

    image = SimpleITK.ReadImage(str(path))
    return SimpleITK.GetArrayFromImage(image), image.GetSpacing()


def test_predict_writes_result_mask_and_key_picture(zoo, scan, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert predict(scan, "--out", out) == 0
    found = result_in(out)
    assert set(found) >= FIELDS
    assert found["schema"] == 1
    assert found["model"] == {"id": "fake-segmenter", "version": "1.0", "sha256": "0" * 64}
    assert found["outcome"] == "tumour"
    assert found["volume_ml"] > 1
    assert found["classes"] is None
    assert found["device"].startswith("CPU")
    assert found["spacing_mm"] == [5.0, 0.9, 0.9]
    assert "Research use only" in found["notice"]
    assert found["lesions"][0]["longest_mm"] > found["lesions"][0]["perpendicular_mm"] > 0
    mask, spacing = nifti(out / "mask.nii.gz")
    assert mask.shape == (12, 96, 96)
    assert spacing == pytest.approx((0.9, 0.9, 5.0))
    assert sum(lesion["voxels"] for lesion in found["lesions"]) <= mask.astype(bool).sum()
    assert sorted(found["files"]) == sorted(
        p.name for p in out.iterdir() if p.name != "result.json"
    )
    assert list(out.glob("key-1-slice-*.png"))
    said = capsys.readouterr()
    assert said.err == ""
    assert "scan: tumour" in said.out


def test_no_tumour_is_a_result_too(zoo, scan, tmp_path) -> None:
    zoo[0]["segmentation"].limit = 5.0
    assert predict(scan, "--out", tmp_path / "out") == 0
    found = result_in(tmp_path / "out")
    assert (found["outcome"], found["lesions"], found["volume_ml"]) == ("no tumour", [], 0.0)
    mask, _ = nifti(tmp_path / "out" / "mask.nii.gz")
    assert not mask.any()


def test_picture_gives_a_mask_of_one_slice_and_no_millilitres(zoo, tmp_path) -> None:
    picture = write_picture(tmp_path / "Lékař Ψ.png")
    assert predict(picture, "--out", tmp_path / "out") == 0
    found = result_in(tmp_path / "out")
    assert found["volume_ml"] is None
    assert found["refused"]
    assert any("picture" in w for w in found["warnings"])
    assert nifti(tmp_path / "out" / "mask.nii.gz")[0].shape == (1, 60, 48)


def test_several_inputs_load_the_model_once_and_one_bad_does_not_stop(
    zoo, scan, tmp_path, capsys
) -> None:
    good = write_picture(tmp_path / "a.png")
    bad = tmp_path / "b.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    missing = tmp_path / "missing.nii.gz"
    assert predict(good, bad, missing, scan, "--out", tmp_path / "out") == 2
    assert zoo[1] == ["fake-segmenter"]
    assert result_in(tmp_path / "out" / "a")["outcome"] == "tumour"
    assert result_in(tmp_path / "out" / "scan")["outcome"] == "tumour"
    assert not (tmp_path / "out" / "b").exists()
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert "b.png" in errors[0]
    assert "missing.nii.gz" in errors[1]
    assert all(line.startswith("tumordesk: ") for line in errors)


def test_best_series_is_used_and_told(zoo, tmp_path) -> None:
    folder = tmp_path / "study"
    volume = phantom((6, 64, 64))
    write_series(folder / "1", volume, series="t1", SeriesDescription="AX T1", SeriesNumber=1)
    write_series(folder / "2", volume, series="f", SeriesDescription="AX FLAIR", SeriesNumber=7)
    assert predict(folder, "--out", tmp_path / "out", "--format", "json") == 0
    found = result_in(tmp_path / "out")
    assert any("holds 2 series" in w and "'AX FLAIR' (series 7)" in w for w in found["warnings"])
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["result.json"]
    chosen = found["series_uid"]
    assert predict(folder, "--out", tmp_path / "again", "--series", chosen) == 0
    assert not any("holds 2 series" in w for w in result_in(tmp_path / "again")["warnings"])
    assert predict(folder, "--out", tmp_path / "none", "--series", "1.2.3") == 2


def test_results_are_never_overwritten_unasked(zoo, tmp_path, capsys) -> None:
    picture = write_picture(tmp_path / "a.png")
    assert predict(picture, "--out", tmp_path) == 0
    before = (tmp_path / "result.json").read_bytes()
    assert predict(picture, "--out", tmp_path) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "result.json").read_bytes() == before
    assert predict(picture, "--out", tmp_path, "--overwrite", "--format", "json") == 0
    assert not (tmp_path / "mask.nii.gz").exists()


def test_classifier_on_a_picture(zoo, tmp_path) -> None:
    picture = write_picture(tmp_path / "a.png")
    assert run("predict", picture, "--model", "fake-classifier", "--out", tmp_path / "out") == 0
    found = result_in(tmp_path / "out")
    assert set(found["classes"]) == {"glioma", "meningioma", "pituitary", "no_tumor"}
    assert sum(found["classes"].values()) == pytest.approx(1.0, abs=1e-4)
    assert found["outcome"] == "tumour"
    assert not (tmp_path / "out" / "mask.nii.gz").exists()


def test_a_file_as_the_folder_for_results_is_refused_before_the_run(zoo, tmp_path, capsys) -> None:
    picture = write_picture(tmp_path / "slice.png")
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert predict(picture, "--out", taken) == 1
    assert "is a file, not a folder" in capsys.readouterr().err
    assert taken.read_text() == "mine"


def test_classifier_on_a_series_reads_what_the_outline_shows(zoo, scan, tmp_path) -> None:
    base = ("predict", scan, "--model", "fake-classifier", "--format", "json")
    assert run(*base, "--out", tmp_path / "o", "--outline-with", "fake-segmenter") == 0
    outlined = result_in(tmp_path / "o")
    assert 0 < len(outlined["slices"]) < 12
    assert any("outline of fake-segmenter" in note for note in outlined["notes"])
    assert run(*base, "--out", tmp_path / "all") == 0  # the default outline is not at hand
    assert len(result_in(tmp_path / "all")["slices"]) == 12
    assert predict(scan, "--out", tmp_path / "both", "--classify-with", "fake-classifier") == 0
    both = result_in(tmp_path / "both")
    assert both["classes"]
    assert both["lesions"]
    assert both["classifier"]["id"] == "fake-classifier"


def test_models_that_are_not_there_or_not_right(zoo, scan, tmp_path, capsys, monkeypatch) -> None:
    assert run("predict", scan, "--model", "nope", "--out", tmp_path / "out") == 3
    assert "no model named nope" in capsys.readouterr().err
    argument = ("--outline-with", "fake-classifier")
    base = ("predict", scan, "--model", "fake-classifier", "--out", tmp_path / "out")
    assert run(*base, *argument) == 3

    def refuse(self, entry):
        raise ModelError("The weights are not the ones its card describes.")

    monkeypatch.setattr("tumordesk.zoo.Zoo.verify", refuse)
    assert predict(scan, "--out", tmp_path / "out") == 3
    assert not (tmp_path / "out").exists()


def test_a_real_model_folder_and_a_damaged_one(scan, tmp_path, capsys) -> None:
    entry = write_model(tmp_path / "models")
    base = ("predict", scan, "--model", entry.folder, "--format", "json", "--device", "cpu")
    assert run(*base, "--out", tmp_path / "out") == 0
    assert result_in(tmp_path / "out")["model"]["sha256"] == entry.card.weights_sha256
    weights = entry.folder / entry.card.weights_file
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    capsys.readouterr()
    assert run(*base, "--out", tmp_path / "out2") == 3
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_cancel(zoo, scan, tmp_path, capsys, monkeypatch) -> None:
    def cancelled(*args, **options):
        raise Cancelled

    monkeypatch.setattr("tumordesk.inference.run.run_model", cancelled)
    assert predict(scan, "--out", tmp_path / "out") == 4
    assert capsys.readouterr().err == "tumordesk: Cancelled.\n"


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal to itself")
def test_ctrl_c_stops_within_a_batch_and_gives_the_signal_back(zoo, scan, tmp_path) -> None:
    model = zoo[0]["segmentation"]
    answer = model.forward

    def interrupt(x):
        os.kill(os.getpid(), signal.SIGINT)
        return answer(x)

    model.forward = interrupt
    before = signal.getsignal(signal.SIGINT)
    assert predict(scan, "--out", tmp_path / "out") == 4
    assert len(model.batches) == 1
    assert signal.getsignal(signal.SIGINT) is before
    assert not (tmp_path / "out").exists()


def test_the_unexpected_is_one_sentence_and_a_log_without_names(
    zoo, scan, tmp_path, capsys, monkeypatch, own_home
) -> None:
    def defect(*args, **options):
        raise KeyError("Müller^Hans")

    monkeypatch.setattr("tumordesk.inference.run.run_model", defect)
    assert predict(scan, "--out", tmp_path / "out") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "KeyError" in line
    log = (own_home / "log" / "errors.log").read_text(encoding="utf-8")
    assert "predict.py" in log
    assert "Müller" not in log
    assert "Müller" not in line


def test_info_json_is_clean_and_unreadable_is_told(scan, tmp_path, capsys) -> None:
    assert run("info", scan, "--json") == 0
    said = capsys.readouterr()
    (study,) = json.loads(said.out)["studies"]
    assert study["series"][0]["slices"] == 12
    assert said.err == ""
    assert run("info", scan) == 0
    assert "FLAIR" in capsys.readouterr().out
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    assert run("info", text, "--json") == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["studies"] == []
    assert "notes.txt" in said.err


def test_models_lists_what_there_is_and_what_was_refused(zoo, own_home, capsys) -> None:
    broken = own_home / "data" / "models" / "broken"
    broken.mkdir()
    write_json(broken / CARD_NAME, {"schema": 1})
    assert run("models", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    ids = {m["id"] for m in document["models"]}
    assert {"fake-segmenter", "fake-classifier"} <= ids
    assert any("broken" in p["folder"] for p in document["problems"])
    assert run("models") == 0
    said = capsys.readouterr().out
    assert "Fake segmenter 1.0" in said
    assert "refused: broken" in said


def test_selftest_tells_each_check_and_fails_where_one_fails(
    zoo, own_home, monkeypatch, capsys
) -> None:
    monkeypatch.setattr("tumordesk.zoo.zoo.bundled_models_dir", lambda: own_home / "none")
    assert run("selftest", "--no-window", "--no-training") == 1
    said = capsys.readouterr()
    assert "ok      sample study: 2 series, 52 slices" in said.out
    assert "FAILED  models: No model came with this installation." in said.out
    assert said.err == "tumordesk: Self-test failed: models.\n"
    monkeypatch.setattr(
        "tumordesk.zoo.zoo.bundled_models_dir", lambda: own_home / "data" / "models"
    )
    monkeypatch.setattr("tumordesk.zoo.zoo.user_models_dir", lambda: own_home / "none")
    assert run("selftest", "--no-window", "--no-training") == 0
    said = capsys.readouterr().out
    assert "ok      fake-segmenter: 'MRHR FLAIR AX' (series 5): tumour" in said
    assert "All checks passed." in said


def test_selftest_as_json_is_one_document(zoo, own_home, monkeypatch, capsys) -> None:
    monkeypatch.setattr(
        "tumordesk.zoo.zoo.bundled_models_dir", lambda: own_home / "data" / "models"
    )
    monkeypatch.setattr("tumordesk.zoo.zoo.user_models_dir", lambda: own_home / "none")
    assert run("selftest", "--json", "--no-window", "--no-training") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["passed"]
    assert {"codecs", "DICOM output", "processes"} <= {c["name"] for c in document["checks"]}


def test_selftest_finds_a_codec_that_decodes_wrongly(monkeypatch) -> None:
    monkeypatch.setattr(
        "tumordesk.commands.selftest_parts.codec_picture", lambda bits: np.zeros((48, 48), int)
    )
    with pytest.raises(TumorDeskError, match=r"Wrongly decoded: .*jpeg-ls"):
        selftest_parts.codecs()


def test_selftest_trains_two_steps() -> None:
    assert "two steps" in training()


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["predict", "--help"]])
def test_help_and_version(arguments, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.run(arguments)
    assert stopped.value.code == 0
    assert "umor" in capsys.readouterr().out


def test_module_starts_and_the_command_line_loads_nothing_heavy() -> None:
    code = (
        "import sys, tumordesk.__main__, tumordesk.cli, tumordesk.commands.predict; "
        "tumordesk.cli.command_parser(); "
        "heavy = {'torch', 'PySide6', 'SimpleITK', 'pydicom', 'PIL'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    shown = subprocess.run(
        [sys.executable, "-m", "tumordesk", "--version"], capture_output=True, check=True
    )
    assert shown.stdout.decode().strip() == f"TumorDesk {__version__}"
    assert shown.stderr == b""


def test_wrong_format_is_refused(capsys) -> None:
    with pytest.raises(SystemExit):
        cli.run(["predict", "x", "--model", "m", "--out", "o", "--format", "gif"])
    assert "gif" in capsys.readouterr().err


def test_folders_are_named_after_inputs_and_unique(tmp_path) -> None:
    study = tmp_path / "Study.v2"
    study.mkdir()
    paths = [
        Path("x/case.01.nii.gz"),
        Path("a.png"),
        Path("a.jpg"),
        Path("b/a.jpg"),
        study,
        Path("1.2.840.7"),
    ]
    names = [folder.name for folder in output_folders(paths, tmp_path)]
    assert names == ["case.01", "a.png", "a.jpg", "a.jpg-2", "Study.v2", "1.2.840.7"]
    assert output_folders([Path("a.png")], tmp_path) == [tmp_path]
