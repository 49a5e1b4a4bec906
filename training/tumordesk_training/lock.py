"""One process at a time may train in a run folder; the system frees the lock when it dies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tumordesk.core.errors import ConfigError, WriteError

LOCK_NAME = "run.lock"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of ``folder`` (made where it is missing) within.

    Raises:
        ConfigError: another process trains in this folder.
        WriteError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / LOCK_NAME).open("a+b")
    except OSError as error:
        raise WriteError(
            f"{folder.name} cannot be written: {error.strerror}.", "Give another folder for --out."
        ) from error
    with stream:
        if not _lock(stream):
            raise ConfigError(
                f"Another process is training in {folder.name} right now.",
                "Wait for it, stop it, or give another folder for --out.",
            )
        yield


def _lock(stream: IO[bytes]) -> bool:
    """Whether this process has the lock now; True as well where the disk knows no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            stream.seek(0)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return sys.platform != "win32"
    return True
