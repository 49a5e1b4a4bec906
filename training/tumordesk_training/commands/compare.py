"""``tumordesk-train compare``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "compare",
        help="evaluated runs side by side, with a check that the split is the same",
        description="Reads what 'evaluate' wrote into each run folder. Runs that were split "
        "differently stand side by side with the way of their split, and are not ranked.",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--part", choices=("train", "val", "test"), default="test")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.set_defaults(function=_compare)


def _compare(args: argparse.Namespace) -> int:
    from tumordesk.core.jsonio import dumps
    from tumordesk_training.compare import compare
    from tumordesk_training.compare_text import table_text

    found = compare(args.runs, args.part)
    print(dumps(found) if args.json else table_text(found))
    return 0
