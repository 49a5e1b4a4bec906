"""``tumordesk-train reference``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tumordesk_training.commands.progress import add_progress_option, context_of
from tumordesk_training.commands.shared import add_data_options, add_device_option, data_config


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "reference",
        help="let a classifier tell pictures unlike those it learned from",
        description="Writes reference.safetensors into the model's folder, from the pictures it "
        "learned from, and how far its certainty can be trusted into its card. The weights stay "
        "as they are. 'publish' does the same.",
    )
    parser.add_argument("model", metavar="MODEL", help="model id or model folder")
    parser.add_argument("data", type=Path, metavar="DATA", help="the data it was trained on")
    parser.add_argument(
        "--split", type=Path, required=True, metavar="split.json", help="the split of its training"
    )
    parser.add_argument(
        "--part", choices=("val", "test"), default="test", help="part for the calibration"
    )
    add_data_options(parser)
    add_device_option(parser, "auto")
    add_progress_option(parser)
    parser.set_defaults(function=_reference)


def _reference(args: argparse.Namespace) -> int:
    from tumordesk.zoo import Zoo
    from tumordesk_training.evaluate import Order
    from tumordesk_training.reference import update_model

    entry = Zoo().find(args.model)
    order = Order(args.data, data_config(args), args.split, args.part, False, args.device)
    name = args.data.resolve().name
    command = f"tumordesk-train reference {entry.card.id} {name} --split {args.split.name}"
    card = update_model(entry, order, command=command, context=context_of(args))
    if card.reference is not None and card.calibration is not None:
        print(
            f"{card.id}: {card.reference.pictures} training pictures, limit "
            f"{card.reference.threshold:.2f} from {card.reference.validation} validation pictures; "
            f"expected calibration error {card.calibration.error:.4f} "
            f"({card.calibration.part}, n={card.calibration.n})"
        )
    return 0
