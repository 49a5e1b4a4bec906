"""Which series of a study fits a model best, and whether it fits at all. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Series
from tumordesk.inference.preflight import PreflightWarning, preflight
from tumordesk.io.relevance import sort_key

# How much a doubt of the preflight counts against a series when there is a choice.
_WEIGHTS = {"localizer": 16, "ct": 16, "modality": 16, "sequence": 8, "sequence-unknown": 4}
_OTHER_WEIGHT = 1
HOPELESS = frozenset({"localizer", "ct", "modality"})
"""Doubts with which an answer means nothing: a person may insist, a batch does not."""


def best_series(found: Sequence[Series], card: ModelCard) -> Series:
    """The series with the fewest and slightest doubts; the most relevant of equals."""

    def doubt(series: Series) -> int:
        return sum(_WEIGHTS.get(w.code, _OTHER_WEIGHT) for w in preflight(series, card))

    return min(found, key=lambda series: (doubt(series), sort_key(series)))


def hopeless(doubts: Sequence[PreflightWarning]) -> PreflightWarning | None:
    """The first of the doubts with which an answer means nothing, or None."""
    return next((doubt for doubt in doubts if doubt.code in HOPELESS), None)
