"""Files that may travel with a model beside its card and weights: texts, never programs."""

from __future__ import annotations

from pathlib import Path

EXTRA_NAMES = ("config.json", "split.json", "environment.json", "README.md", "LICENSE.txt")
"""How it was trained, how its data were split, with which software; words for people."""

MAX_EXTRA_BYTES = 4 * 1024**2


def extra_files(folder: Path) -> tuple[Path, ...]:
    """The files of a model folder that travel with it; links and large files do not."""
    found = (folder / name for name in EXTRA_NAMES)
    return tuple(
        path
        for path in found
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_EXTRA_BYTES
    )
