"""Configuration, events and state of a training run; no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import to_plain
from tumordesk.core.training_run import (
    DataConfig,
    IndexSpec,
    RunState,
    SplitConfig,
    Stage,
    TrainingConfig,
    TrainingEvent,
    read_config,
    read_event,
    read_run,
    write_config,
)

CLASSES = ("background", "tumour")


def make_config(**changes: Any) -> TrainingConfig:
    defaults: dict[str, Any] = {
        "name": "Test", "task": "segmentation", "architecture": "unet", "classes": CLASSES,
    }  # fmt: skip
    return TrainingConfig(**defaults | changes)


def plain(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = to_plain(make_config())
    return document | changes


def written(folder: Path, document: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(document))
    return path


def test_a_configuration_comes_back_as_it_was(tmp_path: Path) -> None:
    config = make_config(
        data=DataConfig("scans", indexes=(IndexSpec("a.csv", "stem", "patient"),), volumes=True),
        stages=(Stage(0.5, (128, 128)),),
        budget_minutes=5.0,
        options={"width": 16},
    )
    write_config(tmp_path / "config.json", config)
    assert read_config(tmp_path / "config.json") == config


def test_a_short_configuration_is_enough(tmp_path: Path) -> None:
    document = {
        "name": "Test", "task": "segmentation", "architecture": "unet", "classes": list(CLASSES),
    }  # fmt: skip
    assert read_config(written(tmp_path, document)) == make_config()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 2}, "schema 2 is not supported"),
        ({"classes": ["one"]}, "at least two"),
        ({"epochs": 0}, "at least 1"),
        ({"batch_size": -1}, "0 or more"),
        ({"ema": 1.0}, "ema"),
        ({"patience": -1}, "patience"),
        ({"budget_minutes": 0.0}, "budget_minutes"),
        ({"task": "detection"}, "task must be one of 'segmentation', 'classification'"),
        ({"epochs": "ten"}, "epochs must be int, not str"),
        ({"epoch": 3}, "unknown entries: epoch"),
        ({"split": {"validation": 0.6, "test": 0.5}}, "below 1"),
        ({"split": {"validation": -0.1}}, "below 1"),
        ({"stages": [{"until": 1.5, "size": [64, 64]}]}, "until"),
        ({"optimiser": {"rate": 0.0}}, "rate"),
        ({"optimiser": {"warmup": 1.0}}, "warmup"),
        ({"augment": {"scale": [1.2, 0.8]}}, "scale"),
        ({"augment": {"flip": 2.0}}, "flip"),
        ({"data": {"empty_share": 1.0}}, "empty_share"),
    ],
)
def test_wrong_entries_are_named(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        read_config(written(tmp_path, plain(**changes)))
    assert "config.json" in str(caught.value)


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.json is missing"):
        read_config(tmp_path / "config.json")


def run_with(folder: Path, *kinds: str, tail: str = "") -> Path:
    write_config(folder / "config.json", make_config())
    lines = [TrainingEvent(kind, 1.0, values={"loss": 0.5}).line() for kind in kinds]  # type: ignore[arg-type]
    (folder / "events.jsonl").write_text("".join(lines) + tail)
    return folder


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ((), RunState.CREATED),
        (("start",), RunState.RUNNING),
        (("start", "epoch", "warning"), RunState.RUNNING),
        (("start", "stopped"), RunState.STOPPED),
        (("start", "stopped", "start"), RunState.RUNNING),
        (("start", "epoch", "finished"), RunState.FINISHED),
        (("start", "failed", "warning"), RunState.FAILED),
    ],
)
def test_the_events_tell_the_state(kinds: tuple[str, ...], state: RunState, tmp_path: Path) -> None:
    run = read_run(run_with(tmp_path, *kinds))
    assert run.state is state
    assert [event.kind for event in run.events] == list(kinds)


def test_a_run_without_events_is_created(tmp_path: Path) -> None:
    write_config(tmp_path / "config.json", make_config())
    assert read_run(tmp_path).state is RunState.CREATED


def test_a_half_written_line_is_left_for_later(tmp_path: Path) -> None:
    run = read_run(run_with(tmp_path, "start", tail='{"kind": "ep'))
    assert [event.kind for event in run.events] == ["start"]


@pytest.mark.parametrize("line", ["no json", "[1]", '{"kind": "dance", "time": 1.0}', "\udc80"])
def test_a_damaged_line_is_an_error(line: str, tmp_path: Path) -> None:
    folder = run_with(tmp_path, "start")
    with (folder / "events.jsonl").open("ab") as stream:
        stream.write(line.encode("utf-8", "surrogateescape") + b"\n")
    with pytest.raises(ConfigError):
        read_run(folder)


def test_events_come_back_as_they_were() -> None:
    event = TrainingEvent("epoch", 12.5, 3, 40, {"dice_mean": 0.8, "size": [1, 2]}, "Größe")
    assert read_event(event.line()) == event
    assert event.line().count("\n") == 1
    with pytest.raises(ValueError, match="JSON compliant"):
        TrainingEvent("epoch", 1.0, values={"loss": float("nan")}).line()


def test_the_default_split_keeps_given_folders() -> None:
    assert SplitConfig().given
