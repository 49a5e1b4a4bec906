"""The command line: ``tumordesk [PATH ...]`` opens the window; the rest are commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tumordesk import __version__
from tumordesk.commands.batch_arguments import EXIT_CODES, add_batch, batch_options
from tumordesk.commands.console import (
    Exit,
    complain,
    exit_code,
    log_defect,
    prepare_streams,
    quiet_libraries,
)
from tumordesk.commands.outputs import DEFAULT_FORMATS
from tumordesk.core.errors import Cancelled, TumorDeskError
from tumordesk.core.model_card import NOTICE
from tumordesk.session.export_names import Format
from tumordesk.session.exporting import FORMATS

COMMANDS = ("info", "predict", "export", "batch", "models", "selftest")
_EXIT_CODES = (
    "exit codes: 0 a result (also 'no tumour'), 1 another error (output not writable, defect), "
    "2 input that cannot be read, 3 a model that does not exist or fails its hash, 4 cancelled, "
    "5 results are there, but not in every format asked for (a warning says why)"
)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; returns the exit code. Never shows a traceback."""
    prepare_streams()
    try:
        return _dispatch(_portable(list(arguments)))
    except TumorDeskError as error:
        complain(str(error))
        return exit_code(error)
    except (Cancelled, KeyboardInterrupt):
        complain("Cancelled.")
        return Exit.CANCELLED
    except BrokenPipeError:
        # Whoever read our output has gone (``| head``): nothing left to say, and nowhere to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001  boundary of the process: say it and log it
        path = log_defect(error)
        where = f" Where it happened is in {path}." if path else ""
        complain(f"Something unexpected went wrong ({type(error).__name__}).{where}")
        return Exit.FAILED


def _portable(arguments: list[str]) -> list[str]:
    """Take ``--portable`` out: settings, models and runs then stay beside the program.

    Raises:
        TumorDeskError: that folder cannot be written to.
    """
    if "--portable" not in arguments:
        return arguments
    from tumordesk.core.paths import portable_home

    home = portable_home()
    try:
        home.mkdir(exist_ok=True)
        usable = os.access(home, os.W_OK)
    except OSError:
        usable = False
    if not usable:
        raise TumorDeskError(
            f"The portable TumorDesk cannot write to {home}.",
            "Move its folder to a place that you may write to, or start it without --portable.",
        )
    # Processes that are started from here on (the training) inherit it.
    os.environ["TUMORDESK_HOME"] = str(home)
    return [argument for argument in arguments if argument != "--portable"]


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        return _window(window_parser().parse_args(arguments))
    quiet_libraries()
    options = command_parser().parse_args(arguments)
    if options.command == "info":
        from tumordesk.commands.info import info

        return info(options.paths, as_json=options.json)
    if options.command == "models":
        return _models(options)
    if options.command == "batch":
        return _batch(options)
    if options.command == "export":
        return _export(options)
    if options.command == "selftest":
        from tumordesk.commands.selftest import selftest

        return selftest(
            window=not options.no_window, training=not options.no_training, as_json=options.json
        )
    return _predict(options)


def _export(options: argparse.Namespace) -> int:
    from tumordesk.commands.export import ExportRequest, run_export

    return run_export(
        ExportRequest(
            source=options.source,
            scan=options.series,
            formats=options.format,
            out=options.out,
            series_uid=options.uid,
            overwrite=options.overwrite,
            hide_names=options.hide_names,
            pdf_as_dicom=options.pdf_as_dicom,
        )
    )


def _batch(options: argparse.Namespace) -> int:
    from tumordesk.commands.batch import batch

    if not options.resume and not (options.paths and options.model):
        raise TumorDeskError("Give a FOLDER and --model.", "Or --resume with the --out of before.")
    return batch(options.paths, batch_options(options), resume=options.resume)


def _models(options: argparse.Namespace) -> int:
    from tumordesk.commands import models

    if options.action == "add":
        return models.add(options.path, replace=options.replace)
    if options.action == "pack":
        return models.pack(options.id, options.file, overwrite=options.overwrite)
    return models.models(as_json=options.json)


def _window(options: argparse.Namespace) -> int:
    try:
        from tumordesk.gui import app
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("tumordesk"):
            raise
        raise TumorDeskError(
            f"The window needs the package {error.name}, which is not installed.",
            "Install it with: pip install 'tumordesk[gui]'. The commands "
            f"{', '.join(COMMANDS)} work without it.",
        ) from error
    if options.demo:
        return int(app.demo())
    return int(app.main(options.paths))


def _predict(options: argparse.Namespace) -> int:
    from tumordesk.commands.predict import PredictOptions, predict

    return predict(
        PredictOptions(
            paths=tuple(options.paths),
            model=options.model,
            out=options.out,
            series_uid=options.series,
            device=options.device,
            formats=options.format,
            flips=options.flips,
            classify_with=options.classify_with,
            outline_with=options.outline_with,
            overwrite=options.overwrite,
            hide_names=options.hide_names,
            pdf_as_dicom=options.pdf_as_dicom,
        )
    )


def window_parser() -> argparse.ArgumentParser:
    """Arguments of ``tumordesk [PATH ...]``."""
    parser = argparse.ArgumentParser(
        prog="tumordesk",
        description=f"Opens the window with these scans. {NOTICE}",
        epilog=f"Other commands: {', '.join(COMMANDS)}; see 'tumordesk COMMAND --help'.",
    )
    parser.add_argument("--version", action="version", version=f"TumorDesk {__version__}")
    parser.add_argument(
        "--demo",
        action="store_true",
        help="without a display: run the sample study in an invisible window and save a picture",
    )
    parser.add_argument(
        "--portable",
        action="store_true",
        help="keep settings, models and training runs beside the program (with every command)",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="scans to open")
    return parser


def command_parser() -> argparse.ArgumentParser:
    """Arguments of the commands."""
    parser = argparse.ArgumentParser(prog="tumordesk")
    commands = parser.add_subparsers(dest="command", required=True)
    info = commands.add_parser("info", help="list what is in files and folders")
    info.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    info.add_argument("--json", action="store_true", help="as JSON")
    _add_models(commands.add_parser("models", help="list the models at hand, or add one"))
    test = commands.add_parser("selftest", help="check that everything works on this machine")
    test.add_argument("--json", action="store_true", help="as JSON")
    test.add_argument("--no-window", action="store_true", help="leave the window out")
    test.add_argument("--no-training", action="store_true", help="leave the training out")
    exporting = commands.add_parser(
        "export", help="write a mask made earlier in other formats", epilog=_EXIT_CODES
    )
    _add_export(exporting)
    _add_predict(commands.add_parser("predict", help="run a model on scans", epilog=_EXIT_CODES))
    add_batch(commands.add_parser("batch", help="run a model on many studies", epilog=EXIT_CODES))
    return parser


def _add_export(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "source",
        type=Path,
        metavar="MASK",
        help="a mask (NIfTI, NRRD, MetaImage, SEG), or a folder that predict wrote",
    )
    add("--series", required=True, type=Path, metavar="PATH", help="the scan it belongs to")
    add("--uid", metavar="UID", help="use this series of the scan; else the one that fits")
    add(
        "--format",
        required=True,
        type=_formats,
        metavar="LIST",
        help=f"what to write, with commas: {','.join(FORMATS)}",
    )
    add("--out", required=True, type=Path, metavar="DIR", help="where the files go")
    add("--hide-names", action="store_true", help="leave the patient out of the PDF report")
    add("--pdf-as-dicom", action="store_true", help="the PDF as a DICOM file (report.dcm) too")
    add("--overwrite", action="store_true", help="replace files that are there")


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions (else: list)")
    add = actions.add_parser("add", help="add a model in one file, or a model folder, to your own")
    add.add_argument("path", type=Path, metavar="FILE", help="a .tdmodel file, or a model folder")
    add.add_argument("--replace", action="store_true", help="exchange one of yours of that id")
    pack = actions.add_parser("pack", help="write a model as one file, to take it elsewhere")
    pack.add_argument("id", metavar="ID")
    pack.add_argument("file", type=Path, metavar="FILE.tdmodel")
    pack.add_argument("--overwrite", action="store_true", help="replace a file that is there")


def _add_predict(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("paths", nargs="+", type=Path, metavar="PATH", help="folder, file, zip, NIfTI or picture")
    add("--model", required=True, metavar="ID", help="a model of 'tumordesk models', or its folder")
    add(
        "--out",
        required=True,
        type=Path,
        metavar="DIR",
        help="where results go; several inputs get a folder each in it",
    )
    add("--series", metavar="UID", help="use this series; else the one that fits the model best")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add(
        "--format",
        type=_formats,
        default=DEFAULT_FORMATS,
        metavar="LIST",
        help=f"which results to write, with commas: {','.join(FORMATS)} "
        f"(default: {','.join(DEFAULT_FORMATS)})",
    )
    add("--hide-names", action="store_true", help="leave the patient out of the PDF report")
    add("--pdf-as-dicom", action="store_true", help="the PDF as a DICOM file (report.dcm) too")
    add("--flips", action="store_true", help="also run mirrored slices and average (slower)")
    add(
        "--classify-with",
        default="",
        metavar="ID",
        help="after an outline, also name the tumour type with this model",
    )
    add(
        "--outline-with",
        default="",
        metavar="ID",
        help="for a classifier on a series: the model that finds the slices to read "
        "(default: t1c-tumour where there is one; 'none' reads all slices)",
    )
    add("--overwrite", action="store_true", help="replace results of an earlier run in DIR")


def _formats(text: str) -> tuple[Format, ...]:
    asked = dict.fromkeys(part.strip() for part in text.split(",") if part.strip())
    chosen = tuple(one for one in FORMATS if one in asked)
    if len(chosen) != len(asked) or not chosen:
        raise argparse.ArgumentTypeError(f"choose from {', '.join(FORMATS)}, not {text!r}")
    return chosen
