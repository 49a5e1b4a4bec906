"""``--progress``: how far a long command is, as lines of JSON on stderr."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import suppress

from tumordesk.core.job import JobContext, Progress


def add_progress_option(parser: argparse.ArgumentParser) -> None:
    """``--progress`` for a command that takes long."""
    parser.add_argument(
        "--progress",
        action="store_true",
        help="tell how far it is on stderr, as lines of JSON",
    )


def context_of(args: argparse.Namespace) -> JobContext:
    """A context that tells its progress on stderr where ``--progress`` asks for it.

    A line is ``{"progress": 0.42, "text": "Looking at the pictures"}``; ``progress`` is null where
    it is not known. At most ten lines a second.
    """
    wanted = args.progress and os.environ.get("RANK", "0") == "0"
    return JobContext(_Reporter() if wanted else None)


class _Reporter:
    """Writes the lines. A closed pipe is no reason to stop."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self._next_s and progress.fraction != 1.0:
            return
        self._next_s = now + 0.1
        share = None if progress.fraction is None else round(progress.fraction, 4)
        line = json.dumps({"progress": share, "text": progress.message}, ensure_ascii=False)
        with suppress(OSError, ValueError):
            print(line, file=sys.stderr, flush=True)
