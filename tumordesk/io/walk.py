"""Which files to look at: paths, folders, archives, and the folder beside a DICOMDIR."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tumordesk.core.errors import plain_reason
from tumordesk.core.job import JobContext
from tumordesk.core.study import Skipped
from tumordesk.io.archives import MAX_DEPTH, Budget, is_zip, unpack

_MEDIA_DIRECTORY = b"1.2.840.10008.1.3.10"
MAX_NEIGHBOURS = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """A file to look at. ``shown`` is how it is named to people (inside an archive, say).

    ``named``: the user gave this very file. ``sibling``: it lies beside such a file.
    """

    path: Path
    shown: Path
    named: bool = False
    sibling: bool = False


class Walk:
    """Goes through paths; what cannot be opened ends in ``skipped``."""

    def __init__(self, skipped: list[Skipped], context: JobContext) -> None:
        self._skipped = skipped
        self._context = context
        self._seen: set[str] = set()
        self._budget = Budget()

    def expand(self, paths: Iterable[Path]) -> Iterator[Found]:
        """All files behind ``paths``, each once."""
        for path in paths:
            yield from self._any(Path(path))

    def neighbours(self, path: Path) -> Iterator[Found]:
        """Files in the folder of ``path`` that were not looked at yet."""
        try:
            with os.scandir(path.parent) as entries:
                names = sorted(e.name for e in entries if e.is_file())
        except OSError:
            return
        for name in names[:MAX_NEIGHBOURS]:
            self._context.check()
            full = path.parent / name
            if self._new(full):
                yield Found(full, full, sibling=True)

    def _new(self, path: Path) -> bool:
        key = os.path.normcase(path.absolute())
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _any(self, path: Path) -> Iterator[Found]:
        try:
            if path.is_dir():
                yield from self._folder(path)
            elif path.is_file():
                if _is_dicomdir(path):
                    yield from self._folder(path.parent)
                else:
                    yield from self._file(path, path, named=True)
            else:
                self._skipped.append(Skipped(path, "there is no such file or folder"))
        except (OSError, ValueError) as error:
            reason = plain_reason(error)
            self._skipped.append(Skipped(path, f"cannot be opened: {reason}"))

    def _folder(self, path: Path) -> Iterator[Found]:
        def failed(error: OSError) -> None:
            where = Path(error.filename) if error.filename else path
            self._skipped.append(Skipped(where, f"folder cannot be opened: {error.strerror}"))

        for folder, folders, files in os.walk(path, onerror=failed):
            self._context.check()
            folders.sort()
            for name in sorted(files):
                full = Path(folder, name)
                if full.is_symlink() and not full.exists():
                    self._skipped.append(Skipped(full, "a link to a file that is not there"))
                elif full.is_file():
                    yield from self._file(full, full)
                else:
                    self._skipped.append(Skipped(full, "not an ordinary file"))

    def _file(
        self, path: Path, shown: Path, *, named: bool = False, depth: int = 0
    ) -> Iterator[Found]:
        if not self._new(path):
            return
        if path.suffix.lower() not in (".zip", "") or not is_zip(path, _first(path, 4)):
            yield Found(path, shown, named=named)
        elif depth >= MAX_DEPTH:
            self._skipped.append(Skipped(shown, "an archive within archives: unpack it first"))
        else:
            members = unpack(path, shown, self._skipped, self._budget, self._context)
            for member, where in members:
                yield from self._file(member, where, depth=depth + 1)


def _first(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(count)
    except OSError:
        return b""


def _is_dicomdir(path: Path) -> bool:
    if path.name.lower() == "dicomdir":
        return True
    start = _first(path, 1024)
    return start[128:132] == b"DICM" and _MEDIA_DIRECTORY in start[132:400]
