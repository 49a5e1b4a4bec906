"""``tumordesk-train sweep``: several networks for one order, one after the other."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import RunState
from tumordesk_training.commands.orders import (
    add_change_options,
    add_order_options,
    changed,
    needs_data,
    new_config,
)
from tumordesk_training.commands.shared import say

if TYPE_CHECKING:
    from tumordesk.core.training_run import TrainingConfig


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "sweep", help="train several networks in sequence, on the same split"
    )
    add_order_options(parser, network=False)
    parser.add_argument(
        "--networks", default="", metavar="A,B",
        help="these networks; of a recipe: only these (default: all of it)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a run folder each")
    add_change_options(parser)
    parser.add_argument("--resume", action="store_true", help="go on; finished ones stay")
    parser.set_defaults(function=_sweep, network="")


def _sweep(args: argparse.Namespace) -> int:
    from tumordesk_training.series import by_network, run_series, table

    config = changed(new_config(args), args)
    networks = _networks(args, config)
    needs_data(config)
    planned = by_network(config, networks)
    series, state = run_series(
        "sweep", planned, args.out, resume=args.resume, same_split=True, say=say
    )
    for line in table(series):
        say(line)
    if state is RunState.STOPPED:
        return 130
    return 2 if all(run.state == RunState.FAILED for run in series.runs) else 0


def _networks(args: argparse.Namespace, config: TrainingConfig) -> tuple[str, ...]:
    """The networks to train. Raises ConfigError for one that is not for this order."""
    from tumordesk.core.recipes import find_recipe
    from tumordesk.networks import ARCHITECTURES

    asked = tuple(filter(None, args.networks.split(",")))
    if args.recipe is None:
        known = tuple(k for k, info in ARCHITECTURES.items() if info.task == config.task)
        what, networks = f"A configuration for {config.task}", asked or (config.architecture,)
    else:
        recipe = find_recipe(args.recipe.partition("/")[0])
        known, what = recipe.networks, f"The recipe {recipe.name}"
        networks = asked or known
    unknown = [name for name in networks if name not in known]
    if unknown:
        raise ConfigError(f"{what} is not for {unknown[0]}.", f"It is for: {', '.join(known)}.")
    return networks
