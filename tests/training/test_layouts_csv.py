"""CSV files as people write them: pictures named twice, words for the parts, spreadsheet forms."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from training_factories import class_folder, save
from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig, IndexSpec, SplitConfig
from tumordesk_training import lists, named_files, tables
from tumordesk_training.data import Case, DataSet, Remark
from tumordesk_training.layouts import scan
from tumordesk_training.split import make_split, select

EMPTY = np.zeros((8, 8), dtype=np.uint8)


def found(root: Path, **config: Any) -> DataSet:
    return scan(root, DataConfig(root=str(root), **config))


def listed(root: Path, *rows: str, header: str = "image,label,split", pictures: int = 6) -> DataSet:
    """What is found in a folder of ``pictures`` and a CSV of these rows."""
    for number in range(pictures):
        save(root / "img" / f"{number}.png", EMPTY)
    (root / "index.csv").write_text("\n".join([header, *rows]))
    return found(root)


def by_key(data: DataSet) -> dict[str, Case]:
    return {case.key: case for case in data.cases}


def remark(data: DataSet, code: str) -> Remark:
    (one,) = (remark for remark in data.remarks if remark.code == code)
    return one


@pytest.mark.parametrize(
    "again",
    ["img/0.png", " img/0.png ", "./img/0.png", "img//0.png", "img\\0.png", "{root}/img/0.png"],
)
def test_a_picture_named_twice_counts_once(again: str, tmp_path: Path) -> None:
    rows = ("img/0.png,a,train", f"{again.format(root=tmp_path)},a,train", "img/1.png,b,train")
    data = listed(tmp_path, *rows)
    assert [case.key for case in data.cases] == ["img/0.png", "img/1.png"]
    assert data.problems == (("img/0.png", "index.csv names it once more"),)
    assert data.remarks == ()


@pytest.mark.parametrize(
    ("first", "second", "note"),
    [
        ("a,train,P1,", "b,train,P1,", "label a / b"),
        ("a,train,P1,", "a,test,P1,", "part train / test"),
        ("a,train,P1,", "a,train,P2,", "patient P1 / P2"),
        ("a,train,P1,", "a,train,P1,img/3.png", "mask none / img/3.png"),
        ("a,train,P1,", "b,,P1,", "label a / b; part train / none"),
        ("a,train,P1,", "b,train,P1,nowhere.png", "label a / b; mask none / nowhere.png"),
    ],
)
def test_a_picture_whose_rows_differ_is_left_out(
    first: str, second: str, note: str, tmp_path: Path
) -> None:
    rows = (f"img/0.png,{first}", f"./img/0.png,{second}", "img/1.png,b,train,P3,")
    data = listed(tmp_path, *rows, header="image,label,split,patient,mask")
    assert [case.key for case in data.cases] == ["img/1.png"]
    told = remark(data, "index_conflicts")
    assert told.severity == "problem"
    assert told.title.startswith("1 picture is listed more than once in index.csv")
    assert told.keys == (("img/0.png", note),)


def test_one_meaning_in_two_spellings_is_no_conflict(tmp_path: Path) -> None:
    data = listed(tmp_path, "img/0.png,a,Test", "img/0.png,a,testing", "img/1.png,a,train")
    assert [case.part for case in data.cases] == ["test", "train"]
    assert data.remarks == ()


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("TRAIN", "train"), ("Training set", "train"), ("train_data", "train"),
        ("dev", "val"), ("Eval", "val"), ("evaluation", "val"), ("Validation set", "val"),
        ("valid", "val"), ("Test set", "test"), ("holdout", "test"), ("Hold-out", "test"),
        ("held out", "test"), (" testing ", "test"), ("testset", "test"),
    ],
)  # fmt: skip
def test_words_for_the_parts(word: str, part: str, tmp_path: Path) -> None:
    assert by_key(listed(tmp_path, f"img/0.png,a,{word}"))["img/0.png"].part == part


def test_a_part_that_is_not_known_is_not_trained_on(tmp_path: Path) -> None:
    rows = [f"img/{n}.png,a,{part}" for n, part in enumerate(["train"] * 3 + ["test", "external"])]
    data = listed(tmp_path, *rows, "img/5.png,a,External site")
    told = remark(data, "unknown_part")
    assert told.severity == "problem"
    assert "2 pictures of index.csv are left out" in told.title
    assert "'external' (1) and 'External site' (1)" in told.title
    assert ("img/4.png", 'its part "external" is not known') in data.problems
    assert not {"img/4.png", "img/5.png"} & set(by_key(data))


def test_where_no_part_is_known_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'3' \(1\).*Write train, val or test"):
        listed(tmp_path, "img/0.png,a,3")


def test_rows_without_a_part_are_training_and_told(tmp_path: Path) -> None:
    parts = ["train", "val", "test", "", ""]
    data = listed(tmp_path, *(f"img/{n}.png,a,{part}" for n, part in enumerate(parts)))
    told = remark(data, "part_not_given")
    assert told.severity == "warning"
    assert "2 of 5 pictures" in told.title
    assert [key for key, _ in told.keys] == ["img/3.png", "img/4.png"]
    train = select(data, make_split(data, SplitConfig()), "train")
    assert {case.key for case in train} == {"img/0.png", "img/3.png", "img/4.png"}


def test_a_list_without_any_part_needs_no_remark(tmp_path: Path) -> None:
    assert listed(tmp_path, "img/0.png,a,", "img/1.png,b,").remarks == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_forms_of_spreadsheet_programs(delimiter: str, encoding: str, tmp_path: Path) -> None:
    save(tmp_path / "img" / "1.png", EMPTY)
    save(tmp_path / "img" / "2.png", EMPTY)
    rows = [["Image", "label", "patient"], ["img/1.png", "größer", "Müller"], ["img/2.png", "b"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    (tmp_path / "index.csv").write_bytes(text.encode(encoding))
    data = found(tmp_path)
    case = by_key(data)["img/1.png"]
    assert (data.layout, case.label, case.group) == ("index", "größer", "Müller")


def test_a_comma_within_a_column_of_a_semicolon_list(tmp_path: Path) -> None:
    data = listed(tmp_path, "img/0.png;a;x,y", header="image;label;notes, remarks, more, and more")
    assert by_key(data)["img/0.png"].label == "a"


def test_patients_from_a_grouping_list_with_semicolons(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=2)
    (root / "who.csv").write_text("stem;patient\nblob0;P1\nblob1;P1\nring0; P1 \nring1;P2\n")
    data = found(root)
    assert data.groups == ("P1", "P2")
    assert data.remarks == ()


def test_backslashes_in_a_grouping_list(tmp_path: Path) -> None:
    for name in ("a/1.png", "b/1.png"):
        save(tmp_path / name, EMPTY)
    (tmp_path / "who.csv").write_text("filename,patient\na\\1.png,P1\nb\\1.png,P2\n")
    assert {key: case.group for key, case in by_key(found(tmp_path)).items()} == {
        "a/1.png": "P1",
        "b/1.png": "P2",
    }


BROKEN = {
    "a value without end": b"stem,patient\nblob0," + b"x" * 200_000,
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x81\x8d\x8f",
    "half of UTF-16": "stem,patient\nblob0,P1".encode("utf-16")[:-1],
    "UTF-16 without its mark": "stem,patient\nblob0,P1".encode("utf-16-le"),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_damaged_csv_blocks_no_class_folder(content: bytes, tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=2)
    (root / "who.csv").write_bytes(content)
    data = found(root)
    assert len(data.cases) == 4
    told = remark(data, "csv_unused")
    assert told.severity == "warning"
    assert told.title.startswith("who.csv is not used: it cannot be read: ")
    assert 'Save it again as "CSV UTF-8"' in told.advice
    assert "Error" not in told.title


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_damaged_csv_that_was_asked_for_is_an_error(content: bytes, tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=2)
    (root / "who.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"^who\.csv cannot be read: .*Save it again") as caught:
        found(root, indexes=(IndexSpec("who.csv", "stem", "patient"),))
    assert "Error" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "severity", "reason"),
    [
        ("colour,size\nred,3\n", "info", "it has no column 'image'"),
        (
            "filename,label\nblob0.png,a\n",
            "warning",
            "the folder is read as a folder for each class",
        ),
        (
            "filename,age\nblob0.png,70\n",
            "warning",
            "it names pictures, but neither their classes nor masks, parts or patients",
        ),
        ("image,label\nold/1.png,a\n", "warning", "the files that it names are missing"),
        ("image,label,patient\n", "warning", "it has no rows"),
        ("", "info", "it has no rows"),
    ],
)
def test_a_csv_that_is_not_used_is_told(
    text: str, severity: str, reason: str, tmp_path: Path
) -> None:
    root = class_folder(tmp_path, each=2)
    (root / "notes.csv").write_text(text)
    data = found(root)
    assert data.layout == "classes"
    told = remark(data, "csv_unused")
    assert (told.severity, told.title) == (severity, f"notes.csv is not used: {reason}")
    assert told.advice


def test_labels_of_a_list_that_serves_for_patients_alone_are_told(tmp_path: Path) -> None:
    root = class_folder(tmp_path, each=2)
    (root / "list.csv").write_text("image,label,patient\nold/blob0.png,a,P1\nold/blob1.png,a,P1\n")
    data = found(root)
    assert by_key(data)["blob/blob0.png"].group == "P1"
    assert "not used for more than patients" in remark(data, "csv_unused").title


def test_of_two_lists_the_second_is_told(tmp_path: Path) -> None:
    save(tmp_path / "1.png", EMPTY)
    for name in ("test.csv", "train.csv"):
        (tmp_path / name).write_text("image,label,patient\n1.png,a,P1\n")
    told = remark(found(tmp_path), "csv_unused")
    assert told.title.startswith("train.csv is not used")
    assert told.title.endswith("test.csv is the list that is read")


def test_hidden_files_of_a_mac_are_no_lists(tmp_path: Path) -> None:
    save(tmp_path / "img" / "0.png", EMPTY)
    (tmp_path / "._index.csv").write_bytes(b"\x00\x05\x16\x07\x81")
    assert listed(tmp_path, "img/0.png,a,").remarks == ()


def test_the_list_is_found_beside_a_grouping_file_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "who.csv").write_text("stem,patient\n0,P7\n")
    listed(tmp_path, "img/0.png,a,")
    data = found(tmp_path, indexes=(IndexSpec("who.csv", "stem", "patient"),))
    assert (data.layout, by_key(data)["img/0.png"].group) == ("index", "P7")


def test_blanks_around_labels_parts_and_patients(tmp_path: Path) -> None:
    row = "img/0.png , a , test , P1 "
    case = by_key(listed(tmp_path, row, header="image, label ,split, patient"))["img/0.png"]
    assert (case.label, case.part, case.group) == ("a", "test", "P1")


@pytest.mark.parametrize("name", ["img/\0.png", "img/" + "x" * 5000 + ".png"])
@pytest.mark.parametrize("column", ["image", "mask"])
def test_what_cannot_be_a_file_name(name: str, column: str, tmp_path: Path) -> None:
    row = f"{name}," if column == "image" else f"img/1.png,{name}"
    data = listed(tmp_path, "img/0.png,", row, header="image,mask")
    reason = {
        "image": "its name cannot be a file name",
        "mask": "the name of its mask cannot be a file name",
    }[column]
    assert [text for _, text in data.problems] == [reason]
    assert list(by_key(data)) == ["img/0.png"]


def test_a_picture_of_two_patients_is_left_out(tmp_path: Path) -> None:
    class_folder(tmp_path, each=4)
    rows = [f"blob{n}.png,P{n}" for n in range(4)]
    (tmp_path / "patients.csv").write_text("\n".join(["file,patient", *rows, "blob1.png,P3"]))
    data = found(tmp_path)
    assert "blob/blob1.png" not in by_key(data)
    assert by_key(data)["blob/blob3.png"].group == "P3"
    told = remark(data, "group_conflicts")
    assert told.severity == "problem"
    assert told.keys == (("blob/blob1.png", "patients.csv: P1 / P3"),)


def test_links_that_lead_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "data"
    for place in (tmp_path / "other" / "1.png", root / "img" / "0.png"):
        save(place, EMPTY)
    (root / "img" / "out.png").symlink_to(tmp_path / "other" / "1.png")
    (root / "img" / "in.png").symlink_to(root / "img" / "0.png")
    (root / "away").symlink_to(tmp_path / "other")
    rows = ("img/0.png,a", "img/in.png,b", "img/out.png,a", "away/1.png,b", "../other/1.png,b")
    data = listed(root, *rows, header="image,label")
    assert set(by_key(data)) == {"img/0.png", "img/in.png"}
    told = "the file lies outside the data folder"
    assert dict(data.problems) == dict.fromkeys(
        ("img/out.png", "away/1.png", "../other/1.png"), told
    )


@pytest.mark.parametrize(
    ("header", "row"),
    [("image_id,label", "{0},{1}"), ("path,mask,label", "img/{0}.png,img/{0}.png,{1}")],
)
def test_a_long_list_is_read_without_looking_at_the_folder_for_each_row(
    header: str, row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[str] = Counter()
    resolve, read = Path.resolve, tables.read_csv

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls[name] += 1
            return function(*args, **kwargs)

        return call

    monkeypatch.setattr(Path, "resolve", counted("resolve", resolve))
    monkeypatch.setattr(named_files, "os", SimpleNamespace(walk=counted("walk", os.walk)))
    monkeypatch.setattr(lists, "read_csv", counted("read", read))
    rows = [row.format(number, "ab"[number % 2]) for number in range(60)]
    data = listed(tmp_path, *rows, header=header, pictures=60)
    assert (data.layout, len(data.cases)) == ("index", 60)
    assert calls["resolve"] < 30
    assert calls["read"] == 1
    assert calls["walk"] <= 1


def test_a_column_id_names_pictures_where_nearly_all_of_it_does(tmp_path: Path) -> None:
    rows = [f"{n},P{n % 3},{n % 2}" for n in range(6)]
    data = listed(tmp_path, *rows, header="id,patient_id,tumor")
    assert (data.layout, data.labels) == ("index", ("0", "1"))
    assert {case.key: (case.label, case.group) for case in data.cases} == {
        f"img/{n}.png": (str(n % 2), f"P{n % 3}") for n in range(6)
    }


def test_a_column_id_beside_class_folders_tells_patients_and_no_more(tmp_path: Path) -> None:
    for n in range(6):
        save(tmp_path / ("glioma" if n % 2 else "other") / f"{n}.png", EMPTY)
    rows = [f"{n},{n % 2},P{n % 3}" for n in range(6)]
    (tmp_path / "index.csv").write_text("\n".join(["n,label,patient", *rows]))
    data = found(tmp_path)
    assert (data.layout, data.labels, data.remarks) == ("classes", ("glioma", "other"), ())
    assert {case.group for case in data.cases} == {"P0", "P1", "P2"}
