"""Files of arrays in the user's cache folder: written whole or not at all, the oldest deleted."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import WriteError
from tumordesk.core.jsonio import atomic_write


def keep_arrays(path: Path, arrays: dict[str, npt.NDArray[Any]], most: int) -> None:
    """Write ``arrays`` as .npz; of the files beside it ``most`` stay. What cannot be written is no
    loss: a cache may be missing at any time."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]

    with suppress(WriteError):
        atomic_write(path, write)
    with suppress(OSError):
        others = sorted(path.parent.glob("*.npz"), key=lambda p: p.stat().st_mtime)
        for old in others[:-most]:
            old.unlink(missing_ok=True)
