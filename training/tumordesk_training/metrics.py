"""Figures: Dice over patient volumes, accuracy, balanced accuracy, recalls, confusion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

EMPTY_LIMIT_PX = 50
"""A picture without tumour counts as falsely outlined above this many pixels."""


def dice(both: float, predicted: float, wanted: float) -> float:
    """Dice from pixel counts; 1 where nothing is wanted and nothing is outlined."""
    total = predicted + wanted
    return 1.0 if total == 0 else 2.0 * both / total


@dataclass
class DiceCount:
    """Pixel counts by group (patient volume) and of each picture."""

    groups: dict[str, list[float]] = field(default_factory=dict)
    pictures: list[tuple[float, float, float]] = field(default_factory=list)

    def add(self, group: str, predicted: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> None:
        """Count one picture: boolean arrays of one shape."""
        both = float(np.count_nonzero(predicted & wanted))
        counts = (both, float(np.count_nonzero(predicted)), float(np.count_nonzero(wanted)))
        self.pictures.append(counts)
        row = self.groups.setdefault(group, [0.0, 0.0, 0.0])
        for index, value in enumerate(counts):
            row[index] += value

    def merge(self, other: DiceCount) -> None:
        """Add the counts of another process; a group may be in both."""
        self.pictures.extend(other.pictures)
        for group, values in other.groups.items():
            row = self.groups.setdefault(group, [0.0, 0.0, 0.0])
            for index, value in enumerate(values):
                row[index] += value

    def by_group(self) -> dict[str, float]:
        """Dice over each group's pixels; groups without any tumour are left out."""
        return {g: dice(*row) for g, row in sorted(self.groups.items()) if row[2] > 0}

    def summary(self) -> dict[str, Any]:
        """dice_mean (over groups), dice_by_image_mean (pictures with tumour), false positives.

        ``false_positive_share``: share of pictures without tumour on which more than
        ``EMPTY_LIMIT_PX`` pixels are outlined; None where there is no such picture.
        """
        groups = list(self.by_group().values())
        full = [dice(*p) for p in self.pictures if p[2] > 0]
        empty = [p[1] > EMPTY_LIMIT_PX for p in self.pictures if p[2] == 0]
        return {
            "dice_mean": mean(groups),
            "dice_by_image_mean": mean(full),
            "tumour_images": len(full),
            "empty_images": len(empty),
            "false_positive_share": mean(empty),
        }


@dataclass
class ClassDice:
    """Dice of each class of a label map over groups; of a single class there is nothing to say.

    ``names``: of the labels 0, 1, ...; 0 is the background.
    """

    names: tuple[str, ...] = ()
    counts: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, group: str, found: npt.NDArray[Any], true: npt.NDArray[Any]) -> None:
        """Count label maps of one shape: a picture, or a volume."""
        for label, name in enumerate(self.names) if len(self.names) > 2 else ():
            if label:
                inside, wanted = found == label, true == label
                row = self.counts.setdefault(name, {}).setdefault(group, [0.0, 0.0, 0.0])
                for index, mask in enumerate((inside & wanted, inside, wanted)):
                    row[index] += float(np.count_nonzero(mask))

    def merge(self, other: ClassDice) -> None:
        """Add the counts of another process."""
        for name, groups in other.counts.items():
            for group, values in groups.items():
                row = self.counts.setdefault(name, {}).setdefault(group, [0.0, 0.0, 0.0])
                for index, value in enumerate(values):
                    row[index] += value

    def by_group(self, name: str) -> dict[str, float]:
        """Dice of one class over each group's pixels; groups without it are left out."""
        return {g: dice(*row) for g, row in sorted(self.counts[name].items()) if row[2] > 0}

    def summary(self) -> dict[str, Any]:
        """``dice_by_class``: of each class the mean over groups that have it, None without any;
        ``dice_classes_mean``: their mean. Nothing of a single class."""
        if not self.counts:
            return {}
        by_class = {name: mean(self.by_group(name).values()) for name in self.counts}
        known = [value for value in by_class.values() if value is not None]
        return {"dice_by_class": by_class, "dice_classes_mean": mean(known)}


@dataclass
class LabelDice:
    """Dice of pictures with tumour, by the name of the folder of their kind."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, label: str, predicted: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> None:
        """Count one picture (boolean arrays of one shape); without tumour or label it is not."""
        area = float(np.count_nonzero(wanted))
        if label and area:
            both = float(np.count_nonzero(predicted & wanted))
            value = dice(both, float(np.count_nonzero(predicted)), area)
            self.values.setdefault(label, []).append(value)

    def summary(self) -> dict[str, dict[str, Any]]:
        """Of each label: ``n`` pictures, ``dice_by_image_mean``, ``missed``: share with Dice 0."""
        return {
            label: {
                "n": len(values),
                "dice_by_image_mean": mean(values),
                "missed": mean(value == 0.0 for value in values),
            }
            for label, values in sorted(self.values.items())
        }


def mean(values: Iterable[float]) -> float | None:
    """Mean, or None of nothing."""
    listed = [float(v) for v in values]
    return sum(listed) / len(listed) if listed else None


def confusion(wanted: Iterable[int], predicted: Iterable[int], classes: int) -> list[list[int]]:
    """Counts, rows = what it is, columns = what was said."""
    table = [[0] * classes for _ in range(classes)]
    for row, column in zip(wanted, predicted, strict=True):
        table[row][column] += 1
    return table


def classification_summary(table: list[list[int]], classes: tuple[str, ...]) -> dict[str, Any]:
    """accuracy, balanced_accuracy (mean recall of the classes that occur), recall by class."""
    total = sum(map(sum, table))
    right = sum(table[i][i] for i in range(len(table)))
    recall = {
        name: table[i][i] / sum(table[i]) if sum(table[i]) else None
        for i, name in enumerate(classes)
    }
    known = [r for r in recall.values() if r is not None]
    return {
        "accuracy": right / total if total else None,
        "balanced_accuracy": mean(known),
        "recall": recall,
        "confusion": table,
    }


def score(task: str, values: Mapping[str, Any], *, volumes: bool) -> float:
    """The one number by which the best checkpoint is chosen; larger is better.

    Segmentation of volumes: mean Dice of the volumes; of single pictures: mean Dice of pictures
    with tumour minus half the share of empty pictures falsely outlined. Where several classes are
    outlined, their mean Dice takes the place of that of all together. Else balanced accuracy.
    """
    if task == "classification":
        return float(values["balanced_accuracy"] or 0.0)
    name = "dice_mean" if volumes else "dice_by_image_mean"
    by_class = values.get("dice_classes_mean")
    overlap = values[name] if by_class is None else by_class
    false = 0.0 if volumes else float(values["false_positive_share"] or 0.0)
    return float(overlap or 0.0) - 0.5 * false
