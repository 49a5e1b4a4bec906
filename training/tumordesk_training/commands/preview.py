"""``tumordesk-train preview``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tumordesk_training.commands.orders import add_order_options, at_least, needs_data, new_config
from tumordesk_training.commands.progress import add_progress_option, context_of
from tumordesk_training.commands.shared import outside


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "preview",
        help="see what augmentation makes of your pictures",
        description="Writes <i>_original.png and <i>_<j>.png, and prints a JSON list of them.",
    )
    add_order_options(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the pictures")
    parser.add_argument("--count", type=int, default=6, help="pictures (6)")
    parser.add_argument("--versions", type=int, default=3, help="changed versions of each (3)")
    parser.add_argument("--seed", type=int, default=1, help="another one gives others (1)")
    add_progress_option(parser)
    parser.set_defaults(function=_preview)


def _preview(args: argparse.Namespace) -> int:
    from tumordesk_training.preview import preview

    config = new_config(args)
    outside(args.out, needs_data(config))
    shown = preview(
        config,
        args.out,
        count=at_least(args.count, 1, "--count"),
        versions=at_least(args.versions, 1, "--versions"),
        seed=args.seed,
        context=context_of(args),
    )
    print(json.dumps(shown, ensure_ascii=False))
    return 0
