"""``tumordesk-train thumbnails``."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk_training.commands.check_data import add_config_option, how_to_read
from tumordesk_training.commands.progress import add_progress_option, context_of
from tumordesk_training.commands.shared import add_data_options, outside

_LARGEST_PX = 2048


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser("thumbnails", help="small pictures of cases, with their outlines")
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument(
        "keys", nargs="+", metavar="KEY", help="path in the data folder; - reads lines from stdin"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--size", type=int, default=160, help="rows and columns at most")
    add_data_options(parser)
    add_config_option(parser)
    add_progress_option(parser)
    parser.set_defaults(function=_thumbnails)


def _thumbnails(args: argparse.Namespace) -> int:
    from tumordesk_training.data import Case
    from tumordesk_training.layouts import scan
    from tumordesk_training.thumbnails import Answer, write_thumbnails

    if not 8 <= args.size <= _LARGEST_PX:
        raise ConfigError(f"--size {args.size} is not from 8 to {_LARGEST_PX}.")
    outside(args.out, args.data)
    keys = list(dict.fromkeys(key for key in _keys(args.keys) if key))
    # Also those that a person left out: the table of decisions shows them.
    config = replace(how_to_read(args), exclude=(), label_from_mask=False)
    data = scan(args.data, config)
    found = {case.key: case for case in data.cases}
    reasons = dict(data.problems)
    root = args.data.resolve()
    cases = [found.get(key) or Case(key, args.data / key, key) for key in keys]
    cases = [case for case in cases if case.key in found or _is_there(case.image, root)]
    drawn = write_thumbnails(cases, config, args.out, args.size, context_of(args))
    unknown = "it is not one of the pictures of this folder"
    answers: dict[str, Answer] = {
        key: drawn.get(key, {"error": reasons.get(key, unknown)}) for key in keys
    }
    print(json.dumps(answers, indent=2, ensure_ascii=False))
    return 0


def _is_there(path: Path, root: Path) -> bool:
    """Whether it is a picture of the folder, though none that the layout explains."""
    from tumordesk_training.images import is_picture

    return is_picture(path) and path.is_file() and path.resolve().is_relative_to(root)


def _keys(given: list[str]) -> list[str]:
    keys: list[str] = []
    for key in given:
        keys += sys.stdin.read().splitlines() if key == "-" else [key]
    return keys
