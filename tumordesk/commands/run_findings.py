"""What a run on the command line found, as everything that is handed over is made from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tumordesk.commands.choose import LoadedInput
from tumordesk.core.errors import InputMismatch, ModelError
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.job import JobContext
from tumordesk.core.study_findings import StudyFindings

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry

MAPPED = {"pdf", "sc"}
"""Formats that show people where a classifier looked."""


def findings_of_run(
    loaded: LoadedInput, main: AnalysisResult, second: AnalysisResult | None
) -> StudyFindings:
    """The outline, if the model asked for made one, and the classes of every classifier."""
    results = [main] if second is None else [main, second]
    return StudyFindings(
        loaded.series,
        loaded.volume,
        loaded.patient,
        loaded.study,
        main.segmentation,
        "ai",
        main if main.segmentation is not None else None,
        main.measurements,
        tuple(result for result in results if result.classification is not None),
    )


def with_map(
    context: JobContext, findings: StudyFindings, entry: ModelEntry | None, device: str
) -> tuple[StudyFindings, tuple[str, ...]]:
    """``findings`` with the activation map of the classifier ``entry`` and how it meets the
    outline, or why there is none.

    Raises:
        Cancelled: the person cancelled.
    """
    result = findings.classifications[-1] if findings.classifications else None
    if entry is None or result is None or result.classification is None:
        return findings, ()
    from tumordesk.imaging.focus import focus
    from tumordesk.inference.activation import activation_map

    try:
        heat = activation_map(
            findings.volume, findings.series, entry, result.classification, context, device=device
        )
    except (InputMismatch, ModelError) as error:
        return findings, (f"No activation map: {error.message}",)
    found = focus(heat, findings.outline, findings.volume)
    return replace(findings, maps={entry.card.id: heat}, foci={entry.card.id: found}), ()
