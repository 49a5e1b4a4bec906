"""Figures of a run on one part of its split: what the evaluation writes and the window reads.

``RUN/evaluation/<part>.json`` holds an :class:`Evaluation`. No torch, no Qt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tumordesk.core.calibration import CalibrationBin
from tumordesk.core.model_card import Task

SCHEMA = 1
CLASS_DICE = "dice_class_"
"""With the name of a class: the figure that is the Dice of that class alone."""

__all__ = [
    "CLASS_DICE",
    "SCHEMA",
    "CalibrationBin",
    "CaseResult",
    "ClassFigures",
    "Evaluation",
    "Interval",
]


@dataclass(frozen=True)
class Interval:
    """A figure with its bootstrap confidence interval (95 %, groups drawn with replacement)."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ClassFigures:
    """One class against the rest. ``auc`` is None where a class is missing."""

    name: str
    pictures: int
    precision: float | None
    recall: float | None
    f1: float | None
    auc: float | None = None
    roc: tuple[tuple[float, float], ...] = ()
    """(false-positive rate, true-positive rate), at most 200 points."""


@dataclass(frozen=True)
class CaseResult:
    """One picture (classification) or one picture or volume (segmentation) of the part.

    ``truth``/``said``: class names; ``probabilities`` in the order of the classes. ``dice`` and
    ``iou`` are None where neither mask nor outline is there; ``hd95_mm`` is None without a
    spacing or where one of both is empty, ``hd95_px`` is in pixels.
    """

    key: str
    group: str
    truth: str = ""
    said: str = ""
    probabilities: tuple[float, ...] = ()
    dice: float | None = None
    iou: float | None = None
    hd95_px: float | None = None
    hd95_mm: float | None = None
    true_px: int | None = None
    found_px: int | None = None


@dataclass(frozen=True)
class Evaluation:
    """All figures of one part, with what they are worth.

    ``figures``: "accuracy", "balanced_accuracy", "macro_f1", "auc", "ece" / "dice_mean" (over
    groups), "dice_by_image_mean", "iou_mean", "hd95_mm_median" (where the voxel size of all groups
    is known, else "hd95_px_median"), "false_positive_share", which take all classes as one; where
    several are outlined also "dice_class_<name>" (over groups that have it) and their mean
    "dice_classes_mean". "Pictures" are slices where volumes were measured.
    ``groups``: the same by group (patient): name -> "dice", "iou", "hd95_mm" or "hd95_px",
    "pictures".
    ``warnings``: sentences that must stand beside every headline figure (copies in several parts,
    split by picture, few groups). ``split_id``: sha256 of the groups of all parts; runs with the
    same one may be compared.
    """

    task: Task
    model: str
    architecture: str
    part: Literal["train", "val", "test"]
    pictures: int
    group_count: int
    classes: tuple[str, ...]
    split_id: str
    split_method: str
    figures: dict[str, Interval]
    confusion: tuple[tuple[int, ...], ...] = ()
    """Rows: truth, columns: said; empty for segmentation."""
    class_figures: tuple[ClassFigures, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    groups: dict[str, dict[str, float | None]] = field(default_factory=dict)
    cases: tuple[CaseResult, ...] = ()
    warnings: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    device: str = ""
    software: str = ""
    date: str = ""
    seconds: float = 0.0
    schema: int = SCHEMA
