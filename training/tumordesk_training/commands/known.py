"""``tumordesk-train known``."""

from __future__ import annotations

import argparse
import json
from typing import Any

from tumordesk_training.commands.orders import add_order_options, needs_data, new_config
from tumordesk_training.commands.progress import add_progress_option, context_of

_WORDS = {"val": "validation", "test": "test"}


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "known",
        help="which models have learned from your validation and test pictures already",
        description="A training that starts from such a model is not tested fairly. Pictures are "
        "compared, not names: copies saved again or resized are found.",
    )
    add_order_options(parser)
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    add_progress_option(parser)
    parser.set_defaults(function=_known)


def _known(args: argparse.Namespace) -> int:
    from tumordesk.zoo import Zoo
    from tumordesk_training.starts import known_by_models

    config = new_config(args)
    needs_data(config)
    found = known_by_models(config, Zoo().entries(verify=False), context_of(args))
    print(json.dumps(found) if args.json else _text(found))
    return 0


def _text(found: dict[str, Any]) -> str:
    total = found["total"]
    lines = []
    for name, counts in found["models"].items():
        if counts is None:
            lines.append(f"{name}: what it learned from is not recorded")
            continue
        told = (f"{counts[part]} of {total[part]} {_WORDS[part]} pictures" for part in total)
        more = "; it may know more than is recorded" if counts["gaps"] else ""
        lines.append(f"{name}: knows {' and '.join(told)}{more}")
    return "\n".join(lines)
