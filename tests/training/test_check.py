"""What check-data finds in folders that were made wrong on purpose."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from training_factories import class_folder, head, mask_folder, save
from tumordesk.core.data_report import DataFinding, DataReport
from tumordesk.core.errors import Cancelled
from tumordesk.core.job import JobContext, Progress
from tumordesk.core.jsonio import from_plain, to_plain
from tumordesk.core.training_run import DataConfig
from tumordesk_training.check import check_data, check_text, is_rectangle
from tumordesk_training.fingerprint_cache import prints_of
from tumordesk_training.layouts import scan


def check(root: Path, **config: Any) -> DataReport:
    return check_data(root, DataConfig(root=str(root), **config))


def findings(report: DataReport) -> dict[str, DataFinding]:
    return {finding.code: finding for finding in report.findings}


def noise(seed: int, size: int = 80) -> np.ndarray:
    """A picture like no other."""
    coarse = np.random.default_rng(seed).integers(0, 255, (10, 10)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))


def split_folder(root: Path, test: int = 25, copied: int = 16) -> Path:
    """train/ and test/ with two classes; ``copied`` pictures of test are those of train."""
    for number in range(40):
        save(root / "train" / "ab"[number % 2] / f"{number}.png", noise(number))
    for number in range(test):
        seed = number if number < copied else 1000 + number
        save(root / "test" / "ab"[number % 2] / f"copy {number}.bmp", noise(seed))
    return root


def test_the_share_of_test_that_is_copied_from_train(tmp_path: Path) -> None:
    found = findings(check(split_folder(tmp_path)))["duplicates_across_parts"]
    assert found.severity == "problem"
    assert found.title == (
        "16 of 25 pictures of test (64 %) are pixel-identical to pictures of train"
    )
    assert found.count == len(found.examples) == 16
    assert found.examples[0].note == "train a and test a"
    assert {Path(key).parts[0] for key in found.examples[0].keys} == {"train", "test"}
    # Test stays whole: what goes is in train.
    assert {key.split("/")[0] for key in found.exclude} == {"train"}
    assert found.actions[0] == "drop"


def test_near_copies_across_parts_and_classes(tmp_path: Path) -> None:
    root = split_folder(tmp_path, copied=0)
    smaller = Image.fromarray(noise(4)).resize((64, 70))
    smaller.save(root / "test" / "b" / "smaller.jpg", quality=80)
    found = findings(check(root))
    across = found["near_duplicates_across_parts"]
    assert across.title == "1 of 26 pictures of test (4 %) is nearly identical to pictures of train"
    assert across.examples[0].keys == ("train/a/4.png", "test/b/smaller.jpg")
    conflict = found["conflicting_labels"]
    assert conflict.severity == "warning"
    assert conflict.exclude == ("test/b/smaller.jpg", "train/a/4.png")
    assert "duplicates_across_parts" not in found


def test_the_same_pixels_with_two_labels(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=4)
    shutil.copy(root / "blob" / "blob1.png", root / "ring" / "ring9.png")
    found = findings(check(root))["conflicting_labels"]
    assert found.severity == "problem"
    assert found.title == "1 picture with different labels on the same pixels"
    assert found.examples[0].keys == ("blob/blob1.png", "ring/ring9.png")
    assert found.examples[0].note == "blob and ring"
    assert found.actions[0] == "exclude"


def test_the_same_pixels_with_two_masks(tmp_path: Path) -> None:
    picture, mask = head(1)
    for name, outline in (("a", mask), ("b", np.roll(mask, 3, axis=0)), ("c", mask)):
        save(tmp_path / f"{name}.png", picture)
        save(tmp_path / f"{name}_mask.png", outline)
    found = findings(check(tmp_path))
    assert found["conflicting_masks"].examples[0].keys == ("a.png", "b.png", "c.png")
    assert found["duplicates"].title.startswith("3 pictures (100 %) are the same, pixel for pixel")


def test_patients_on_both_sides(tmp_path: Path) -> None:
    for part, patient, count in (("train", 1, 3), ("test", 1, 2), ("test", 2, 2), ("val", 3, 1)):
        for number in range(count):
            stem = f"patient_{patient:02d}_slice_{part}{number}"
            save(tmp_path / part / "blob" / f"{stem}.png", noise(100 * patient + number))
    report = check(tmp_path)
    assert report.patients.known
    assert (report.patients.count, report.patients.source) == (3, "file names")
    assert report.patients.examples == ("patient_01", "patient_02", "patient_03")
    found = findings(report)["patients_across_parts"]
    assert found.title.startswith("1 patient on both sides of the given split: 40 %")
    assert found.examples[0].note == "patient_01 in train and test"
    assert report.parts == {"train": 3, "val": 1, "test": 4}
    assert report.class_parts["test"] == {"blob": 4}


def test_unknown_patients_and_a_guess_from_the_names(tmp_path: Path) -> None:
    for patient in range(5):
        for number in range(4):
            save(tmp_path / "blob" / f"s{patient}-{number}.png", noise(patient * 10 + number))
    report = check(tmp_path)
    assert not report.patients.known
    found = findings(report)["patients_unknown"]
    assert "each of 20 pictures stands alone" in found.title
    assert found.actions == ("pattern", "ignore")
    assert found.advice.endswith(found.pattern)
    report = check(tmp_path, group_pattern=found.pattern)
    assert report.patients.count == 5
    assert "few_groups" in findings(report)
    assert "patients_unknown" not in findings(report)
    chosen = findings(report)["patients_from_pattern"]
    assert chosen.title == "By their names, 20 pictures belong to 5 patients: s0, s1 and s2 ..."
    assert chosen.actions == ("forget",)


@pytest.mark.parametrize("stem", ["P{:03}_slice_{}", "pt{:02}-{:03}", "volume_{}_slice_{}"])
def test_usual_names_of_slices_are_offered_as_patients(tmp_path: Path, stem: str) -> None:
    for patient in range(4):
        for number in range(3):
            name = stem.format(patient, number)
            save(tmp_path / "blob" / f"{name}.png", noise(patient * 10 + number))
    found = findings(check(tmp_path))["patients_unknown"]
    assert found.actions[0] == "pattern"
    assert check(tmp_path, group_pattern=found.pattern).patients.count == 4


def test_a_guess_that_would_lose_known_patients_is_not_offered(tmp_path: Path) -> None:
    for patient in range(3):
        for number in range(4):
            save(tmp_path / "blob" / f"s{patient}-{number}.png", noise(patient * 10 + number))
    save(tmp_path / "blob" / "TCGA_CS_4941_1.png", noise(99))
    found = findings(check(tmp_path))["patients_unknown"]
    assert "use the group pattern" in found.advice
    assert (found.actions, found.pattern) == (("ignore",), "")


def test_groups_that_are_no_patients_are_called_so(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=2)
    (root / "who.csv").write_text("stem,segment\nblob0,1\nblob1,1\nring0,2\nring1,2\n")
    assert "'segment'" in findings(check(root))["groups_not_patients"].title
    (root / "who.csv").write_text("stem,patient\nblob0,1\nblob1,1\nring0,2\nring1,2\n")
    assert "groups_not_patients" not in findings(check(root))


def test_sizes_modes_and_what_they_tell(tmp_path: Path) -> None:
    for number in range(12):
        save(tmp_path / "tumour" / f"{number}.png", noise(number, 96))
        grey = noise(50 + number, 70 + number)
        save(tmp_path / "none" / f"{number}.jpg", np.stack([grey] * 3, axis=-1))
    colour = np.stack([noise(90), noise(91), noise(92)], axis=-1)
    save(tmp_path / "none" / "drawn.png", colour)
    report = check(tmp_path)
    found = findings(report)
    assert report.sizes["96x96"] == 12
    assert report.modes == {"8-bit grey": 12, "RGB, all grey": 12, "RGB, coloured": 1}
    assert found["mixed_sizes"].title.startswith("13 sizes, from 70x70 to 96x96")
    assert found["coloured"].exclude == ("none/drawn.png",)
    assert "tell the class of 100 % of the pictures" in found["class_by_file"].title
    assert "coloured" not in findings(check(tmp_path, channel=0))


def test_where_most_are_coloured_a_colour_can_be_chosen_and_chosen_anew(tmp_path: Path) -> None:
    for number in range(4):
        colour = np.stack([noise(3 * number + i) for i in range(3)], axis=-1)
        save(tmp_path / f"{number}.png", colour)
        outline = np.zeros(colour.shape[:2], np.uint8)
        outline[: 8 * number, :9] = 255
        save(tmp_path / f"{number}_mask.png", outline)
    found = findings(check(tmp_path))["coloured"]
    assert (found.severity, found.actions) == ("warning", ("red", "green", "blue", "grey"))
    assert found.examples[0].keys == ("3.png",)
    chosen = findings(check(tmp_path, channel=1))["coloured"]
    assert (chosen.severity, chosen.actions) == ("info", found.actions)
    assert chosen.title.endswith("green alone is read")


def test_masks_empty_huge_and_missing(tmp_path: Path) -> None:
    root = mask_folder(tmp_path, patients=3, slices=4)
    inverted = 255 - np.asarray(Image.open(root / "TCGA_AA_0001_2_mask.png"))
    save(root / "TCGA_AA_0001_2_mask.png", inverted)
    save(root / "TCGA_AA_0002_9.png", noise(1))
    report = check(root)
    found = findings(report)
    assert report.task == "segmentation"
    assert report.masks == {"with": 12, "empty": 3, "rectangles": 0}
    assert found["empty_masks"].title == "3 of 12 masks are empty (25 %)"
    assert found["huge_masks"].examples[0].keys == ("TCGA_AA_0001_2.png",)
    assert found["unused"].examples[0].keys == ("TCGA_AA_0002_9.png",)
    assert set(report.preview) <= {c.key for c in scan(root, DataConfig(root=str(root))).cases}


def test_masks_that_are_all_empty(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / f"{number}.png", noise(number))
        save(tmp_path / f"{number}_mask.png", np.zeros((80, 80), dtype=np.uint8))
    assert findings(check(tmp_path))["empty_masks"].severity == "problem"


def boxes(*corners: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((60, 60), dtype=np.uint8)
    for top, left, bottom, right in corners:
        mask[top:bottom, left:right] = 255
    return mask


def test_what_a_rectangle_is() -> None:
    y, x = np.mgrid[0:60, 0:60]
    assert is_rectangle(boxes((10, 10, 30, 40)))
    assert is_rectangle(boxes((5, 5, 20, 20), (30, 30, 50, 55)))
    assert is_rectangle(boxes((5, 5, 20, 20), (10, 10, 30, 40)))
    assert not is_rectangle(boxes())
    assert not is_rectangle(boxes((5, 5, 8, 8)))
    assert not is_rectangle((np.hypot(y - 30, x - 30) < 12).astype(np.uint8))
    assert not is_rectangle((abs(y - 30) + abs(x - 30) < 15).astype(np.uint8))


def test_blank_and_tiny_pictures(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=3)
    save(root / "blob" / "black1.png", np.zeros((40, 36), dtype=np.uint8))
    save(root / "ring" / "black2.png", np.zeros((40, 36), dtype=np.uint8))
    found = findings(check(root))
    assert found["blank"].exclude == ("blob/black1.png", "ring/black2.png")
    assert found["small"].count == 8
    assert not {"duplicates", "conflicting_labels"} & set(found)


def test_few_of_one_class(tmp_path: Path) -> None:
    for name, count in (("a", 30), ("b", 4)):
        for number in range(count):
            save(tmp_path / name / f"{number}.png", noise(number + ord(name)))
    found = findings(check(tmp_path))["imbalance"]
    assert found.title == "Class 'a' has 30 pictures, 'b' 4; fewer than 20: b"


def test_what_a_person_left_out_is_not_looked_at(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=3)
    shutil.copy(root / "blob" / "blob1.png", root / "ring" / "ring9.png")
    report = check(root, exclude=("blob/blob1.png", "ring/ring9.png"))
    assert report.pictures == 5
    assert findings(report)["excluded"].count == 2
    assert "conflicting_labels" not in findings(report)


def test_the_report_goes_through_json_and_reads_well(tmp_path: Path) -> None:
    report = check(split_folder(tmp_path))
    assert from_plain(DataReport, to_plain(report)) == report
    text = check_text(report)
    assert "can teach: classification" in text
    assert "!! 16 of 25 pictures of test (64 %)" in text
    assert "patients: not known" in text


def test_progress_grows_and_the_check_can_be_stopped(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=10)
    told: list[Progress] = []
    config = DataConfig(root=str(root))
    check_data(root, config, JobContext(told.append, max_rate_hz=1e9))
    shares = [p.fraction for p in told if p.fraction is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    context = JobContext(lambda p: context.cancel() if (p.fraction or 0) > 0.3 else None)
    with pytest.raises(Cancelled):
        check_data(root, config, context)


def test_what_the_check_saw_is_not_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = class_folder(tmp_path / "data", each=2)
    check(root)
    monkeypatch.setattr("tumordesk_training.fingerprint_cache.load_grey", None)
    config = DataConfig(root=str(root))
    assert len(prints_of(root, scan(root, config).cases, config)) == 4


@pytest.mark.shared_data
def test_boxes_of_a_published_set_are_named(shared_data: Path) -> None:
    report = check(shared_data / "coco_boxes_sample")
    found = findings(report)
    assert report.layout == "coco"
    assert found["rectangles"].severity == "problem"
    assert found["rectangles"].title.startswith("All 60 masks are plain rectangles")
    assert "'Tumor'" in found["category_without_pictures"].title


@pytest.mark.shared_data
def test_patients_of_the_published_slices(shared_data: Path) -> None:
    report = check(shared_data / "lgg_original_tif")
    assert (report.layout, report.pictures) == ("masks", 83)
    assert (report.patients.count, report.patients.source) == (4, "file names")
    assert not {"duplicates", "near_duplicates"} & set(findings(report))


@pytest.mark.shared_data
def test_the_published_four_classes(shared_data: Path) -> None:
    report = check(shared_data / "kaggle_4class_sample")
    assert report.parts == {"train": 100, "test": 24}
    assert len(report.classes) == 4
    assert not report.patients.known
    assert "class_by_file" in findings(report)
