"""What the events of a run tell of its epochs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from tumordesk.core.training_run import TrainingEvent

SCORES = ("balanced_accuracy", "dice_classes_mean", "dice_mean", "dice_by_image_mean")
"""Validation figures of an epoch, the one to show first."""


@dataclass(frozen=True)
class Epoch:
    """One epoch, numbered from 1, and its figures (loss, rate, seconds, validation figures)."""

    number: int
    values: dict[str, Any]

    def get(self, name: str) -> float | None:
        """A figure, or None where it was not told or was no number."""
        value = self.values.get(name)
        return float(value) if isinstance(value, (int, float)) else None


def epochs_of(events: Iterable[TrainingEvent]) -> tuple[Epoch, ...]:
    """Epochs in order; of one that was done again after a restart, the last time counts."""
    found = {e.epoch: Epoch(e.epoch, e.values) for e in events if e.kind == "epoch"}
    return tuple(found[number] for number in sorted(found))


def score_name(epochs: Iterable[Epoch], task: str) -> str:
    """The validation figure to draw beside the loss."""
    names = SCORES[:1] if task == "classification" else SCORES[1:]
    listed = tuple(epochs)
    return next((n for n in names if any(e.get(n) is not None for e in listed)), names[0])


def seconds_per_epoch(epochs: Iterable[Epoch]) -> float | None:
    """Median time of an epoch, validation included; None where it was not told."""
    known = [s for epoch in epochs if (s := epoch.get("seconds")) is not None]
    return float(median(known)) if known else None


def device_of(events: Iterable[TrainingEvent]) -> str:
    """The device that the run was trained on ("cpu", "2 x cuda"), or ''."""
    for event in reversed(tuple(events)):
        name = event.values.get("device")
        if event.kind == "start" and isinstance(name, str):
            count = event.values.get("processes", 1)
            return f"{count} x {name}" if isinstance(count, int) and count > 1 else name
    return ""


def warnings_of(events: Iterable[TrainingEvent]) -> tuple[str, ...]:
    """What the run warned of, each sentence once."""
    return tuple(dict.fromkeys(e.message for e in events if e.kind == "warning" and e.message))
