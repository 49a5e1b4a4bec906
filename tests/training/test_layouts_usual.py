"""Pictures and masks as people keep them: names and folders of many kinds; COCO of many kinds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training_factories import class_folder, save
from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig
from tumordesk_training.data import DataSet
from tumordesk_training.images import draw_polygons
from tumordesk_training.layouts import layout_title, scan
from tumordesk_training.run_length import outlines_of

EMPTY = np.zeros((8, 8), dtype=np.uint8)


def found(root: Path, **config: Any) -> DataSet:
    return scan(root, DataConfig(root=str(root), **config))


@pytest.mark.parametrize(
    ("image", "mask", "part"),
    [
        ("{n}.png", "{n}_mask.png", ""),
        ("{n}.jpg", "{n}-mask.png", ""),
        ("{n}.png", "{n}.mask.png", ""),
        ("{n}.png", "{n}_seg.png", ""),
        ("{n}.png", "mask_{n}.png", ""),
        ("image_{n}.png", "mask_{n}.png", ""),
        ("{n}_image.png", "{n}_mask.png", ""),
        ("P{n}/a.png", "P{n}/a_mask.png", ""),
        ("images/{n}.jpg", "masks/{n}.png", ""),
        ("images/{n}.jpg", "masks/{n}_mask.png", ""),
        ("images/image_{n}.jpg", "masks/mask_{n}.png", ""),
        ("Images/{n}.png", "Labels/{n}.png", ""),
        ("img/{n}.png", "gt/{n}.png", ""),
        ("train/images/{n}.png", "train/masks/{n}.png", "train"),
        ("images/test/{n}.png", "masks/test/{n}.png", "test"),
        ("train/{n}.png", "train_masks/{n}_mask.png", "train"),
        ("val_images/{n}.png", "val_masks/{n}.png", "val"),
        ("set/deep/images/P{n}/a.png", "set/deep/masks/P{n}/a.png", ""),
        ("P{n}/images/a.png", "P{n}/masks/a.png", ""),
        ("test/P{n}/image/a.png", "test/P{n}/mask/a.png", "test"),
    ],
)
def test_pictures_find_their_masks(image: str, mask: str, part: str, tmp_path: Path) -> None:
    for n in ("07", "08"):
        save(tmp_path / image.format(n=n), EMPTY)
        save(tmp_path / mask.format(n=n), EMPTY)
    data = found(tmp_path)
    assert data.layout == "masks"
    assert data.problems == ()
    assert [case.key for case in data.cases] == [image.format(n=n) for n in ("07", "08")]
    assert [case.mask for case in data.cases] == [tmp_path / mask.format(n=n) for n in ("07", "08")]
    assert {case.part for case in data.cases} == {part}


def test_what_is_left_over_is_told(tmp_path: Path) -> None:
    for name in ("images/1.png", "images/2.png", "masks/1.png", "masks/3.png", "old/4.png"):
        save(tmp_path / name, EMPTY)
    data = found(tmp_path)
    assert [case.key for case in data.cases] == ["images/1.png"]
    assert dict(data.problems) == {
        "images/2.png": "it has no mask",
        "masks/3.png": "no picture belongs to this mask",
        "old/4.png": "it lies neither in the folder of pictures nor in that of masks",
    }


def test_pictures_named_like_masks_alone_are_classes(tmp_path: Path) -> None:
    save(tmp_path / "blob" / "label_1.png", EMPTY)
    save(tmp_path / "ring" / "2_seg.png", EMPTY)
    data = found(tmp_path)
    assert (data.layout, data.labels) == ("classes", ("blob", "ring"))


def test_the_folder_that_the_viewer_writes(tmp_path: Path) -> None:
    for stem in ("a-003", "a-004", "b-001"):
        save(tmp_path / "images" / f"{stem}.png", EMPTY)
        save(tmp_path / "masks" / f"{stem}.png", EMPTY)
        (tmp_path / "provenance").mkdir(exist_ok=True)
        (tmp_path / "provenance" / f"{stem}.json").write_text('{"images": 3}')
    (tmp_path / "index.csv").write_text("stem,patient\na-003,p1\na-004,p1\nb-001,p2\n")
    data = found(tmp_path)
    assert (data.layout, data.groups, data.problems) == ("masks", ("p1", "p2"), ())
    assert {case.source for case in data.cases} == {"csv"}


@pytest.mark.parametrize(
    ("name", "group", "source"),
    [
        ("TCGA-DU-5872_slice_3", "TCGA-DU-5872", "file names"),
        ("BraTS20_Training_001_60", "BraTS20_Training_001", "file names"),
        ("BraTS-GLI-00005-000_12", "BraTS-GLI-00005", "file names"),
        ("BraTS2021_00000_flair", "BraTS2021_00000", "file names"),
        ("BRATS_001_12", "BRATS_001", "file names"),
        ("Brats18_CBICA_AAA_1_flair", "Brats18_CBICA_AAA", "file names"),
        ("BraTS19_CBICA_AAB_1_60", "BraTS19_CBICA_AAB", "file names"),
        ("Brats18_2013_2_1_t1", "Brats18_2013_2", "file names"),
        ("Brats18_2013_27_1_t1", "Brats18_2013_27", "file names"),
        ("Brats18_TCIA08_242_1", "Brats18_TCIA08_242", "file names"),
        ("BraTS19_TMC_06290_1_t2", "BraTS19_TMC_06290", "file names"),
        ("brats_2013_pat0001_1", "brats_2013_pat0001", "file names"),
        ("BraTS_2018 (4)", "blob/BraTS_2018 (4).png", ""),
        ("UCSF-PDGM-0004_t1_80", "UCSF-PDGM-0004", "file names"),
        ("sub-01_T1w_30", "sub-01", "file names"),
        ("patient_12_slice_4", "patient_12", "file names"),
        ("Case 3 (4)", "Case 3", "file names"),
        ("gg (12)", "blob/gg (12).png", ""),
        ("image(4)", "blob/image(4).png", ""),
    ],
)
def test_patients_in_file_names(name: str, group: str, source: str, tmp_path: Path) -> None:
    save(tmp_path / "blob" / f"{name}.png", EMPTY)
    case = found(tmp_path).cases[0]
    assert (case.group, case.source) == (group, source)


def test_a_list_of_pictures_and_masks_counts_more_than_folders(tmp_path: Path) -> None:
    for name in ("images/1.png", "masks/1.png", "images/2.png", "corrected/2.png"):
        save(tmp_path / name, EMPTY)
    (tmp_path / "list.csv").write_text(
        "image,mask,patient\nimages/1.png,masks/1.png,P1\nimages/2.png,corrected/2.png,P1\n"
    )
    data = found(tmp_path)
    assert (data.layout, data.groups) == ("index", ("P1",))
    assert data.cases[1].mask == tmp_path / "corrected" / "2.png"


def test_a_csv_of_names_and_patients_leaves_the_layout_alone(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=2)
    rows = "\n".join(f"{name}{n},P{n}" for name in ("blob", "ring") for n in range(2))
    (root / "patients.csv").write_text(f"image,patient\n{rows}\n")
    data = found(root)
    assert (data.layout, data.groups) == ("classes", ("P0", "P1"))


def test_titles_say_the_parts(tmp_path: Path) -> None:
    assert layout_title(found(class_folder(tmp_path / "a", each=1))) == "a folder for each class"
    for part in ("train", "test"):
        save(tmp_path / "b" / part / "blob" / "1.png", EMPTY)
    title = layout_title(found(tmp_path / "b"))
    assert title == "a folder for each class, in parts train, test"


SQUARE = [1, 1, 5, 1, 5, 5, 1, 5]


def document(names: list[str], segmentation: Any) -> str:
    images = [{"id": n, "file_name": name} for n, name in enumerate(names)]
    annotation = {"image_id": 0, "category_id": 1, "segmentation": segmentation}
    return json.dumps({"images": images, "annotations": [annotation], "categories": []})


@pytest.mark.parametrize(
    ("file", "picture"),
    [
        ("{part}/_annotations.coco.json", "{part}/1.png"),
        ("annotations/instances_{part}.json", "{part}/1.png"),
        ("annotations/instances_{part}.json", "images/{part}/1.png"),
        ("annotations/{part}.json", "{part}/1.png"),
        ("{part}.json", "{part}/1.png"),
        ("{part}.json", "images/1-{part}.png"),
        ("{part}_annotations.json", "{part}/1.png"),
    ],
)
def test_coco_files_of_each_part(file: str, picture: str, tmp_path: Path) -> None:
    for part in ("train", "valid"):
        name = save(tmp_path / picture.format(part=part), EMPTY).name
        path = tmp_path / file.format(part=part)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document([name], [SQUARE]))
    data = found(tmp_path)
    assert (data.layout, data.problems) == ("coco", ())
    assert {case.part for case in data.cases} == {"train", "val"}
    assert all(case.polygons for case in data.cases)


def test_a_picture_named_twice(tmp_path: Path) -> None:
    save(tmp_path / "1.png", EMPTY)
    for name in ("a.coco.json", "b.coco.json"):
        (tmp_path / name).write_text(document(["1.png"], [SQUARE]))
    assert found(tmp_path).problems == (("1.png", "b.coco.json names it once more"),)


# Columns first: 9 pixels of background, 3 of tumour, 5, 3, 5, 1, and the rest.
RUNS = [9, 3, 5, 3, 5, 1, 38]


@pytest.mark.parametrize("counts", [RUNS, "93500NQ1"])
def test_run_length_coded_outlines(counts: Any, tmp_path: Path) -> None:
    save(tmp_path / "train" / "1.png", EMPTY)
    text = document(["1.png"], {"counts": counts, "size": [8, 8]})
    (tmp_path / "train" / "a.coco.json").write_text(text)
    case = found(tmp_path).cases[0]
    expected = EMPTY.copy()
    expected[1:4, 1:3] = 1
    expected[1, 3] = 1
    np.testing.assert_array_equal(draw_polygons(case.polygons, (8, 8)), expected)


@pytest.mark.parametrize(
    "value",
    [
        {"counts": [3, 4], "size": [8, 8]},
        {"counts": [-1, 65], "size": [8, 8]},
        {"counts": "\x00", "size": [8, 8]},
        {"counts": "o", "size": [8, 8]},
        {"counts": None, "size": [8, 8]},
        {"counts": [64], "size": [0, 8]},
        {"counts": [64], "size": "8x8"},
        {},
        [],
    ],
)
def test_run_lengths_without_sense(value: Any) -> None:
    assert outlines_of(value) is None


@pytest.mark.parametrize(
    ("image", "brain", "tumour"),
    [
        ("images/{n}.png", "brain_masks/{n}.png", "tumor_masks/{n}.png"),
        ("images/{n}.png", "brain_mask/{n}.png", "masks/{n}.png"),
        ("{n}.png", "{n}_brain_mask.png", "{n}_tumor_mask.png"),
        ("{n}.png", "{n}_brain_mask.png", "{n}_mask.png"),
        ("{n}_brain.png", "{n}_skull_mask.png", "{n}_brain_mask.png"),
    ],
)
def test_a_mask_of_the_brain_is_no_outline_of_a_tumour(
    image: str, brain: str, tumour: str, tmp_path: Path
) -> None:
    full = np.full((8, 8), 255, dtype=np.uint8)
    for n in ("07", "08"):
        save(tmp_path / "a" / image.format(n=n), EMPTY)
        save(tmp_path / "a" / brain.format(n=n), full)
        save(tmp_path / "a" / tumour.format(n=n), EMPTY)
    cases = found(tmp_path / "a").cases
    assert [case.key for case in cases] == [image.format(n=n) for n in ("07", "08")]
    assert [case.mask for case in cases] == [
        tmp_path / "a" / tumour.format(n=n) for n in ("07", "08")
    ]


@pytest.mark.parametrize("brain", ["brain_masks/{n}.png", "images/{n}_brain_mask.png"])
def test_brain_masks_alone_teach_nothing_and_the_user_is_told(brain: str, tmp_path: Path) -> None:
    for n in ("07", "08"):
        save(tmp_path / f"images/{n}.png", EMPTY)
        save(tmp_path / brain.format(n=n), np.full((8, 8), 255, dtype=np.uint8))
    with pytest.raises(DataError, match="no mask of a tumour, only one of the brain"):
        found(tmp_path)


@pytest.mark.parametrize(
    ("one", "other", "patients"),
    [
        ("P0/Label_0", "P1/Label_1", True),
        ("archive/Label 0", "archive/Label 1", False),
        ("data/roi", "data/seg", False),
        ("my study/roi", "my study/normal", False),
        ("my study/Label 0", "my study/Label 1", False),
        ("data/glioma/Original", "data/healthy/Original", False),
    ],
)
def test_classes_may_be_named_with_words_of_files(
    one: str, other: str, patients: bool, tmp_path: Path
) -> None:
    for number in range(3):
        save(tmp_path / one / f"x{number}y.png", EMPTY)
        save(tmp_path / other / f"z{number}y.png", EMPTY)
    data = found(tmp_path)
    assert data.layout == "classes"
    wanted = {"glioma", "healthy"} if "glioma" in one else {Path(one).name, Path(other).name}
    assert set(data.labels) == wanted
    assert (len(data.groups) == 2) == patients


@pytest.mark.parametrize("around", ["glioma", "data"])
def test_folders_of_sizes_name_no_classes(around: str, tmp_path: Path) -> None:
    for size in ("256", "512"):
        save(tmp_path / around / size / "a.png", EMPTY)
    assert found(tmp_path).labels == (around,)


def test_dates_of_patients_do_not_hide_the_patients(tmp_path: Path) -> None:
    for patient in ("AMC-001", "AMC-002"):
        for date in ("20190101", "20200101"):
            save(tmp_path / patient / date / "a.png", EMPTY)
    assert found(tmp_path).groups == ("AMC-001", "AMC-002")


def test_folders_without_tumour_beside_pictures_and_masks_are_empty_cases(tmp_path: Path) -> None:
    for n in ("07", "08"):
        save(tmp_path / f"yes/images/{n}.png", EMPTY)
        save(tmp_path / f"yes/masks/{n}.png", np.full((8, 8), 255, dtype=np.uint8))
        save(tmp_path / f"no_tumor/{n}.png", EMPTY)
        save(tmp_path / f"other/{n}.png", EMPTY)
    data = found(tmp_path)
    empty = [case for case in data.cases if case.empty]
    assert [case.key for case in empty] == ["no_tumor/07.png", "no_tumor/08.png"]
    assert {case.label for case in empty} == {"no_tumor"}
    assert [key for key, _ in data.problems] == ["other/07.png", "other/08.png"]


def test_masks_in_a_folder_without_tumour_are_no_pictures(tmp_path: Path) -> None:
    full = np.full((8, 8), 255, dtype=np.uint8)
    for folder in ("yes", "no"):
        save(tmp_path / folder / "images/07.png", EMPTY)
    save(tmp_path / "yes/masks/07.png", full)
    save(tmp_path / "no/brain_masks/07.png", full)
    save(tmp_path / "no/08.png", EMPTY)
    save(tmp_path / "no/08_mask.png", full)
    data = found(tmp_path)
    empty = [case for case in data.cases if case.empty]
    assert [case.key for case in empty] == ["no/08.png", "no/images/07.png"]
    assert {case.label for case in empty} == {"no"}
    assert {key for key, _ in data.problems} == {"no/08_mask.png", "no/brain_masks/07.png"}


@pytest.mark.parametrize("listed", [0, 9])
def test_a_stray_coco_file_does_not_take_over_a_folder_of_classes(
    listed: int, tmp_path: Path
) -> None:
    for n in range(6):
        save(tmp_path / f"set/glioma/{n}.png", EMPTY)
        save(tmp_path / f"set/healthy/{n}.png", EMPTY)
    # The names are those of pictures, which do not lie where the list looks for them.
    images = [{"id": n, "file_name": f"{n}.png", "width": 8, "height": 8} for n in range(listed)]
    stray = {"images": images, "annotations": [], "categories": [{"id": 1, "name": "tumour"}]}
    (tmp_path / "set/old/more").mkdir(parents=True)
    (tmp_path / "set/old/more/coco.json").write_text(json.dumps(stray), encoding="utf-8")
    assert set(found(tmp_path).labels) == {"glioma", "healthy"}


def test_a_coco_file_without_pictures_explains_nothing(tmp_path: Path) -> None:
    class_folder(tmp_path)
    nothing: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    (tmp_path / "coco.json").write_text(json.dumps(nothing), encoding="utf-8")
    data = found(tmp_path)
    assert data.layout == "classes"
    assert [remark.code for remark in data.remarks] == ["coco_unused"]


def test_unpadded_numbers_are_patients_where_some_are_long(tmp_path: Path) -> None:
    for label in ("HGG", "LGG"):
        for number in (1, 2, 10, 100):
            save(tmp_path / label / f"BRAIN_{number}" / "a.png", EMPTY)
    data = found(tmp_path)
    assert data.labels == ("HGG", "LGG")
    assert set(data.groups) == {"BRAIN_1", "BRAIN_2", "BRAIN_10", "BRAIN_100"}


def test_lists_whose_names_are_no_text_are_left_alone(tmp_path: Path) -> None:
    class_folder(tmp_path)
    try:
        (tmp_path / os.fsdecode(b"l\xff.csv")).write_text("file,label\na.png,x\n", encoding="utf-8")
        (tmp_path / os.fsdecode(b"l\xff.json")).write_text("{}", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such names")
    data = found(tmp_path)
    assert data.layout == "classes"
    assert "\udcff" not in repr(data.remarks)


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("IMG_{n}.PNG", "IMG_{n}_MASK.PNG"),
        ("image_{n}.png", "image_{n}_mask.png"),
        ("scan_{n}.png", "scan_{n}_seg.png"),
        ("tumor/image_{n}.png", "tumor/image_{n}_mask.png"),
    ],
)
def test_names_that_say_picture_hide_no_masks(image: str, mask: str, tmp_path: Path) -> None:
    for n in ("07", "08"):
        save(tmp_path / image.format(n=n), EMPTY)
        save(tmp_path / mask.format(n=n), EMPTY)
    data = found(tmp_path)
    assert (data.layout, data.problems) == ("masks", ())
    assert [case.mask for case in data.cases] == [tmp_path / mask.format(n=n) for n in ("07", "08")]


@pytest.mark.parametrize("around", ["", "Dataset_BUSI_with_GT/", "my work/v2/"])
def test_folders_around_all_classes_are_none(around: str, tmp_path: Path) -> None:
    for kind in ("benign", "malignant"):
        for n in (1, 2):
            save(tmp_path / f"{around}{kind}" / f"{kind} ({n}).png", EMPTY)
            save(tmp_path / f"{around}{kind}" / f"{kind} ({n})_mask.png", EMPTY)
    save(tmp_path / f"{around}No Tumor" / "n1.png", EMPTY)
    data = found(tmp_path)
    assert data.problems == ()
    assert data.labels == ("No Tumor", "benign", "malignant")
    assert [case.key for case in data.cases if case.empty] == [f"{around}No Tumor/n1.png"]


def test_a_class_with_its_masks_in_a_folder_of_its_name(tmp_path: Path) -> None:
    for kind in ("glioma", "meningioma"):
        save(tmp_path / kind / "1.png", EMPTY)
        save(tmp_path / f"{kind}_masks" / "1.png", EMPTY)
    data = found(tmp_path)
    assert (data.layout, data.problems) == ("masks", ())
    assert [(case.key, case.label, case.mask) for case in data.cases] == [
        (f"{kind}/1.png", kind, tmp_path / f"{kind}_masks" / "1.png")
        for kind in ("glioma", "meningioma")
    ]


def test_a_public_set_that_was_unpacked_twice_has_copies_and_no_classes(tmp_path: Path) -> None:
    for around in ("kaggle_3m", "lgg-mri-segmentation/kaggle_3m"):
        folder = tmp_path / around / "TCGA_CS_4941_19960909"
        save(folder / "TCGA_CS_4941_19960909_1.tif", np.arange(256, dtype=np.uint8).reshape(16, 16))
        save(folder / "TCGA_CS_4941_19960909_1_mask.tif", EMPTY)
    data = found(tmp_path)
    assert data.labels == ()
    assert {case.group for case in data.cases} == {"TCGA_CS_4941"}


def test_masks_are_no_pictures_of_classes_that_are_asked_for(tmp_path: Path) -> None:
    for kind in ("benign", "malignant"):
        save(tmp_path / kind / "image_1.png", EMPTY)
        save(tmp_path / kind / "image_1_mask.png", EMPTY)
        save(tmp_path / kind / "label_7.png", EMPTY)  # no picture of its name: one itself
    data = found(tmp_path, layout="classes")
    assert [case.key for case in data.cases] == [
        f"{kind}/{name}.png" for kind in ("benign", "malignant") for name in ("image_1", "label_7")
    ]
    assert dict(data.problems) == {
        f"{kind}/image_1_mask.png": "it is a mask, and no picture of a class"
        for kind in ("benign", "malignant")
    }


def test_accents_written_apart_make_no_class_of_their_own(tmp_path: Path) -> None:
    for folder in ("train/M\u00e9ningiome", "test/Me\u0301ningiome", "train/sain", "test/sain"):
        save(tmp_path / folder / "1.png", EMPTY)
    assert found(tmp_path).labels == ("M\u00e9ningiome", "sain")


def test_formats_that_are_not_read_are_told_where_nothing_else_is_there(tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.mat").write_bytes(b"MATLAB 7.3 MAT-file")
    with pytest.raises(DataError, match=r"formats that are not read: \.mat \(3\)"):
        found(tmp_path)


def test_a_jpeg_by_another_ending_is_a_picture(tmp_path: Path) -> None:
    for kind in ("a", "b"):
        save(tmp_path / kind / "1.jpg", EMPTY).rename(tmp_path / kind / "1.jfif")
    assert [case.key for case in found(tmp_path).cases] == ["a/1.jfif", "b/1.jfif"]
