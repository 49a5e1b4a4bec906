"""``tumordesk-train split``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from tumordesk.core.jsonio import dumps
from tumordesk.core.training_run import TrainingConfig, read_config
from tumordesk_training.commands.progress import add_progress_option, context_of

SCHEMA = 1


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "split", help="which pictures a configuration would train, validate and test on"
    )
    parser.add_argument("config", type=Path, metavar="CONFIG.json")
    parser.add_argument("--data", type=Path, help="data folder, instead of the one in CONFIG")
    parser.add_argument(
        "--out", type=Path, metavar="split.json", help="write it, for split.file of other runs"
    )
    parser.add_argument("--json", action="store_true", help="print counts and warnings as JSON")
    add_progress_option(parser)
    parser.set_defaults(function=_split)


def _split(args: argparse.Namespace) -> int:
    config = read_config(args.config)
    if args.data:
        config = replace(config, data=replace(config.data, root=str(args.data)))
    report = split_report(config, args)
    print(dumps(report).rstrip("\n") if args.json else _text(report))
    return 0


def split_report(config: TrainingConfig, args: argparse.Namespace) -> dict[str, Any]:
    """The split of ``config`` in numbers; written to ``args.out`` where that is given.

    Raises:
        ConfigError, DataError: as their messages say. WriteError: it cannot be written.
        Cancelled: the user stopped it.
    """
    from tumordesk.core.errors import ConfigError
    from tumordesk_training.layouts import scan
    from tumordesk_training.plan import plan_split
    from tumordesk_training.split import PARTS, write_split
    from tumordesk_training.split_id import split_id
    from tumordesk_training.usable import usable

    if not config.data.root:
        raise ConfigError("Which data folder?", "Give --data, or data.root in the configuration.")
    context = context_of(args)
    context.progress(0.0, "Listing the files")
    data, notes = usable(scan(Path(config.data.root), config.data), config)
    split = plan_split(data, config.data, config.split, context)
    if args.out:
        write_split(args.out, split)
    places = split.places(data.cases)
    groups: dict[str, set[str]] = {part: set() for part in PARTS}
    for case in data.cases:
        if case.key in places:
            groups[places[case.key]].add(case.group)
    return {
        "schema": SCHEMA,
        "method": split.method,
        "origin": split.origin,
        "split_id": split_id(split),
        "counts": split.counts,
        "groups": {part: len(names) for part, names in groups.items()},
        "left_out": len(split.left_out),
        "warnings": [*notes, *split.warnings],
    }


def _text(report: dict[str, Any]) -> str:
    lines = [f"{report['origin']}, by {report['method']}, {report['split_id'][:12]}"]
    for part, counts in report["counts"].items():
        labels = ", ".join(f"{name} {n}" for name, n in counts.items())
        whole = sum(counts.values())
        lines.append(f"  {part}: {whole} of {report['groups'][part]} groups ({labels})")
    return "\n".join([*lines, *(f"  ! {sentence}" for sentence in report["warnings"])])
