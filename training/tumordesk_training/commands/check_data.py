"""``tumordesk-train check-data``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tumordesk_training.commands.shared import add_data_options, data_config


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "check-data", help="what a data folder holds, and what is wrong with it"
    )
    parser.add_argument("data", type=Path, metavar="DATA")
    add_data_options(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(function=_check)


def _check(args: argparse.Namespace) -> int:
    from tumordesk_training.check import check_data, check_text

    report = check_data(args.data, data_config(args))
    print(json.dumps(report, indent=2, ensure_ascii=False) if args.json else check_text(report))
    return 0
