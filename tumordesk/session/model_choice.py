"""Which models suit a series, when the person has not said which to use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tumordesk.core.study import Sequence as MrSequence
from tumordesk.core.study import Series

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry

AUTOMATIC = ""


@dataclass(frozen=True)
class ModelChoice:
    """What a run will use. ``reason`` says why, in words for a tooltip."""

    segmentation: ModelEntry | None
    classification: ModelEntry | None
    reason: str

    @property
    def empty(self) -> bool:
        """True when there is nothing to run."""
        return self.segmentation is None and self.classification is None


def choose_models(
    series: Series | None, entries: Sequence[ModelEntry], wish: str = AUTOMATIC
) -> ModelChoice:
    """Models for ``series``; ``wish`` is the id the person picked, or AUTOMATIC.

    A classifier follows a segmentation where it was trained on the same sequence.
    """
    wished = next((e for e in entries if e.card.id == wish), None)
    if wished is not None:
        return _wished(series, entries, wished)
    if series is None:
        return ModelChoice(None, None, "No series is open.")
    sequence = series.guess.sequence
    outliner = _matching(entries, "segmentation", sequence.value)
    if outliner is not None:
        reason = f"{outliner.card.id} was trained on {sequence.shown}, which this seems to be."
    else:
        outliner = _fallback(entries, series)
        reason = "No model was trained on this kind of series; check the warning before you run."
    if outliner is None:
        return ModelChoice(None, _matching(entries, "classification", sequence.value), reason)
    return ModelChoice(outliner, _follower(series, entries, outliner), reason)


def _wished(
    series: Series | None, entries: Sequence[ModelEntry], wished: ModelEntry
) -> ModelChoice:
    reason = f"You chose {wished.card.id}."
    if wished.card.task == "classification":
        sequence = wished.card.input.sequence
        suits = series is not None and series.guess.sequence.value == sequence
        suits = suits and not wished.card.detects
        outliner = _matching(entries, "segmentation", sequence) if suits else None
        return ModelChoice(outliner, wished, reason)
    follower = _follower(series, entries, wished) if series is not None else None
    return ModelChoice(wished, follower, reason)


def _matching(entries: Sequence[ModelEntry], task: str, sequence: str) -> ModelEntry | None:
    return next(
        (e for e in entries if e.card.task == task and e.card.input.sequence == sequence), None
    )


def _follower(
    series: Series, entries: Sequence[ModelEntry], outliner: ModelEntry
) -> ModelEntry | None:
    sequence = series.guess.sequence
    if sequence is MrSequence.UNKNOWN:
        return _matching(entries, "classification", outliner.card.input.sequence)
    return _matching(entries, "classification", sequence.value)


def _fallback(entries: Sequence[ModelEntry], series: Series) -> ModelEntry | None:
    candidates = [e for e in entries if e.card.task == "segmentation"]
    if series.is_picture:
        t1c = next((e for e in candidates if e.card.input.sequence == MrSequence.T1C.value), None)
        return t1c or next(iter(candidates), None)
    return next(iter(candidates), None)
