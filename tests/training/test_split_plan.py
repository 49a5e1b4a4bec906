"""Splits as a person asks for them: k-fold, by picture, copies together or dropped; warnings."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import SimpleITK
from PIL import Image

from training_factories import class_config, class_folder, mask_folder, save
from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig, SplitConfig, write_config
from tumordesk_training.cli import main
from tumordesk_training.data import Case, DataSet
from tumordesk_training.evaluation.caveats import caveats
from tumordesk_training.layouts import scan
from tumordesk_training.plan import plan_split
from tumordesk_training.split import PARTS, Split, make_split, read_split, select, write_split

ROOT = Path("data")


def dataset(rows: list[tuple[str, str, str]]) -> DataSet:
    """Cases from (patient, label, given part); an empty patient is unknown."""
    cases = tuple(
        Case(
            f"{n}.png", ROOT / f"{n}.png", patient or f"{n}.png", label=label, part=part,
            source="csv" if patient else "",
        )
        for n, (patient, label, part) in enumerate(rows)
    )  # fmt: skip
    return DataSet(ROOT, "classes", cases)


def patients(count: int, slices: int = 4) -> DataSet:
    return dataset([(f"P{p:02d}", "ab"[p % 2], "") for p in range(count) for _ in range(slices)])


def places(data: DataSet, split: Split) -> dict[str, str]:
    return split.places(data.cases)


@pytest.mark.parametrize("method", ["group", "stratified", "random"])
def test_every_picture_is_tested_once_in_k_folds(method: Any) -> None:
    data = patients(11)
    tested: list[str] = []
    for fold in range(4):
        split = make_split(data, SplitConfig(folds=4, fold=fold, validation=0.2, method=method))
        assert split.origin == f"fold {fold + 1} of 4"
        part = select(data, split, "test")
        tested += [case.key for case in part]
        assert 8 <= len(part) <= 12
        if method == "group":
            groups = {case.group for case in part}
            assert not groups & {c.group for c in select(data, split, "train")}
        assert set(places(data, split)) == {case.key for case in data.cases}
    assert sorted(tested) == sorted(case.key for case in data.cases)


def test_folds_balance_the_classes() -> None:
    data = dataset([("", "ab"[n % 3 == 0], "") for n in range(60)])
    for fold in range(5):
        split = make_split(data, SplitConfig(folds=5, fold=fold))
        assert split.counts["test"] == {"a": 8, "b": 4}


def test_folds_take_the_place_of_given_parts() -> None:
    data = dataset([(f"P{n}", "a", "test" if n < 2 else "train") for n in range(12)])
    split = make_split(data, SplitConfig(folds=3, fold=0))
    assert len(split.parts["test"]) == 4


def test_more_folds_than_patients() -> None:
    with pytest.raises(DataError, match="too few for 5 folds"):
        make_split(patients(3), SplitConfig(folds=5))


def test_single_pictures_are_split_where_asked() -> None:
    data = patients(10, slices=10)
    stratified = make_split(data, SplitConfig(method="stratified", validation=0.2, test=0.2))
    assert stratified.by_picture
    assert stratified.counts["test"] == {"a": 10, "b": 10}
    torn = [case.group for case in select(data, stratified, "test")]
    assert set(torn) & {case.group for case in select(data, stratified, "train")}
    random = make_split(data, SplitConfig(method="random", validation=0.2, test=0.2))
    assert sum(random.counts["test"].values()) == 20
    assert random.parts != stratified.parts


def test_copies_stay_together_over_patients_and_pictures() -> None:
    data = patients(12, slices=2)
    together = [("0.png", "23.png"), ("2.png", "21.png", "gone.png")]
    for method in ("group", "random"):
        for seed in range(5):
            config = SplitConfig(validation=0.3, test=0.3, seed=seed, method=method)  # type: ignore[arg-type]
            where = places(data, make_split(data, config, together))
            assert where["0.png"] == where["23.png"]
            assert where["2.png"] == where["21.png"]


def test_a_split_by_picture_comes_back_as_it_was(tmp_path: Path) -> None:
    data = patients(6)
    split = make_split(data, SplitConfig(method="random"))
    split = replace(split, left_out=("1.png",), warnings=("So it is.",))
    write_split(tmp_path / "split.json", split)
    again = read_split(tmp_path / "split.json")
    assert again == split
    assert "1.png" not in {c.key for part in PARTS for c in select(data, again, part)}


def noise(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 255, (12, 12)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((64, 64), Image.Resampling.BICUBIC))


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """train/ and test/; the first 6 of 10 test pictures are in train too, the 7th as a JPEG."""
    root = tmp_path / "leaky"
    for number in range(30):
        save(root / "train" / "ab"[number % 2] / f"r{number}.png", noise(number))
    for number in range(10):
        seed = number if number < 6 else 100 + number
        save(root / "test" / "ab"[number % 2] / f"e{number}.png", noise(seed))
    Image.fromarray(noise(106)).save(root / "train" / "a" / "again.jpg", quality=70)
    return root


def plan(root: Path, split: SplitConfig | None = None, **config: Any) -> tuple[DataSet, Split]:
    how = DataConfig(root=str(root), **config)
    data = scan(root, how)
    return data, plan_split(data, how, split or SplitConfig())


def copied(data: DataSet, split: Split) -> int:
    """Test pictures whose pixels are in training or validation too."""
    seeds = {c.key: int("".join(filter(str.isdigit, c.image.stem)) or 106) for c in data.cases}
    where = places(data, split)
    other = {seeds[key] for key, part in where.items() if part != "test"}
    return sum(seeds[key] in other and seeds[key] < 6 for key, p in where.items() if p == "test")


def test_copies_are_together_in_test(leaky: Path) -> None:
    data, split = plan(leaky)
    assert copied(data, split) == 0
    assert sum(split.counts["test"].values()) == 17
    assert "7 pictures are moved from train to test: a patient or a copy is there too." in (
        split.warnings
    )
    assert not any("copy in" in sentence for sentence in split.warnings)


def test_near_copies_that_are_kept_are_warned_of(leaky: Path) -> None:
    data, split = plan(leaky, near_duplicates="keep")
    assert copied(data, split) == 0
    assert any("1 of 16 pictures of test has a nearly identical copy" in s for s in split.warnings)


def test_copies_are_dropped_from_train_and_stay_in_test(leaky: Path) -> None:
    data, split = plan(leaky, duplicates="drop", near_duplicates="drop")
    assert copied(data, split) == 0
    assert split.left_out == (
        "train/a/again.jpg", "train/a/r0.png", "train/a/r2.png", "train/a/r4.png",
        "train/b/r1.png", "train/b/r3.png", "train/b/r5.png",
    )  # fmt: skip
    assert sum(split.counts["test"].values()) == 10
    assert split.warnings[-1] == "7 spare pictures of sets of copies are left out."


def test_copies_that_are_kept_are_warned_of(leaky: Path) -> None:
    data, split = plan(leaky, duplicates="keep", near_duplicates="keep")
    assert copied(data, split) == 6
    assert any(s.startswith("6 of 10 pictures of test have an exact copy") for s in split.warnings)


def test_of_pictures_with_two_labels_none_stays(leaky: Path) -> None:
    shutil.copy(leaky / "train" / "a" / "r20.png", leaky / "train" / "b" / "r20.png")
    _, split = plan(leaky, duplicates="drop")
    assert {"train/a/r20.png", "train/b/r20.png"} <= set(split.left_out)


def test_what_a_person_left_out_is_in_no_part(leaky: Path) -> None:
    data, split = plan(leaky, exclude=("test/a/e0.png",))
    assert "test/a/e0.png" not in places(data, split)


def test_patients_that_a_split_by_picture_tears_are_told(tmp_path: Path) -> None:
    root = mask_folder(tmp_path, patients=6, slices=6)
    _, fair = plan(root, SplitConfig(validation=0.2, test=0.2))
    assert not any("by picture" in sentence for sentence in fair.warnings)
    _, torn = plan(root, SplitConfig(validation=0.2, test=0.2, method="random"))
    assert "although patients are known" in torn.warnings[0]


def test_unknown_patients_small_parts_and_no_test(tmp_path: Path) -> None:
    _, split = plan(class_folder(tmp_path, each=8), SplitConfig(test=0.0))
    said = " ".join(split.warnings)
    assert "Patients are not known" in said
    assert "val has only 2 pictures" in said
    assert "There is no test part" in said


def test_groups_that_are_no_patients_are_told(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=8)
    rows = [f"{name}{n},{n // 2}" for name in ("blob", "ring") for n in range(8)]
    (root / "who.csv").write_text("\n".join(["stem,segment", *rows]))
    assert any("does not name patients ('segment')" in s for s in plan(root)[1].warnings)
    (root / "who.csv").write_text("\n".join(["stem,patient", *rows]))
    assert not any("does not name patients" in s for s in plan(root)[1].warnings)


def sequences(count: int) -> DataSet:
    """Four scans of each study, with one outline; nobody knows the patients."""
    cases = tuple(
        Case(f"{n}_{name}.nii.gz", ROOT / f"{n}_{name}.nii.gz", f"{n}_{name}.nii.gz",
             mask=ROOT / f"{n}_seg.nii.gz", volume=True)
        for n in "abcdefghijklmnop"[:count] for name in ("flair", "t1", "t1ce", "t2")
    )  # fmt: skip
    return DataSet(ROOT, "nifti", cases)


@pytest.mark.parametrize("method", ["group", "stratified", "random"])
@pytest.mark.parametrize("folds", [0, 3])
def test_scans_with_one_outline_are_never_torn_apart(method: Any, folds: int) -> None:
    data = sequences(8)
    for seed in range(6):
        config = SplitConfig(
            seed=seed, method=method, folds=folds, fold=1 if folds else 0,
            validation=0.25, test=0.25,
        )  # fmt: skip
        where = places(data, make_split(data, config))
        assert len(where) == len(data.cases)
        for case in data.cases:
            assert where[case.key] == where[f"{case.key[0]}_flair.nii.gz"]
        assert set(where.values()) == set(PARTS)


def test_an_outline_in_two_given_parts_goes_to_one() -> None:
    data = sequences(8)
    cases = tuple(
        replace(c, part="test" if c.key == "a_t1.nii.gz" else "train") for c in data.cases
    )
    where = places(data, make_split(replace(data, cases=cases), SplitConfig(given=True)))
    assert {key for key, part in where.items() if part == "test"} == {
        f"a_{name}.nii.gz" for name in ("flair", "t1", "t1ce", "t2")
    }


def test_a_blank_mask_of_many_pictures_does_not_tie_them(tmp_path: Path) -> None:
    blank = save(tmp_path / "empty.png", np.zeros((8, 8), dtype=np.uint8))
    cases = tuple(
        Case(f"{n}.png", tmp_path / f"{n}.png", f"{n}.png", mask=blank) for n in range(20)
    )
    data = DataSet(tmp_path, "index", cases)
    split = make_split(data, SplitConfig(validation=0.2, test=0.2))
    assert {part: len(names) for part, names in split.parts.items()} == {
        "train": 12, "val": 4, "test": 4
    }  # fmt: skip
    save(blank, np.full((8, 8), 255, dtype=np.uint8))
    with pytest.raises(DataError, match="too few"):
        make_split(data, SplitConfig(validation=0.2, test=0.2))


def nifti(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(crc32(path.as_posix().encode())).integers(0, 9, (3, 8, 8))
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values.astype(np.uint8)), str(path))


def test_a_split_file_that_tears_an_outline_apart_is_told(tmp_path: Path) -> None:
    for name in "abcdef":
        for kind in ("flair", "t1", "seg"):
            nifti(tmp_path / "scans" / f"case-{name}" / f"{name}_{kind}.nii.gz")
    data, fair = plan(tmp_path / "scans", SplitConfig(validation=0.3, test=0.3))
    assert len(data.cases) == 12
    assert not any("share their outlines" in sentence for sentence in fair.warnings)
    keys = [case.key for case in data.cases]
    parts = {"train": tuple(keys[:7]), "val": tuple(keys[7:10]), "test": tuple(keys[10:])}
    write_split(tmp_path / "split.json", Split(0, parts, {}, method="random"))
    _, torn = plan(tmp_path / "scans", SplitConfig(file=str(tmp_path / "split.json")))
    said = " ".join(torn.warnings)
    assert "2 pictures share their outlines with pictures in another part (1 of 6 outlines)" in said


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["smith_1", "smith_2", "jones_1", "jones_2", "otto_1", "otto_2"], True),
        (["smith/a", "smith/b", "jones/c", "jones/d", "otto/e", "otto/f"], True),
        (["anna", "berta", "cora", "dora", "emil", "fritz"], False),
        (["scan_1", "scan_2", "scan_3", "scan_4", "scan_5", "scan_6"], False),
        (["hgg/a", "hgg/b", "hgg/c", "lgg/d", "lgg/e", "lgg/f"], False),
        (["anna/scan", "berta/scan", "cora/scan", "dora/scan"], False),
    ],
)
def test_scans_that_may_be_of_one_person_are_told(
    names: list[str], told: bool, tmp_path: Path
) -> None:
    for name in names:
        nifti(tmp_path / f"{name}.nii.gz")
        nifti(tmp_path / f"{name}_seg.nii.gz")
    data, split = plan(tmp_path, SplitConfig(validation=0.3, test=0.3))
    assert len(data.cases) == len(names)
    sentences = [s for s in split.warnings if s.startswith("Patients are not known: scans of one")]
    assert len(sentences) == told
    config = replace(class_config(tmp_path), task="segmentation")
    beside = caveats(data, data.cases, replace(split, warnings=()), "test", config)
    assert any("Patients are not known" in sentence for sentence in beside) == told


def test_a_folder_with_nothing_but_a_test_part_says_so(tmp_path: Path) -> None:
    data = dataset([("", "a", "test") for _ in range(8)])
    with pytest.raises(DataError, match="none is left to learn from"):
        make_split(data, SplitConfig(given=True))
    assert make_split(data, SplitConfig(given=False)).parts["train"]


def test_a_split_file_is_taken_and_judged(leaky: Path, tmp_path: Path) -> None:
    _, split = plan(leaky, duplicates="keep", near_duplicates="keep")
    cut = replace(split, parts=split.parts | {"val": split.parts["val"][1:]})
    write_split(tmp_path / "split.json", replace(cut, warnings=()))
    data, again = plan(leaky, SplitConfig(file=str(tmp_path / "split.json")))
    assert again.parts == cut.parts
    assert any("exact copy" in sentence for sentence in again.warnings)
    assert "1 picture is in no part of the split and left out." in again.warnings
    assert sum(sum(c.values()) for c in again.counts.values()) == len(data.cases) - 1


def test_the_command(leaky: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = class_config(leaky, classes=("a", "b"))
    write_config(tmp_path / "config.json", config)
    order = ["split", str(tmp_path / "config.json"), "--data", str(leaky)]
    assert main([*order, "--json", "--progress", "--out", str(tmp_path / "out.json")]) == 0
    output = capsys.readouterr()
    report = json.loads(output.out)
    assert (report["schema"], report["method"], report["origin"]) == (1, "group", "given")
    assert report["groups"]["test"] == sum(report["counts"]["test"].values()) == 17
    assert report["warnings"]
    assert json.loads(output.err.splitlines()[-1])["progress"] == 1.0
    assert read_split(tmp_path / "out.json").counts == report["counts"]
    assert main(order) == 0
    assert "test: 17 of 17 groups" in capsys.readouterr().out


def test_a_large_patient_does_not_leave_a_part_nearly_empty() -> None:
    rows = [("P00", "", "")] * 60 + [(f"P{n:03d}", "", "") for n in range(1, 201)]
    for seed in range(40):
        split = make_split(dataset(rows), SplitConfig(validation=0.1, test=0.1, seed=seed))
        for part in ("val", "test"):
            assert sum(split.counts[part].values()) >= 13, (seed, part)


def test_near_copies_that_nobody_looked_for_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = class_folder(tmp_path / "pictures", 10)
    kept = DataConfig(root=str(root), near_duplicates="keep")
    data = scan(root, kept)
    told = "Nearly identical pictures were not looked for"
    assert not any(told in s for s in plan_split(data, kept, SplitConfig()).warnings)
    monkeypatch.setattr("tumordesk_training.plan._COMPARED", 5)
    assert any(told in s for s in plan_split(data, kept, SplitConfig()).warnings)


def test_a_rare_class_is_told() -> None:
    rows = [(f"P{n:02d}", "common", "") for n in range(20)] + [("Q1", "rare", "")] * 9
    data = dataset(rows)
    split = Split(1, {"test": tuple({case.group for case in data.cases})}, {})
    config = class_config(ROOT, classes=("common", "rare"))
    assert any(
        sentence.startswith("Few groups (patients) of rare (1) in this part")
        for sentence in caveats(data, data.cases, split, "test", config)
    )
