"""What the names of folders are taken for: parts, patients, classes, pictures and masks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training_factories import head, save
from tumordesk.core.training_run import DataConfig
from tumordesk_training.data import DataSet
from tumordesk_training.folder_names import part_of_folder
from tumordesk_training.layouts import scan
from tumordesk_training.patient_folders import is_patient_folder

EMPTY = np.zeros((8, 8), dtype=np.uint8)


def found(root: Path, **config: Any) -> DataSet:
    return scan(root, DataConfig(root=str(root), **config))


def pictures(root: Path, *names: str) -> Path:
    for name in names:
        save(root / name, EMPTY)
    return root


def in_groups(root: Path, names: list[str], *, masks: bool = False) -> DataSet:
    """Two pictures in each folder, with masks beside them or not."""
    for name in names:
        for number in (1, 2):
            save(root / name / f"{number}.png", EMPTY)
            if masks:
                save(root / name / f"{number}_mask.png", EMPTY)
    return found(root)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train2017", "train"), ("valid2017", "val"), ("test2017", "test"),
        ("training_set", "train"), ("test_set", "test"), ("Train_data", "train"),
        ("Testing Data", "test"), ("dev", "val"), ("eval", "val"), ("Hold-out", "test"),
        ("val_images", "val"), ("test_256x256", "test"), ("imagesTr", "train"),
        ("labelsTs", "test"), ("trainannot", "train"),
        ("training_001", ""), ("BraTS20_Training_001", ""), ("test1", ""), ("Contest", ""),
        ("glioma", ""), ("data", ""), ("MICCAI_BraTS2020_TrainingData", ""), ("tr", ""), ("Ts", ""),
        ("images", ""), ("trainees", ""),
    ],
)  # fmt: skip
def test_folders_named_after_parts(name: str, part: str) -> None:
    assert part_of_folder(name) == part


@pytest.mark.parametrize("names", [
    ("training_set", "test_set"), ("Train_data", "Test_data"), ("train2017", "test2017"),
])  # fmt: skip
def test_the_given_test_set_is_never_mixed_into_training(
    names: tuple[str, str], tmp_path: Path
) -> None:
    for part in names:
        for label in ("cats", "dogs"):
            save(tmp_path / part / label / "1.png", EMPTY)
    data = found(tmp_path)
    assert data.labels == ("cats", "dogs")
    parts = {case.key.split("/")[0]: case.part for case in data.cases}
    assert parts == {names[0]: "train", names[1]: "test"}


@pytest.mark.parametrize(
    "name", ["Patient_07", "P3", "pt 12", "0012", "12a", "case 3 (left)", "S01_T1", "sub-01",
             "TCGA_CS_4941_19960909", "patient_256", "BraTS20_Training_001"],
)  # fmt: skip
def test_folders_of_patients(name: str) -> None:
    assert is_patient_folder(name)


@pytest.mark.parametrize(
    "name", ["data_224x224", "Dataset_2023", "images_256", "brain_512", "224x224", "256", "2023",
             "20230131", "fold_001", "part_001", "images_001", "Training_001", "2D", "3D_T1",
             "grade_001", "glioma", "1_glioma", "glioma_926", "BraTS_2018", "kaggle_3m"],
)  # fmt: skip
def test_folders_of_no_patients(name: str) -> None:
    same = ["data_512x512", "Dataset_2022", "brain_256", "512x512", "128", "2022", "20230201"]
    others = ["fold_002", "part_002", "images_002", "Training_002", "3D", "grade_002",
              "2_meningioma", "meningioma_937"]  # fmt: skip
    assert not is_patient_folder(name)
    assert not is_patient_folder(name, [*same, *others])


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("BRAIN_012", "BRAIN_013"), ("07_left", "08_left"), ("UMC001", "LUM117"), ("256", "17"),
        ("brain_512", "brain_513"), ("scan 001", "scan 002"), ("BRAIN_7", "BRAIN_101"),
    ],
)  # fmt: skip
def test_a_number_is_a_patient_where_there_are_more_of_them(name: str, beside: str) -> None:
    assert is_patient_folder(name, [name, beside])
    assert not is_patient_folder(name, [name, "glioma"])


@pytest.mark.parametrize(
    "above", ["data_224x224", "Dataset_2023", "brain_512", "MICCAI_BraTS_2018_Data"]
)
def test_a_wrapping_folder_is_no_patient(above: str, tmp_path: Path) -> None:
    data = in_groups(tmp_path, [f"{above}/train/yes", f"{above}/val/no"])
    assert data.labels == ("no", "yes")
    assert {case.part for case in data.cases} == {"train", "val"}
    assert len(data.groups) == 4
    assert not any(case.source for case in data.cases)


def test_sizes_in_the_names_of_picture_folders_are_no_patients(tmp_path: Path) -> None:
    names = [f"{kind}_256/{number}.png" for kind in ("images", "masks") for number in (1, 2)]
    data = found(pictures(tmp_path, *names))
    assert (data.layout, len(data.groups), data.problems) == ("masks", 2, ())


def test_a_series_of_numbered_folders_is_one_of_patients(tmp_path: Path) -> None:
    data = in_groups(tmp_path, ["glioma/AB001", "glioma/AB002", "pituitary/AB007"])
    assert data.labels == ("glioma", "pituitary")
    assert data.groups == ("AB001", "AB002", "AB007")
    assert {case.source for case in data.cases} == {"folders"}


def test_folders_that_speak_of_files_are_no_classes(tmp_path: Path) -> None:
    data = in_groups(tmp_path, ["glioma/images", "no_tumor/images_256", "glioma/256x256"])
    assert data.labels == ("glioma", "no_tumor")


@pytest.mark.parametrize("above", ["data", "brainTumorDataPublic"])
def test_numbers_below_one_folder_are_classes(above: str, tmp_path: Path) -> None:
    data = in_groups(tmp_path, [f"{above}/{number}" for number in (0, 1, 2)])
    assert data.labels == ("0", "1", "2")
    assert len(data.groups) == 6
    assert not any(case.source for case in data.cases)


def test_numbers_below_classes_are_patients(tmp_path: Path) -> None:
    data = in_groups(tmp_path, ["glioma/1", "glioma/2", "pituitary/3"])
    assert data.labels == ("glioma", "pituitary")
    assert len(data.groups) == 3


def test_many_numbers_below_one_folder_are_patients(tmp_path: Path) -> None:
    data = in_groups(tmp_path, [f"glioma/{number:03d}" for number in range(1, 4)])
    assert (data.labels, len(data.groups)) == (("glioma",), 3)


def test_the_only_folder_of_its_kind_is_no_class_beside_one(tmp_path: Path) -> None:
    data = in_groups(tmp_path, ["glioma/ABC123", "no_tumor"])
    assert data.labels == ("glioma", "no_tumor")


def test_classes_with_their_counts_are_no_patients(tmp_path: Path) -> None:
    data = in_groups(tmp_path, ["data/glioma_926", "data/pituitary_901", "data/1_other"])
    assert data.labels == ("1_other", "glioma_926", "pituitary_901")


@pytest.mark.parametrize(
    ("folder", "mask"),
    [
        ("images", "ground_truth"), ("Original", "Ground Truth"), ("MRI", "Mask"),
        ("images", "tumor_masks"), ("input", "output"), ("imgs", "msks"), ("images", "segmaps"),
        ("train", "trainannot"), ("imagesTr", "labelsTr"), ("images", "Mask Images"),
        ("images_256", "masks"), ("Flair", "ROI"), ("scans", "GroundTruth"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("above", ["", "deep/test/"])
def test_folders_of_masks(folder: str, mask: str, above: str, tmp_path: Path) -> None:
    for number in range(3):
        picture, drawn = head(number)
        save(tmp_path / f"{above}{folder}/{number}.png", picture)
        save(tmp_path / f"{above}{mask}/{number}.png", drawn)
    save(tmp_path / f"{above}{folder}/9.png", EMPTY)
    data = found(tmp_path)
    assert data.layout == "masks"
    assert [case.mask for case in data.cases] == [
        tmp_path / f"{above}{mask}/{number}.png" for number in range(3)
    ]
    assert data.labels == ()
    assert data.problems == ((f"{above}{folder}/9.png", "it has no mask"),)


@pytest.mark.parametrize(
    "labels",
    [
        ("with_mask", "without_mask"), ("mask", "nomask"), ("yes", "Br35H-Mask-RCNN"),
        ("MRI", "Mask"), ("input", "output"), ("no", "label"), ("Flair", "ROI"),
    ],
)  # fmt: skip
def test_pictures_of_the_same_names_are_classes_where_none_are_masks(
    labels: tuple[str, str], tmp_path: Path
) -> None:
    for label in labels:
        for number in range(3):
            save(tmp_path / label / f"{number}.png", head(number)[0])
    data = found(tmp_path)
    assert (data.layout, data.labels) == ("classes", tuple(sorted(labels)))


def test_a_class_called_mask_is_one_where_the_names_differ(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / "face" / f"{number}.png", EMPTY)
        save(tmp_path / "mask" / f"m{number}.png", EMPTY)
    data = found(tmp_path)
    assert (data.layout, data.labels) == ("classes", ("face", "mask"))


def test_pairs_further_down_come_before_folders_that_are_merely_alike(tmp_path: Path) -> None:
    for name in ("1", "2"):
        save(tmp_path / "classification" / "glioma" / f"{name}.png", EMPTY)
        save(tmp_path / "segmentation" / "train" / "images" / f"{name}.png", EMPTY)
        save(tmp_path / "segmentation" / "train" / "masks" / f"{name}.png", EMPTY)
    data = found(tmp_path)
    assert {case.key.split("/")[0] for case in data.cases} == {"segmentation"}
    assert len(data.cases) == 2


@pytest.mark.parametrize(
    "suffix", ["_segm", "_msk", "_roi", "_lesion", "_groundtruth", "_GroundTruth", "_ground_truth",
               "_m", "_tumor", "mask", "_binary_mask", "_annot", "_contour", "_mask_1", "_lbl"],
)  # fmt: skip
def test_suffixes_of_masks(suffix: str, tmp_path: Path) -> None:
    for number in range(3):
        picture, drawn = head(number)
        save(tmp_path / f"a{number}.png", picture)
        save(tmp_path / f"a{number}{suffix}.png", drawn)
    data = found(tmp_path)
    assert (data.layout, data.problems) == ("masks", ())
    assert [case.mask for case in data.cases] == [
        tmp_path / f"a{number}{suffix}.png" for number in range(3)
    ]


@pytest.mark.parametrize("suffix", ["_m", "_roi", "_tumor"])
def test_copies_with_a_suffix_are_no_masks(suffix: str, tmp_path: Path) -> None:
    for label in ("glioma", "no"):
        for number in range(3):
            picture = head(number)[0]
            save(tmp_path / label / f"{number}.png", picture)
            save(tmp_path / label / f"{number}{suffix}.png", picture[:, ::-1])
    data = found(tmp_path)
    assert (data.layout, len(data.cases)) == ("classes", 12)


def test_a_picture_whose_name_ends_like_a_mask_keeps_its_mask(tmp_path: Path) -> None:
    data = found(pictures(tmp_path, "1_lesion.png", "1_lesion_mask.png", "2.png", "2_mask.png"))
    assert [case.key for case in data.cases] == ["1_lesion.png", "2.png"]
    assert data.problems == ()


def test_a_second_mask_is_told_and_no_picture(tmp_path: Path) -> None:
    names = ("benign (1).png", "benign (1)_mask.png", "benign (1)_mask_1.png")
    data = found(pictures(tmp_path, *(f"benign/{name}" for name in names)))
    assert [case.mask for case in data.cases] == [tmp_path / "benign" / names[1]]
    reason = "its picture has another mask: only one is read"
    assert data.problems == ((f"benign/{names[2]}", reason),)


@pytest.mark.parametrize(("first", "second"), [("7", "8"), ("anna", "otto"), ("train/7", "test/8")])
def test_a_folder_for_each_case(first: str, second: str, tmp_path: Path) -> None:
    for name in (first, second):
        pictures(tmp_path, f"{name}/image.png", f"{name}/mask.png")
    data = found(tmp_path)
    assert (data.layout, data.labels, data.problems) == ("masks", (), ())
    assert {case.image.parent: case.mask for case in data.cases} == {
        tmp_path / name: tmp_path / name / "mask.png" for name in (first, second)
    }
    assert len(data.groups) == 2
