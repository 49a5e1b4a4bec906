"""Figures of a classifier from its probabilities, with bootstrap intervals over groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.evaluation import CalibrationBin, ClassFigures, Interval
from tumordesk_training.evaluation import calibration, roc
from tumordesk_training.evaluation.bootstrap import draw_groups, interval, sure_share

Float = npt.NDArray[np.float64]
_CHUNK = 100
"""Draws that are counted at once: bounds the memory for (draws, pictures)."""


@dataclass(frozen=True)
class Answers:
    """What a classifier said of n pictures.

    ``truth``: class numbers (n,). ``probabilities``: (n, classes). ``groups``: group of each.
    """

    truth: npt.NDArray[np.int64]
    probabilities: Float
    groups: tuple[str, ...]

    @property
    def said(self) -> npt.NDArray[np.int64]:
        """Class of the highest probability (the first of equal ones), (n,)."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.probabilities.shape[1])


@dataclass(frozen=True)
class Figures:
    """All that :class:`tumordesk.core.evaluation.Evaluation` holds for a classifier."""

    figures: dict[str, Interval]
    confusion: tuple[tuple[int, ...], ...]
    class_figures: tuple[ClassFigures, ...]
    calibration: tuple[CalibrationBin, ...]


def figures_of(answers: Answers, names: Sequence[str], *, draws: int = 1000) -> Figures:
    """Accuracy, balanced accuracy, macro F1, AUC, ECE; by class; calibration; confusion.

    ``balanced_accuracy`` is the mean recall of the classes that occur; ``macro_f1`` the mean F1 of
    the classes that occur or were said; ``auc`` the mean of one class against the rest, over the
    classes for which there is one. ``ece`` has no interval: drawing anew only makes it larger.
    """
    table = _table(answers)
    right = answers.said == answers.truth
    confidence = answers.probabilities.max(axis=1)
    found = calibration.bins(confidence, right)
    classes = tuple(_class_figures(answers, table, i, name) for i, name in enumerate(names))
    values = {name: _one(row) for name, row in from_tables(table[None]).items()}
    known = [c.auc for c in classes if c.auc is not None]
    values["auc"] = sum(known) / len(known) if known else None
    values["ece"] = calibration.error(found)
    drawn = _drawn(answers, draws)
    bounded = {k: interval(v, drawn.get(k)) for k, v in values.items()}
    bounded["accuracy"] = sure_share(bounded["accuracy"], len(set(answers.groups)))
    return Figures(
        {k: v for k, v in bounded.items() if v is not None},
        tuple(tuple(int(n) for n in row) for row in table),
        classes,
        found,
    )


def from_tables(tables: npt.NDArray[Any]) -> dict[str, Float]:
    """Figures of many confusion tables (draws, classes, classes), rows = truth: (draws,) each."""
    tables = np.asarray(tables, dtype=np.float64)
    hits = np.einsum("dii->di", tables)
    wanted, said = tables.sum(axis=2), tables.sum(axis=1)
    recall = _divide(hits, wanted)
    f1 = _divide(2 * hits, wanted + said)
    return {
        "accuracy": _divide(hits.sum(axis=1), wanted.sum(axis=1)),
        "balanced_accuracy": _mean_known(recall),
        "macro_f1": _mean_known(f1),
    }


def _divide(top: Float, bottom: Float) -> Float:
    shares = np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0)
    return np.asarray(shares, dtype=np.float64)


def _mean_known(values: Float) -> Float:
    known = np.isfinite(values)
    return _divide(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1).astype(float))


def _one(row: Float) -> float | None:
    return float(row[0]) if np.isfinite(row[0]) else None


def _table(answers: Answers) -> npt.NDArray[np.int64]:
    table = np.zeros((answers.classes, answers.classes), dtype=np.int64)
    np.add.at(table, (answers.truth, answers.said), 1)
    return table


def _class_figures(
    answers: Answers, table: npt.NDArray[np.int64], index: int, name: str
) -> ClassFigures:
    hits, wanted, said = (
        int(table[index, index]),
        int(table[index].sum()),
        int(table[:, index].sum()),
    )
    scores, positive = answers.probabilities[:, index], answers.truth == index
    return ClassFigures(
        name=name,
        pictures=wanted,
        precision=hits / said if said else None,
        recall=hits / wanted if wanted else None,
        f1=2 * hits / (wanted + said) if wanted + said else None,
        auc=roc.area(positive, scores),
        roc=roc.points(positive, scores),
    )


def _drawn(answers: Answers, draws: int) -> dict[str, Float]:
    """Each figure for every draw of groups; empty where there is but one group."""
    names, member = np.unique(np.asarray(answers.groups), return_inverse=True)
    if len(names) < 2:
        return {}
    counts = draw_groups(len(names), draws)
    pieces: list[dict[str, Float]] = []
    for first in range(0, draws, _CHUNK):
        weights = counts[first : first + _CHUNK][:, member].astype(np.float64)
        pieces.append(_weighted(answers, weights))
    return {key: np.concatenate([piece[key] for piece in pieces]) for key in pieces[0]}


def _weighted(answers: Answers, weights: Float) -> dict[str, Float]:
    k = answers.classes
    cell = np.eye(k * k)[answers.truth * k + answers.said]
    found = from_tables((weights @ cell).reshape(-1, k, k))
    areas = [
        roc.weighted_areas(answers.truth == i, answers.probabilities[:, i], weights)
        for i in range(k)
    ]
    found["auc"] = _mean_known(np.stack(areas, axis=1))
    return found
