"""Do probabilities mean what they say? Bins of the highest probability, and their mean gap.

Expected calibration error as Guo et al. 2017, arXiv 1706.04599, equal-width bins.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.evaluation import CalibrationBin

BINS = 10


def _bin_of(confidence: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    return np.clip((np.asarray(confidence) * BINS).astype(np.int64), 0, BINS - 1)


def bins(confidence: npt.NDArray[Any], right: npt.NDArray[Any]) -> tuple[CalibrationBin, ...]:
    """The bins that hold pictures.

    Args:
        confidence: (n,), highest probability of each picture, 0..1.
        right: bool (n,), whether that class was the right one.
    """
    number = _bin_of(confidence)
    found = []
    for index in range(BINS):
        inside = number == index
        if inside.any():
            found.append(
                CalibrationBin(
                    index / BINS,
                    (index + 1) / BINS,
                    int(inside.sum()),
                    float(np.asarray(confidence)[inside].mean()),
                    float(np.asarray(right)[inside].mean()),
                )
            )
    return tuple(found)


def error(found: tuple[CalibrationBin, ...]) -> float | None:
    """Expected calibration error: mean gap of the bins, weighted by their pictures."""
    total = sum(b.pictures for b in found)
    if not total:
        return None
    return sum(b.pictures * abs(b.confidence - b.accuracy) for b in found) / total
