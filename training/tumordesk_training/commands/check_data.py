"""``tumordesk-train check-data``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from tumordesk.core.jsonio import dumps
from tumordesk.core.training_run import DataConfig, read_config
from tumordesk_training.commands.progress import add_progress_option, context_of
from tumordesk_training.commands.shared import add_data_options, data_config


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "check-data", help="what a data folder holds, and what is wrong with it"
    )
    parser.add_argument("data", type=Path, metavar="DATA")
    add_data_options(parser)
    add_config_option(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_progress_option(parser)
    parser.set_defaults(function=_check)


def _check(args: argparse.Namespace) -> int:
    from tumordesk_training.check import check_data, check_text

    report = check_data(args.data, how_to_read(args), context_of(args))
    print(dumps(report).rstrip("\n") if args.json else check_text(report))
    return 0


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """``--config``: data options from a configuration."""
    parser.add_argument(
        "--config", type=Path, metavar="CONFIG.json", help="read the folder as this configuration"
    )


def how_to_read(args: argparse.Namespace) -> DataConfig:
    """Data options of the command line, or those of ``--config``. Raises ConfigError."""
    if args.config is None:
        return data_config(args)
    return replace(read_config(args.config).data, root=str(args.data))
