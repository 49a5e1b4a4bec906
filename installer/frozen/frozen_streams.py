"""Standard streams of a frozen program that Windows starts without a console."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

_PARENT = -1


def prepare() -> None:
    """Give ``sys.stdout`` and ``sys.stderr`` somewhere to go.

    A windowed program on Windows has none. Where a console started it (``tumordesk predict``), it
    writes there; where nothing is listening, words go nowhere, and nothing fails for it.
    """
    if sys.platform == "win32" and (sys.stdout is None or sys.stderr is None):
        _attach_console()
    sys.stdout = _or_nowhere(sys.stdout)
    sys.stderr = _or_nowhere(sys.stderr)


def _attach_console() -> None:
    if sys.platform == "win32":
        import ctypes

        if ctypes.windll.kernel32.AttachConsole(_PARENT):
            sys.stdout = open("CONOUT$", "w", encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115
            sys.stderr = open("CONOUT$", "w", encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115


def _or_nowhere(stream: TextIO | None) -> TextIO:
    if stream is not None:
        return stream
    return io.open(os.devnull, "w", encoding="utf-8")  # noqa: UP020
