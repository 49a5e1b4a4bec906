"""``tumordesk-train report``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tumordesk.core.errors import ConfigError, WriteError
from tumordesk_training.commands.progress import add_progress_option, context_of
from tumordesk_training.commands.shared import outside

if TYPE_CHECKING:
    from tumordesk.core.evaluation import Evaluation
    from tumordesk.core.job import JobContext
    from tumordesk_training.run_model import Run


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "report",
        help="figures, curves and cases of a run as one HTML file, or as CSV",
        description="Writes one file that needs nothing else: figures with their caveats, charts, "
        "best and worst cases, configuration, split and software. A run that was not evaluated "
        "on this part, or was trained on since, is evaluated first.",
    )
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--part", choices=("train", "val", "test"), default="test")
    parser.add_argument("--out", type=Path, metavar="FILE.html")
    parser.add_argument("--csv", type=Path, metavar="DIR", help="also write curves.csv, cases.csv")
    parser.add_argument("--simple", action="store_true", help="plain HTML, as PDF makers need it")
    parser.add_argument(
        "--no-names", action="store_true", help="numbers instead of names of pictures and groups"
    )
    parser.add_argument("--no-pictures", action="store_true", help="leave the cases' pictures out")
    parser.add_argument("--replace", action="store_true", help="replace files that are there")
    parser.add_argument("--data", type=Path, help="where the run's data folder is now")
    add_progress_option(parser)
    parser.set_defaults(function=_report)


def _report(args: argparse.Namespace) -> int:
    from tumordesk_training.report.content import gather
    from tumordesk_training.report.document import report_html
    from tumordesk_training.report.tables import write_tables
    from tumordesk_training.run_model import open_run

    if args.out is None and args.csv is None:
        raise ConfigError("Where to?", "Give --out FILE.html, --csv DIR, or both.")
    if args.out is not None and args.out.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(
            f"{args.out.name} does not end in .html, and HTML is what is written.",
            "Name it .html. A PDF is saved by the training wizard, or printed by a browser.",
        )
    _refuse_present(args)
    run, context = open_run(args.run, args.data), context_of(args)
    if args.csv is not None:
        outside(args.csv, run.root)
    found = _evaluation(run, args.part, context)
    pictures = args.out is not None and not args.no_pictures
    content = gather(run, found, names=not args.no_names, pictures=pictures, context=context)
    if args.out is not None:
        _write(args.out, report_html(content, simple=args.simple))
        print(args.out)
    if args.csv is not None:
        for path in write_tables(content, args.csv, overwrite=True):
            print(path)
    return 0


def _refuse_present(args: argparse.Namespace) -> None:
    """Before anything is measured, which takes minutes."""
    paths = [args.out] if args.out is not None else []
    if args.csv is not None:
        paths += [args.csv / name for name in ("curves.csv", "cases.csv")]
    present = [path.name for path in paths if path.exists()]
    if present and not args.replace:
        raise WriteError(
            f"{', '.join(present)} is already there.", "Choose another name, or give --replace."
        )


def _evaluation(run: Run, part: Any, context: JobContext) -> Evaluation:
    from tumordesk_training.evaluation.files import (
        evaluation_path,
        is_outdated,
        read_evaluation,
        write_evaluation,
    )
    from tumordesk_training.evaluation.of_run import evaluate_run

    if evaluation_path(run.folder, part).is_file() and not is_outdated(run.folder, part):
        return read_evaluation(run.folder, part)
    found = evaluate_run(run, part, context=context)
    write_evaluation(run.folder, found)
    return found


def _write(path: Path, text: str) -> None:
    from tumordesk.core.jsonio import atomic_write

    data = text.encode("utf-8")

    def write(temporary: Path) -> None:
        temporary.write_bytes(data)

    atomic_write(path, write)
