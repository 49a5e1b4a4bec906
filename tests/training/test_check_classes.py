"""What check-data says of folders that are no classes, and what leaving them out does."""

from __future__ import annotations

from pathlib import Path

import pytest

from training_factories import head, save
from tumordesk.core.data_report import DataFinding, DataReport
from tumordesk.core.training_run import DataConfig, SplitConfig
from tumordesk_training.check import check_data
from tumordesk_training.layouts import scan
from tumordesk_training.plan import plan_split

SHARED = ("kaggle_4class_sample", "kaggle_yes_no", "tumour_type", "coco_boxes_sample")


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUMORDESK_HOME", str(tmp_path_factory.mktemp("home")))


def pictures(root: Path, *folders: str, each: int = 3) -> Path:
    for place, folder in enumerate(folders):
        for number in range(each):
            picture, _ = head(100 * place + number)
            save(root / folder / f"{place}-{number}x.png", picture)
    return root


def checked(root: Path) -> DataReport:
    return check_data(root, DataConfig(root=str(root)))


def findings(root: Path) -> dict[str, DataFinding]:
    return {found.code: found for found in checked(root).findings}


@pytest.mark.parametrize("name", ["pred", "Unlabelled", "to predict", "UNKNOWN"])
def test_pictures_without_labels_can_be_left_out(tmp_path: Path, name: str) -> None:
    found = findings(pictures(tmp_path, "yes", "no", name))["unlabelled_class"]
    assert found.severity == "problem"
    assert f"'{name}' (3 pictures)" in found.title
    assert found.actions == ("exclude", "ignore")
    assert (found.count, found.classes) == (3, (name,))
    config = DataConfig(root=str(tmp_path), exclude=found.exclude)
    assert scan(tmp_path, config).labels == ("no", "yes")


def test_words_within_a_name_and_pictures_with_masks_are_no_such_classes(tmp_path: Path) -> None:
    assert "unlabelled_class" not in findings(pictures(tmp_path / "a", "predominant", "no"))
    for folder in ("pred", "yes"):
        picture, outline = head(len(folder))
        save(tmp_path / "b" / folder / f"{folder}.png", picture)
        save(tmp_path / "b" / folder / f"{folder}_mask.png", outline)
    assert "unlabelled_class" not in findings(tmp_path / "b")


def test_another_set_inside_takes_its_split_with_it(tmp_path: Path) -> None:
    other = [f"Br35H-Mask-RCNN/{part}" for part in ("TRAIN", "VAL", "TEST")]
    root = pictures(tmp_path, "yes", "no", "pred", *other, each=6)
    found = findings(root)
    inner = found["class_in_some_parts"]
    assert inner.severity == "problem"
    assert "hold class 'Br35H-Mask-RCNN' alone" in inner.title
    assert (inner.count, inner.classes) == (18, ("Br35H-Mask-RCNN",))
    config = DataConfig(
        root=str(root), exclude=(*inner.exclude, *found["unlabelled_class"].exclude)
    )
    data = scan(root, config)
    split = plan_split(data, config, SplitConfig(0.25, 0.25, method="stratified"))
    assert split.origin == "seeded"
    assert set(split.counts["test"]) == {"no", "yes"}


def test_classes_that_one_part_lacks_are_told(tmp_path: Path) -> None:
    folders = ("train/a", "train/b", "train/c", "test/a", "test/b")
    found = findings(pictures(tmp_path, *folders))["class_in_some_parts"]
    assert found.severity == "warning"
    assert found.title.endswith("'c' has no picture in test")
    assert found.classes == ("c",)


def test_a_class_that_is_tested_and_never_learned_is_a_problem(tmp_path: Path) -> None:
    folders = ("train/a", "train/b", "train/no_tumor", "test/a", "test/b", "test/notumor")
    found = findings(pictures(tmp_path, *folders))["class_in_some_parts"]
    assert found.severity == "problem"
    assert "'notumor' has no picture in train" in found.title
    assert "under a second name" in found.advice
    assert found.classes == ("no_tumor", "notumor")


def test_a_whole_split_and_no_split_are_not_spoken_of(tmp_path: Path) -> None:
    whole = pictures(tmp_path / "whole", "train/a", "train/b", "test/a", "test/b")
    assert "class_in_some_parts" not in findings(whole)
    assert "class_in_some_parts" not in findings(pictures(tmp_path / "none", "a", "b"))
    assert "class_in_some_parts" not in findings(pictures(tmp_path / "one", "train/a", "b"))


@pytest.mark.shared_data
@pytest.mark.parametrize("name", SHARED)
def test_published_sets_raise_no_such_alarm(shared_data: Path, name: str) -> None:
    if not (shared_data / name).is_dir():
        pytest.skip(f"{name} is not there")
    found = findings(shared_data / name)
    assert not {"unlabelled_class", "class_in_some_parts"} & set(found)


def test_one_class_alone_can_teach_nothing(tmp_path: Path) -> None:
    pictures(tmp_path, "tumor")
    told = findings(tmp_path)["one_class"]
    assert told.severity == "problem"
    assert "All pictures are of one class, 'tumor'" in told.title


def test_files_that_no_layout_reads_are_told(tmp_path: Path) -> None:
    pictures(tmp_path, "blob", "ring")
    for name in ("a.webp", "b.WEBP", "more.zip", "._c.webp", "notes.txt"):
        (tmp_path / "blob" / name).write_bytes(b"x")
    told = findings(tmp_path)["other_formats"]
    assert told.title == "3 files of formats that are not read: .webp (2), .zip (1)"
