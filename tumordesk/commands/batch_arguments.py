"""Arguments of ``tumordesk batch``."""

from __future__ import annotations

import argparse
from pathlib import Path

from tumordesk.session.batch.types import DEFAULT_FORMATS, BatchOptions
from tumordesk.session.export_names import Format
from tumordesk.session.exporting import FORMATS

EXIT_CODES = (
    "exit codes: 0 every study gave a result, 2 some did not (or nothing could be read), "
    "1 another error (output not writable), 3 a model that does not exist or fails its hash, "
    "4 cancelled. Whenever it stops, the same command goes on where it was"
)


def add_batch(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("paths", nargs="*", type=Path, metavar="FOLDER", help="folder with studies (or a zip)")
    add("--model", default="", metavar="ID", help="a model of 'tumordesk models', or its folder")
    add("--out", required=True, type=Path, metavar="DIR", help="where all results go")
    add(
        "--resume",
        action="store_true",
        help="continue the batch in DIR; FOLDER, --model and the rest are taken from it",
    )
    add(
        "--format",
        type=_formats,
        default=DEFAULT_FORMATS,
        metavar="LIST",
        help=f"files for each study, with commas: {','.join(FORMATS)} "
        f"(default: {','.join(DEFAULT_FORMATS)}), or none: only the table",
    )
    add("--classify-with", default="", metavar="ID", help="also name the tumour type")
    add(
        "--outline-with",
        default="",
        metavar="ID",
        help="for a classifier: the model that finds the slices to read ('none' reads all)",
    )
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add("--flips", action="store_true", help="also run mirrored slices and average (slower)")
    add("--strict", action="store_true", help="leave out studies that do not wholly fit the model")
    add("--identify", action="store_true", help="patient IDs in the table and in reports")


def batch_options(parsed: argparse.Namespace) -> BatchOptions:
    """What was asked for."""
    return BatchOptions(
        out=parsed.out,
        model=parsed.model,
        classify_with=parsed.classify_with,
        outline_with=parsed.outline_with,
        formats=parsed.format,
        device=parsed.device,
        flips=parsed.flips,
        strict=parsed.strict,
        identify=parsed.identify,
    )


def _formats(text: str) -> tuple[Format, ...]:
    chosen = {part.strip() for part in text.split(",") if part.strip()}
    if chosen == {"none"}:
        return ()
    if not chosen or not chosen <= set(FORMATS):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(FORMATS)}, not {text!r}")
    return tuple(one for one in FORMATS if one in chosen)
