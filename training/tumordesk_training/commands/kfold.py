"""``tumordesk-train kfold``: as many runs as folds, each part once the test part."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tumordesk.core.errors import DataError
from tumordesk.core.training_run import RunState
from tumordesk_training.commands.orders import (
    add_change_options,
    add_order_options,
    changed,
    needs_data,
    new_config,
)
from tumordesk_training.commands.shared import say


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "kfold", help="cross-validation: every part of the data is the test part once"
    )
    add_order_options(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a run folder each")
    parser.add_argument("--folds", type=int, default=5, metavar="K", help="how many parts (5)")
    add_change_options(parser)
    parser.add_argument("--resume", action="store_true", help="go on; finished folds stay")
    parser.set_defaults(function=run_folds)


def run_folds(args: argparse.Namespace) -> int:
    """Train all folds; the exit code. Raises DataError where none of them could be trained."""
    from tumordesk_training.series import by_fold, run_series, table

    config = changed(new_config(args), args)
    needs_data(config)
    series, state = run_series(
        "kfold", by_fold(config, args.folds), args.out, resume=args.resume, say=say
    )
    for line in table(series):
        say(line)
    if state is RunState.STOPPED:
        return 130
    if not any(run.state == RunState.FINISHED for run in series.runs):
        why = next((run.message for run in series.runs if run.message), "")
        raise DataError(f"Not one of {args.folds} folds could be trained. {why}".strip())
    return 0
