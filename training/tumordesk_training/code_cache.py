"""Codes of a folder's files, kept from one question to the next. No torch.

The cache holds codes (see :mod:`tumordesk.zoo.learned`) under hashed names, in the user's cache
folder; it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from tumordesk.core.job import JobContext
from tumordesk.core.paths import cache_dir
from tumordesk.io.parts import stored_in
from tumordesk.zoo.learned import CODE_BYTES, Codes, no_codes
from tumordesk_training.cache_files import keep_arrays
from tumordesk_training.work import for_each

_FOLDERS = 20
"""Data folders whose codes are kept; older ones go."""
_MOST = 200_000
"""Codes of one folder: of more, only those asked for last are kept."""
_VERSION = 1
_DAMAGED = (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile)


def kept_codes(
    root: Path, files: Sequence[Path], read: Callable[[Path], Codes], context: JobContext
) -> dict[Path, Codes]:
    """Codes of each file; only those that are new or changed since the last time are read.

    Raises:
        Cancelled: the user stopped it.
    """
    place = _place(root)
    known = _load(place)
    stamps = {path: _stamp(root, path) for path in files}
    missing = [path for path, stamp in stamps.items() if stamp not in known]
    try:
        fresh = for_each(missing, read, context, "Looking at the pictures")
        for path, rows in zip(missing, fresh, strict=True):
            known[stamps[path]] = rows
    finally:  # what was read before a person stopped it is not read again
        if missing:
            _keep(place, known, stamps.values())
    return {path: known[stamp] for path, stamp in stamps.items()}


def _place(root: Path) -> Path:
    name = hashlib.sha256(f"{_VERSION}/{root.resolve()}".encode()).hexdigest()[:24]
    return cache_dir() / "codes" / f"{name}.npz"


def _stamp(root: Path, path: Path) -> str:
    """Name of a file as it is now: another after every change."""
    with suppress(ValueError):
        path = path.relative_to(root)
    try:
        facts = stored_in(root / path)[0].stat()
    except OSError:
        return ""
    text = f"{path.as_posix()}/{facts.st_size}/{facts.st_mtime_ns}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _load(place: Path) -> dict[str, Codes]:
    try:
        with place.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            stamps, counts, rows = kept["stamps"].tolist(), kept["counts"], kept["rows"]
    except _DAMAGED:
        return {}
    sound = rows.ndim == 2 and rows.shape[1] == CODE_BYTES and rows.dtype == np.uint8
    sound = sound and counts.ndim == 1 and counts.dtype.kind == "i"
    if not stamps or not sound or len(stamps) != len(counts) or int(counts.sum()) != len(rows):
        return {}
    return dict(zip(stamps, np.split(rows, np.cumsum(counts)[:-1]), strict=True))


def _keep(place: Path, codes: dict[str, Codes], asked: Collection[str]) -> None:
    """What had no stamp, or could not be read now, is not kept; of too many, only ``asked``."""
    kept = {stamp: rows for stamp, rows in codes.items() if stamp and len(rows)}
    if sum(map(len, kept.values())) > _MOST:
        kept = {stamp: kept[stamp] for stamp in asked if stamp in kept}
    arrays = {
        "stamps": np.array(list(kept), dtype="U40"),
        "counts": np.array([len(rows) for rows in kept.values()], dtype=np.int64),
        "rows": np.concatenate([no_codes(), *kept.values()]),
    }
    keep_arrays(place, arrays, _FOLDERS)
