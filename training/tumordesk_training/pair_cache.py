"""Near copies that were found once are not looked for again: every change of a split asks anew."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import WriteError
from tumordesk.core.jsonio import atomic_write
from tumordesk.core.paths import cache_dir

KEPT = 20
"""Files; the oldest goes when there are more."""
_FOLDER = "near-copies"

Pairs = npt.NDArray[np.int64]


def pairs_key(small: Sequence[npt.NDArray[np.uint8]], patients: Sequence[str], how: object) -> str:
    """sha256 over what the answer depends on: pictures, who belongs together, and the rules."""
    digest = hashlib.sha256(repr(how).encode())
    for picture, patient in zip(small, patients, strict=True):
        digest.update(picture.tobytes())
        # The names themselves are kept nowhere.
        digest.update(f"\0{patient}\0".encode())
    return digest.hexdigest()


def kept_pairs(key: str) -> Pairs | None:
    """Pairs (n, 2) that were found earlier, or None."""
    try:
        found = np.load(_file(key), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    fits = found.ndim == 2 and found.shape[1] == 2 and found.dtype == np.int64
    return found if fits else None


def keep_pairs(key: str, pairs: Pairs) -> None:
    """Keep pairs for the next time; where that fails they are found anew."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as stream:
            np.save(stream, pairs, allow_pickle=False)

    path = _file(key)
    with contextlib.suppress(WriteError, OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, write, overwrite=True)
        files = sorted(path.parent.glob("*.npy"), key=lambda p: p.stat().st_mtime)
        for old in files[:-KEPT]:
            old.unlink(missing_ok=True)


def _file(key: str) -> Path:
    return cache_dir() / _FOLDER / f"{key[:32]}.npy"
