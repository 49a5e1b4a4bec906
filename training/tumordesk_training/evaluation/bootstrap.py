"""Confidence intervals by drawing groups (patients) with replacement.

Pictures of one patient are alike, so drawing single pictures would make intervals too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.evaluation import Interval

DRAWS = 1000
SEED = 1
LOW, HIGH = 2.5, 97.5
_SAME = 1e-9


def draw_groups(groups: int, draws: int = DRAWS, seed: int = SEED) -> npt.NDArray[np.int64]:
    """How often each group was drawn: int (draws, groups), every row sums to ``groups``."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.multinomial(groups, np.full(groups, 1.0 / groups), size=draws))


def interval(value: float | None, drawn: npt.NDArray[Any] | None) -> Interval | None:
    """The figure with the 95 % range of its redrawn values; None where there is no figure.

    Draws without the figure (NaN) do not count; below half of them left there is no range. Where
    every draw gives the same (all groups alike), drawing says nothing of how far off it may be:
    no range (see :func:`sure_share` for shares).
    """
    if value is None:
        return None
    known = np.empty(0) if drawn is None else drawn[np.isfinite(drawn)]
    if drawn is None or len(known) < max(2, len(drawn) // 2):
        return Interval(float(value))
    low, high = np.percentile(known, (LOW, HIGH))
    if high - low < _SAME:
        return Interval(float(value))
    return Interval(float(value), float(low), float(high))


def sure_share(found: Interval | None, groups: int) -> Interval | None:
    """A share of exactly 0 or 1 with the exact range of as many independent groups.

    Clopper and Pearson 1934 at the ends: where n of n are right, 0.025 ** (1 / n) to 1. What is
    neither, has a range, or is of one group alone, stays as it is.
    """
    if found is None or found.low is not None or groups < 2 or found.value not in (0.0, 1.0):
        return found
    low = (LOW / 100.0) ** (1.0 / groups)
    return Interval(1.0, low, 1.0) if found.value else Interval(0.0, 0.0, 1.0 - low)


def share_of(
    top: npt.NDArray[Any], bottom: npt.NDArray[Any], drawn: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """Redrawn values of sum(top) / sum(bottom), both (groups,); NaN where nothing was drawn."""
    above, below = drawn @ np.asarray(top, float), drawn @ np.asarray(bottom, float)
    shares = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return np.asarray(shares, dtype=np.float64)


def medians(values: Sequence[float], drawn: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Redrawn medians of one value for each group; NaN values are left out."""
    listed = np.asarray(values, dtype=np.float64)
    known = np.isfinite(listed)
    found = np.full(len(drawn), np.nan)
    for index, counts in enumerate(drawn[:, known]):
        if counts.any():
            found[index] = np.median(np.repeat(listed[known], counts))
    return found
