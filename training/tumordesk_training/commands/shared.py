"""What several commands share: options of the data, and who speaks."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import suppress

from tumordesk.core.errors import ConfigError
from tumordesk.core.job import JobContext, Progress
from tumordesk.core.training_run import DataConfig, IndexSpec


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Options that say how a data folder is to be read."""
    parser.add_argument(
        "--layout",
        choices=("auto", "classes", "masks", "coco", "index", "nifti", "dicom"),
        default="auto",
        help="how the folder is laid out (default: found out)",
    )
    parser.add_argument(
        "--channel", type=int, choices=(0, 1, 2), help="channel of colour pictures to use"
    )
    parser.add_argument(
        "--index",
        action="append",
        default=[],
        metavar="FILE:KEY:GROUP",
        help="CSV in the folder with the column of file stems and the column of groups",
    )
    parser.add_argument(
        "--group-pattern",
        default="",
        metavar="REGEX",
        help="group in the file name, e.g. '^(P\\d+)'",
    )


def data_config(args: argparse.Namespace) -> DataConfig:
    """The data folder and options of a command line. Raises ConfigError."""
    specs = []
    for text in args.index:
        pieces = text.split(":")
        if len(pieces) != 3 or not all(pieces):
            raise ConfigError(f"--index {text} is not FILE:KEY:GROUP.")
        specs.append(IndexSpec(*pieces))
    return DataConfig(
        root=str(args.data),
        layout=args.layout,
        channel=args.channel,
        indexes=tuple(specs),
        group_pattern=args.group_pattern,
    )


def leader() -> bool:
    """False in the processes of torchrun whose words would only repeat those of the first."""
    return os.environ.get("RANK", "0") == "0"


def say(line: str) -> None:
    """One line for whoever reads; a closed terminal or pipe is no reason to stop a training."""
    with suppress(OSError, ValueError):
        print(line, flush=True)


def add_progress_option(parser: argparse.ArgumentParser) -> None:
    """``--progress``: for programs that call this one."""
    parser.add_argument(
        "--progress", action="store_true", help="tell how far it is as lines of JSON on stderr"
    )


def job_context(args: argparse.Namespace) -> JobContext:
    """Where a job reports: lines ``{"progress": 0.42, "text": "..."}`` on stderr, or nowhere."""
    return JobContext(_Reporter() if args.progress else None)


class _Reporter:
    """Writes progress lines, at most ten in a second."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self._next_s and progress.fraction != 1.0:
            return
        self._next_s = now + 0.1
        fraction = None if progress.fraction is None else round(progress.fraction, 4)
        line = json.dumps({"progress": fraction, "text": progress.message}, ensure_ascii=False)
        with suppress(OSError, ValueError):
            print(line, file=sys.stderr, flush=True)
