"""``tumordesk-train export-onnx``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tumordesk_training.commands.progress import add_progress_option, context_of

if TYPE_CHECKING:
    from torch import nn

    from tumordesk.core.model_card import ModelCard


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "export-onnx",
        help="a model as an ONNX file, checked against the model itself",
        description="Needs the packages of: pip install 'tumordesk[onnx]'.",
    )
    parser.add_argument("model", metavar="MODEL", help="model id, model folder, or run folder")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.onnx")
    parser.add_argument("--replace", action="store_true", help="replace a file that is there")
    add_progress_option(parser)
    parser.set_defaults(function=_export)


def _export(args: argparse.Namespace) -> int:
    from tumordesk_training.onnx_export import export_onnx

    network, card = _model(args.model)
    found = export_onnx(network, card, args.out, overwrite=args.replace, context=context_of(args))
    print(f"{found.path} (probabilities differ from the model's by at most {found.difference:.1g})")
    return 0


def _model(name: str) -> tuple[nn.Module, ModelCard]:
    from tumordesk.networks.weights import load_model
    from tumordesk.zoo import Zoo
    from tumordesk_training.run_model import best_network, is_run, open_run, run_card

    if is_run(Path(name)):
        run = open_run(Path(name))
        return best_network(run), run_card(run.config)
    entry = Zoo().find(name)
    return load_model(entry.folder, entry.card), entry.card
