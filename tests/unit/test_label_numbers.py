"""What the numbers of a label map stand for, as people write it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tumordesk.core.errors import ConfigError
from tumordesk.core.label_numbers import (
    BACKGROUND,
    LabelNumber,
    label_classes,
    labels_text,
    parse_labels,
    suggested_name,
)
from tumordesk.core.training_run import read_config
from tumordesk.io.dataset_json import named_channels, named_labels


def test_numbers_and_names_are_read_as_they_are_written() -> None:
    labels = parse_labels("1=core, 2 = oedema ,4=core, 3=")
    assert labels[1] == LabelNumber(2, "oedema")
    assert labels[3] == LabelNumber(3, "background")
    assert label_classes(labels) == ("background", "core", "oedema")
    assert parse_labels(labels_text(labels)) == labels
    assert parse_labels("") == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("core", "'core' is not NUMBER=NAME"),
        ("1=core, 1=oedema", "each number must have one name"),
        ("0=core", "a number must be from 1"),
        ("1=a=b", "without , = and ;"),
        ("1=" + "x" * 61, "at most 60 letters"),
        ("1=, 2=", "at least one number must have a name"),
        ("1=core, 2=Core", "differ in capital letters only"),
        ("٣=core", "is not NUMBER=NAME"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_labels(text)


def config_with(tmp_path: Path, **entries: object) -> Path:
    plain = {
        "name": "parts",
        "task": "segmentation",
        "architecture": "unet",
        "classes": ["background", "core", "oedema"],
        "data": {
            "labels": [
                {"number": 4, "name": "core"},
                {"number": 1, "name": "core"},
                {"number": 2, "name": "oedema"},
            ]
        },
        **entries,
    }
    path = tmp_path / "parts.json"
    path.write_text(json.dumps(plain))
    return path


def test_a_configuration_names_the_numbers(tmp_path: Path) -> None:
    config = read_config(config_with(tmp_path))
    assert label_classes(config.data.labels) == config.classes


@pytest.mark.parametrize(
    "entries",
    [
        {"classes": ["background", "core"]},
        {"classes": ["background", "core", "oedema", "cyst"]},
        {"task": "classification", "architecture": "resnet18"},
    ],
)
def test_names_that_are_not_the_classes_are_refused(
    tmp_path: Path, entries: dict[str, object]
) -> None:
    with pytest.raises(ConfigError, match=r"data\.labels"):
        read_config(config_with(tmp_path, **entries))


def test_what_a_data_set_calls_free_of_tumour_is_background() -> None:
    assert suggested_name("3", "No_Tumor") == BACKGROUND
    assert suggested_name("3", "normal ") == BACKGROUND
    assert suggested_name("3", "enhancing") == "enhancing"


@pytest.mark.parametrize("told", ["", ",=;", "\n\x00", "a, b = c;\x1b[31m", "x" * 500, "  Edema  "])
def test_a_suggested_name_is_always_one_that_can_be_taken(told: str) -> None:
    name = suggested_name("7", told)
    assert LabelNumber(7, name).name == name


def test_names_come_from_both_kinds_of_dataset_json(tmp_path: Path) -> None:
    assert named_labels(tmp_path) == {}
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps({"labels": {"0": "background", "1": "edema", "2": "core"}}))
    assert named_labels(tmp_path) == {"0": "background", "1": "edema", "2": "core"}
    other = tmp_path / "nnunet"
    other.mkdir()
    labels = {"background": 0, "whole": [1, 2], "edema": 1, "7": 3}
    (other / "dataset.json").write_text(
        json.dumps({"labels": labels, "channel_names": {"0": "FLAIR"}})
    )
    assert named_labels(other) == {"0": "background", "1": "edema"}
    assert [one.value for one in named_channels(other).values()] == ["FLAIR"]
