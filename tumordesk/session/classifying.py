"""Further classifiers on a series that is open: each reads it on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tumordesk.core.errors import ModelError
from tumordesk.core.job import JobContext
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.study import Series
from tumordesk.core.volume import Volume
from tumordesk.session.use_cases import Device, RunOutcome, read_volume, run_classification

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry


@dataclass(frozen=True, eq=False)
class ClassifyRequest:
    """Which classifiers read which series, on the slices of which outline (None: on all).

    ``volume`` None lets the job read the series itself.
    """

    series: Series
    entries: tuple[ModelEntry, ...]
    volume: Volume | None = None
    outline: Segmentation | None = None
    device: Device = "auto"


@dataclass(frozen=True, eq=False)
class Classified:
    """Results in the order asked for; ``failures``: (model id, why it gave none)."""

    outcomes: tuple[RunOutcome, ...]
    failures: tuple[tuple[str, str], ...] = ()


def run_classifiers(context: JobContext, request: ClassifyRequest) -> Classified:
    """Run the classifiers one after the other; a model that fails does not stop the others.

    Raises:
        ReadError, InputMismatch: the series cannot be used.
        Cancelled: the person cancelled; nothing is kept.
    """
    context.progress(None, "Preparing")
    volume = request.volume or read_volume(context, request.series)
    outcomes: list[RunOutcome] = []
    failures: list[tuple[str, str]] = []
    for entry in request.entries:
        context.check()
        try:
            result = run_classification(
                context,
                volume,
                request.series,
                entry,
                device=request.device,
                outline=request.outline,
            )
        except ModelError as error:
            failures.append((entry.card.id, error.message))
        else:
            outcomes.append(RunOutcome(request.series.key, None, result))
    if failures and not outcomes:
        raise ModelError(failures[0][1], "The other models are not affected.")
    return Classified(tuple(outcomes), tuple(failures))
