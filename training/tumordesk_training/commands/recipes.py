"""``tumordesk-train recipes`` and ``architectures``: what there is to choose from."""

from __future__ import annotations

import argparse
import json
from typing import Any

from tumordesk.core.jsonio import to_plain
from tumordesk.core.recipes import Recipe, recipes
from tumordesk_training.commands.shared import say


def add(commands: Any) -> None:
    """Describe the commands to the parser."""
    parser = commands.add_parser("recipes", help="list the recipes and their variants")
    parser.add_argument("--json", action="store_true", help="the whole recipes, for a program")
    parser.set_defaults(function=_recipes)
    parser = commands.add_parser("architectures", help="list the networks")
    parser.add_argument("--json", action="store_true", help="for a program")
    parser.set_defaults(function=_architectures)


def _recipes(args: argparse.Namespace) -> int:
    found = recipes()
    if args.json:
        say(json.dumps([to_plain(recipe) for recipe in found], ensure_ascii=False))
        return 0
    for recipe in found:
        for line in _lines(recipe):
            say(line)
    return 0


def _lines(recipe: Recipe) -> list[str]:
    return [
        f"{recipe.name}: {recipe.title} ({recipe.task})",
        f"  {recipe.description}",
        f"  published: {recipe.published}",
        f"  networks: {', '.join(recipe.networks)}",
        f"  variants: {', '.join(recipe.variants)}",
        "",
    ]


def _architectures(args: argparse.Namespace) -> int:
    from tumordesk.networks import ARCHITECTURES

    if args.json:
        say(json.dumps([to_plain(info) for info in ARCHITECTURES.values()], ensure_ascii=False))
        return 0
    for info in ARCHITECTURES.values():
        size = "x".join(map(str, info.default_size))
        say(
            f"{info.id:20} {info.task:14} {info.million_parameters:6.2f} million parameters, "
            f"{size}: {info.title}"
        )
    return 0
