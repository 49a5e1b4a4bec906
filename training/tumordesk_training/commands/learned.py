"""``tumordesk-train learned``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tumordesk_training.commands.progress import add_progress_option, context_of
from tumordesk_training.commands.shared import add_data_options, data_config


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "learned",
        help="record in a model which pictures it learned from",
        description="Writes learned.safetensors into the model's folder, from the training and "
        "validation parts of a split; what is recorded there already stays. 'publish' does the "
        "same. Such a model tells when it is tested on pictures that it knows.",
    )
    parser.add_argument("model", metavar="MODEL", help="model id or model folder")
    parser.add_argument("data", type=Path, metavar="DATA", help="data it was trained on")
    parser.add_argument(
        "--split", type=Path, metavar="split.json", help="the split of its training; without it, "
        "all of the data"
    )  # fmt: skip
    parser.add_argument(
        "--before",
        action="store_true",
        help="not this model learned from them, but the one that its training started from",
    )
    add_data_options(parser)
    add_progress_option(parser)
    parser.set_defaults(function=_learned)


def _learned(args: argparse.Namespace) -> int:
    from tumordesk.zoo import Zoo
    from tumordesk_training.learned_of_run import add_to_model

    entry = Zoo().find(args.model)
    found = add_to_model(
        entry,
        args.data,
        data_config(args),
        args.split,
        before=args.before,
        context=context_of(args),
    )
    print(
        f"{entry.card.id}: {len(found.train)} codes of pictures or slices that it learned from, "
        f"{len(found.val)} that it was chosen on, {len(found.before)} of its start"
        + ("; it may know more than is recorded" if found.gaps else "")
    )
    return 0
