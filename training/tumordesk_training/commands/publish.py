"""``tumordesk-train publish``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tumordesk_training.commands.progress import add_progress_option, context_of


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "publish", help="make the best checkpoint of a run a model, with measured figures"
    )
    parser.add_argument(
        "run", type=Path, metavar="RUN",
        help="a run, or a cross-validation: the networks of all its folds become one model",
    )  # fmt: skip
    parser.add_argument("--id", required=True, help="letters, digits, '-', '_', '.'")
    parser.add_argument("--name", help="as people read it (default: the run's name)")
    parser.add_argument("--card", type=Path, metavar="texts.json", help="texts of the card")
    parser.add_argument("--data", type=Path, help="where the run's data folder is now")
    parser.add_argument("--out", type=Path, help="folder for the model (default: your models)")
    parser.add_argument(
        "--tune", action="store_true", help="choose threshold and smallest outline on validation"
    )
    parser.add_argument(
        "--archive", type=Path, metavar="FILE.tdmodel", help="also write the model as one file"
    )
    parser.add_argument(
        "--no-record", action="store_true",
        help="no record of the pictures it learned from: nobody can ask the model whether it knows "
        "a picture, and nobody is warned of a test that is none",
    )  # fmt: skip
    parser.add_argument("--replace", action="store_true", help="exchange a model of that id")
    add_progress_option(parser)
    parser.set_defaults(function=_publish)


def _publish(args: argparse.Namespace) -> int:
    from tumordesk_training.publish import Publication, publish, read_texts
    from tumordesk_training.publish_folds import is_cross_validation, publish_folds

    texts = read_texts(args.card) if args.card else {}
    if args.name:
        texts["name"] = args.name
    order = Publication(
        args.run, args.id, texts, args.out, args.data,
        tuned=args.tune, replace=args.replace, archive=args.archive,
        recorded=not args.no_record,
    )  # fmt: skip
    make = publish_folds if is_cross_validation(args.run) else publish
    entry = make(order, print, context_of(args))
    for limit in entry.card.limits:  # the figures printed above never stand without them
        print(f"Note: {limit}")
    print(f"Published {entry.card.id} {entry.card.version} in {entry.folder.name}")
    return 0
