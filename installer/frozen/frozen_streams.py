"""Standard streams of a frozen program that Windows starts without a console."""

from __future__ import annotations

import os
import sys
from typing import TextIO

_PARENT = -1


def prepare() -> None:
    """Give ``sys.stdout`` and ``sys.stderr`` somewhere to go.

    A windowed program on Windows has none. Where a console started it (``tumordesk predict``), it
    writes there; where nothing is listening, words go nowhere, and nothing fails for it. A stream
    that was sent to a file or to another program stays there.
    """
    if sys.stdout is not None and sys.stderr is not None:
        return
    name = "CONOUT$" if _has_console() else os.devnull
    sys.stdout = sys.stdout or _opened(name)
    sys.stderr = sys.stderr or _opened(name)


def _has_console() -> bool:
    """Whether a console started this program; from now on it is this program's, too."""
    if sys.platform != "win32":
        return False
    import ctypes

    return bool(ctypes.windll.kernel32.AttachConsole(_PARENT))


def _opened(name: str) -> TextIO:
    return open(name, "w", encoding="utf-8", errors="replace")  # noqa: PTH123
