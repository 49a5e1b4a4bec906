"""Files that may travel with a model beside its card and weights: texts and tables, no programs."""

from __future__ import annotations

from pathlib import Path

from tumordesk.core.model_card import LEARNED_NAME
from tumordesk.zoo.learned import MAX_LEARNED_BYTES

_TEXT_BYTES = 4 * 1024**2

EXTRA_BYTES = {
    "config.json": _TEXT_BYTES,
    "split.json": _TEXT_BYTES,
    "environment.json": _TEXT_BYTES,
    "README.md": _TEXT_BYTES,
    "LICENSE.txt": _TEXT_BYTES,
    LEARNED_NAME: MAX_LEARNED_BYTES,
}
"""How it was trained, how its data were split, with which software; words for people; which
pictures it learned from. With the largest size of each."""


def extra_files(folder: Path) -> tuple[Path, ...]:
    """The files of a model folder that travel with it; links and large files do not."""
    return tuple(
        path
        for name, most in EXTRA_BYTES.items()
        if (path := folder / name).is_file()
        and not path.is_symlink()
        and path.stat().st_size <= most
    )
