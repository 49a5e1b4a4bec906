"""Which files to look at: paths, folders, archives, and the folder beside a DICOMDIR."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tumordesk.core.job import JobContext
from tumordesk.core.study import Skipped


@dataclass(frozen=True, slots=True)
class Found:
    """A file to look at. ``shown`` is how it is named to people (inside an archive, say).

    ``sibling``: the user did not name it, it lies beside a slice that was named.
    """

    path: Path
    shown: Path
    sibling: bool = False


def expand(paths: Iterable[Path], skipped: list[Skipped], context: JobContext) -> Iterator[Found]:
    """All files behind ``paths``, each once; unreadable folders go to ``skipped``."""
    seen: set[str] = set()
    for path in paths:
        for found in _files(Path(path), skipped, context):
            key = str(found.path.absolute())
            if key not in seen:
                seen.add(key)
                yield found


def _files(path: Path, skipped: list[Skipped], context: JobContext) -> Iterator[Found]:
    if path.is_dir():
        yield from _folder(path, skipped, context)
    elif path.is_file():
        yield Found(path, path)
    else:
        skipped.append(Skipped(path, "there is no such file or folder"))


def _folder(path: Path, skipped: list[Skipped], context: JobContext) -> Iterator[Found]:
    def failed(error: OSError) -> None:
        where = Path(error.filename) if error.filename else path
        skipped.append(Skipped(where, f"folder cannot be opened: {error.strerror}"))

    for folder, folders, files in os.walk(path, onerror=failed):
        context.check()
        folders.sort()
        for name in sorted(files):
            full = Path(folder, name)
            yield Found(full, full)
