"""How the run folders and names of a cross-validation are made, and understood."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = re.compile(r"fold-(\d+)")
_NAME = re.compile(r", fold \d+ of \d+$")


def fold_folder(series: Path, number: int) -> Path:
    """The run folder of a fold, counted from 0."""
    return series / f"fold-{number}"


def fold_number(run: Path) -> int | None:
    """The number of a fold, by the name of its run folder; None where it is none."""
    match = _FOLDER.fullmatch(run.name)
    return int(match[1]) if match else None


def fold_folders(series: Path, holding: str) -> tuple[Path, ...]:
    """The run folders of folds that hold a file of that name, in the order of their numbers."""
    found = (path.parent for path in series.glob(f"fold-*/{holding}"))
    numbered = [(number, path) for path in found if (number := fold_number(path)) is not None]
    return tuple(path for _, path in sorted(numbered))


def with_fold(name: str, number: int, folds: int) -> str:
    """The name of a fold, counted from 0, of a cross-validation of that name."""
    return f"{name}, fold {number + 1} of {folds}"


def without_fold(name: str) -> str:
    """The name of a cross-validation, of the name of one of its folds."""
    return _NAME.sub("", name)
