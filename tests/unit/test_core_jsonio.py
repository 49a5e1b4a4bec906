"""JSON both ways is strict, and a file is either whole or not there."""

from __future__ import annotations

import enum
import errno
import json
import os
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumordesk.core import jsonio
from tumordesk.core.errors import ConfigError, WriteError
from tumordesk.core.jsonio import atomic_write, dumps, from_plain, read_json, to_plain, write_json


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    value: float
    name: str = "x"


@dataclass(frozen=True)
class Outer:
    count: int
    colour: Colour = Colour.RED
    mode: Literal["a", "b"] = "a"
    pair: tuple[int, int] = (1, 2)
    inners: tuple[Inner, ...] = ()
    words: list[str] = field(default_factory=list)
    table: dict[str, float] = field(default_factory=dict)
    folder: Path | None = None
    flag: bool = False


FULL = Outer(
    count=3,
    colour=Colour.BLUE,
    mode="b",
    pair=(4, 5),
    inners=(Inner(0.5), Inner(2.0, "ä")),
    words=["one", "two"],
    table={"dice": 0.25},
    folder=Path("some") / "where",
    flag=True,
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_dataclass_comes_back_equal():
    assert from_plain(Outer, json.loads(dumps(FULL))) == FULL


@given(
    st.builds(
        Outer,
        count=st.integers(),
        colour=st.sampled_from(Colour),
        pair=st.tuples(st.integers(), st.integers()),
        inners=st.lists(
            st.builds(Inner, value=st.floats(allow_nan=False, allow_infinity=False))
        ).map(tuple),
        words=st.lists(st.text()),
        table=st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
        flag=st.booleans(),
    )
)
def test_any_value_comes_back_equal(value):
    assert from_plain(Outer, json.loads(dumps(value))) == value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, ["lacks", "count"]),
        ({"count": 1, "colur": "red"}, ["unknown", "colur"]),
        ({"count": "1"}, ["Outer.count", "int", "str"]),
        ({"count": True}, ["Outer.count", "int", "bool"]),
        ({"count": 1.5}, ["Outer.count", "int", "float"]),
        ({"count": None}, ["Outer.count"]),
        ({"count": 1, "colour": "green"}, ["Outer.colour", "'red'", "'green'"]),
        ({"count": 1, "mode": "c"}, ["Outer.mode", "'c'"]),
        ({"count": 1, "pair": [1]}, ["Outer.pair", "2 entries"]),
        ({"count": 1, "pair": 7}, ["Outer.pair", "list"]),
        ({"count": 1, "inners": [{"value": 1}, {"value": "x"}]}, ["Outer.inners[1].value"]),
        ({"count": 1, "table": {"a": "x"}}, ["Outer.table.a"]),
        ({"count": 1, "table": []}, ["Outer.table", "object"]),
        ({"count": 1, "flag": 1}, ["Outer.flag", "bool"]),
        ([], ["Outer", "object"]),
        (None, ["Outer", "object"]),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(data, words):
    with pytest.raises(ConfigError) as caught:
        from_plain(Outer, data)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_whole_number_is_taken_where_a_float_is_asked():
    value = from_plain(Inner, {"value": 2}).value
    assert value == 2.0
    assert isinstance(value, float)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_know_are_refused(value):
    with pytest.raises(ValueError):
        dumps(Inner(value))


def test_plain_holds_only_what_json_knows():
    plain = to_plain(FULL)
    assert plain["colour"] == "blue"
    assert type(plain["colour"]) is str
    assert plain["pair"] == [4, 5]
    assert plain["folder"] == str(FULL.folder)


def test_a_file_is_written_and_read_back(tmp_path):
    path = tmp_path / "deep" / "er" / "file.json"
    write_json(path, FULL)
    assert from_plain(Outer, read_json(path)) == FULL
    assert names_in(path.parent) == ["file.json"]


@pytest.mark.skipif(os.name == "nt", reason="file modes are POSIX")
def test_a_result_is_readable_as_any_other_file(tmp_path):
    write_json(tmp_path / "ours.json", 1)
    (tmp_path / "plain.json").write_text("1")
    modes = {stat.S_IMODE((tmp_path / n).stat().st_mode) for n in ("ours.json", "plain.json")}
    assert len(modes) == 1


def test_an_existing_file_stays_where_overwriting_is_not_wanted(tmp_path):
    path = tmp_path / "kept.json"
    path.write_text("old")
    with pytest.raises(WriteError, match=r"kept\.json is already there"):
        write_json(path, 1, overwrite=False)
    assert path.read_text() == "old"


def test_the_temporary_file_keeps_the_suffixes(tmp_path):
    names = []
    atomic_write(tmp_path / "mask.nii.gz", lambda part: names.append(part.name))
    assert names[0].endswith("mask.nii.gz")
    assert names[0] != "mask.nii.gz"


def _fails_with(code: int):
    def write(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(code, os.strerror(code))

    return write


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO, errno.ENODEV])
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(tmp_path, code):
    path = tmp_path / "result.json"
    path.write_text("old")
    with pytest.raises(WriteError) as caught:
        atomic_write(path, _fails_with(code))
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["result.json"]
    assert "result.json" in caught.value.message
    assert os.strerror(code) in caught.value.message
    assert caught.value.hint


def test_a_defect_in_the_writer_is_not_disguised_and_leaves_nothing(tmp_path):
    def write(path: Path) -> None:
        path.write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        atomic_write(tmp_path / "result.json", write)
    assert names_in(tmp_path) == []


def test_a_failing_move_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    path.write_text("old")

    def replace(self, target):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(WriteError):
        write_json(path, 1)
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["result.json"]


@pytest.fixture
def full_disk(tmp_path):
    """A real file system of 64 KiB; only root can make one."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting is not allowed on this machine")
    yield folder
    subprocess.run(["umount", str(folder)], capture_output=True, check=True)


def test_a_full_disk_is_told_and_leaves_the_old_file(full_disk):
    path = full_disk / "result.json"
    write_json(path, "old")
    with pytest.raises(WriteError, match="No space left"):
        write_json(path, "x" * 500_000)
    assert read_json(path) == "old"
    assert names_in(full_disk) == ["result.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"nonsense"])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"model\.json cannot be read"):
        read_json(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.json is missing"):
        read_json(tmp_path / "gone.json")


def test_a_folder_in_place_of_the_file_is_named(tmp_path):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(ConfigError, match=r"folder\.json cannot be read"):
        read_json(tmp_path / "folder.json")
    with pytest.raises(WriteError):
        jsonio.write_json(tmp_path / "folder.json", 1)
