"""Categories of COCO files as parts of a tumour, each outlined and measured by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coco_factories import cases, document, drawn, found, parts_of_coco, put, square
from training_factories import mask_config, parts_folder
from tumordesk.core.data_report import DataFinding, DataReport
from tumordesk.core.label_numbers import LabelNumber, parse_labels
from tumordesk.core.training_run import DataConfig, write_config
from tumordesk_training.check import check_data
from tumordesk_training.check.look import mask_of
from tumordesk_training.cli import main
from tumordesk_training.coco_categories import LAST, Categories
from tumordesk_training.label_map import ANY
from tumordesk_training.layouts import scan

PARTS = {"oedema": 1, "core": 2}
BY_NAME = (LabelNumber(1, "swelling", "oedema"), LabelNumber(2, "core", "core"))


def listed(**ids: int) -> dict[str, Any]:
    return {"categories": [{"id": n, "name": name} for name, n in ids.items()], "annotations": []}


def finding(report: DataReport, code: str) -> DataFinding:
    return next(one for one in report.findings if one.code == code)


def test_an_inner_part_is_not_covered_by_the_one_around_it(tmp_path: Path) -> None:
    root = parts_of_coco(tmp_path, PARTS, 2)
    values = drawn(cases(found(root))["p0.png"])
    numbers, counts = np.unique(values, return_counts=True)
    assert dict(zip(numbers.tolist(), counts.tolist(), strict=True)) == {
        0: values.size - 14 * 14,
        1: 14 * 14 - 5 * 5,
        2: 5 * 5,
    }


def test_a_category_keeps_its_id_and_one_that_cannot_takes_the_next() -> None:
    categories = Categories()
    # A category of id 0 cannot be 0, which is the background, and takes nobody's number.
    assert categories.numbers(listed(mass=0, oedema=1, core=3)) == {"0": 2, "1": 1, "3": 3}
    assert categories.names == {2: "mass", 1: "oedema", 3: "core"}


def test_the_files_of_a_folder_number_their_categories_by_name() -> None:
    categories = Categories()
    assert categories.numbers(listed(oedema=1, core=2)) == {"1": 1, "2": 2}
    assert categories.numbers(listed(Core=1, oedema=2, cyst=3)) == {"1": 2, "2": 1, "3": 3}
    assert categories.numbers(listed(other=3)) == {"3": 4}


def test_an_id_that_no_list_has_is_a_category_too() -> None:
    content = {"annotations": [{"category_id": 7}, {}, None]}
    assert Categories().numbers(content) == {"7": 7, None: 1}


def test_no_number_is_larger_than_a_pixel_can_hold() -> None:
    many = {f"c{n}": n for n in range(1, 2 * LAST)}
    assert max(Categories().numbers(listed(**many)).values()) == LAST


def test_a_name_that_was_given_to_a_category_goes_before_the_ids() -> None:
    numbers = Categories(BY_NAME).numbers(listed(core=1, oedema=2, cyst=5))
    assert numbers == {"1": 2, "2": 1, "5": 5}
    # What has the id of another part, and no name of its own, is not taken for that part.
    assert Categories(BY_NAME).numbers(listed(necrosis=1, core=2)) == {"1": 3, "2": 2}


def test_the_check_tells_the_categories_and_what_they_are_learned_as(tmp_path: Path) -> None:
    root = parts_of_coco(tmp_path, PARTS)
    report = check_data(root, DataConfig(root=str(root)))
    assert report.labels == {"1": 12, "2": 12}
    assert report.label_names == {"1": "oedema", "2": "core"}
    told = finding(report, "label_numbers")
    assert told.severity == "warning"
    assert "'oedema' (number 1, in 12 pictures) and 'core' (number 2" in told.title
    assert "learned as one outline" in told.advice
    assert told.examples[0].note == "oedema and core"
    named = finding(check_data(root, DataConfig(labels=BY_NAME)), "label_numbers")
    assert named.severity == "info"
    assert named.advice == "They are learned by name: oedema is swelling and core is core."


def test_one_category_that_is_used_asks_nothing(tmp_path: Path) -> None:
    content = document()
    content["categories"].append({"id": 2, "name": "cyst"})
    codes = {one.code for one in check_data(put(tmp_path, content), DataConfig()).findings}
    assert "category_without_pictures" in codes
    assert "label_numbers" not in codes
    assert "categories" not in codes


def test_a_category_called_background_makes_no_tumour(tmp_path: Path) -> None:
    content = document()
    content["categories"].append({"id": 2, "name": "skull"})
    content["annotations"][0] = {**content["annotations"][0], "category_id": 2}
    content["annotations"][1]["segmentation"] = [square(3, 3, 6)]
    root = put(tmp_path, content)
    labels = parse_labels("1=tumour, 2=")
    report = check_data(root, DataConfig(labels=labels))
    assert (report.masks["with"], report.masks["empty"]) == (3, 1)
    classes = scan(root, DataConfig(label_from_mask=True, labels=labels)).cases
    assert {case.image.name: case.label for case in classes} == {
        "0.png": "no_tumour",
        "1.png": "tumour",
        "2.png": "tumour",
    }


def test_from_categories_to_a_model_that_finds_them_under_other_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = parts_of_coco(tmp_path / "parts", PARTS)
    data = DataConfig(root=str(root), labels=BY_NAME)
    classes = ("background", "swelling", "core")
    config = mask_config(root, classes=classes, data=data, epochs=12)
    write_config(tmp_path / "parts.json", config)
    run = str(tmp_path / "run")
    assert main(["run", str(tmp_path / "parts.json"), "--out", run]) == 0
    assert main(["publish", run, "--id", "parts", "--no-record"]) == 0
    other = parts_of_coco(tmp_path / "other", {"core": 1, "oedema": 2})
    capsys.readouterr()
    figures = []
    for folder in (root, other):
        assert main(["evaluate", "parts", str(folder), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["skipped"] == []
        figures.append(told["dice_by_class"])
    assert set(figures[0]) == {"swelling", "core"}
    assert figures[0]["swelling"] > 0.5, "else numbers in another order would not be seen"
    assert figures[1] == figures[0]
    maps = parts_folder(tmp_path / "maps")
    assert main(["evaluate", "parts", str(maps), "--json"]) == 2
    told = capsys.readouterr().err
    assert "maps has label maps" in told
    assert '--labels "1=swelling, 2=core"' in told
    given = ["--labels", "1=core, 2=swelling, 4=core"]
    assert main(["evaluate", "parts", str(maps), "--json", *given]) == 0
    capsys.readouterr()
    unknown = parts_of_coco(tmp_path / "unknown", {"oedema": 1, "cyst": 2, "core": 3}, 1)
    text = (unknown / "_annotations.coco.json").read_text()
    (unknown / "_annotations.coco.json").write_text(
        text.replace('"category_id": 1', '"category_id": 2')
    )
    assert main(["evaluate", "parts", str(unknown), "--json"]) != 0
    assert "has no name" in capsys.readouterr().err


def test_without_names_all_categories_are_one_outline(tmp_path: Path) -> None:
    root = parts_of_coco(tmp_path, PARTS, 2)
    one = DataConfig(root=str(root))
    assert check_data(root, one).masks["with"] == 2
    case = scan(root, one).cases[0]
    mask = mask_of(case, drawn(case).shape, ANY)
    assert mask is not None
    assert np.unique(mask).tolist() == [0, 1]
