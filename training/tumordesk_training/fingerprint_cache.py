"""Fingerprints of a folder's pictures, kept between check, split and run. No torch.

The cache holds small grey pictures (64 x 64) and digests under hashed names, in the user's cache
folder; it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tumordesk.core.errors import DataError
from tumordesk.core.job import JobContext
from tumordesk.core.paths import cache_dir
from tumordesk.core.training_run import DataConfig
from tumordesk.io.parts import stored_in
from tumordesk_training.cache_files import keep_arrays
from tumordesk_training.data import Case
from tumordesk_training.fingerprints import SIDE, Fingerprint, fingerprint
from tumordesk_training.images import load_grey
from tumordesk_training.work import for_each

_FOLDERS = 20
"""Data folders whose fingerprints are kept; older ones go."""

_VERSION = 1
_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def prints_of(
    root: Path, cases: Sequence[Case], config: DataConfig, context: JobContext | None = None
) -> dict[str, Fingerprint]:
    """Fingerprint of each case by its key; those that cannot be read have none.

    Only files that are new or changed since they were last looked at are opened.

    Raises:
        Cancelled: the user stopped it.
    """
    context = context or JobContext()
    known = read_cache(root, config)
    stamps = {case.key: stamp(case) for case in cases}
    missing = [case for case in cases if stamps[case.key] not in known]

    def look(case: Case) -> Fingerprint | None:
        try:
            return _read(case, config)
        except (DataError, OSError):
            return None

    fresh = list(for_each(missing, look, context, "Looking for copies"))
    for case, found in zip(missing, fresh, strict=True):
        if found is not None:
            known[stamps[case.key]] = found
    if missing:
        keep_prints(root, config, {s: known[s] for s in stamps.values() if s in known})
    return {key: known[s] for key, s in stamps.items() if s in known}


def _read(case: Case, config: DataConfig) -> Fingerprint:
    if case.volume:
        from tumordesk_training.nifti import load_volume

        return fingerprint(load_volume(case.image)[0])
    return fingerprint(load_grey(case.image, config.channel))


def stamp(case: Case) -> str:
    """Name of a file as it is now: another after every change."""
    try:
        facts = stored_in(case.image)[0].stat()
    except OSError:
        return ""
    text = f"{case.key}/{facts.st_size}/{facts.st_mtime_ns}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def cache_file(root: Path, config: DataConfig) -> Path:
    """Where the fingerprints of a folder are kept; others for another channel."""
    text = f"{_VERSION}/{root.resolve()}/{config.channel}"
    name = hashlib.sha256(text.encode()).hexdigest()[:24]
    return cache_dir() / "fingerprints" / f"{name}.npz"


def read_cache(root: Path, config: DataConfig) -> dict[str, Fingerprint]:
    """What is kept, by stamp; nothing where it is missing or damaged."""
    try:
        with (
            cache_file(root, config).open("rb") as stream,
            np.load(stream, allow_pickle=False) as kept,
        ):
            stamps, digests = kept["stamps"].tolist(), kept["digests"].tolist()
            small, flat = kept["small"], kept["flat"].tolist()
    except _DAMAGED:
        return {}
    if not len(stamps) == len(digests) == len(flat) or small.shape[1:] != (SIDE, SIDE):
        return {}
    pictures = iter(small)
    found = {}
    for name, digest, is_flat in zip(stamps, digests, flat, strict=True):
        found[name] = Fingerprint(digest, next(pictures, None) if is_flat else None)
    return found


def keep_prints(root: Path, config: DataConfig, prints: dict[str, Fingerprint]) -> None:
    """Keep fingerprints by stamp. A cache that cannot be written is none."""
    small = [p.small for p in prints.values() if p.small is not None]
    arrays = {
        "stamps": np.array(list(prints), dtype="U40"),
        "digests": np.array([p.digest for p in prints.values()], dtype="U64"),
        "flat": np.array([p.small is not None for p in prints.values()], dtype=bool),
        "small": np.stack(small) if small else np.zeros((0, SIDE, SIDE), dtype=np.uint8),
    }
    keep_arrays(cache_file(root, config), arrays, _FOLDERS)
