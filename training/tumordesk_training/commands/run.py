"""``tumordesk-train run``."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import (
    CHECKPOINTS,
    CONFIG_NAME,
    RunState,
    TrainingConfig,
    read_config,
)
from tumordesk_training.commands.orders import (
    add_change_options,
    add_order_options,
    changed,
    new_config,
    with_data,
)
from tumordesk_training.commands.shared import leader, say


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "run",
        help="train a model; Ctrl+C or a file STOP in the run folder keeps the best, a file PAUSE "
        "lets it wait",
    )
    add_order_options(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="run folder")
    add_change_options(parser)
    parser.add_argument(
        "--folds", type=int, metavar="K", help="all of K folds, one run each (see kfold)"
    )
    parser.add_argument("--fold", type=int, metavar="I", help="only this one of the folds, from 0")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.set_defaults(function=_run)


def _run(args: argparse.Namespace) -> int:
    if args.folds is not None and args.fold is None:
        from tumordesk_training.commands import kfold

        return kfold.run_folds(args)
    from tumordesk_training.run import start

    if _restarted(args.out):  # with the order of the first start: it goes on with its own
        args.resume = True
        args.config = args.recipe = args.weights = args.fold = None
    config = changed(_with_fold(_run_config(args), args), args)
    state = start(args.out, config, resume=args.resume, say=say)
    return ended(args.out, state)


def _restarted(folder: Path) -> bool:
    """Whether torchrun starts this run again because a process of it ended."""
    again = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0
    return again and (folder / CONFIG_NAME).is_file()


def _with_fold(config: TrainingConfig, args: argparse.Namespace) -> TrainingConfig:
    if args.fold is None:
        return config
    folds = args.folds or config.split.folds
    if args.resume:
        raise ConfigError("--fold is for a new run.", "A resumed one goes on with its own.")
    try:
        return replace(config, split=replace(config.split, folds=folds, fold=args.fold))
    except ValueError as error:
        raise ConfigError(
            f"--fold {args.fold} of {folds}: {error}.", "Give --folds too."
        ) from error


def _run_config(args: argparse.Namespace) -> TrainingConfig:
    if not args.resume:
        return new_config(args)
    if args.weights is not None:
        raise ConfigError("--weights is for a new run.", "A resumed one goes on with its own.")
    path = args.out / CONFIG_NAME
    if not path.is_file():
        raise ConfigError(f"{args.out.name} holds no training run to resume.")
    if (args.config is not None or args.recipe is not None) and leader():
        print("The run's own config.json is used, not the one given.", file=sys.stderr)
    return with_data(read_config(path), args.data)


def ended(folder: Path, state: RunState) -> int:
    """Say how a run ended; return the exit code."""
    best = (folder / CHECKPOINTS / "best.pt").is_file()
    words = state.value
    if state is RunState.STOPPED:
        kept = "the best checkpoint is kept" if best else "before the first epoch was through"
        words = f"stopped, {kept}; go on with --resume"
    if leader():
        say(f"{folder.name}: {words}")
    if state is not RunState.STOPPED or "TORCHELASTIC_RUN_ID" in os.environ:
        return 0  # torchrun calls any other code a failure
    return 130 if best else 4
