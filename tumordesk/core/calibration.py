"""Do a classifier's probabilities mean what they say? Measured bins, and a note from them."""

from __future__ import annotations

from dataclasses import dataclass

FEWEST_PICTURES = 20
"""A share of fewer pictures says next to nothing."""


@dataclass(frozen=True)
class CalibrationBin:
    """Pictures whose highest probability fell into [low, high): mean of it, share right."""

    low: float
    high: float
    pictures: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """How often a classifier was right when it was that sure, on single labelled pictures.

    ``error`` is the expected calibration error (Guo et al. 2017, arXiv 1706.04599) of ``bins``;
    ``part`` in words ("test"), ``n`` pictures of ``data``, measured by ``command``.
    """

    bins: tuple[CalibrationBin, ...]
    error: float
    part: str
    data: str
    n: int
    command: str = ""

    def bin_of(self, probability: float) -> CalibrationBin | None:
        """The bin that ``probability`` falls into, or None where nothing was measured."""
        inside = (b for b in self.bins if b.low <= probability < b.high)
        return next(inside, self.bins[-1] if self.bins and probability >= 1.0 else None)


def calibration_note(calibration: Calibration | None, probability: float) -> str:
    """What was measured about answers as sure as ``probability`` (0..1), in one sentence."""
    if calibration is None or not calibration.bins:
        return "How often it is right when it is this sure was not measured."
    found = calibration.bin_of(probability)
    where = f"{calibration.part} pictures of {calibration.data}"
    if found is None or found.pictures < FEWEST_PICTURES:
        count = 0 if found is None else found.pictures
        return (
            f"How often it is right when it is this sure was not measured: "
            f"it was so for only {count} of {calibration.n} {where}."
        )
    return (
        f"When it said {found.low:.0%} to {found.high:.0%}, it was right "
        f"{_percent(found.accuracy)} of the time ({found.pictures} {where})."
    ).replace("%", "\N{NO-BREAK SPACE}%")


def _percent(share: float) -> str:
    return "100%" if share == 1.0 else f"{min(round(100 * share), 99)}%"
