"""Options that several commands share: which configuration, and what is changed in it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import TrainingConfig, read_config
from tumordesk_training.commands.shared import add_device_option


def add_order_options(parser: argparse.ArgumentParser, *, network: bool = True) -> None:
    """CONFIG.json or --recipe (and which ``network`` of it), and --data."""
    parser.add_argument(
        "config", type=Path, nargs="?", metavar="CONFIG.json",
        help="what to train (see training/configs)",
    )  # fmt: skip
    parser.add_argument(
        "--recipe", metavar="NAME[/VARIANT]",
        help="instead of CONFIG: a recipe (see 'recipes'); variants are joined by +",
    )  # fmt: skip
    if network:
        parser.add_argument("--network", default="", metavar="ARCH", help="a network of the recipe")
    parser.add_argument("--data", type=Path, help="data folder, instead of the one in CONFIG")


def add_change_options(parser: argparse.ArgumentParser) -> None:
    """What may be changed without a CONFIG.json of one's own."""
    parser.add_argument(
        "--weights", metavar="FROM",
        help="start from this model id, model folder, safetensors file or folder of pretrained "
        "weights; 'auto', 'scratch', or 'imagenet' (downloads)",
    )  # fmt: skip
    parser.add_argument("--epochs", type=int, help="instead of the number in CONFIG")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="at most so many pictures of each part, for a trial"
    )
    add_device_option(parser)


def new_config(args: argparse.Namespace) -> TrainingConfig:
    """The configuration that CONFIG.json or --recipe names, with the data folder of --data.

    Raises:
        ConfigError: none of both, or both; no data folder for a recipe.
    """
    if args.recipe is None:
        if args.config is None:
            raise ConfigError(
                "Which configuration?", "Give CONFIG.json, --recipe NAME, or --resume a run."
            )
        if args.network:
            raise ConfigError("--network goes with --recipe.", "CONFIG names its own network.")
        return with_data(read_config(args.config), args.data)
    if args.config is not None:
        raise ConfigError("CONFIG.json and --recipe are two different orders.", "Give one of them.")
    if args.data is None:
        raise ConfigError("Which data folder?", "A recipe needs --data.")
    from tumordesk_training.recipe import from_recipe

    return from_recipe(args.recipe, args.data, network=args.network)


def with_data(config: TrainingConfig, root: Path | None) -> TrainingConfig:
    """``config`` with another data folder, where one is given."""
    if root is None:
        return config
    return replace(config, data=replace(config.data, root=str(root)))


def needs_data(config: TrainingConfig) -> Path:
    """The data folder. Raises ConfigError where the configuration names none."""
    if not config.data.root:
        raise ConfigError("Which data folder?", "Give --data, or data.root in the configuration.")
    return Path(config.data.root)


def changed(config: TrainingConfig, args: argparse.Namespace) -> TrainingConfig:
    """``config`` with --weights, --epochs, --limit and --device. Raises ConfigError."""
    if args.weights is not None:
        config = replace(config, initial_weights="" if args.weights == "scratch" else args.weights)
    if args.epochs is not None:
        config = replace(config, epochs=at_least(args.epochs, 1, "--epochs"))
    if args.limit is not None:
        config = replace(config, limit=at_least(args.limit, 1, "--limit"))
    if args.device:
        config = replace(config, device=args.device)
    return config


def at_least(value: int, least: int, option: str) -> int:
    """``value``. Raises ConfigError where it is below ``least``."""
    if value < least:
        raise ConfigError(f"{option} {value} is not a number from {least}.")
    return value
