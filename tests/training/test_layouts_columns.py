"""Lists whose columns have other names than ours: what they mean, and what they do not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training_factories import class_folder, save
from tumordesk.core.training_run import DataConfig
from tumordesk_training.data import Case, DataSet, Remark, find_indexes
from tumordesk_training.evaluate import grouped_by_patient
from tumordesk_training.layouts import scan

EMPTY = np.zeros((8, 8), dtype=np.uint8)


def found(root: Path, **config: Any) -> DataSet:
    return scan(root, DataConfig(root=str(root), **config))


def listed(root: Path, header: str, *rows: str, masks: bool = False) -> DataSet:
    """What is found in a folder 'images' of six pictures, with a list of them."""
    for n in range(6):
        save(root / "images" / f"a{n}.png", EMPTY)
        if masks:
            save(root / "masks" / f"a{n}.png", EMPTY)
    (root / "list.csv").write_text("\n".join([header, *rows]))
    return found(root)


def each(pattern: str) -> Sequence[str]:
    """A row for each picture: {n} its number, {c} its class, {p} its patient."""
    return [pattern.format(n=n, c=("glioma", "no")[n % 2], p=f"P{n // 2}") for n in range(6)]


def by_key(data: DataSet) -> dict[str, Case]:
    return {case.key: case for case in data.cases}


def remark(data: DataSet, code: str) -> Remark:
    (one,) = (remark for remark in data.remarks if remark.code == code)
    return one


@pytest.mark.parametrize("picture", ["image_path", "File Path", "filepath", "images", "FileName"])
@pytest.mark.parametrize(
    ("label", "patient"),
    [
        ("diagnosis", "subject_id"),
        ("Class", "Patient ID"),
        ("target", "case_id"),
        ("class_name", "pid"),
        ("Labels", "Group-ID"),
    ],
)
def test_usual_names_of_columns(picture: str, label: str, patient: str, tmp_path: Path) -> None:
    data = listed(tmp_path, f"{picture},{label},{patient}", *each("images/a{n}.png,{c},{p}"))
    assert (data.layout, data.labels) == ("index", ("glioma", "no"))
    assert data.groups == ("P0", "P1", "P2")
    assert {case.source for case in data.cases} == {"csv"}
    assert data.remarks == ()


@pytest.mark.parametrize("name", ["a{n}.png", "a{n}", "images/a{n}.png"])
def test_bare_names_are_found_in_the_folder(name: str, tmp_path: Path) -> None:
    data = listed(tmp_path, "filename,label,patient_id", *each(name + ",{c},{p}"))
    assert (data.layout, data.labels, data.groups) == (
        "index", ("glioma", "no"), ("P0", "P1", "P2"),
    )  # fmt: skip
    assert "images/a0.png" in by_key(data)


def test_names_below_a_folder_keep_their_patients(tmp_path: Path) -> None:
    for patient in ("P1", "P2"):
        save(tmp_path / "images" / patient / "1.png", EMPTY)
    rows = ["P1/1.png,a,Anna", "P2/1.png,b,Berta"]
    (tmp_path / "list.csv").write_text("\n".join(["filename,label,patient", *rows]))
    groups = {key: (case.label, case.group) for key, case in by_key(found(tmp_path)).items()}
    assert groups == {"images/P1/1.png": ("a", "Anna"), "images/P2/1.png": ("b", "Berta")}


def test_a_name_that_several_pictures_have_is_told(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        save(tmp_path / "images" / folder / "a0.png", EMPTY)
    data = listed(tmp_path, "image,label", *each("images/a{n}.png,{c}"), "a0.png,glioma")
    assert data.problems == (
        ("a0.png", "several files have this name: write the path, with its folders"),
    )


@pytest.mark.parametrize(
    "header", ["image_path,mask_path,patient_id", "images,masks,patients", "path,target,pid",
               "Image,Segmentation,Subject", "image,label,patient"],
)  # fmt: skip
def test_usual_names_of_masks(header: str, tmp_path: Path) -> None:
    rows = each("images/a{n}.png,masks/a{n}.png,{p}")
    data = listed(tmp_path, header, *rows, masks=True)
    assert (data.layout, data.labels, data.groups) == ("index", (), ("P0", "P1", "P2"))
    assert by_key(data)["images/a3.png"].mask == tmp_path / "masks" / "a3.png"
    assert data.remarks == ()


def test_bare_names_of_masks_are_not_taken_for_pictures(tmp_path: Path) -> None:
    listed(tmp_path, "image,mask", *each("a{n}.png,a{n}.png"), masks=True)
    case = by_key(found(tmp_path, layout="index"))["images/a2.png"]
    assert case.mask == tmp_path / "masks" / "a2.png"


def test_measures_are_no_classes(tmp_path: Path) -> None:
    data = listed(tmp_path, "path,target", *(f"images/a{n}.png,0.{n}7" for n in range(6)))
    assert data.labels == ()
    told = remark(data, "columns_unread")
    assert told.severity == "warning"
    assert told.title == "list.csv is read without its columns 'target'"
    assert told.keys == (("target", "it holds measures, not classes"),)


def test_too_many_values_are_no_classes(tmp_path: Path) -> None:
    for n in range(12):
        save(tmp_path / "more" / f"{n}.png", EMPTY)
    rows = [f"more/{n}.png,note {n}" for n in range(12)]
    told = remark(listed(tmp_path, "path,diagnosis", *rows), "columns_unread")
    assert "12 different values in 12 rows" in told.keys[0][1]


def test_a_list_without_known_classes_says_which_columns_it_has(tmp_path: Path) -> None:
    told = remark(listed(tmp_path, "path,finding", *each("images/a{n}.png,{c}")), "columns_unread")
    assert "'finding'" in told.title
    assert "'label'" in told.advice


def test_a_set_is_a_part_only_by_its_words(tmp_path: Path) -> None:
    data = listed(tmp_path, "path,label,set", *each("images/a{n}.png,{c},br35h"))
    assert {case.part for case in data.cases} == {""}
    assert len(data.cases) == 6
    rows = [f"{row},{('train', 'test')[n % 2]}" for n, row in enumerate(each("images/a{n}.png,x"))]
    data = listed(tmp_path, "path,label,subset", *rows)
    assert {case.part for case in data.cases} == {"train", "test"}


def test_a_set_of_parts_with_one_that_is_not_known_leaves_that_out(tmp_path: Path) -> None:
    words = ("train", "train", "train", "test", "test", "external")
    rows = [f"images/a{n}.png,x,{word}" for n, word in enumerate(words)]
    data = listed(tmp_path, "path,label,set", *rows)
    assert len(data.cases) == 5
    assert "'external' (1)" in remark(data, "unknown_part").title


@pytest.mark.parametrize("column", ["pid", "case_id", "group id"])
def test_numbers_of_rows_are_no_groups(column: str, tmp_path: Path) -> None:
    data = listed(tmp_path, f"image,label,{column}", *each("images/a{n}.png,{c},{n}"))
    assert {case.source for case in data.cases} == {""}


def test_an_empty_column_of_patients_leaves_it_to_the_next(tmp_path: Path) -> None:
    data = listed(tmp_path, "image,label,patient,subject_id", *each("images/a{n}.png,{c},,{p}"))
    assert data.groups == ("P0", "P1", "P2")


@pytest.mark.parametrize(("column", "patients"), [("Patient ID", True), ("pid", True),
                                                  ("case_id", False)])  # fmt: skip
def test_which_groups_are_patients(column: str, patients: bool, tmp_path: Path) -> None:
    data = listed(tmp_path, f"image,label,{column}", *each("images/a{n}.png,{c},{p}"))
    assert [spec.group for spec in find_indexes(tmp_path)] == [column]
    config = DataConfig(root=str(tmp_path))
    assert grouped_by_patient(data.cases, tmp_path, config) is patients


def test_bare_names_count_less_than_class_folders_and_this_is_told(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=2)
    rows = "blob0.png,x,P1\nblob1.png,y,P1\nring0.png,x,P2\nring1.png,y,P2\n"
    (root / "list.csv").write_text("filename,label,patient\n" + rows)
    data = found(root)
    assert (data.layout, data.labels, data.groups) == ("classes", ("blob", "ring"), ("P1", "P2"))
    told = remark(data, "csv_unused")
    assert told.title.startswith("list.csv is not used for more than patients")
    assert "'index'" in told.advice
    assert found(root, layout="index").labels == ("x", "y")


def test_labels_that_the_folders_tell_as_well_need_no_remark(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=2)
    rows = "blob0.png,blob,P1\nblob1.png,Blob,P1\nring0.png,ring,P2\nring1.png,ring,P2\n"
    (root / "list.csv").write_text("filename,label,patient\n" + rows)
    data = found(root)
    assert (data.layout, data.groups, data.remarks) == ("classes", ("P1", "P2"), ())


def test_classes_of_a_list_beside_masks_are_told(tmp_path: Path) -> None:
    rows = each("images/a{n}.png,{c},{p}")
    data = listed(tmp_path, "image_path,label,patient", *rows, masks=True)
    assert data.layout == "masks"
    told = remark(data, "csv_unused")
    assert told.title.endswith(
        "not used for more than patients: the folder is read as pictures with masks"
    )
