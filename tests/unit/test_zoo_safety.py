"""Weights files are judged by their header before anything loads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_factories import safetensors_bytes
from tumordesk.core.errors import ModelError
from tumordesk.zoo.safety import MAX_FILE_BYTES, MAX_HEADER_BYTES, check_safetensors

WORD = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def check(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(data)
    check_safetensors(path)


def test_a_sound_file_passes(tmp_path):
    check(tmp_path, safetensors_bytes())
    header = {
        "__metadata__": {"format": "pt"},
        "scalar": {"dtype": "I64", "shape": [], "data_offsets": [4, 12]},
        "word": WORD,
        "nothing": {"dtype": "F16", "shape": [0, 3], "data_offsets": [4, 4]},
    }
    check(tmp_path, safetensors_bytes(b"\x00" * 12, header))


@pytest.mark.parametrize("keep", [0, 5, 8, 20, -1])
def test_a_truncated_file_is_refused(tmp_path, keep):
    with pytest.raises(ModelError, match=r"cut off|not a safetensors") as caught:
        check(tmp_path, safetensors_bytes()[:keep])
    assert "weights.safetensors" in caught.value.message
    assert caught.value.hint


def test_a_longer_file_is_refused(tmp_path):
    with pytest.raises(ModelError, match="longer than its weights"):
        check(tmp_path, safetensors_bytes() + b"\x00")


@pytest.mark.parametrize("length", [MAX_HEADER_BYTES + 1, 2**63, 2**64 - 1])
def test_a_huge_header_is_refused_before_it_is_read(tmp_path, length):
    with pytest.raises(ModelError, match="announces a header"):
        check(tmp_path, length.to_bytes(8, "little") + b"{}")


def test_a_huge_file_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    with path.open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)  # sparse: takes no room
    with pytest.raises(ModelError, match="over 2 GB"):
        check_safetensors(path)


@pytest.mark.parametrize(
    "text",
    [b"\xff\xfe", b"not json", b"[]", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"],
    ids=["bytes", "words", "list", "deep", "long number"],
)
def test_a_header_that_is_no_header_is_refused(tmp_path, text):
    with pytest.raises(ModelError, match=r"not a safetensors|makes no sense"):
        check(tmp_path, len(text).to_bytes(8, "little") + text)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        WORD | {"dtype": "OBJECT"},
        WORD | {"shape": [-1]},
        WORD | {"shape": [2]},
        WORD | {"shape": [True]},
        WORD | {"shape": [1] * 7},
        WORD | {"data_offsets": [4, 0]},
        WORD | {"data_offsets": [0]},
        WORD | {"shape": [2**62, 4]},
    ],
)
def test_entries_that_make_no_sense_are_refused(tmp_path, entry):
    with pytest.raises(ModelError, match="makes no sense"):
        check(tmp_path, safetensors_bytes(b"\x00" * 4, {"w": entry}))


@pytest.mark.parametrize("second", [[0, 4], [8, 12]], ids=["overlap", "gap"])
def test_tensors_must_fill_the_file_exactly(tmp_path, second):
    header = {"a": WORD, "b": WORD | {"data_offsets": second}}
    with pytest.raises(ModelError, match="overlap or leave gaps"):
        check(tmp_path, safetensors_bytes(b"\x00" * 12, header))


def test_a_file_without_tensors_or_no_file_at_all_is_refused(tmp_path):
    with pytest.raises(ModelError, match="0 tensors"):
        check(tmp_path, safetensors_bytes(b"", {}))
    with pytest.raises(ModelError, match=r"nowhere\.safetensors cannot be read"):
        check_safetensors(tmp_path / "nowhere.safetensors")
