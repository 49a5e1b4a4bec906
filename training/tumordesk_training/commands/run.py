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
from tumordesk_training.commands.shared import leader, say


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "run", help="train a model; Ctrl+C or a file STOP in the run folder keeps the best"
    )
    parser.add_argument(
        "config", type=Path, nargs="?", metavar="CONFIG.json",
        help="what to train (see training/configs); not needed with --resume",
    )  # fmt: skip
    parser.add_argument(
        "--recipe", metavar="NAME[/VARIANT]",
        help="instead of CONFIG: a recipe (see 'recipes'); variants are joined by +",
    )  # fmt: skip
    parser.add_argument(
        "--network", default="", metavar="ARCH", help="one of the recipe's networks"
    )
    parser.add_argument("--data", type=Path, help="data folder, instead of the one in CONFIG")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="run folder")
    parser.add_argument(
        "--weights", metavar="FROM",
        help="start from this model id, model folder, safetensors file or folder of pretrained "
        "weights; 'auto', 'scratch', or 'imagenet' (downloads)",
    )  # fmt: skip
    parser.add_argument("--epochs", type=int, help="instead of the number in CONFIG")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="at most so many pictures of each part, for a trial"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), help="default: as CONFIG says")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.set_defaults(function=_run)


def _run(args: argparse.Namespace) -> int:
    from tumordesk_training.run import start

    config = _run_config(args)
    if args.data:
        config = replace(config, data=replace(config.data, root=str(args.data)))
    if args.weights is not None:
        config = replace(config, initial_weights="" if args.weights == "scratch" else args.weights)
    if args.epochs is not None:
        if args.epochs < 1:
            raise ConfigError(f"--epochs {args.epochs} is not a number from 1.")
        config = replace(config, epochs=args.epochs)
    if args.limit is not None:
        if args.limit < 1:
            raise ConfigError(f"--limit {args.limit} is not a number from 1.")
        config = replace(config, limit=args.limit)
    if args.device:
        config = replace(config, device=args.device)
    state = start(args.out, config, resume=args.resume, say=say)
    return _ended(args.out, state)


def _run_config(args: argparse.Namespace) -> TrainingConfig:
    if not args.resume:
        return _new_config(args)
    if args.weights is not None:
        raise ConfigError("--weights is for a new run.", "A resumed one goes on with its own.")
    path = args.out / CONFIG_NAME
    if not path.is_file():
        raise ConfigError(f"{args.out.name} holds no training run to resume.")
    if args.config is not None and leader():
        print("The run's own config.json is used, not the one given.", file=sys.stderr)
    return read_config(path)


def _new_config(args: argparse.Namespace) -> TrainingConfig:
    if args.recipe is None:
        if args.config is None:
            raise ConfigError(
                "Which configuration?", "Give CONFIG.json, --recipe NAME, or --resume a run."
            )
        if args.network:
            raise ConfigError("--network goes with --recipe.", "CONFIG names its own network.")
        return read_config(args.config)
    if args.config is not None:
        raise ConfigError("CONFIG.json and --recipe are two different orders.", "Give one of them.")
    if args.data is None:
        raise ConfigError("Which data folder?", "A recipe needs --data.")
    from tumordesk_training.recipe import from_recipe

    return from_recipe(args.recipe, args.data, network=args.network)


def _ended(folder: Path, state: RunState) -> int:
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
