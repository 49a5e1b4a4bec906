"""One study of a batch: models, files, and the row for the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tumordesk.core.errors import InputMismatch, ModelError, WriteError
from tumordesk.core.finding import AnalysisResult, Classification
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Series
from tumordesk.core.study_findings import StudyFindings
from tumordesk.session.audited import record_export, watched_run
from tumordesk.session.batch.loading import LoadedStudy
from tumordesk.session.batch.models import BatchModels
from tumordesk.session.batch.types import BatchOptions, StudyRow
from tumordesk.session.use_cases import run_classification, run_segmentation

if TYPE_CHECKING:
    from tumordesk.session.exporting import PdfWriter


_MAPPED = {"pdf", "sc"}
"""Formats that show people where a classifier looked."""


@dataclass(frozen=True, eq=False)
class _Found:
    """``main`` is the result that was asked for; the others came before or after it."""

    main: AnalysisResult
    outline: AnalysisResult | None = None
    classes: AnalysisResult | None = None

    @property
    def results(self) -> tuple[AnalysisResult, ...]:
        """All results, each once."""
        found = (self.outline, self.classes)
        return tuple(result for result in found if result is not None)


def run_models(
    context: JobContext, loaded: LoadedStudy, models: BatchModels, options: BatchOptions
) -> _Found:
    """Run the models; every attempt leaves a line in the audit log. Raises as ``run_model``."""
    entries = (models.outline, models.main, models.classifier)
    with watched_run("batch", loaded.series, loaded.study, entries) as watch:
        found = _run(context, loaded, models, options)
        watch.took(found.main, *(r for r in found.results if r is not found.main))
    return found


def _run(
    context: JobContext, loaded: LoadedStudy, models: BatchModels, options: BatchOptions
) -> _Found:
    volume, series, device = loaded.volume, loaded.series, options.device
    if models.main.card.task == "segmentation":
        main = run_segmentation(
            context, volume, series, models.main, device=device, flips=options.flips,
            study=loaded.study.series,
        )  # fmt: skip
        if models.classifier is None or main.outcome != "tumour":
            return _Found(main, main)
        classes = run_classification(
            context, volume, series, models.classifier, device=device, outline=main.segmentation
        )
        return _Found(main, main, classes)
    before: AnalysisResult | None = None
    # A single picture is classified as it is: there is nothing to choose.
    if models.outline is not None and series.slices > 1:
        before = run_segmentation(
            context, volume, series, models.outline, device=device, study=loaded.study.series
        )
    main = run_classification(
        context, volume, series, models.main, device=device,
        outline=before.segmentation if before is not None else None,
    )  # fmt: skip
    return _Found(main, before, main)


def export_study(
    context: JobContext,
    loaded: LoadedStudy,
    found: _Found,
    models: BatchModels,
    options: BatchOptions,
    folder: Path,
    write_pdf: PdfWriter | None = None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write the chosen formats into ``folder``, in place of what an earlier attempt left there.

    Returns:
        Names of the files, and a sentence for each format that this study does not allow.

    Raises:
        WriteError: a format could not be written. Cancelled: between two formats.
    """
    from tumordesk.session.exporting import FORMAT_NAMES, ExportOptions, ExportOrder, export

    findings, no_map = _findings(loaded, found), ""
    if _MAPPED & set(options.formats):
        findings, no_map = _with_map(context, findings, models, options)
    how = ExportOptions(hide_names=not options.identify, existing="replace", cards=models.cards)
    formats = tuple(one for one in FORMAT_NAMES if one in options.formats)
    report = export(context, findings, ExportOrder(formats, folder, "", how), write_pdf=write_pdf)
    written = [one for one, _ in report.by_format]
    for failure in report.failures:
        if not failure.refused:
            record_export("batch", findings, formats, "failed: WriteError")
            raise WriteError(f"{FORMAT_NAMES[failure.format]}: {failure.reason}", failure.hint)
    record_export("batch", findings, written)
    refused = [f"Not written: {failure}" for failure in report.failures]
    told = (*refused, no_map) if no_map else tuple(refused)
    return tuple(path.name for path in report.files), told


def _with_map(
    context: JobContext, findings: StudyFindings, models: BatchModels, options: BatchOptions
) -> tuple[StudyFindings, str]:
    """``findings`` with the activation map of the classifier, or a sentence why there is none."""
    from tumordesk.session.mapping import find_foci, make_map

    entry = models.classifier or models.main
    if not findings.classifications or entry.card.task != "classification":
        return findings, ""
    try:
        made = make_map(
            context, findings.series, entry, findings.classifications[-1],
            volume=findings.volume, device=options.device,
        )  # fmt: skip
    except (InputMismatch, ModelError) as error:
        return findings, f"No activation map: {error.message}"
    maps = {entry.card.id: made}
    foci = find_foci(context, maps, findings.outline, findings.volume)
    return replace(findings, maps=maps, foci=foci), ""


def _findings(loaded: LoadedStudy, found: _Found) -> StudyFindings:
    outlined = found.outline
    return StudyFindings(
        series=loaded.series,
        volume=loaded.volume,
        patient=loaded.patient,
        study=loaded.study,
        outline=outlined.segmentation if outlined is not None else None,
        origin="ai",
        made_by=outlined,
        measurements=outlined.measurements if outlined is not None else None,
        classifications=(found.classes,) if found.classes is not None else (),
    )


# The row of the table -----------------------------------------------------------------------


def row_of(
    loaded: LoadedStudy,
    found: _Found,
    options: BatchOptions,
    cards: Sequence[ModelCard],
    refused: Sequence[str] = (),
) -> StudyRow:
    """What the table says of a study; numbers with no more digits than mean something.

    ``cards``: of the models of the batch. ``refused``: sentences on formats that were not written.
    """
    warnings = [*loaded.warnings]
    for result in found.results:
        warnings += result.provenance.warnings
        # What was done out of the ordinary (smaller batch, CPU) is told, but differs from run
        # to run with what else the machine was doing: it is in the audit log, not here.
    warnings += refused
    row = _measured(found.outline if found.outline is not None else found.main)
    row = replace(
        row,
        series=series_words(loaded.series),
        channels=_channels(loaded, found, cards),
        outcome=found.main.outcome,
        geometry=loaded.series.geometry.verdict.value,
        warnings=tuple(dict.fromkeys(warnings)),
        patient_id=loaded.patient.patient_id if options.identify else "",
    )
    if found.classes is None or found.classes.classification is None:
        return row
    return _classified(row, found.classes.classification, found.classes)


def _channels(loaded: LoadedStudy, found: _Found, cards: Sequence[ModelCard]) -> str:
    """Which series gave which channel of the models that ran and read several sequences.

    By headers alone, as the run itself found them; files by their names, as in the table's other
    columns.
    """
    from tumordesk.inference.companions import companions_of, series_name, sources

    def name(one: Series) -> str:
        return series_name(one) if one.kind == "dicom" else one.description

    series, told = loaded.series, []
    ran = {result.provenance.model_id for result in (found.main, *found.results)}
    for card in cards:
        if card.id in ran and card.input.sequences:
            together = companions_of(series, loaded.study.series, card)
            colours = "the colours of the picture" if together.own_colours else ""
            told.append(colours or sources(series, together.found, name))
    return "; ".join(dict.fromkeys(told))


def _measured(result: AnalysisResult) -> StudyRow:
    measured = result.measurements
    if measured is None:
        return StudyRow()
    largest = measured.lesions[0] if measured.lesions else None
    lengths = [
        None if line is None or line.length_mm is None else round(line.length_mm, 1)
        for line in ((largest.longest, largest.perpendicular) if largest else (None, None))
    ]
    volume = measured.volume_ml
    return StudyRow(
        lesions=len(measured.lesions),
        volume_ml=None if volume is None else round(volume, 2),
        longest_mm=lengths[0],
        perpendicular_mm=lengths[1],
    )


def _classified(row: StudyRow, found: Classification, result: AnalysisResult) -> StudyRow:
    made = result.provenance
    shares = zip(found.labels, found.probabilities, strict=True)
    return replace(
        row,
        tumour_type=found.answer,
        probabilities=tuple((label, round(share, 3)) for label, share in shares),
        classifier=f"{made.model_id} {made.model_version} sha256:{made.model_sha256}",
    )


def series_words(series: Series) -> str:
    """'AX FLAIR (series 5)' with what is known."""
    name = series.description or "no description"
    return f"{name} (series {series.number})" if series.number is not None else name
