"""Memory that one step of a training frees is kept for the next one."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_NEVER = -1


def keep_memory() -> bool:
    """Have the C library keep what is freed, where it is glibc; False where it cannot be asked.

    A step on the CPU takes hundreds of megabytes and gives them back. By default glibc returns
    large blocks to the system at once, which must then clear the same pages anew in every step:
    up to a third of the time (docs/training.md, Speed). The process keeps its largest size for
    as long as it lives, so this is for the training program, not for the window. See mallopt(3).
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # musl has none
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, _NEVER))
