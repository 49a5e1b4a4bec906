"""``tumordesk-train compare``: runs side by side."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tumordesk.core.training_run import TrainingEvent
from tumordesk_training.cli import main
from tumordesk_training.history import device_of, epochs_of, score_name, seconds_per_epoch

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
    assert main(["compare", str(one), str(type_run)]) == 0
    assert "NOT COMPARABLE: one and types do different things" in capsys.readouterr().out


def test_figures_older_than_the_weights_are_told(
    type_run: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(type_run)
    assert main(["evaluate", str(run)]) == 0
    os.utime(run / "evaluation" / "test.json", (1, 1))
    capsys.readouterr()
    assert main(["compare", str(run)]) == 0
    assert "evaluate it again" in capsys.readouterr().out


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
