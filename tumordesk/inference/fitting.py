"""Which series of a study fits a model best, and whether it fits at all. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Series
from tumordesk.inference.preflight import PreflightWarning, preflight
from tumordesk.io.relevance import sort_key

# How much a doubt of the preflight counts against a series when there is a choice.
_WEIGHTS = {
    "localizer": 16, "ct": 16, "modality": 16, "sequences": 12, "names": 10, "sequence": 8,
    "sequence-unknown": 4,
}  # fmt: skip
_OTHER_WEIGHT = 1
HOPELESS = frozenset({"localizer", "ct", "modality", "sequences", "names"})
"""Doubts with which an answer may mean nothing: a person may insist, a batch does not. With
``sequences`` not even a person may: the network would lack what it reads."""


def _alone(_: Series) -> Iterable[Series]:
    return ()


def best_series(
    found: Sequence[Series],
    card: ModelCard,
    study_of: Callable[[Series], Iterable[Series]] = _alone,
) -> Series:
    """The series with the fewest and slightest doubts; the most relevant of equals.

    ``study_of`` gives the series of the study of each: models that read several sequences look
    for the others there. Of equals such a model prefers the sequence whose voxels it learned on.
    """

    def doubt(series: Series) -> int:
        doubts = preflight(series, card, study_of(series))
        return sum(_WEIGHTS.get(w.code, _OTHER_WEIGHT) for w in doubts)

    def other(series: Series) -> bool:
        return bool(card.input.sequences) and series.guess.sequence.value != card.input.sequence

    return min(found, key=lambda series: (doubt(series), other(series), sort_key(series)))


def hopeless(doubts: Sequence[PreflightWarning]) -> PreflightWarning | None:
    """The first of the doubts with which an answer means nothing, or None."""
    return next((doubt for doubt in doubts if doubt.code in HOPELESS), None)
