"""What predict and export write for one input: result.json and files of the chosen formats."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from tumordesk.core.errors import ConfigError, WriteError
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study_findings import StudyFindings
from tumordesk.session.export_names import Format, file_name, find_existing
from tumordesk.session.exporting import (
    ExportFailure,
    ExportOptions,
    ExportOrder,
    PdfWriter,
    export,
)

DEFAULT_FORMATS: tuple[Format, ...] = ("nifti", "png", "json")
_ALWAYS_OURS: tuple[Format, ...] = ("json", "nifti", "png")


@dataclass(frozen=True)
class OutputOptions:
    """``formats`` in any order; ``cards`` of the models used, for the report's limits."""

    formats: Sequence[Format] = DEFAULT_FORMATS
    overwrite: bool = False
    hide_names: bool = False
    cards: tuple[ModelCard, ...] = ()
    write_pdf: PdfWriter | None = None
    pdf_as_dicom: bool = False


@dataclass(frozen=True)
class Written:
    """``files`` that are there now; ``refused``: formats that the input does not allow."""

    files: tuple[Path, ...]
    refused: tuple[ExportFailure, ...]
    formats: tuple[Format, ...]


def own_files(folder: Path, formats: Sequence[Format] = ()) -> list[Path]:
    """Results of an earlier run in ``folder``, and what stands in the way of ``formats``."""
    kinds = dict.fromkeys((*_ALWAYS_OURS, *formats))
    found = [path for one in kinds for path in find_existing(folder, "", one)]
    return list(dict.fromkeys([*found, *_listed(folder)]))


def _listed(folder: Path) -> list[Path]:
    """Files that an earlier result.json there says were written with it, and that bear a name
    which results have: anybody may have edited the list, and what is on it is removed."""
    try:
        document = json.loads((folder / file_name("", "json")).read_text(encoding="utf-8"))
        names = document.get("files", []) if isinstance(document, dict) else []
        plain = [name for name in names if isinstance(name, str) and Path(name).name == name]
    except (OSError, ValueError, TypeError, RecursionError, ConfigError):
        return []
    ours = {path for one in get_args(Format) for path in find_existing(folder, "", one)}
    return [folder / name for name in plain if folder / name in ours and (folder / name).is_file()]


def refuse_existing(folder: Path, formats: Sequence[Format] = ()) -> None:
    """Raise WriteError where ``folder`` holds results already, or is no folder at all."""
    if folder.exists() and not folder.is_dir():
        raise WriteError(f"{folder} is a file, not a folder.", "Choose another --out.")
    existing = own_files(folder, formats)
    if existing:
        raise WriteError(
            f"{folder} already holds {existing[0].name}.",
            "Choose another --out, or add --overwrite to replace earlier results.",
        )


def write_outputs(
    context: JobContext,
    folder: Path,
    document: dict[str, Any],
    findings: StudyFindings,
    options: OutputOptions,
) -> Written:
    """Write the chosen formats into ``folder``; result.json last, as the sign that all is there.

    A format that the input does not allow is told in the warnings of ``document``.

    Raises:
        WriteError: disk full, folder read-only, or files there and not ``overwrite``; every
            format was tried before. Cancelled: between two formats.
    """
    from tumordesk.core.jsonio import write_json

    if options.overwrite:
        for stale in own_files(folder, options.formats):
            stale.unlink()
    how = ExportOptions(options.hide_names, pdf_as_dicom=options.pdf_as_dicom, cards=options.cards)
    formats = tuple(one for one in options.formats if one != "json")
    if findings.outline is None:
        # A classifier outlines nothing: that it writes no mask is no news.
        formats = tuple(one for one in formats if one != "nifti")
    order = ExportOrder(formats, folder, "", how)
    report = export(context, findings, order, write_pdf=options.write_pdf)
    _raise_failures(report.failures)
    document["warnings"] = [*document["warnings"], *(f"Not written: {f}" for f in report.failures)]
    files = report.files
    done = [one for one, _ in report.by_format]
    if "json" in options.formats:
        path = folder / file_name("", "json")
        document = document | {"files": [file.name for file in files]}
        write_json(path, document, overwrite=options.overwrite)
        files = (*files, path)
        done.append("json")
    return Written(files, report.failures, tuple(done))


def _raise_failures(failures: Sequence[ExportFailure]) -> None:
    failed = [failure for failure in failures if not failure.refused]
    if not failed:
        return
    first, others = failed[0], [str(failure) for failure in failed[1:]]
    raise WriteError(" ".join([str(first), *others]))
