"""Receiver operating characteristic of one class against the rest, and the area under it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
MAX_POINTS = 200


def curve(positive: npt.NDArray[Any], scores: npt.NDArray[Any]) -> tuple[Float, Float]:
    """False-positive rates and true-positive rates, from (0, 0) to (1, 1).

    Args:
        positive: bool (n,), which pictures are of the class.
        scores: (n,), larger means more of the class; equal scores make one step.

    Raises:
        ValueError: only one of both kinds is there.
    """
    truth = np.asarray(positive, dtype=bool)
    if truth.all() or not truth.any():
        raise ValueError("a ROC curve needs pictures of the class and others")
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    ranked, values = truth[order], np.asarray(scores, dtype=np.float64)[order]
    last = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
    hits = np.cumsum(ranked)[last]
    false = last + 1 - hits
    start = np.zeros(1)
    return (
        np.concatenate([start, false / false[-1]]),
        np.concatenate([start, hits / hits[-1]]),
    )


def area(positive: npt.NDArray[Any], scores: npt.NDArray[Any]) -> float | None:
    """Area under the curve; None where only one of both kinds is there."""
    truth = np.asarray(positive, dtype=bool)
    if truth.all() or not truth.any():
        return None
    false, true = curve(truth, scores)
    return float(np.trapezoid(true, false))


def points(positive: npt.NDArray[Any], scores: npt.NDArray[Any]) -> tuple[tuple[float, float], ...]:
    """Corners of the curve for drawing, at most ``MAX_POINTS``; empty where there is none."""
    truth = np.asarray(positive, dtype=bool)
    if truth.all() or not truth.any():
        return ()
    false, true = _corners(*curve(truth, scores))
    if len(false) > MAX_POINTS:
        kept = np.unique(np.linspace(0, len(false) - 1, MAX_POINTS).round().astype(int))
        false, true = false[kept], true[kept]
    return tuple((round(float(x), 5), round(float(y), 5)) for x, y in zip(false, true, strict=True))


def _corners(false: Float, true: Float) -> tuple[Float, Float]:
    """Without the points in the middle of a straight piece."""
    if len(false) <= 2:
        return false, true
    step_x, step_y = np.diff(false), np.diff(true)
    turns = ~np.isclose(step_x[:-1] * step_y[1:], step_x[1:] * step_y[:-1], atol=1e-15)
    kept = np.concatenate([[True], turns, [True]])
    return false[kept], true[kept]


def weighted_areas(
    positive: npt.NDArray[Any], scores: npt.NDArray[Any], weights: npt.NDArray[Any]
) -> Float:
    """Areas under the curve for many weightings of the same pictures.

    Args:
        positive, scores: as :func:`curve`, (n,).
        weights: (draws, n), how often each picture counts.

    Returns:
        (draws,), NaN where a draw holds only one of both kinds.
    """
    truth = np.asarray(positive, dtype=bool)
    _, level = np.unique(np.asarray(scores, dtype=np.float64), return_inverse=True)
    levels = int(level.max()) + 1
    of_class = _by_level(weights, truth, level, levels)
    others = _by_level(weights, ~truth, level, levels)
    below = np.cumsum(others, axis=1) - others
    won = (of_class * (below + others / 2)).sum(axis=1)
    pairs = of_class.sum(axis=1) * others.sum(axis=1)
    areas = np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0)
    return np.asarray(areas, dtype=np.float64)


def _by_level(
    weights: npt.NDArray[Any], chosen: npt.NDArray[np.bool_], level: npt.NDArray[Any], levels: int
) -> Float:
    """Weights of the chosen pictures summed over equal scores: (draws, levels)."""
    order = np.argsort(level[chosen], kind="stable")
    picked = np.asarray(weights, dtype=np.float64)[:, chosen][:, order]
    counts = np.bincount(level[chosen], minlength=levels)
    sums = np.concatenate([np.zeros((len(picked), 1)), np.cumsum(picked, axis=1)], axis=1)
    ends = np.cumsum(counts)
    return np.asarray(sums[:, ends] - sums[:, ends - counts], dtype=np.float64)
