"""A lock between processes that ends with the process that holds it, however that ends."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_POLL_S = 0.02


class FileLock:
    """An exclusive lock on a file, which is made where it is not there and is left behind.

    ``acquire`` gives False where another process (or another FileLock of this one) holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self, wait_s: float = 0.0) -> bool:
        """Take the lock; try for ``wait_s`` seconds. Raises OSError where it cannot be made."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + wait_s
        while not _try_lock(handle):
            if time.monotonic() >= until:
                os.close(handle)
                return False
            time.sleep(_POLL_S)
        self._handle = handle
        return True

    def release(self) -> None:
        """Give the lock back; nothing where it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
