"""Which models suit a series, when the person has not said which to use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    series: Series | None,
    entries: Sequence[ModelEntry],
    wish: str = AUTOMATIC,
    study: Iterable[Series] = (),
) -> ModelChoice:
    """Models for ``series``; ``wish`` is the id the person picked, or AUTOMATIC.

    A classifier follows a segmentation where it was trained on the same sequence. A model that
    reads several sequences is used only where the person picked it: which series of ``study`` it
    reads then, or what is missing, stands in the reason.
    """
    wished = next((e for e in entries if e.card.id == wish), None)
    if wished is not None:
        return _wished(series, entries, wished, study)
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
    series: Series | None,
    entries: Sequence[ModelEntry],
    wished: ModelEntry,
    study: Iterable[Series],
) -> ModelChoice:
    reason = f"You chose {wished.card.id}."
    if series is not None and wished.card.input.sequences:
        reason = f"{reason} {_read_together(series, study, wished)}"
    if wished.card.task == "classification":
        sequence = wished.card.input.sequence
        suits = series is not None and series.guess.sequence.value == sequence
        suits = suits and not wished.card.detects
        outliner = _matching(entries, "segmentation", sequence) if suits else None
        return ModelChoice(outliner, wished, reason)
    follower = _follower(series, entries, wished) if series is not None else None
    return ModelChoice(wished, follower, reason)


def _read_together(series: Series, study: Iterable[Series], wished: ModelEntry) -> str:
    """Which series a model reads that reads several sequences, or why it cannot run."""
    from tumordesk.inference.companions import companions_of, named

    together = companions_of(series, study, wished.card)
    if together.refusal:
        return together.refusal
    if together.own_colours:
        return f"It reads {wished.card.input.sequences_shown} from the colours of the picture."
    return f"It reads {', '.join(named(*pair) for pair in together.found.items())}."


def _alone(entries: Sequence[ModelEntry], task: str) -> list[ModelEntry]:
    """Models of a task that read one series: what else another one would read is not ours to
    pick."""
    return [e for e in entries if e.card.task == task and not e.card.input.sequences]


def _matching(entries: Sequence[ModelEntry], task: str, sequence: str) -> ModelEntry | None:
    return next((e for e in _alone(entries, task) if e.card.input.sequence == sequence), None)


def _follower(
    series: Series, entries: Sequence[ModelEntry], outliner: ModelEntry
) -> ModelEntry | None:
    sequence = series.guess.sequence
    if sequence is MrSequence.UNKNOWN:
        return _matching(entries, "classification", outliner.card.input.sequence)
    return _matching(entries, "classification", sequence.value)


def _fallback(entries: Sequence[ModelEntry], series: Series) -> ModelEntry | None:
    candidates = _alone(entries, "segmentation")
    if series.is_picture:
        t1c = next((e for e in candidates if e.card.input.sequence == MrSequence.T1C.value), None)
        return t1c or next(iter(candidates), None)
    return next(iter(candidates), None)
