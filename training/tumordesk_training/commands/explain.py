"""``tumordesk-train explain``."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk_training.commands.progress import add_progress_option, context_of
from tumordesk_training.commands.shared import add_device_option, outside


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "explain",
        help="pictures of what a run made of single cases",
        description="Classification: where the network looked (class-activation map). "
        "Segmentation: the true outline (blue) and the one that was found (orange). "
        "Prints JSON: picture -> file, or the reason why there is none.",
    )
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument(
        "keys", nargs="+", metavar="KEY", help="pictures as in the cases table; '-': from stdin"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--size", type=int, default=224, help="pixels of the longer side")
    parser.add_argument("--data", type=Path, help="where the run's data folder is now")
    add_device_option(parser, "auto")
    add_progress_option(parser)
    parser.set_defaults(function=_explain)


def file_name(key: str) -> str:
    """Name of a picture's file: safe on any disk, and the same every time."""
    return hashlib.sha1(key.encode("utf-8"), usedforsecurity=False).hexdigest()[:16] + ".png"


def _explain(args: argparse.Namespace) -> int:
    from tumordesk.core.jsonio import atomic_write
    from tumordesk_training.drawing import png_bytes
    from tumordesk_training.explain import explain
    from tumordesk_training.run_model import open_run

    if not 32 <= args.size <= 4096:
        raise ConfigError(f"--size {args.size} is not from 32 to 4096.")
    run = open_run(args.run, args.data)
    outside(args.out, run.root)
    told: dict[str, Any] = {}
    keys = _keys(args.keys)
    context = context_of(args)
    for found in explain(run, keys, size=args.size, device=args.device, context=context):
        if found.image is None:
            told[found.key] = {"error": found.error}
            continue
        name = file_name(found.key)
        atomic_write(args.out / name, partial(_write, png_bytes(found.image)))
        told[found.key] = name
    print(json.dumps(told, indent=2, ensure_ascii=False))
    return 0


def _keys(given: list[str]) -> list[str]:
    if given != ["-"]:
        return list(dict.fromkeys(given))
    return list(dict.fromkeys(line.strip() for line in sys.stdin if line.strip()))


def _write(data: bytes, path: Path) -> None:
    path.write_bytes(data)
