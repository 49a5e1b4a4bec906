"""COCO documents that hold boxes, or lie deeper down: read, and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coco_factories import (
    PLAIN,
    SIDE,
    SQUARE,
    Document,
    cases,
    document,
    drawn,
    found,
    put,
    remarks,
)
from training_factories import save
from tumordesk.core.training_run import DataConfig
from tumordesk_training.check import check_data
from tumordesk_training.coco_files import coco_files
from tumordesk_training.images import draw_polygons
from tumordesk_training.layouts import scan


def boxes(*kinds: Any) -> Document:
    """A document with a box for each picture, and that as its 'segmentation'."""
    content = document()
    for annotation, kind in zip(content["annotations"], kinds, strict=True):
        annotation["bbox"] = [4, 6, 5, 5]
        annotation["segmentation"] = kind
        if kind is None:
            del annotation["segmentation"]
    return content


def test_a_box_without_outline_counts_as_the_rectangle(tmp_path: Path) -> None:
    listed = found(put(tmp_path, boxes([], None, [[]])))
    expected = draw_polygons(((1, tuple(map(float, SQUARE))),), (SIDE, SIDE))
    for case in cases(listed).values():
        np.testing.assert_array_equal(drawn(case), expected)
    told = remarks(listed)["boxes"]
    assert told.severity == "warning"
    assert told.title.startswith("3 of 3 outlines of COCO files are boxes")
    assert [key for key, _ in told.keys] == [f"train/{n}.png" for n in range(3)]


def test_masks_that_are_all_boxes_are_a_finding(tmp_path: Path) -> None:
    root = put(tmp_path, boxes([], [], []))
    findings = {f.code: f for f in check_data(root, DataConfig(root=str(root))).findings}
    assert findings["rectangles"].severity == "problem"
    assert findings["boxes"].count == 3


def test_where_there_is_an_outline_the_box_does_not_count(tmp_path: Path) -> None:
    triangle = [4, 6, 9, 6, 9, 11]
    listed = found(put(tmp_path, boxes([triangle], [triangle], [])))
    assert cases(listed)["0.png"].polygons == ((1, tuple(map(float, triangle))),)
    assert remarks(listed)["boxes"].title.startswith("1 of 3 outlines of COCO files is a box")


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ([4, 6, 0, 5], "no area"),
        ([4, 6, 5, -5], "no area"),
        ([4, 6, 5], "neither outline nor box"),
        (["4", 6, 5, 5], "neither outline nor box"),
        ([float("nan"), 6, 5, 5], "no finite number"),
        ([400, 6, 5, 5], "outside the picture"),
    ],
)
def test_a_box_without_sense_leaves_the_picture_out(
    box: list[Any], reason: str, tmp_path: Path
) -> None:
    content = boxes([], [], [])
    content["annotations"][0]["bbox"] = box
    listed = found(put(tmp_path, content))
    assert "0.png" not in cases(listed)
    assert reason in dict(listed.problems)["0.png"]


def test_a_damaged_outline_does_not_become_its_box(tmp_path: Path) -> None:
    listed = found(put(tmp_path, boxes([[1, 2]], [], [])))
    assert "0.png" not in cases(listed)


def test_a_box_for_a_smaller_picture_is_scaled(tmp_path: Path) -> None:
    root = put(tmp_path, boxes([], [], []))
    save(root / "train" / "0.png", np.zeros((2 * SIDE, 2 * SIDE), dtype=np.uint8))
    scaled = tuple(2.0 * value for value in SQUARE)
    assert cases(found(root))["0.png"].polygons == ((1, scaled),)


# Where the documents lie


def lay(root: Path, file: str, pictures: str, count: int = 3) -> None:
    """A document at ``file``, and its pictures in the folder ``pictures``."""
    for n in range(count):
        save(root / pictures / f"{n}.png", PLAIN)
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(count)))


@pytest.mark.parametrize(
    ("file", "pictures"),
    [
        ("data/{p}/_annotations.coco.json", "data/{p}"),
        ("a/b/data/{p}/_annotations.coco.json", "a/b/data/{p}"),
        ("{p}/annotations/coco.json", "{p}/images"),
        ("{p}/annotations/coco.json", "{p}"),
        ("annotations/instances_{p}2017.json", "{p}2017"),
        ("annotations/instances_{p}2017.json", "images/{p}2017"),
        ("wrapper/annotations/instances_{p}2017.json", "wrapper/{p}2017"),
        ("annotations/{p}/coco.json", "images/{p}"),
        ("{p}/labels/annotations.json", "{p}/images"),
    ],
)
def test_documents_of_each_part_are_found(file: str, pictures: str, tmp_path: Path) -> None:
    for word in ("train", "val", "test"):
        lay(tmp_path, file.format(p=word), pictures.format(p=word))
    data = scan(tmp_path, DataConfig(root=str(tmp_path)))
    assert (data.layout, data.problems, data.remarks) == ("coco", (), ())
    assert {case.part for case in data.cases} == {"train", "val", "test"}
    assert all(case.polygons and case.part in case.key for case in data.cases)


@pytest.mark.parametrize("name", ["instances_{p}2017.json", "{p}.json", "tumour_{p}_coco.json"])
def test_a_document_tells_the_part_of_pictures_in_one_folder(name: str, tmp_path: Path) -> None:
    for word in ("train", "val"):
        save(tmp_path / "images" / f"{word}.png", PLAIN)
        content = document(1)
        content["images"][0]["file_name"] = f"{word}.png"
        path = tmp_path / "annotations" / name.format(p=word)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    listed = found(tmp_path)
    assert {case.image.stem: case.part for case in listed.cases} == {"train": "train", "val": "val"}


def test_masks_beside_a_document_are_not_taken_for_its_pictures(tmp_path: Path) -> None:
    lay(tmp_path, "set/annotations/train.json", "set/images/train")
    for n in range(3):
        save(tmp_path / "set" / "annotations" / "train" / f"{n}.png", PLAIN)
    assert {case.key for case in found(tmp_path).cases} == {
        f"set/images/train/{n}.png" for n in range(3)
    }


def test_names_with_backslashes(tmp_path: Path) -> None:
    content = document(1)
    content["images"][0]["file_name"] = "images\\0.png"
    save(tmp_path / "images" / "0.png", PLAIN)
    (tmp_path / "result.json").write_text(json.dumps(content))
    assert [case.key for case in found(tmp_path).cases] == ["images/0.png"]


def test_a_document_of_few_pictures_far_down_leaves_class_folders_alone(tmp_path: Path) -> None:
    for label in ("glioma", "no_tumor"):
        for n in range(5):
            save(tmp_path / label / f"{label}{n}.png", PLAIN)
    lay(tmp_path, "glioma/extra/coco/a.json", "glioma/extra/coco", count=2)
    data = scan(tmp_path, DataConfig(root=str(tmp_path)))
    assert data.layout == "classes"
    (told,) = (r for r in data.remarks if r.code == "coco_unused")
    assert "glioma/extra/coco/a.json is not used" in told.title
    assert "'coco'" in told.advice


def test_a_copy_far_down_does_not_count_beside_a_document_above(tmp_path: Path) -> None:
    lay(tmp_path, "train/_annotations.coco.json", "train")
    lay(tmp_path, "old/backup/train/_annotations.coco.json", "old/backup/train")
    listed = found(tmp_path)
    assert {case.key for case in listed.cases} == {f"train/{n}.png" for n in range(3)}
    assert "old/backup/train/_annotations.coco.json" in remarks(listed)["coco_unused"].title


def test_of_many_files_only_documents_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    real = Path.read_bytes

    def counting(path: Path) -> bytes:
        read.append(path)
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", counting)
    for folder in range(20):
        place = tmp_path / "glioma" / f"scan {folder}" / "slices"
        place.mkdir(parents=True)
        for n in range(150):
            (place / f"{n}.png").touch()
        (place / "note.json").write_text('{"EchoTime": 0.1}')
    assert coco_files(tmp_path) == []
    assert sorted(read) == sorted(tmp_path.rglob("note.json")), "each once, and no picture"
