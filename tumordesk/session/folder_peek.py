"""A quick look into a folder of pictures: enough to show it, long before it was checked."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tumordesk.core.errors import DataError
from tumordesk.core.job import JobContext
from tumordesk.core.training_run import is_run_folder

T = TypeVar("T")
LIMIT = 50_000
"""Files that are counted at most; a folder with more is told as 'more than'."""
SAMPLES = 8
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".jfif", ".tif", ".tiff", ".bmp"})
_SCANS = frozenset({".nii", ".gz", ".dcm", ".ima", ".nrrd", ".mha", ".mhd"})


@dataclass(frozen=True)
class Peek:
    """What is in a folder. ``folders``: names of folders that hold files, with how many;
    ``samples``: some pictures, from different folders; ``whole`` False: not everything was seen."""

    pictures: int
    scans: int
    others: int
    folders: tuple[tuple[str, int], ...]
    samples: tuple[Path, ...]
    whole: bool

    @property
    def sentence(self) -> str:
        """In words: '1 204 pictures in 4 folders'."""
        more = "" if self.whole else "more than "
        kinds = [(self.pictures, "picture"), (self.scans, "scan file")]
        found = [f"{more}{number(n)} {word}{'s' if n != 1 else ''}" for n, word in kinds if n]
        if not found:
            return "No pictures were found here"
        where = f" in {len(self.folders)} folders" if len(self.folders) > 1 else ""
        return " and ".join(found)[:1].upper() + " and ".join(found)[1:] + where


def number(value: int) -> str:
    """A count with thin spaces between the thousands."""
    return f"{value:,}".replace(",", "\u202f")


def peek(root: Path, context: JobContext | None = None) -> Peek:
    """Count the files of ``root`` by kind, names only; nothing is opened.

    Raises:
        DataError: it is no folder, or cannot be read.
        Cancelled: nobody waits any more.
    """
    context = context or JobContext()
    if not root.is_dir():
        raise DataError(f"{root.name} is no folder.", "Choose a folder with pictures in it.")
    kinds: Counter[str] = Counter()
    folders: dict[str, int] = {}
    samples: list[Path] = []
    seen = 0
    for folder, inner, names in os.walk(root):
        context.check()
        if is_run_folder(names):
            inner.clear()
            continue
        here = [name for name in sorted(names) if not name.startswith(".")]
        counts = Counter(_kind(name) for name in here)
        kinds.update(counts)
        usable = counts["picture"] + counts["scan"]
        if usable:
            folders[str(Path(folder).relative_to(root))] = usable
            pictures = [name for name in here if _kind(name) == "picture"]
            samples += [Path(folder) / name for name in _spread(pictures, SAMPLES)]
        seen += len(here)
        if seen > LIMIT:
            break
    return Peek(
        kinds["picture"], kinds["scan"], kinds["other"], tuple(folders.items()),
        tuple(_spread(samples, SAMPLES)), seen <= LIMIT,
    )  # fmt: skip


def _kind(name: str) -> str:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a name, thousands of times
    if suffix in _PICTURES:
        return "picture"
    return "scan" if suffix in _SCANS else "other"


def _spread(items: list[T], count: int) -> list[T]:
    """``count`` of the items, evenly spread."""
    if len(items) <= count:
        return items
    return [items[index * len(items) // count] for index in range(count)]
