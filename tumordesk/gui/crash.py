"""What a defect report may say: where in our code it happened, never on whose data."""

from __future__ import annotations

import platform
import sys
import traceback
from dataclasses import dataclass
from pathlib import PurePath

from tumordesk import __version__

_KNOWN = ("tumordesk", "tumordesk_training", "torch", "pydicom", "pyqtgraph", "numpy", "PIL")


@dataclass(frozen=True)
class CrashReport:
    """``kind`` is the exception's type; ``text`` the whole report. No messages of exceptions,
    no paths, no values: those may name a patient."""

    kind: str
    text: str


def crash_report(error: BaseException) -> CrashReport:
    """The report of one unexpected exception."""
    kind = type(error).__name__
    lines = [
        "TumorDesk defect report",
        f"TumorDesk {__version__}, Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}",
        f"Libraries: {_versions()}",
        "",
        *_chain(error),
        "",
        "This report holds no patient data, no file names and no picture.",
    ]
    return CrashReport(kind, "\n".join(lines) + "\n")


def _chain(error: BaseException) -> list[str]:
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        lines.append(f"{type(seen).__name__} in")
        for frame in traceback.extract_tb(seen.__traceback__):
            lines.append(f"  {_place(frame.filename)}:{frame.lineno} {frame.name}")
        cause = seen.__cause__ or seen.__context__
        if cause is not None:
            lines.append("caused by")
        seen = cause
    return lines


def _place(filename: str) -> str:
    """The part of a source path that starts at a known package, else the bare file name."""
    parts = PurePath(filename).parts
    for index, part in enumerate(parts):
        if part in _KNOWN:
            rest = parts[index:]
            if part not in rest[1:]:
                return "/".join(rest)
    return parts[-1] if parts else "?"


def _versions() -> str:
    found = []
    for name in ("PySide6", "pyqtgraph", "numpy", "pydicom", "torch"):
        module = sys.modules.get(name)
        version = getattr(module, "__version__", None)
        if version is not None:
            found.append(f"{name} {version}")
    return ", ".join(found) or "none"
