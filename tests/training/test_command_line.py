"""tumordesk-train from end to end: check-data, run, evaluate, publish."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from training_factories import class_config, class_folder, head, mask_config, mask_folder, save
from tumordesk.core.errors import ModelError, WriteError
from tumordesk.core.model_card import read_card
from tumordesk.core.training_run import write_config
from tumordesk.zoo import Zoo
from tumordesk_training import publish as publishing
from tumordesk_training.cli import main
from tumordesk_training.publish import Publication, publish
from tumordesk_training.run import start


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mask_folder(tmp_path_factory.mktemp("scans") / "scans", patients=8)


@pytest.fixture(scope="module")
def outlines(scans: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a segmentation network that has learnt its blobs."""
    folder = tmp_path_factory.mktemp("runs") / "outlines"
    config = mask_config(scans, epochs=14)
    optimiser = replace(config.optimiser, rate=0.01)
    start(folder, replace(config, optimiser=optimiser, options={"width": 8}))
    return folder


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a classifier; how good it is does not matter here."""
    root = class_folder(tmp_path_factory.mktemp("types") / "pictures")
    folder = tmp_path_factory.mktemp("runs") / "types"
    start(folder, class_config(root, epochs=1))
    return folder


@pytest.fixture(scope="module")
def outline_model(outlines: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models")
    return publish(Publication(outlines, "blobs", {}, out)).folder


def figures(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["evaluate", *map(str, arguments), "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_evaluate_on_images_and_masks(
    outline_model: Path, scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = figures(capsys, outline_model, scans)
    assert found["n"] == 32
    assert found["task"] == "segmentation"
    assert len(found["dice_by_patient"]) == found["groups"] == 8
    assert found["dice_mean"] == pytest.approx(np.mean(list(found["dice_by_patient"].values())))
    assert found["dice_mean"] > 0.6
    assert found["classes"] == ["background", "tumour"]
    assert found["confusion"] is found["accuracy"] is found["balanced_accuracy"] is None


def test_evaluate_tells_the_dice_of_each_class_folder(
    outline_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed, kind, tumour in ((1, "glioma", True), (2, "glioma", True), (3, "none", False)):
        picture, mask = head(seed, tumour=tumour)
        save(tmp_path / "images" / kind / f"{seed}.png", picture)
        save(tmp_path / "masks" / f"{seed}.png", mask)
    save(tmp_path / "images" / "other" / "4.png", head(4, tumour=False)[0])
    corner = np.zeros((40, 36), np.uint8)
    corner[:3, :3] = 255  # in the air, where nothing is outlined
    save(tmp_path / "masks" / "4.png", corner)
    found = figures(capsys, outline_model, tmp_path)
    kinds = found["dice_by_label"]
    assert list(kinds) == ["glioma", "other"]
    assert (kinds["glioma"]["n"], kinds["glioma"]["missed"]) == (2, 0.0)
    assert kinds["other"] == {"n": 1, "dice_by_image_mean": 0.0, "missed": 1.0}
    whole = (2 * kinds["glioma"]["dice_by_image_mean"] + 0.0) / 3
    assert found["dice_by_image_mean"] == pytest.approx(whole)
    assert main(["evaluate", str(outline_model), str(tmp_path)]) == 0
    assert "other: Dice 0.0000 (1 pictures with tumour, 100 % of them missed)" in (
        capsys.readouterr().out
    )


def test_evaluate_on_a_part_of_a_split(
    outline_model: Path, outlines: Path, scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    split = json.loads((outlines / "split.json").read_text())
    options = ("--split", outlines / "split.json", "--part", "test")
    found = figures(capsys, outline_model, scans, *options)
    assert sorted(found["dice_by_patient"]) == sorted(split["parts"]["test"])
    card = read_card(outline_model / "model.json")
    metric = next(
        m for m in card.metrics if m.split.startswith("test") and m.name.startswith("Dice, mean ov")
    )
    assert metric.value == pytest.approx(found["dice_mean"], abs=1e-4)
    assert metric.n == found["n"]


def test_evaluate_on_nifti_pairs(
    outline_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for patient in ("P1", "P2"):
        pairs = [head(int(patient[1]) * 50 + n, tumour=n > 0) for n in range(4)]
        for name, position in (("flair", 0), ("mask", 1)):
            image = sitk.GetImageFromArray(np.stack([pair[position] for pair in pairs]))
            (tmp_path / patient).mkdir(exist_ok=True)
            sitk.WriteImage(image, str(tmp_path / patient / f"{name}.nii.gz"))
    found = figures(capsys, outline_model, tmp_path)
    assert found["n"] == 8
    assert list(found["dice_by_patient"]) == ["P1", "P2"]
    assert found["dice_mean"] > 0.6
    assert main(["evaluate", str(outline_model), str(tmp_path)]) == 0
    assert "dice_mean: 0." in capsys.readouterr().out


def test_evaluate_on_class_folders(
    types: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = publish(Publication(types, "types", {}, tmp_path / "models")).folder
    root = class_folder(tmp_path / "pictures", each=3, classes=("Blob_tumor", "RING"))
    save(root / "RING" / "broken.png", np.zeros((4, 4), np.uint8)).write_bytes(b"no picture")
    found = figures(capsys, model, root)
    assert (found["n"], found["task"]) == (6, "classification")
    assert found["classes"] == ["blob", "ring"]
    assert np.sum(found["confusion"]) == 6
    assert np.sum(found["confusion"], axis=1).tolist() == [3, 3]
    right = np.trace(found["confusion"])
    assert found["accuracy"] == found["balanced_accuracy"] == pytest.approx(right / 6)
    assert found["dice_mean"] is found["dice_by_patient"] is None
    assert [item["path"] for item in found["skipped"]] == ["RING/broken.png"]


def test_evaluate_leaves_out_what_cannot_be_read(
    outline_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = mask_folder(tmp_path, patients=2, slices=3)
    (root / "TCGA_AA_0000_1.png").write_bytes(b"no picture")
    (root / "TCGA_AA_0001_2_mask.png").write_bytes(b"no picture")
    found = figures(capsys, outline_model, root)
    assert found["n"] == 4
    assert len(found["dice_by_patient"]) == 2
    assert len(found["skipped"]) == 2
    for path in root.glob("*.png"):
        path.write_bytes(b"")
    assert main(["evaluate", str(outline_model), str(root)]) == 2
    assert "can be read" in capsys.readouterr().err


def test_a_published_model_is_one_of_the_zoo(
    outlines: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = own_home / "texts.json"
    texts.write_text(json.dumps({"summary": "Outlines blobs.", "licence": "CC0-1.0"}))
    arguments = ["publish", str(outlines), "--id", "my-blobs", "--name", "My blobs", "--tune"]
    assert main([*arguments, "--card", str(texts)]) == 0
    assert "Published my-blobs" in capsys.readouterr().out
    entry = Zoo().find("my-blobs")
    Zoo().verify(entry)
    card = entry.card
    assert (entry.origin, card.name, card.summary) == ("user", "My blobs", "Outlines blobs.")
    splits = {metric.split.split(",")[0] for metric in card.metrics}
    assert splits == {"validation", "test"}
    assert all("seed 1" in metric.split and metric.command for metric in card.metrics)
    split = json.loads((outlines / "split.json").read_text())
    assert card.training_data[0].patients == len(split["parts"]["train"])
    assert card.training_data[0].images == sum(split["counts"]["train"].values())

    assert main([*arguments]) == 3
    assert "my-blobs is already there" in capsys.readouterr().err
    assert main([*arguments, "--replace"]) == 0


def test_a_name_that_is_taken_is_refused_before_anything_is_measured(
    outlines: Path, outline_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (outline_model / "model.json").read_bytes()
    monkeypatch.setattr(publishing, "evaluate", None)
    with pytest.raises(ModelError, match="already there"):
        publish(Publication(outlines, "blobs", {}, outline_model.parent))
    assert (outline_model / "model.json").read_bytes() == before


@pytest.mark.parametrize("moment", ["weights", "figures", "installation"])
def test_publishing_leaves_nothing_half_done(
    moment: str, outlines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    target = {"weights": "save_weights", "figures": "evaluate", "installation": "install_staged"}[
        moment
    ]
    monkeypatch.setattr(publishing, target, full)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    with pytest.raises(WriteError, match=r"blobs could not be written: No space left"):
        publish(Publication(outlines, "blobs", {}, tmp_path / "models"))
    assert list((tmp_path / "models").iterdir()) == []
    assert list((tmp_path / "temp").iterdir()) == []


def test_replacing_fails_without_losing_the_old_model(
    outlines: Path, outline_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    shutil.copytree(outline_model, models / "blobs")
    rename = Path.rename

    def refused(self: Path, target: Path) -> Path:
        if Path(target) == models / "blobs" and self.name == "blobs":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(WriteError):
        publish(Publication(outlines, "blobs", {}, models, replace=True))
    monkeypatch.undo()
    assert [p.name for p in models.iterdir()] == ["blobs"]
    Zoo(bundled=models, user=tmp_path / "none").verify(Zoo(bundled=models).find("blobs"))


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"weights_sha256": "0"}, "unknown entries: weights_sha256"),
        (
            {"classes": [{"name": "a", "label": "A"}, {"name": "b", "label": "B"}]},
            "Names and order must be those of the run",
        ),
    ],
)
def test_card_texts_without_sense(
    texts: dict[str, Any],
    words: str,
    outlines: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    card = str(tmp_path / "texts.json")
    assert main(["publish", str(outlines), "--id", "x", "--card", card]) == 2
    assert words in capsys.readouterr().err


def report(capsys: pytest.CaptureFixture[str], root: Path, *options: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["check-data", str(root), *options, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_check_data_finds_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, _ = head(1)
    save(tmp_path / "train" / "blob" / "p1-1.png", picture)
    save(tmp_path / "train" / "ring" / "p3-1.png", head(2)[0])
    save(tmp_path / "test" / "ring" / "p2-1.bmp", picture)  # the same pixels, another file
    save(tmp_path / "test" / "blob" / "p1-2.png", head(3)[0])
    (tmp_path / "test" / "blob" / "p4-1.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    found = report(capsys, tmp_path, "--group-pattern", r"^(p\d+)")
    assert found["layout"] == "classes"
    assert found["classes"] == {"blob": 3, "ring": 2}
    assert found["parts"] == {"test": 3, "train": 2}
    findings = {finding["code"]: finding for finding in found["findings"]}
    assert findings["unreadable"]["examples"][0]["keys"] == ["test/blob/p4-1.png"]
    assert findings["duplicates_across_parts"]["title"].startswith("1 of 3 pictures of test (33 %)")
    assert findings["conflicting_labels"]["count"] == findings["duplicates"]["count"] - 1 == 1
    assert findings["patients_across_parts"]["examples"][0]["note"] == "p1 in train and test"
    assert main(["check-data", str(tmp_path), "--group-pattern", r"^(p\d+)"]) == 0
    text = capsys.readouterr().out
    assert "1 picture cannot be read and will be left out" in text
    assert "1 of 3 pictures of test (33 %) is pixel-identical to pictures of train" in text
    assert "1 patient on both sides of the given split" in text


def test_check_data_says_when_masks_are_boxes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        picture, mask = head(number)
        mask[:] = 0
        mask[5:15, 8 : 20 + number] = 255
        save(tmp_path / f"{number}.png", picture)
        save(tmp_path / f"{number}_mask.png", mask)
    found = report(capsys, tmp_path)
    assert found["masks"] == {"with": 3, "empty": 0, "rectangles": 3}
    title = next(f["title"] for f in found["findings"] if f["code"] == "rectangles")
    assert title == "All 3 masks are plain rectangles: these are boxes, not outlines"
    round_ones = report(capsys, mask_folder(tmp_path / "round", patients=1))
    assert "rectangles" not in {f["code"] for f in round_ones["findings"]}


def test_check_data_tells_its_progress(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-data", str(mask_folder(tmp_path)), "--json", "--progress"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["schema"] == 3
    lines = [json.loads(line) for line in output.err.splitlines()]
    assert [line["progress"] for line in lines] == sorted(line["progress"] for line in lines)
    assert lines[-1]["progress"] == 1.0
    # At most ten lines a second: on a quick machine one may stand for all.
    assert all(line["text"] for line in lines)


def test_run_resume_and_what_is_said(
    scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(tmp_path / "config.json", mask_config(tmp_path / "elsewhere", epochs=9))
    begin = ["run", str(tmp_path / "config.json"), "--data", str(scans), "--epochs", "1"]
    run = str(tmp_path / "run")
    assert main([*begin, "--out", run]) == 0
    output = capsys.readouterr().out
    assert "epoch 1 of 1: loss" in output
    assert "run: finished" in output
    assert main([*begin, "--out", run]) == 2
    assert "already holds a training run" in capsys.readouterr().err
    assert main(["run", "--out", run, "--resume", "--epochs", "2"]) == 0
    assert "epoch 2 of 2" in capsys.readouterr().out
    assert main(["run", "--out", run, "--resume", "--weights", "x"]) == 2


def test_stop_has_its_own_exit_codes(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tumordesk_training import loop

    check = loop.Trainer._check

    def stopping(self: loop.Trainer) -> None:
        check(self)
        if self._now.epoch == when:
            (self._folder / "STOP").touch()

    monkeypatch.setattr(loop.Trainer, "_check", stopping)
    write_config(tmp_path / "config.json", mask_config(scans, epochs=3))
    for when, code, words in (
        (0, 4, "before the first epoch"),
        (1, 130, "best checkpoint is kept"),
    ):
        out = str(tmp_path / f"run{when}")
        assert main(["run", str(tmp_path / "config.json"), "--out", out]) == code
        assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["check-data", "nowhere"], 2, "does not exist"),
        (["check-data", ".", "--index", "a:b"], 2, "is not FILE:KEY:GROUP"),
        (["run", "--out", "x"], 2, "Which configuration?"),
        (["run", "--out", "x", "--resume"], 2, "no training run to resume"),
        (["run", "missing.json", "--out", "x"], 2, "missing.json is missing"),
        (["evaluate", "nothing", "."], 3, "no model named nothing"),
        (["publish", "nowhere", "--id", "a"], 2, "config.json is missing"),
    ],
)
def test_errors_are_one_plain_sentence(
    arguments: list[str],
    code: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert error.startswith("tumordesk-train: ")
    assert words in error
    assert error.count("\n") == 1
    assert "Traceback" not in error


def test_an_id_that_cannot_be_one(outlines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(outlines), "--id", "../evil"]) == 2
    assert "letters, digits" in capsys.readouterr().err


def test_a_configuration_with_a_typing_error(
    scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(tmp_path / "config.json", mask_config(scans))
    text = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(text.replace('"epochs"', '"epoch"'))
    assert main(["run", str(tmp_path / "config.json"), "--out", str(tmp_path / "run")]) == 2
    assert "unknown entries: epoch" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(word in text for word in ("check-data", "run", "evaluate", "publish", "torchrun"))


def test_tuning_chooses_on_validation_alone(outlines: Path, scans: Path) -> None:
    from tumordesk.core.training_run import read_config
    from tumordesk.networks import build
    from tumordesk_training import checkpoints
    from tumordesk_training.dataset import build_cache
    from tumordesk_training.layouts import scan
    from tumordesk_training.setup import card_of
    from tumordesk_training.tune import SMALLEST_PX, THRESHOLDS, tune

    config = read_config(outlines / "config.json")
    network = build(config.architecture, card_of(config))
    network.load_state_dict(checkpoints.load(outlines / "checkpoints" / "best.pt")["model"])
    cases = scan(scans, config.data).cases[:8]
    cache = build_cache(cases, config.data, config.input, config.classes, config.task)
    with torch.no_grad():
        setting, found = tune(network, cache, config)
    assert setting.threshold in THRESHOLDS
    assert setting.min_slice_mass_px in SMALLEST_PX
    assert 0.5 < found["dice_mean"] <= 1.0


def test_tuning_of_pictures_prefers_few_false_alarms(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tumordesk_training import tune as module
    from tumordesk_training.dataset import Cache

    targets = np.zeros((4, 32, 32), np.uint8)
    targets[0, 4:20, 4:20] = targets[1, 4:20, 4:20] = 1
    sure = np.zeros((4, 32, 32), np.float16)
    sure[0, 4:20, 4:20] = 0.9
    sure[1, 4:20, 4:20] = 0.35  # a tumour that only a low threshold finds
    sure[2, 8:20, 8:20] = 0.32  # and so the low one raises a false alarm
    cache = Cache(targets, targets, ("a", "b", "c", "d"))
    monkeypatch.setattr(module, "probabilities", lambda *_: sure)
    config = mask_config(tmp_path)
    pictures = replace(config, data=replace(config.data, volumes=False))
    setting, found = module.tune(None, cache, pictures)  # type: ignore[arg-type]
    assert found["false_positive_share"] == 0.0
    assert setting.threshold > 0.32 or setting.min_slice_mass_px > 144
    volumes = replace(config, data=replace(config.data, volumes=True))
    assert module.tune(None, cache, volumes)[1]["dice_mean"] == 1.0  # type: ignore[arg-type]
