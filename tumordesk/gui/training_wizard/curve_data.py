"""What the events of a run say, as curves. No Qt here."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from typing import Any, Literal

from tumordesk.core.model_card import Task
from tumordesk.core.training_run import TrainingEvent

CurveName = Literal["step_loss", "loss", "score", "score2", "rate"]
SMOOTHING = 0.85
STEPS_KEPT = 4000

# (key in an epoch's values, words for a person): the first decides which epoch is best.
_CLASSES = (("balanced_accuracy", "Balanced accuracy"), ("accuracy", "Accuracy"))
_VOLUMES = (("dice_mean", "Dice by patient"), ("dice_by_image_mean", "Dice by picture"))
_SEVERAL = (
    ("dice_classes_mean", "Dice of classes"),
    ("dice_mean", "all as one"),
)
_PICTURES = (
    ("dice_by_image_mean", "Dice by picture"),
    ("false_positive_share", "Outlined though empty"),
)


def scores(task: Task, volumes: bool, classes: int = 2) -> tuple[tuple[str, str], tuple[str, str]]:
    """The two figures drawn: (key in an epoch's values, words for a person) each.

    ``classes``: of the outlines, with the background.
    """
    if task == "classification":
        return _CLASSES
    if classes > 2:
        return _SEVERAL
    return _VOLUMES if volumes else _PICTURES


@dataclass
class Curve:
    """Points of one curve: ``x`` in epochs (2.5 is half through the third), ``y`` the value."""

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)

    def add(self, x: float, value: Any) -> None:
        """One more point; what is not a number is left out."""
        number = _number(value)
        if number is not None:
            self.x.append(x)
            self.y.append(number)

    def cut(self, x: float) -> None:
        """Forget the points behind ``x``: a resumed run does them again."""
        keep = sum(1 for value in self.x if value <= x)
        del self.x[keep:], self.y[keep:]

    def thin(self, most: int) -> None:
        """Drop every second point where there are more than ``most``."""
        if len(self.x) > most:
            del self.x[1:-1:2], self.y[1:-1:2]

    def smoothed(self) -> list[float]:
        """Moving average of ``y``, corrected for its start."""
        result: list[float] = []
        mean, weight = 0.0, 0.0
        for value in self.y:
            mean = SMOOTHING * mean + (1 - SMOOTHING) * value
            weight = SMOOTHING * weight + (1 - SMOOTHING)
            result.append(mean / weight)
        return result


class CurveBook:
    """All curves of one run, fed event by event in the order of events.jsonl."""

    def __init__(self, task: Task, *, volumes: bool = False, classes: int = 2) -> None:
        self._scores = scores(task, volumes, classes)
        self._best: tuple[int, float | None] | None = None
        self._highest = -math.inf
        self.curves: dict[CurveName, Curve] = {
            "step_loss": Curve(), "loss": Curve(), "score": Curve(), "score2": Curve(),
            "rate": Curve(),
        }  # fmt: skip
        self.rows: list[dict[str, Any]] = []
        self._steps = 0

    def score_names(self) -> tuple[str, str]:
        """Words for "score" and "score2"."""
        first, second = self._scores
        return first[1], second[1]

    def add(self, event: TrainingEvent) -> bool:
        """Take one event; True when a curve changed."""
        if event.kind == "start":
            return self._start(event)
        if event.kind == "step":
            return self._step(event)
        return event.kind == "epoch" and self._epoch(event)

    def _start(self, event: TrainingEvent) -> bool:
        steps = event.values.get("steps_per_epoch")
        if isinstance(steps, int) and steps > 0:
            self._steps = steps
        # A run that goes on in the middle of an epoch after a pause says at which step.
        x = self._place(event) if event.step else float(event.epoch)
        for curve in self.curves.values():
            curve.cut(x)
        self.rows = [row for row in self.rows if row["epoch"] <= event.epoch]
        self._best, self._highest = None, -math.inf
        for row in self.rows:
            self._weigh(row)
        return True

    def _place(self, event: TrainingEvent) -> float:
        """Where an event is, in epochs."""
        inside = event.step / self._steps - event.epoch if self._steps else 0.0
        return event.epoch + min(1.0, max(0.0, inside))

    def _step(self, event: TrainingEvent) -> bool:
        x = self._place(event)
        for curve, key in ((self.curves["step_loss"], "loss"), (self.curves["rate"], "rate")):
            curve.add(x, event.values.get(key))
            curve.thin(STEPS_KEPT)
        return True

    def _epoch(self, event: TrainingEvent) -> bool:
        x = float(event.epoch)
        self.curves["loss"].add(x, event.values.get("loss"))
        first, second = self._scores
        self.curves["score"].add(x, event.values.get(first[0]))
        self.curves["score2"].add(x, event.values.get(second[0]))
        self.curves["rate"].add(x, event.values.get("rate"))
        self.rows.append({"epoch": event.epoch, **_plain(event.values)})
        self._weigh(self.rows[-1])
        return True

    def best(self) -> tuple[int, float | None] | None:
        """The epoch that is kept as the best so far, and its first score."""
        return self._best

    def _weigh(self, row: dict[str, Any]) -> None:
        """Take an epoch as the best where its figure is the highest so far."""
        own = _number(row.get(self._scores[0][0]))
        told = _number(row.get("best"))
        mark = own if told is None else told
        if mark is not None and mark > self._highest:
            self._highest = mark
            self._best = (int(row["epoch"]), own)

    def csv(self) -> str:
        """One row for each epoch, as CSV text with a heading."""
        names = list(dict.fromkeys(name for row in self.rows for name in row)) or ["epoch"]
        stream = io.StringIO()
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return stream.getvalue()


def _number(value: Any) -> float | None:
    """The value where it is a number."""
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if known else None


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Single values only; {"recall": {"a": 1}} becomes {"recall a": 1}; tables are left out."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            result |= {f"{key} {name}": v for name, v in value.items()}
        elif not isinstance(value, (list, tuple)):
            result[key] = value
    return result
