"""``tumordesk-train compare``: runs side by side."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tumordesk.core.label_numbers import parse_labels
from tumordesk.core.training_run import (
    DataConfig,
    SplitConfig,
    TrainingEvent,
    read_config,
    write_config,
)
from tumordesk_training.cli import main
from tumordesk_training.compare import copies_text, split_text
from tumordesk_training.history import device_of, epochs_of, score_name, seconds_per_epoch
from tumordesk_training.run import start
from tumordesk_training.run_model import open_run

Copied = Callable[..., Path]


def test_runs_of_one_split_may_be_compared(
    outline_run: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = copied(outline_run, "one"), copied(outline_run, "two")
    for run in (one, two):
        assert main(["evaluate", str(run)]) == 0
    capsys.readouterr()
    assert main(["compare", str(one), str(two), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["same_split"], found["reason"]) == (1, True, "")
    first = found["rows"][0]
    assert (first["run"], first["name"], first["architecture"]) == (str(one), "Blobs", "unet")
    assert (first["epochs"], first["input"], first["split_method"]) == (12, "32 x 32", "group")
    assert first["parameters"] > 10_000
    assert first["seconds_per_epoch"] > 0
    assert first["device"] == "cpu"
    assert first["figures"]["dice_mean"]["value"] > 0.5
    assert first["note"] == ""
    assert main(["compare", str(one), str(two)]) == 0
    text = capsys.readouterr().out
    assert "All measured on the same test part of the same split." in text
    assert "dice_mean" in text
    assert text.splitlines()[1].startswith("one")
    assert "by patient or group" in text.splitlines()[1]
    assert "1: by" not in text
    assert text.count("test has only 2 patients: its figures are chance.") == 1


def test_runs_of_other_splits_are_named_as_such(
    outline_run: Path, type_run: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = copied(outline_run, "one"), copied(outline_run, "two")
    split = json.loads((two / "split.json").read_text())
    split["parts"]["train"].append(split["parts"]["test"].pop())
    (two / "split.json").write_text(json.dumps(split))
    assert main(["compare", str(one), str(two), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert not found["same_split"]
    assert "one and two were split differently" in found["reason"]
    assert all(row["note"] == "Not evaluated on its test part yet." for row in found["rows"])
    assert all(row["figures"] == {} for row in found["rows"])
    assert found["side_by_side"]
    assert main(["compare", str(one), str(type_run), "--json"]) == 0
    assert not json.loads(capsys.readouterr().out)["side_by_side"]
    assert main(["compare", str(one), str(type_run)]) == 0
    assert "NOT COMPARABLE: one and types do different things" in capsys.readouterr().out


def test_as_published_stands_beside_by_patient_with_the_way_of_its_split(
    outline_run: Path, copied: Copied, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = copied(outline_run, "own")
    config = read_config(outline_run / "config.json")
    data = replace(config.data, duplicates="keep", near_duplicates="keep")
    split = SplitConfig(validation=0.2, test=0.2, method="random")
    published = tmp_path / "published"
    start(published, replace(config, split=split, data=data, epochs=1))
    for run in (own, published):
        assert main(["evaluate", str(run)]) == 0
    capsys.readouterr()
    assert main(["compare", str(own), str(published)]) == 0
    header, first, second, *told = capsys.readouterr().out.splitlines()
    place = header.index("split")
    assert first[place:].startswith("1: by patient or group, copies together ")
    assert second[place:].startswith("2: by picture, at random, copies kept ")
    assert header.index("split") < header.index("dice_mean")
    assert told[0].startswith("Different splits: side by side, no ranking")
    assert "own and published were split differently" in told[0]
    assert any(
        line.startswith("Note: published: The split is by picture although patients are known")
        for line in told
    )
    assert not any("NOT COMPARABLE" in line for line in told)


def test_how_a_split_is_named(type_run: Path) -> None:
    split = open_run(type_run).split
    assert split_text(split) == "by file, patients not known"
    for changes, words in (
        ({"origin": "given"}, "as the folder gives it"),
        ({"method": "stratified"}, "by picture, classes balanced"),
        ({"warnings": ()}, "by patient or group"),
    ):
        assert split_text(replace(split, **changes)) == words
    for exact, near, words in (
        ("together", "together", "together"),
        ("drop", "together", "dropped"),
        ("drop", "keep", "kept"),
    ):
        assert copies_text(DataConfig(duplicates=exact, near_duplicates=near)) == words


def test_figures_older_than_the_weights_are_told(
    type_run: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(type_run)
    assert main(["evaluate", str(run)]) == 0
    os.utime(run / "evaluation" / "test.json", (1, 1))
    capsys.readouterr()
    assert main(["compare", str(run)]) == 0
    assert "evaluate it again" in capsys.readouterr().out


def test_figures_of_another_split_are_told(
    outline_run: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = copied(outline_run, "one"), copied(outline_run, "two")
    assert main(["evaluate", str(two)]) == 0
    split = json.loads((two / "split.json").read_text())
    split["parts"]["train"].append(split["parts"]["test"].pop())
    (two / "split.json").write_text(json.dumps(split))
    capsys.readouterr()
    assert main(["compare", str(one), str(two)]) == 0
    assert "two: Evaluated on another split than it has now" in capsys.readouterr().out


def test_what_is_no_run_is_told(
    outline_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(tmp_path)]) == 2
    assert "config.json is missing" in capsys.readouterr().err
    assert main(["compare", str(outline_run), str(outline_run)]) == 2
    assert "named twice" in capsys.readouterr().err


def event(kind: str, epoch: int = 0, **values: object) -> TrainingEvent:
    return TrainingEvent(kind, 0.0, epoch, values=dict(values))  # type: ignore[arg-type]


def test_what_events_tell_of_epochs() -> None:
    events = (
        event("start", device="cpu", processes=2),
        event("epoch", 1, loss=2.0, seconds=10.0, dice_mean=None, dice_by_image_mean=0.2),
        event("epoch", 2, loss=1.0, seconds=30.0),
        event("start", 1, device="cuda", processes=1),
        event("epoch", 2, loss=0.9, seconds=20.0),
    )
    epochs = epochs_of(events)
    assert [(e.number, e.get("loss")) for e in epochs] == [(1, 2.0), (2, 0.9)]
    assert epochs[0].get("dice_mean") is None
    assert seconds_per_epoch(epochs) == 15.0
    assert seconds_per_epoch(()) is None
    assert score_name(epochs, "segmentation") == "dice_by_image_mean"
    assert score_name((), "classification") == "balanced_accuracy"
    assert (device_of(events), device_of(events[:1]), device_of(())) == ("cuda", "2 x cpu", "")


def test_trials_on_other_pictures_are_not_ranked(
    outline_run: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = copied(outline_run, "one"), copied(outline_run, "two")
    for run in (one, two):
        assert main(["evaluate", str(run)]) == 0
    path = two / "evaluation" / "test.json"
    document = json.loads(path.read_text())
    document["cases"][0]["key"] = "another.png"
    path.write_text(json.dumps(document))
    capsys.readouterr()
    assert main(["compare", str(one), str(two)]) == 0
    assert "one and two were measured on different pictures" in capsys.readouterr().out


def test_other_numbers_for_the_same_part_are_not_compared(
    outline_run: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = copied(outline_run, "one"), copied(outline_run, "two")

    def outlined(run: Path, text: str) -> None:
        config = read_config(run / "config.json")
        labels = parse_labels(text)
        write_config(run / "config.json", replace(config, data=replace(config.data, labels=labels)))

    def reason() -> str:
        assert main(["compare", str(one), str(two), "--json"]) == 0
        return str(json.loads(capsys.readouterr().out)["reason"])

    outlined(one, "1=tumour, 2=tumour")
    outlined(two, "1=tumour, 2=")
    assert "take the numbers of the label maps for different parts" in reason()
    outlined(two, "2=tumour, 1=tumour, 3=")
    assert "numbers" not in reason()
