"""Exports a mask made earlier, measured again on its series, from the command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tumordesk.commands.choose import nothing_readable
from tumordesk.commands.console import (
    Exit,
    clear_progress,
    complain,
    interruptible,
    say,
    show_progress,
)
from tumordesk.commands.earlier import Earlier, named_slices, read_earlier
from tumordesk.commands.pdf import pdf_writer
from tumordesk.core.errors import ReadError, WriteError
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import ScanResult, Series
from tumordesk.core.study_findings import StudyFindings
from tumordesk.session.audited import record_export
from tumordesk.session.export_names import Format
from tumordesk.session.exporting import ExportOptions, ExportOrder, existing_files, export

CHANGED = "The mask was changed after the model made it."


@dataclass(frozen=True)
class ExportRequest:
    """``source``: a mask, or a folder of predict; ``scan``: where its series is."""

    source: Path
    scan: Path
    formats: tuple[Format, ...]
    out: Path
    series_uid: str | None = None
    overwrite: bool = False
    hide_names: bool = False
    pdf_as_dicom: bool = False


def run_export(request: ExportRequest) -> int:
    """Export in every format asked for; returns the exit code.

    Raises:
        ReadError: mask or series cannot be read, or do not belong together.
        WriteError: a format could not be written, or files are there and not ``overwrite``.
        Cancelled: Ctrl+C.
    """
    options = ExportOptions(
        request.hide_names, "replace" if request.overwrite else "refuse", request.pdf_as_dicom
    )
    order = ExportOrder(request.formats, request.out, "", options)
    _refuse_existing(order, overwrite=request.overwrite)
    context = JobContext(show_progress)
    with interruptible(context):
        findings = read_findings(context, request)
        how = replace(order.options, cards=_cards(findings))
        write_pdf = pdf_writer() if "pdf" in request.formats else None
        report = export(context, findings, replace(order, options=how), write_pdf=write_pdf)
    clear_progress()
    record_export("command line", findings, [one for one, _ in report.by_format])
    for path in report.files:
        say(str(path))
    failed = [failure for failure in report.failures if not failure.refused]
    for failure in report.failures:
        if failure.refused:
            complain(str(failure))
    if failed:
        raise WriteError(" ".join(str(failure) for failure in failed))
    return Exit.INCOMPLETE if report.failures else Exit.OK


def _refuse_existing(order: ExportOrder, *, overwrite: bool) -> None:
    if order.folder.exists() and not order.folder.is_dir():
        raise WriteError(f"{order.folder} is a file, not a folder.", "Choose another --out.")
    existing = () if overwrite else existing_files(order)
    if existing:
        raise WriteError(
            f"{order.folder} already holds {existing[0].name}.",
            "Choose another --out, or add --overwrite to replace it.",
        )


def read_findings(context: JobContext, request: ExportRequest) -> StudyFindings:
    """The earlier result on its series, measured again. Raises ReadError, Cancelled."""
    from tumordesk.io.import_mask import read_mask
    from tumordesk.io.scan import scan_paths
    from tumordesk.session.merge import study_of
    from tumordesk.session.use_cases import measure_layer, read_volume

    earlier = read_earlier(request.source)
    scan = scan_paths([request.scan], context)
    candidates = _candidates(request, scan, earlier)
    mask = read_mask(earlier.mask, candidates) if earlier.mask is not None else None
    series = mask.series if mask is not None else candidates[0]
    if any(i >= series.slices for one in earlier.classifications for i in named_slices(one)):
        raise ReadError(
            f"{request.source.name} speaks of slices that the series does not have.",
            "Give the scan that predict was run on, or its mask instead of the folder.",
        )
    volume = read_volume(context, series)
    owner = study_of(scan, series.key)
    patient, study = owner if owner is not None else (None, None)
    bare = StudyFindings(series, volume, patient, study, classifications=earlier.classifications)
    if mask is None:
        return bare
    for note in mask.notes:
        complain(f"{request.source.name}: {note}")
    context.progress(None, "Measuring")
    outline = mask.segmentation
    measured = measure_layer(context, outline, volume=volume)
    whole = earlier.voxels is None or earlier.voxels == measured.voxels
    made = earlier.made_by
    if made is not None and not whole:
        made = replace(made, warnings=(*made.warnings, CHANGED))
    return replace(
        bare,
        outline=outline,
        origin="ai" if made is not None and whole else "mine",
        made_by=None if made is None else AnalysisResult(made, outline, measured),
        measurements=measured,
    )


def _candidates(request: ExportRequest, scan: ScanResult, earlier: Earlier) -> list[Series]:
    """Series that the result may belong to, the likeliest first."""
    if not scan.series:
        raise ReadError(nothing_readable(request.scan, scan))
    wanted = request.series_uid or earlier.series_uid
    found = [one for one in scan.series if wanted in ("", one.uid, one.key)]
    if found:
        return found
    if request.series_uid:
        raise ReadError(
            f"{request.scan.name}: there is no series with the UID {request.series_uid}.",
            "Run 'tumordesk info' to see those that there are.",
        )
    raise ReadError(
        f"{request.scan.name} does not hold the series that {request.source.name} was made from.",
        "Give the scan that predict was run on, or its mask instead of the folder.",
    )


def _cards(findings: StudyFindings) -> tuple[ModelCard, ...]:
    """Cards of the models that made the result, where these are still at hand."""
    from tumordesk.zoo import Zoo

    made = [findings.made_by, *findings.classifications]
    used = {r.provenance.model_sha256 for r in made if r is not None}
    return tuple(e.card for e in Zoo().entries() if e.card.weights_sha256 in used - {""})
