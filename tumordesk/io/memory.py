"""Will it fit? Asked before a large array is made, so that nothing is killed for it later."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from tumordesk.core.errors import ReadError

_SHARE = 0.8
_CGROUP = Path("/sys/fs/cgroup")


def available_bytes() -> int | None:
    """Memory that can be used now, in bytes; None where the system does not say."""
    if sys.platform == "win32":
        return _windows_available()
    found = [v for v in (_linux_available(), _container_available()) if v is not None]
    if found:
        return min(found)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError):
        return None


def _linux_available() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None


def _container_available() -> int | None:
    try:
        limit = (_CGROUP / "memory.max").read_text("ascii").strip()
        used = (_CGROUP / "memory.current").read_text("ascii").strip()
        return max(0, int(limit) - int(used)) if limit.isdecimal() else None
    except (OSError, ValueError):
        return None


def _windows_available() -> int | None:
    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "c", "d", "e", "f", "g")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - absent where mypy runs
    return int(status.free) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None


def gigabytes(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 2**30:.1f} GB" if count >= 2**29 else f"{count / 2**20:.0f} MB"


def ensure_fits(needed: int, name: str) -> None:
    """Raise ReadError when ``needed`` bytes for ``name`` exceed what memory there is."""
    free = available_bytes()
    if free is not None and needed > free * _SHARE:
        raise ReadError(
            f"{name} needs {gigabytes(needed)} of memory, and {gigabytes(free)} are free.",
            "Close other programs, or open a smaller series.",
        )
