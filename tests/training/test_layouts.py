"""What is found in the folders people have."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from training_factories import class_folder, head, mask_folder, save
from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig, IndexSpec
from tumordesk_training.data import Case, DataSet
from tumordesk_training.layouts import scan

EMPTY = np.zeros((8, 8), dtype=np.uint8)


def found(root: Path, **config: Any) -> DataSet:
    return scan(root, DataConfig(root=str(root), **config))


def by_key(data: DataSet) -> dict[str, Case]:
    return {case.key: case for case in data.cases}


def nifti(path: Path, *, labels: bool = False, slices: int = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    stack = [head(n)[int(labels)] for n in range(slices)]
    sitk.WriteImage(sitk.GetImageFromArray(np.stack(stack)), str(path))
    return path


def test_class_folders(tmp_path: Path) -> None:
    data = found(class_folder(tmp_path, each=2))
    assert data.layout == "classes"
    assert data.labels == ("blob", "ring")
    assert {case.part for case in data.cases} == {""}
    assert len(data.groups) == 4


@pytest.mark.parametrize("names", [("train", "val", "test"), ("Training", "valid", "Testing")])
@pytest.mark.parametrize("order", ["part/class", "class/part"])
def test_class_folders_with_parts(names: tuple[str, ...], order: str, tmp_path: Path) -> None:
    for part in names:
        for label in ("glioma", "no_tumor"):
            folder = Path(part, label) if order == "part/class" else Path(label, part)
            save(tmp_path / folder / f"{label}1.png", EMPTY)
    data = found(tmp_path)
    assert data.labels == ("glioma", "no_tumor")
    assert {case.part for case in data.cases} == {"train", "val", "test"}
    assert all(case.has_mask == (case.label == "no_tumor") for case in data.cases)


def test_patients_within_class_folders(tmp_path: Path) -> None:
    for name in ("glioma/P01/1.png", "glioma/P01/2.png", "pituitary/P02/1.png", "loose.png"):
        save(tmp_path / name, EMPTY)
    data = found(tmp_path)
    assert data.labels == ("glioma", "pituitary")
    assert data.groups == ("P01", "P02")
    assert data.problems == (("loose.png", "it is in no class folder"),)


def test_numbers_as_class_names(tmp_path: Path) -> None:
    for name in ("1/a.png", "1/b.png", "2/c.png"):
        save(tmp_path / name, EMPTY)
    data = found(tmp_path)
    assert data.labels == ("1", "2")
    assert len(data.groups) == 3


def test_masks_with_a_suffix_and_patients_in_the_names(tmp_path: Path) -> None:
    root = mask_folder(tmp_path, patients=2, slices=3)
    save(root / "TCGA_AA_0000_9.png", EMPTY)
    data = found(root)
    assert data.layout == "masks"
    assert data.groups == ("TCGA_AA_0000", "TCGA_AA_0001")
    assert len(data.cases) == 6
    assert all(case.mask is not None and case.mask.stem.endswith("_mask") for case in data.cases)
    assert data.problems == (("TCGA_AA_0000_9.png", "it has no mask"),)


def test_the_folders_of_kaggle_3m(tmp_path: Path) -> None:
    for patient in ("TCGA_CS_4941_19960909", "TCGA_DU_5849_19950405"):
        for number in (1, 2):
            save(tmp_path / "kaggle_3m" / patient / f"{patient}_{number}.tif", EMPTY)
            save(tmp_path / "kaggle_3m" / patient / f"{patient}_{number}_mask.tif", EMPTY)
    data = found(tmp_path)
    assert (data.layout, len(data.cases)) == ("masks", 4)
    assert data.groups == ("TCGA_CS_4941", "TCGA_DU_5849")


def test_folders_named_after_patients_are_groups(tmp_path: Path) -> None:
    for name in ("patient_01/a", "patient_01/b", "patient_02/a"):
        save(tmp_path / f"{name}.png", EMPTY)
        save(tmp_path / f"{name}_mask.png", EMPTY)
    data = found(tmp_path)
    assert data.groups == ("patient_01", "patient_02")
    masks = {case.key: case.mask for case in data.cases}
    assert masks["patient_02/a.png"] == tmp_path / "patient_02" / "a_mask.png"


def test_two_folders(tmp_path: Path) -> None:
    save(tmp_path / "images" / "glioma" / "7.jpg", EMPTY)
    save(tmp_path / "images" / "no_tumor" / "8.jpg", EMPTY)
    save(tmp_path / "images" / "glioma" / "9.jpg", EMPTY)
    save(tmp_path / "masks" / "7.png", EMPTY)
    cases = by_key(found(tmp_path))
    assert cases["images/glioma/7.jpg"].mask == tmp_path / "masks" / "7.png"
    assert cases["images/no_tumor/8.jpg"].has_mask
    assert not cases["images/glioma/9.jpg"].has_mask


def test_no_picture_gets_the_mask_of_another_of_the_same_name(tmp_path: Path) -> None:
    for patient in ("P1", "P2"):
        save(tmp_path / "images" / patient / "1.png", EMPTY)
    save(tmp_path / "masks" / "P1" / "1.png", EMPTY)
    data = found(tmp_path)
    assert [case.key for case in data.cases] == ["images/P1/1.png"]
    assert data.problems == (("images/P2/1.png", "it has no mask"),)


def test_two_folders_below_each_part(tmp_path: Path) -> None:
    for part in ("train", "test"):
        save(tmp_path / part / "images" / "1.png", EMPTY)
        save(tmp_path / part / "masks" / "1_mask.png", EMPTY)
    cases = by_key(found(tmp_path))
    assert cases["test/images/1.png"].mask == tmp_path / "test" / "masks" / "1_mask.png"
    assert {case.part for case in cases.values()} == {"train", "test"}


def coco(root: Path, annotations: list[dict[str, Any]]) -> Path:
    document = {
        "images": [{"id": n, "file_name": f"{n}.png"} for n in (1, 2, 3)],
        "annotations": annotations,
    }
    for number in (1, 2, 3):
        save(root / "train" / f"{number}.png", EMPTY)
    (root / "train" / "_annotations.coco.json").write_text(json.dumps(document))
    return root


def test_coco(tmp_path: Path) -> None:
    square = [1, 1, 5, 1, 5, 5, 1, 5]
    annotations = [
        {"image_id": 1, "segmentation": [square]},
        {"image_id": 2, "segmentation": {"counts": "abc", "size": [8, 8]}},
    ]
    data = found(coco(tmp_path, annotations))
    assert data.layout == "coco"
    cases = by_key(data)
    assert cases["train/1.png"].polygons == ((1, tuple(map(float, square))),)
    assert cases["train/3.png"].empty
    assert cases["train/3.png"].part == "train"
    assert [path for path, _ in data.problems] == ["2.png"]


def test_a_coco_annotation_of_nothing_makes_no_empty_picture(tmp_path: Path) -> None:
    annotations = [{"image_id": 1, "segmentation": []}]
    data = found(coco(tmp_path, annotations))
    assert "train/1.png" not in by_key(data)
    assert data.problems[0][0] == "1.png"


@pytest.mark.parametrize("text", ['{"images": [1, null], "annotations": 3}', '{"images": 1}', "[]"])
def test_coco_without_sense(text: str, tmp_path: Path) -> None:
    (tmp_path / "_annotations.coco.json").write_text(text)
    with pytest.raises(DataError, match="No usable pictures"):
        found(tmp_path)


def test_a_csv_index(tmp_path: Path) -> None:
    for name in ("a/1.png", "b/1.png", "b/2.png"):
        save(tmp_path / name, EMPTY)
    save(tmp_path / "m.png", EMPTY)
    (tmp_path / "index.csv").write_text(
        "image,mask,label,patient,split\n"
        "a/1.png,m.png,glioma,A,train\n"
        "b/1.png,,glioma,B,test\n"
        "b/2.png,nowhere.png,glioma,B,\n"
        "../secret.png,,glioma,C,\n"
        "c.png,,glioma,C,\n"
    )
    data = found(tmp_path)
    assert data.layout == "index"
    cases = by_key(data)
    assert {key: case.group for key, case in cases.items()} == {"a/1.png": "A", "b/1.png": "B"}
    assert cases["b/1.png"].part == "test"
    assert dict(data.problems) == {
        "b/2.png": "its mask is missing",
        "../secret.png": "the file lies outside the data folder",
        "c.png": "the file is missing",
    }


def test_a_grouping_column_beside_folders(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=2)
    (root / "who.csv").write_text("stem,patient\nblob0,P1\nblob1,P1\nring0,P1\nring1,P2\n")
    assert found(root).groups == ("P1", "P2")
    named = DataConfig(root=str(root), indexes=(IndexSpec("who.csv", "stem", "nobody"),))
    with pytest.raises(DataError, match="no columns 'stem' and 'nobody'"):
        scan(root, named)


def test_a_group_pattern(tmp_path: Path) -> None:
    for name in ("x-7-1.png", "x-7-2.png", "x-8-1.png"):
        save(tmp_path / "blob" / name, EMPTY)
    assert found(tmp_path, group_pattern=r"x-(\d+)").groups == ("7", "8")
    with pytest.raises(DataError, match="pattern is not valid"):
        found(tmp_path, group_pattern="(")


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("{p}/flair.nii.gz", "{p}/mask.nii.gz"),
        ("{p}/{p}_flair.nii.gz", "{p}/{p}_seg.nii.gz"),
        ("images/{p}.nii.gz", "masks/{p}.nii.gz"),
        ("imagesTr/{p}_0000.nii.gz", "labelsTr/{p}.nii.gz"),
        ("{p}/scan.nii", "{p}/scan_mask.nii"),
        ("{p}.nii", "{p}_mask.nii"),
    ],
)
def test_nifti_pairs(image: str, mask: str, tmp_path: Path) -> None:
    for patient in ("case_001", "case_002"):
        nifti(tmp_path / image.format(p=patient))
        nifti(tmp_path / mask.format(p=patient), labels=True)
    data = found(tmp_path)
    assert data.layout == "nifti"
    assert len(data.groups) == len(data.cases) == 2
    for case, patient in zip(data.cases, ("case_001", "case_002"), strict=True):
        assert case.volume
        assert case.mask == tmp_path / mask.format(p=patient)


def test_sequences_of_a_patient_stay_together(tmp_path: Path) -> None:
    for patient in ("BraTS_001", "BraTS_002"):
        for sequence in ("t1", "flair"):
            nifti(tmp_path / patient / f"{patient}_{sequence}.nii.gz")
        nifti(tmp_path / patient / f"{patient}_seg.nii.gz", labels=True)
    data = found(tmp_path)
    assert len(data.cases) == 4
    assert data.groups == ("BraTS_001", "BraTS_002")


def test_what_no_layout_explains(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        found(tmp_path / "nowhere")
    with pytest.raises(DataError, match="Known layouts"):
        found(tmp_path)


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=1)
    shutil.copy(root / "blob" / "blob0.png", root / "blob" / "._blob0.png")
    assert len(found(root).cases) == 2
