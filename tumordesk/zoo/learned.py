"""Which pictures a model learned from, so that nobody takes figures on these for a test of it.

Of each picture the record holds a code of 256 bytes: for 32 x 32 places whether they are brighter
than what is around them, darker, or neither. That is enough to find a picture again, also saved
anew, resized or brightened, and far too little to show it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import ModelError
from tumordesk.core.jsonio import atomic_write
from tumordesk.core.model_card import LEARNED_NAME
from tumordesk.zoo.safety import check_safetensors

CODE_BYTES = 256
"""Of one picture."""
MAX_LEARNED_BYTES = 64 * 1024**2
PARTS = ("train", "val", "before")

Codes = npt.NDArray[np.uint8]


def no_codes() -> Codes:
    """Codes of no pictures."""
    return np.zeros((0, CODE_BYTES), dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Learned:
    """Codes, uint8 (n, 256) each.

    ``train``: the weights were fitted to them. ``val``: its epoch or threshold was chosen on them.
    ``before``: models that its training started from had learned from them. ``gaps``: it, or one
    of these, learned from more than is recorded.
    """

    train: Codes = field(default_factory=no_codes)
    val: Codes = field(default_factory=no_codes)
    before: Codes = field(default_factory=no_codes)
    gaps: bool = False

    def as_start(self) -> Learned:
        """The same as seen from a training that starts from this model.

        What the model was merely chosen on taught it nothing.
        """
        return Learned(before=union(self.train, self.before), gaps=self.gaps)

    def joined(self, other: Learned) -> Learned:
        """What either learned from."""
        return Learned(
            union(self.train, other.train),
            union(self.val, other.val),
            union(self.before, other.before),
            self.gaps or other.gaps,
        )


def union(*codes: Codes) -> Codes:
    """All codes, sorted, each once."""
    return np.unique(np.concatenate(codes), axis=0)


def read_learned(path: Path) -> Learned | None:
    """The record in a model folder, or in a file; None where there is no sound one."""
    file = path / LEARNED_NAME if path.is_dir() else path
    if file.is_symlink() or not file.is_file() or file.stat().st_size > MAX_LEARNED_BYTES:
        return None
    import safetensors
    import safetensors.numpy

    try:
        check_safetensors(file)
        with safetensors.safe_open(file, framework="np") as opened:
            marks = opened.metadata() or {}
            train, val, before = (opened.get_tensor(part) for part in PARTS)
    except (ModelError, OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError):
        return None
    if not all(_sound(table) for table in (train, val, before)):
        return None
    return Learned(train, val, before, marks.get("gaps", "no") != "no")


def _sound(table: Any) -> bool:
    return (
        isinstance(table, np.ndarray)
        and table.dtype == np.uint8
        and table.ndim == 2
        and table.shape[1] == CODE_BYTES
    )


def write_learned(path: Path, learned: Learned) -> bool:
    """Write the record into a model folder, or as a file; False where it would be too large.

    Raises:
        WriteError: it cannot be written.
    """
    import safetensors.numpy

    file = path / LEARNED_NAME if path.is_dir() else path
    # Sorted, so that the order of the pictures, which may be that of patients, is not told.
    tables = {part: union(getattr(learned, part)) for part in PARTS}
    marks = {"format": "np", "gaps": "yes" if learned.gaps else "no"}
    data = safetensors.numpy.save(tables, metadata=marks)
    if len(data) > MAX_LEARNED_BYTES:
        return False

    def write(temporary: Path) -> None:
        temporary.write_bytes(data)

    atomic_write(file, write)
    return True
