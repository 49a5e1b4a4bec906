"""``tumordesk-train sweep``: the networks of a recipe, one after the other."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import RunState
from tumordesk_training.commands.orders import add_change_options, changed, needs_data, new_config
from tumordesk_training.commands.shared import say


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "sweep", help="train all networks of a recipe in sequence, on the same split"
    )
    parser.add_argument("--recipe", required=True, metavar="NAME[/VARIANT]")
    parser.add_argument("--networks", default="", metavar="A,B", help="only these networks")
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a run folder each")
    add_change_options(parser)
    parser.add_argument("--resume", action="store_true", help="go on; finished ones stay")
    parser.set_defaults(function=_sweep, config=None, network="")


def _sweep(args: argparse.Namespace) -> int:
    from tumordesk.core.recipes import find_recipe
    from tumordesk_training.series import by_network, run_series, table

    recipe = find_recipe(args.recipe.partition("/")[0])
    networks = tuple(filter(None, args.networks.split(","))) or recipe.networks
    unknown = [name for name in networks if name not in recipe.networks]
    if unknown:
        raise ConfigError(
            f"The recipe {recipe.name} is not for {unknown[0]}.",
            f"It is for: {', '.join(recipe.networks)}.",
        )
    config = changed(new_config(args), args)
    needs_data(config)
    planned = by_network(config, networks)
    series, state = run_series(
        "sweep", planned, args.out, resume=args.resume, same_split=True, say=say
    )
    for line in table(series):
        say(line)
    return 130 if state is RunState.STOPPED else 0
