"""Where a training stands, from its events."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from training_factories import class_config
from tumordesk.core.training_run import EventKind, RunState, TrainingEvent
from tumordesk.session.training_progress import (
    TrainingProgress,
    duration_words,
    memory_words,
    order_words,
    speed_words,
)


def event(kind: EventKind, epoch: int = 0, message: str = "", **values: object) -> TrainingEvent:
    return TrainingEvent(kind, 0.0, epoch=epoch, values=values, message=message)


def test_a_run_from_start_to_end() -> None:
    progress = TrainingProgress(epochs=4)
    assert progress.headline().startswith("Starting")
    progress.take([event("start", message="The weights start from scratch.", device="cpu")])
    progress.take([event("step", progress=0.1, images_per_s=12.3, eta_s=90.0, memory_mb=800)])
    assert (progress.headline(), progress.progress) == ("Training, epoch 1 of 4", 0.1)
    assert (progress.device, progress.eta_s, progress.memory_mb) == ("cpu", 90.0, 800.0)
    progress.take([event("epoch", 1), event("samples", 1, folder="samples/epoch-001")])
    assert (progress.progress, progress.samples) == (0.25, "samples/epoch-001")
    assert progress.headline() == "Training, epoch 2 of 4"
    progress.best_epoch = 3
    progress.take([event("epoch", 4), event("finished", 4)])
    assert progress.over
    assert progress.explanation() == "Epoch 3 was the best; it is kept."
    assert progress.notes == ["The weights start from scratch."]


def test_a_pause_and_what_comes_after() -> None:
    progress = TrainingProgress(epochs=4)
    progress.take([event("step", 1, progress=0.3), event("paused", 1)])
    assert progress.state is RunState.PAUSED
    assert progress.headline() == "Paused in epoch 2 of 4"
    progress.take([event("start", 1, message="Goes on after a pause.")])
    assert progress.state is RunState.RUNNING


def test_a_failure_says_why_and_what_is_kept() -> None:
    progress = TrainingProgress(epochs=4, best_epoch=2)
    progress.take([event("failed", 3, message="The disk is full.")])
    assert progress.explanation() == "The disk is full. Epoch 2 was the best; it is kept."


def test_the_same_note_is_kept_once() -> None:
    progress = TrainingProgress()
    progress.take([event("warning", message="A smaller batch is used.")] * 3)
    assert progress.notes == ["A smaller batch is used."]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (0.2, "1 s"), (40, "40 s"), (720, "12 min"), (7500, "2 h 05 min")],
)
def test_durations(seconds: float | None, words: str) -> None:
    assert duration_words(seconds) == words


def test_other_figures() -> None:
    assert [memory_words(m) for m in (None, 640.0, 1900.0)] == ["–", "640 MB", "1.9 GB"]
    assert [speed_words(s) for s in (None, 3.26, 55.4)] == ["–", "3.3 / s", "55 / s"]


def test_the_order_in_words(tmp_path: Path) -> None:
    config = replace(class_config(tmp_path), batch_size=0, budget_minutes=90, patience=5)
    words = dict(order_words(config))
    assert words["Task"] == "blob, ring"
    assert "as many as the memory holds" in words["Pictures"]
    assert "at most 1 h 30 min" in words["Length"]
    assert "5 epochs bring nothing better" in words["Length"]
    assert words["Network"] == "MobileNetV2"
    assert words["Computes on"] == "Processor"
    known = dict(order_words(replace(config, initial_weights="auto", device="auto")))
    assert known["Starts from"].startswith("TumorDesk's own weights")
    assert known["Computes on"] == "GPU where there is one"
