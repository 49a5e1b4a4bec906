"""Command line of the training program."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tumordesk.core.errors import TumorDeskError
from tumordesk.core.training_run import read_config


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tumordesk-train", description="Train TumorDesk models.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="train a model")
    run.add_argument("config", type=Path)
    run.add_argument("--data", type=Path)
    run.add_argument("--out", type=Path, required=True)
    run.add_argument("--weights")
    run.add_argument("--resume", action="store_true")
    run.set_defaults(function=_run)
    return parser


def _run(args: argparse.Namespace) -> int:
    from tumordesk_training.run import start

    config = read_config(args.config)
    if args.data:
        config = replace(config, data=replace(config.data, root=str(args.data)))
    if args.weights:
        config = replace(config, initial_weights=args.weights)
    print(start(args.out, config, resume=args.resume).value)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 for success, 2 for an error told in one sentence."""
    args = _parser().parse_args(argv)
    try:
        code: int = args.function(args)
    except TumorDeskError as error:
        print(f"tumordesk-train: {error}", file=sys.stderr)
        return 2
    return code
