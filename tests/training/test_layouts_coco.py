"""COCO documents with something wrong: no outline is lost without a word, none is drawn wrongly."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from coco_factories import (
    PLAIN,
    SIDE,
    SQUARE,
    cases,
    document,
    drawn,
    found,
    put,
    remarks,
)
from training_factories import save
from tumordesk.core.errors import DataError, TumorDeskError
from tumordesk.core.training_run import DataConfig
from tumordesk_training.check import check_data
from tumordesk_training.layouts import detect, scan
from tumordesk_training.run_length import outlines_of

# Outlines and pictures that do not find each other


def test_an_outline_of_a_picture_that_is_not_listed_is_told(tmp_path: Path) -> None:
    content = document()
    content["annotations"][0]["image_id"] = 999
    content["annotations"][1].pop("image_id")
    listed = found(put(tmp_path, content))
    assert set(cases(listed)) == {"2.png"}, "nobody knows whether the others hold a tumour"
    remark = remarks(listed)["outlines_lost"]
    assert remark.severity == "problem"
    assert "2 of 3 in train/_annotations.coco.json" in remark.title
    ((name, note),) = remark.keys
    assert name == "train/_annotations.coco.json"
    assert "1 with an image_id that no picture has" in note
    assert "1 without image_id" in note


def test_annotations_that_are_no_objects_are_lost_too(tmp_path: Path) -> None:
    content = document()
    content["annotations"][0] = None
    assert "outlines_lost" in remarks(found(put(tmp_path, content)))


@pytest.mark.parametrize("what", ["unknown", "no ids"])
def test_a_document_whose_outlines_all_are_lost_is_no_quiet_classification(
    what: str, tmp_path: Path
) -> None:
    content = document()
    for image, annotation in zip(content["images"], content["annotations"], strict=True):
        if what == "unknown":
            annotation["image_id"] += 1000
        else:
            image.pop("id")
    with pytest.raises(DataError, match=r"3 outlines cannot be matched .*_annotations\.coco\.json"):
        check_data(put(tmp_path, content), DataConfig(root=str(tmp_path)))


def test_a_picture_without_an_annotation_is_free_of_tumour(tmp_path: Path) -> None:
    content = document()
    del content["annotations"][2]
    listed = found(put(tmp_path, content))
    assert [case.empty for case in listed.cases] == [False, False, True]
    assert (listed.problems, listed.remarks) == ([], [])


@pytest.mark.parametrize("kind", [float, str, lambda n: f"{n:06d}"])
def test_numbers_written_in_another_way_are_the_same(kind: Any, tmp_path: Path) -> None:
    content = document()
    for annotation in content["annotations"]:
        annotation["image_id"] = kind(annotation["image_id"])
    listed = found(put(tmp_path, content))
    assert all(case.polygons for case in listed.cases)
    assert not listed.remarks


def test_two_pictures_of_one_id_are_left_out(tmp_path: Path) -> None:
    content = document()
    content["images"][1]["id"] = 0
    listed = found(put(tmp_path, content))
    assert set(cases(listed)) == {"2.png"}
    assert {name for name, _ in listed.problems} == {"0.png", "1.png"}
    assert remarks(listed)["same_id"].severity == "problem"


def test_a_damaged_picture_does_not_come_back_as_an_empty_one(tmp_path: Path) -> None:
    content = document()
    content["annotations"][0]["segmentation"] = [[1, 2]]
    root = put(tmp_path, content)
    second = document() | {"annotations": []}
    (root / "train" / "b.coco.json").write_text(json.dumps(second))
    assert "0.png" not in cases(found(root))


def test_what_one_list_calls_empty_and_another_outlines_is_left_out(tmp_path: Path) -> None:
    root = put(tmp_path, document() | {"annotations": []})
    (root / "train" / "b.coco.json").write_text(json.dumps(document()))
    listed = found(root)
    assert not listed.cases
    remark = remarks(listed)["listed_twice"]
    assert remark.severity == "problem"
    assert len(remark.keys) == 3


# Outlines without sense


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        ("NaN", "no finite number"),
        ("Infinity", "no finite number"),
        ("1e999", "no finite number"),
        ("9" * 400, "no finite number"),
        ("1e30", "far beyond"),
        ("-1e30", "far beyond"),
    ],
)
def test_coordinates_without_sense_leave_the_picture_out(
    x: str, reason: str, tmp_path: Path
) -> None:
    text = json.dumps(document()).replace("[4, 6,", f"[{x}, 6,", 1)
    listed = found(put(tmp_path, text))
    assert set(cases(listed)) == {"1.png", "2.png"}
    assert [name for name, _ in listed.problems] == ["0.png"]
    assert "outline is damaged" in listed.problems[0][1]
    assert reason in listed.problems[0][1]


@pytest.mark.parametrize(
    "points",
    [
        [-9, -9, -2, -9, -2, -2],
        [SIDE, 2, SIDE + 5, 2, SIDE, 9],
        [SIDE * 50, 2, SIDE * 50, 9, SIDE * 51, 9],
        [-9, 8, 8, -9, -9, -9],  # its box overlaps the picture, its area does not
    ],
)
def test_an_outline_outside_the_picture_makes_it_no_empty_one(
    points: list[int], tmp_path: Path
) -> None:
    content = document()
    content["annotations"][0]["segmentation"] = [points]
    listed = found(put(tmp_path, content))
    assert "0.png" not in cases(listed)
    assert "outside the picture" in dict(listed.problems)["0.png"]


def test_an_outline_over_the_edge_is_used(tmp_path: Path) -> None:
    content = document()
    content["annotations"][0]["segmentation"] = [[-3, -3, 5, -3, 5, 5, -3, 5]]
    listed = found(put(tmp_path, content))
    assert drawn(cases(listed)["0.png"]).sum() == 36


# Outlines for another size


def test_outlines_drawn_for_a_smaller_picture_are_scaled(tmp_path: Path) -> None:
    root = put(tmp_path, document())
    save(root / "train" / "0.png", np.zeros((2 * SIDE, 2 * SIDE), dtype=np.uint8))
    listed = found(root)
    scaled = tuple(2.0 * value for value in SQUARE)
    assert cases(listed)["0.png"].polygons == ((1, scaled),)
    assert cases(listed)["1.png"].polygons == ((1, tuple(map(float, SQUARE))),)
    remark = remarks(listed)["outlines_scaled"]
    assert (remark.severity, [key for key, _ in remark.keys]) == ("warning", ["train/0.png"])
    assert "1 picture" in remark.title


def test_outlines_drawn_for_another_shape_leave_the_picture_out(tmp_path: Path) -> None:
    root = put(tmp_path, document())
    save(root / "train" / "0.png", np.zeros((SIDE, 2 * SIDE), dtype=np.uint8))
    listed = found(root)
    assert "0.png" not in cases(listed)
    assert "20x20" in dict(listed.problems)["0.png"]
    assert "40x20" in dict(listed.problems)["0.png"]


@pytest.mark.parametrize("size", [(0, 0), (None, None), ("20", "20"), (float("nan"), 20)])
def test_a_size_that_is_none_says_nothing(size: tuple[Any, Any], tmp_path: Path) -> None:
    content = document()
    content["images"][0] |= {"width": size[0], "height": size[1]}
    listed = found(put(tmp_path, content))
    assert cases(listed)["0.png"].polygons == ((1, tuple(map(float, SQUARE))),)
    assert not listed.problems


def test_the_size_is_that_of_the_upright_picture(tmp_path: Path) -> None:
    content = document()
    content["images"][0] |= {"file_name": "turned.jpg", "width": SIDE, "height": 2 * SIDE}
    root = put(tmp_path, content)
    lying = Image.new("L", (2 * SIDE, SIDE))
    exif = lying.getexif()
    exif[0x0112] = 6
    lying.save(root / "train" / "turned.jpg", exif=exif)
    listed = found(root)
    assert cases(listed)["turned.jpg"].polygons == ((1, tuple(map(float, SQUARE))),)
    assert not listed.remarks


def test_run_lengths_of_another_shape_leave_the_picture_out(tmp_path: Path) -> None:
    content = document()
    content["annotations"][0]["segmentation"] = {"counts": [5, 20, 375], "size": [10, 40]}
    listed = found(put(tmp_path, content))
    assert "0.png" not in cases(listed)
    assert "40x10" in dict(listed.problems)["0.png"]


@pytest.mark.parametrize("factor", [2, 3, 2.1])
def test_run_lengths_of_another_size_grow_without_gaps(factor: float, tmp_path: Path) -> None:
    content = document()
    # Columns 2 and 3 of 10x10, rows 4 to 8.
    runs = {"counts": [24, 5, 5, 5, 61], "size": [10, 10]}
    content["annotations"][0]["segmentation"] = runs
    root = put(tmp_path, content)
    side = round(10 * factor)
    save(root / "train" / "0.png", np.zeros((side, side), dtype=np.uint8))
    listed = found(root)
    small = np.zeros((10, 10), dtype=np.uint8)
    small[4:9, 2:4] = 1
    nearest = Image.fromarray(small).resize((side, side), Image.Resampling.NEAREST)
    np.testing.assert_array_equal(drawn(cases(listed)["0.png"]), np.asarray(nearest))
    assert "outlines_scaled" in remarks(listed)


def test_a_mask_too_small_for_the_file_makes_it_no_empty_picture(tmp_path: Path) -> None:
    content = document()
    one = {"counts": [0, 1, 100 * 100 - 1], "size": [100, 100]}
    content["annotations"][0]["segmentation"] = one
    listed = found(put(tmp_path, content))
    assert "0.png" not in cases(listed)
    assert outlines_of(one, (SIDE, SIDE)) == []


def test_headers_of_many_pictures_are_read_once_and_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = document(300)
    del content["annotations"][200:]
    content["annotations"] += content["annotations"]
    root = put(tmp_path, content, count=300)
    opened: list[Path] = []
    real = Image.open

    def counting(path: Path, *args: Any, **words: Any) -> Image.Image:
        opened.append(path)
        return real(path, *args, **words)

    monkeypatch.setattr(Image, "open", counting)
    began = time.monotonic()
    assert len(found(root).cases) == 300
    assert time.monotonic() - began < 5
    assert len(opened) == len(set(opened)) == 200


# Names and files


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x" * 300 + ".png", "x" * 77 + "..."),
        ("a\0b.png", "a?b.png"),
        ("\ud800.png", "?.png"),
        ("../" * 12 + "etc/passwd", "../" * 12 + "etc/passwd"),
        (["l"], "_annotations.coco.json"),
        (None, "_annotations.coco.json"),
    ],
)
def test_odd_names_are_problems(name: Any, shown: str, tmp_path: Path) -> None:
    content = document()
    content["images"][0]["file_name"] = name
    listed = found(put(tmp_path, content))
    assert set(cases(listed)) == {"1.png", "2.png"}
    ((told, reason),) = listed.problems
    assert told == shown
    assert reason


def test_a_way_round_is_the_same_picture(tmp_path: Path) -> None:
    content = document()
    content["images"][0]["file_name"] = "../train/0.png"
    content["images"][1]["file_name"] = "0.png"
    listed = found(put(tmp_path, content))
    assert {case.key for case in listed.cases} == {"train/0.png", "train/2.png"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x_coco_notes.json", '{"a": 1}'),
        ("instances.json", "not json"),
        ("a/coco.json", ""),
        ("list.json", '{"x": {"images": 1, "annotations": 2, "file_name": 3}}'),
    ],
)
def test_a_file_that_is_no_coco_document_stops_no_class_folder(
    name: str, text: str, tmp_path: Path
) -> None:
    for label in ("a", "b"):
        save(tmp_path / label / "1.png", PLAIN)
    (tmp_path / name).write_text(text)
    data = scan(tmp_path, DataConfig(root=str(tmp_path)))
    assert (data.layout, data.labels) == ("classes", ("a", "b"))


@pytest.mark.parametrize("text", ["", "[" * 100_000, "not json", '{"images": [{"file_name": "1'])
def test_a_damaged_document_that_is_all_there_is_is_named(text: str, tmp_path: Path) -> None:
    root = put(tmp_path, text)
    with pytest.raises(TumorDeskError, match=r"_annotations\.coco\.json cannot be read"):
        scan(root, DataConfig(root=str(root)))


def test_a_damaged_document_in_class_folders_was_meant_to_be_read(tmp_path: Path) -> None:
    save(tmp_path / "scans" / "1.png", PLAIN)
    (tmp_path / "outlines.json").write_text(json.dumps(document())[:90])
    assert detect(tmp_path) == "coco"


def test_a_damaged_document_beside_a_whole_one_is_told(tmp_path: Path) -> None:
    root = put(tmp_path, document())
    save(root / "test" / "1.png", PLAIN)
    (root / "test" / "_annotations.coco.json").write_text(json.dumps(document())[:200])
    listed = found(root)
    assert len(listed.cases) == 3
    assert remarks(listed)["outlines_unread"].severity == "problem"
    assert "test/_annotations.coco.json" in remarks(listed)["outlines_unread"].title


def test_a_list_of_pictures_without_annotations_makes_no_empty_pictures(tmp_path: Path) -> None:
    content = document()
    del content["annotations"]
    with pytest.raises(TumorDeskError, match=r"_annotations\.coco\.json: it is not a COCO"):
        scan(put(tmp_path, content), DataConfig(root=str(tmp_path)))


# Boxes
