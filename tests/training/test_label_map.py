"""Label maps whose numbers have names: read, learned, and refused where one has none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coco_factories import parts_of_coco
from training_factories import SPEC, mask_config, parts_folder, save
from tumordesk.core.errors import DataError
from tumordesk.core.label_numbers import LabelNumber, parse_labels
from tumordesk.core.training_run import DataConfig, write_config
from tumordesk_training.check import check_data
from tumordesk_training.cli import main
from tumordesk_training.dataset import build_cache
from tumordesk_training.images import load_mask
from tumordesk_training.label_map import ANY, label_map, numbers_in
from tumordesk_training.layouts import scan

CLASSES = ("background", "core", "oedema")
BRATS = parse_labels("1=core, 2=oedema, 4=core")


def parts(scale: int = 1) -> np.ndarray:
    values = np.zeros((40, 36), np.uint8)
    values[4:32, 4:32], values[8:24, 8:24], values[12:18, 12:18] = 2, 1, 4
    return values * np.uint8(scale)


def folder(root: Path, *masks: np.ndarray) -> Path:
    rng = np.random.default_rng(3)
    for number, mask in enumerate(masks):
        shade = rng.integers(0, 40, mask.shape) + 90 + number * 9
        save(root / "images" / f"p{number}.png", shade.astype(np.uint8))
        save(root / "masks" / f"p{number}.png", mask)
    return root


def test_each_number_becomes_the_class_of_its_name() -> None:
    found = label_map(BRATS, CLASSES).read("m", parts())
    wanted = np.array([0, 1, 2, 9, 1], np.uint8)[parts()]
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(label_map((), CLASSES[:2]).read("m", parts()), parts() > 0)
    assert label_map((), CLASSES[:2]) == ANY


def test_what_is_named_background_is_not_outlined() -> None:
    only = label_map(parse_labels("4=core, 1=, 2="), ("background", "core"))
    np.testing.assert_array_equal(only.read("m", parts()), parts() == 4)


def test_a_number_without_a_name_is_refused_with_the_file() -> None:
    with pytest.raises(DataError, match=r"scan\.png holds the number 4, which has no name"):
        label_map(BRATS[:2], CLASSES).read("scan.png", parts())


def test_names_that_the_model_does_not_know_are_refused() -> None:
    with pytest.raises(DataError, match="'core'"):
        label_map(BRATS, ("background", "oedema"))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_levels_far_apart_are_numbers_too(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "m.png"
    Image.fromarray(parts(60)).convert(mode).save(path)
    levels = tuple(LabelNumber(60 * one.number, one.name) for one in BRATS)
    found = load_mask(path, label_map(levels, CLASSES))
    np.testing.assert_array_equal(found, label_map(BRATS, CLASSES).read("m", parts()))


def test_numbers_are_told_from_the_shades_of_an_edge() -> None:
    assert numbers_in(parts()) == (1, 2, 4)
    assert numbers_in(parts(60)) == (60, 120, 240)
    assert numbers_in((parts() > 0) * 255) == ()
    shaded = Image.fromarray((parts() > 0).astype(np.uint8) * 255)
    blurred = np.asarray(shaded.resize((80, 80), Image.Resampling.BILINEAR))
    assert len(np.unique(blurred)) > 2
    assert numbers_in(blurred) == ()
    assert numbers_in(np.array([[0.0, 0.5]])) == ()


def test_the_pictures_of_a_training_hold_the_classes_by_name(tmp_path: Path) -> None:
    root = folder(tmp_path, parts(), parts()[::-1])
    config = DataConfig(root=str(root), labels=BRATS)
    spec = replace(SPEC, size=(40, 36))
    cache = build_cache(list(scan(root, config).cases), config, spec, CLASSES, "segmentation")
    assert [np.unique(target).tolist() for target in cache.targets] == [[0, 1, 2]] * 2
    unnamed = replace(config, labels=parse_labels("1=core, 2=oedema"))
    with pytest.raises(DataError, match="the number 4, which has no name"):
        build_cache(list(scan(root, config).cases), unnamed, spec, CLASSES, "segmentation")


def test_the_check_counts_only_what_is_outlined(tmp_path: Path) -> None:
    mostly = parts()
    mostly[mostly == 4] = 1
    root = folder(tmp_path, parts(), mostly)
    found = check_data(root, DataConfig(labels=parse_labels("1=, 2=, 4=core")))
    assert (found.masks["with"], found.masks["empty"]) == (2, 1)
    assert found.labels == {"1": 2, "2": 2, "4": 1}
    told = next(one for one in found.findings if one.code == "label_numbers")
    assert (
        told.advice == "They are learned by name: 1 is background, 2 is background and 4 is core."
    )
    assert check_data(root, DataConfig()).masks["empty"] == 0


def test_a_number_without_a_name_is_an_unreadable_mask_of_the_check(tmp_path: Path) -> None:
    plain = np.minimum(parts(), 2)
    root = folder(tmp_path, parts(), plain)
    found = check_data(root, DataConfig(labels=parse_labels("1=core, 2=oedema")))
    unread = next(one for one in found.findings if one.code == "unreadable")
    assert [example.keys for example in unread.examples] == [("images/p0.png",)]
    assert "the number 4, which has no name" in unread.examples[0].note


def test_from_numbers_to_a_model_that_knows_what_they_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = parts_folder(tmp_path / "parts")
    data = DataConfig(root=str(root), volumes=True, labels=BRATS)
    config = mask_config(root, classes=CLASSES, data=data, epochs=1)
    write_config(tmp_path / "parts.json", config)
    run = str(tmp_path / "run")
    assert main(["run", str(tmp_path / "parts.json"), "--out", run]) == 0
    assert main(["publish", run, "--id", "parts"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "parts", str(root), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["dice_by_class"]) == {"core", "oedema"}
    assert found["skipped"] == []
    assert main(["evaluate", "parts", str(root), "--labels", "1=core, 2=oedema", "--json"]) == 0
    left = json.loads(capsys.readouterr().out)
    assert {one["reason"][-len("which has no name.") :] for one in left["skipped"]} == {
        "which has no name."
    }
    coco = parts_of_coco(tmp_path / "coco", {"oedema": 1, "core": 2})
    assert main(["evaluate", "parts", str(coco)]) == 2
    assert "other numbers: 'oedema' is 1 and 'core' is 2" in capsys.readouterr().err
    assert main(["evaluate", "parts", str(coco), "--labels", "1=oedema, 2=core"]) == 0
    swapped = {"labels": {"0": "background", "1": "Oedema", "2": "Core"}}
    (root / "dataset.json").write_text(json.dumps(swapped))
    assert main(["evaluate", "parts", str(root)]) == 2
    assert "says that 1 is 'Oedema', and parts learned it as 'core'" in capsys.readouterr().err
    assert main(["evaluate", "parts", str(root), "--labels", "1=cyst"]) == 2
    assert "'cyst'" in capsys.readouterr().err
