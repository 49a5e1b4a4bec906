"""Hand results over: one order, many formats, each of them independent of the others."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tumordesk.core.errors import (
    Cancelled,
    ExportRefused,
    InputMismatch,
    MeasurementRefused,
    TumorDeskError,
    WriteError,
    plain_reason,
)
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study_findings import StudyFindings
from tumordesk.session.export_names import Format, find_existing, free_stem

if TYPE_CHECKING:
    from tumordesk.session.export_writers import Writing

_log = logging.getLogger(__name__)

FORMATS: tuple[Format, ...] = ("seg", "sr", "sc", "pdf", "nifti", "nrrd", "png", "csv", "json")
"""In the order they are written: the SR names the SEG, the JSON lists all files."""
FORMAT_NAMES: dict[Format, str] = {
    "seg": "DICOM SEG",
    "sr": "DICOM SR",
    "sc": "DICOM key images",
    "pdf": "PDF report",
    "nifti": "NIfTI mask",
    "nrrd": "NRRD mask",
    "png": "PNG pictures",
    "csv": "CSV table",
    "json": "JSON",
}


@dataclass(frozen=True)
class ExportOptions:
    """``existing``: what to do where files of that name are there ('number' keeps both).

    ``hide_names``: nothing in names, report and tables says who the patient is (DICOM files
    belong to the patient's study and always say it). ``pdf_as_dicom``: the PDF as a DICOM file
    too. ``make_folder`` False: the folder must be there already (a drive that was unplugged
    must not become a folder). ``cards``: of the models used, for the report's limits.
    """

    hide_names: bool = False
    existing: Literal["refuse", "number", "replace"] = "refuse"
    pdf_as_dicom: bool = False
    make_folder: bool = True
    cards: tuple[ModelCard, ...] = ()


@dataclass(frozen=True)
class ExportOrder:
    """What to write where. ``stem``: file names without suffix; '' gives the plain names of the
    command line (mask.nii.gz, result.json, ...)."""

    formats: tuple[Format, ...]
    folder: Path
    stem: str = ""
    options: ExportOptions = field(default_factory=ExportOptions)


SEGMENTATION_CLASS = "1.2.840.10008.5.1.4.1.1.66.4"
PdfWriter = Callable[[StudyFindings, ExportOptions, Path], None]
"""Writes the report to a path; raises TumorDeskError or OSError. See ``gui.report.pdf``."""


@dataclass(frozen=True)
class ExportFailure:
    """A format that was not written. ``refused``: what was found does not allow it, so that
    trying again is no use. ``exists``: files of that name are there."""

    format: Format
    reason: str
    hint: str = ""
    refused: bool = False
    exists: bool = False

    def __str__(self) -> str:
        return f"{FORMAT_NAMES[self.format]}: {self.reason} {self.hint}".strip()


@dataclass(frozen=True)
class ExportReport:
    """What became of an order. ``files`` are whole and verified; ``by_format`` says which format
    they belong to. ``stem`` is the one used (with a number, where both were to be kept)."""

    files: tuple[Path, ...]
    failures: tuple[ExportFailure, ...]
    by_format: tuple[tuple[Format, tuple[Path, ...]], ...] = ()
    stem: str = ""

    @property
    def retryable(self) -> tuple[Format, ...]:
        """Formats for which trying again makes sense."""
        return tuple(failure.format for failure in self.failures if not failure.refused)


def refusal(findings: StudyFindings, wanted: Format, *, pdf: bool = True) -> str:
    """Why ``findings`` cannot be written in that format, in a sentence; '' where they can.

    ``pdf``: whether a writer of PDF is at hand. A format that is not refused here may still be
    refused by its writer, which looks at the files of the series.
    """
    outline = findings.outline
    if wanted == "pdf" and not pdf:
        return "Needs the part of TumorDesk that has windows (pip install 'tumordesk[gui]')."
    if wanted in ("seg", "sr", "sc") and findings.series.kind != "dicom":
        return f"Needs the DICOM series it belongs to; this is {_kind(findings)}."
    if wanted == "seg" and outline is not None:
        # Whoever reads DICOM has loaded what this loads.
        from tumordesk.io.export.seg import refusal as of_seg

        return of_seg(findings.series, outline) or ""
    if wanted in ("seg", "nifti", "nrrd") and outline is None:
        return "There is no outline to write."
    if wanted == "nrrd" and outline is not None and outline.empty:
        return "Nothing is outlined: there is nothing to write."
    if findings.measurements is None and (
        wanted == "csv" or (wanted == "sr" and not findings.classifications)
    ):
        return "Nothing was measured yet." if outline is not None else "There is no outline."
    return ""


def _kind(findings: StudyFindings) -> str:
    kinds = {"picture": "a picture", "nifti": "NIfTI", "nrrd": "NRRD", "mha": "MetaImage"}
    return kinds.get(findings.series.kind, "another kind of file")


def export(
    context: JobContext,
    findings: StudyFindings,
    order: ExportOrder,
    *,
    write_pdf: PdfWriter | None = None,
) -> ExportReport:
    """Write every format of ``order``; one that is refused or fails does not stop the others.

    A format leaves all of its files, whole, or none. Runs on any thread; imports nothing heavy
    until a format needs it. ``write_pdf`` None: a PDF is refused with the reason.

    Raises:
        Cancelled: between two formats; files already written stay.
    """
    from tumordesk.session.export_writers import Writing

    stem = order.stem
    if order.options.existing == "number":
        stem = free_stem(order.folder, stem, order.formats)
    writing = Writing(findings, order, stem, write_pdf)
    failures: list[ExportFailure] = []
    chosen = [one for one in FORMATS if one in order.formats]
    for number, one in enumerate(chosen):
        context.check()
        context.progress(number / len(chosen), f"Writing {FORMAT_NAMES[one]}")
        failure = _write(writing, one)
        if failure is not None:
            failures.append(failure)
    context.progress(1.0, "Written")
    written = tuple((one, writing.files[one]) for one in chosen if one in writing.files)
    files = tuple(path for _, paths in written for path in paths)
    return ExportReport(files, tuple(failures), written, stem)


def existing_files(order: ExportOrder) -> tuple[Path, ...]:
    """Files that are in the way of ``order``."""
    return tuple(
        path for one in order.formats for path in find_existing(order.folder, order.stem, one)
    )


def _write(writing: Writing, one: Format) -> ExportFailure | None:
    """Write one format; None where it worked."""
    order = writing.order
    reason = refusal(writing.findings, one, pdf=writing.write_pdf is not None)
    if reason:
        return ExportFailure(one, reason, refused=True)
    there = find_existing(order.folder, writing.stem, one)
    if there and order.options.existing != "replace":
        hint = "Keep both, or replace it."
        return ExportFailure(one, f"{there[0].name} is already there.", hint, exists=True)
    try:
        _need_folder(order)
        writing.write(one, there)
    except Cancelled:
        raise
    except TumorDeskError as error:
        refused = isinstance(error, (ExportRefused, InputMismatch, MeasurementRefused))
        return ExportFailure(one, error.message, error.hint, refused=refused)
    except OSError as error:
        hint = "Check free space and that the folder can be written, then try again."
        return ExportFailure(one, f"It could not be written: {plain_reason(error)}.", hint)
    except MemoryError:
        hint = "Close other studies or programs, then try again."
        return ExportFailure(one, "There is not enough memory for it.", hint)
    except Exception as error:  # noqa: BLE001  boundary of a format: the others must be written
        _log.error("export of %s failed: %s", one, type(error).__name__)
        return ExportFailure(one, f"TumorDesk ran into a defect ({type(error).__name__}).")
    return None


def warm_up() -> None:
    """Load what DICOM files are written with, which takes a second."""
    import highdicom
    import highdicom.sr  # noqa: F401

    from tumordesk.io.export import pdf_dicom, sc, seg, sr  # noqa: F401

    # Its tables of the standard are read with the first object, while nothing else can run.
    with contextlib.suppress(ImportError):
        from highdicom._standard_utils import is_attribute_in_iod

        is_attribute_in_iod("PatientID", SEGMENTATION_CLASS)


def _need_folder(order: ExportOrder) -> None:
    if order.options.make_folder or order.folder.is_dir():
        return
    raise WriteError(
        f"The folder {order.folder.name or order.folder} is not there any more.",
        "Is the drive still connected? Try again, or choose another folder.",
    )


def estimate_bytes(findings: StudyFindings, formats: Sequence[Format]) -> int:
    """About how much room the files need, on the safe side."""
    voxels = 0 if findings.outline is None else findings.outline.array.size
    picture = 1_500_000
    pictures = 3 + len(findings.maps)
    needs: dict[Format, int] = {
        # Bits for every slice and segment, and a header for every slice.
        "seg": voxels // 8 * _segments(findings) + 3_000 * findings.series.slices,
        "sr": 200_000,
        "sc": 3 * picture * pictures,
        "pdf": picture * pictures,
        "nifti": voxels // 20 + 10_000,
        "nrrd": voxels // 20 + 10_000,
        "png": picture * pictures,
        "csv": 20_000,
        "json": 200_000,
    }
    return sum(needs[one] for one in formats)


def _segments(findings: StudyFindings) -> int:
    return 1 if findings.outline is None else max(1, len(findings.outline.segments))
