"""What commands write: results to stdout, errors and progress to stderr, defects to the log."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ModelError, ReadError, TumorDeskError
from tumordesk.core.job import JobContext, Progress
from tumordesk.core.paths import log_dir

PROGRAM = "tumordesk"
MAX_LOG_BYTES = 1_000_000


class Exit(IntEnum):
    """Exit codes; scripts depend on them."""

    OK = 0
    FAILED = 1
    UNREADABLE = 2
    MODEL = 3
    CANCELLED = 4
    INCOMPLETE = 5


def exit_code(error: TumorDeskError) -> Exit:
    """The exit code that tells this kind of error."""
    if isinstance(error, ModelError):
        return Exit.MODEL
    return Exit.UNREADABLE if isinstance(error, ReadError) else Exit.FAILED


_COMMANDS = (
    *range(9),
    *range(11, 32),
    *range(127, 160),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
)
_HARMLESS = dict.fromkeys(_COMMANDS, "\ufffd")


def harmless(text: str) -> str:
    """``text`` without signs that a terminal obeys: names in files can hold any."""
    return text.translate(_HARMLESS)


def say(text: str) -> None:
    """A line of the result, to stdout."""
    sys.stdout.write(harmless(text) + "\n")
    sys.stdout.flush()


def say_json(document: Any) -> None:
    """A JSON document, and nothing else, to stdout."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """An error in one line, to stderr."""
    clear_progress()
    sys.stderr.write(f"{PROGRAM}: {harmless(' '.join(text.split()))}\n")
    sys.stderr.flush()


def show_progress(progress: Progress) -> None:
    """The progress in one line that is overwritten; only where a person is looking."""
    if sys.stderr.isatty():
        share = "" if progress.fraction is None else f"{progress.fraction:4.0%} "
        sys.stderr.write(f"\r\x1b[K{share}{harmless(progress.message)}"[:110])
        sys.stderr.flush()


def clear_progress() -> None:
    """Remove the line of :func:`show_progress`."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def prepare_streams() -> None:
    """UTF-8 on every platform, and file names that are not text do not stop the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def quiet_libraries() -> None:
    """Keep libraries from talking on stderr: what matters of it, our own readers report."""
    warnings.simplefilter("ignore")
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())


@contextmanager
def interruptible(context: JobContext) -> Iterator[None]:
    """Within it, Ctrl+C cancels ``context``; a second one ends the program at once."""

    def stop(*_: object) -> None:
        context.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _rotate(path: Path) -> None:
    """Keep a log small: the old part becomes ``<name>.1``, and the one before that goes."""
    if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
        path.replace(path.with_name(path.name + ".1"))


def log_defect(error: BaseException) -> Path | None:
    """Append where an unexpected error happened to the log; returns the file, None on failure.

    Only the type of the error and the places in the code are kept: messages can hold file names
    and values, and these can hold patients' names.
    """
    path = log_dir() / "errors.log"
    lines = [f"{datetime.now(UTC).isoformat(timespec='seconds')} {type(error).__name__}"]
    lines += [
        f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _rotate(path)
        with path.open("a", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
    except OSError:
        return None
    return path
