"""``tumordesk-train find-rate``."""

from __future__ import annotations

import argparse
from typing import Any

from tumordesk_training.commands.orders import (
    add_change_options,
    add_order_options,
    at_least,
    changed,
    needs_data,
    new_config,
)
from tumordesk_training.commands.progress import add_progress_option, context_of


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "find-rate", help="find a learning rate: the loss while the rate grows"
    )
    add_order_options(parser)
    add_change_options(parser)
    parser.add_argument("--steps", type=int, default=60, help="batches to train (60)")
    parser.add_argument("--json", action="store_true", help="print all rates and losses as JSON")
    add_progress_option(parser)
    parser.set_defaults(function=_find_rate)


def _find_rate(args: argparse.Namespace) -> int:
    from tumordesk.core.jsonio import dumps
    from tumordesk_training.rate_finder import find_rate

    config = changed(new_config(args), args)
    needs_data(config)
    found = find_rate(config, steps=at_least(args.steps, 5, "--steps"), context=context_of(args))
    if args.json:
        print(dumps(found))
    elif found.suggested is None:
        print(found.reason)
    else:
        print(f"{found.suggested:g}: {found.reason}")
    return 0
