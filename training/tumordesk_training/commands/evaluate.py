"""``tumordesk-train evaluate``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tumordesk_training.commands.shared import add_data_options, data_config


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser("evaluate", help="figures of a model on labelled data")
    parser.add_argument("model", metavar="MODEL", help="model id, or model folder")
    parser.add_argument("data", type=Path, metavar="DATA")
    add_data_options(parser)
    parser.add_argument("--split", type=Path, metavar="split.json", help="only a part of the data")
    parser.add_argument("--part", choices=("train", "val", "test"), default="test")
    parser.add_argument(
        "--volumes",
        choices=("auto", "yes", "no"),
        default="auto",
        help="pictures of one group are slices of one volume (auto: where groups are patients)",
    )
    parser.add_argument("--flips", action="store_true", help="average with mirrored runs")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(function=_evaluate)


def _evaluate(args: argparse.Namespace) -> int:
    from tumordesk.zoo import Zoo
    from tumordesk_training.evaluate import Order, evaluate

    entry = Zoo().find(args.model)
    volumes = {"auto": None, "yes": True, "no": False}[args.volumes]
    order = Order(
        args.data, data_config(args), args.split, args.part, volumes, args.device, args.flips
    )
    figures = evaluate(entry, order)
    if args.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        print(_figures_text(figures))
    return 0


def _figures_text(figures: dict[str, Any]) -> str:
    lines = [f"{figures['model']['id']} on {figures['data']} ({figures['n']} pictures or slices)"]
    lines += [f"  {key}: {value:.4f}" for key, value in figures.items() if isinstance(value, float)]
    if figures["confusion"]:
        lines.append("  confusion (rows: truth): " + ", ".join(figures["classes"]))
        lines += ["    " + " ".join(f"{n:5d}" for n in row) for row in figures["confusion"]]
    return "\n".join(lines)
