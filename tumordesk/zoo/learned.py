"""Which pictures a model learned from, so that nobody takes figures on these for a test of it.

Of each picture the record holds a code of 256 bytes: for 32 x 32 places whether they are brighter
than what is around them, darker, or neither. That is enough to find a picture again, also saved
anew, resized or brightened, and far too little to show it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import ModelError
from tumordesk.core.jsonio import atomic_write
from tumordesk.core.model_card import CARD_NAME, LEARNED_NAME, read_card, write_card
from tumordesk.zoo.safety import check_safetensors
from tumordesk.zoo.verify import file_sha256

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


def record_of(folder: Path) -> Learned | None:
    """The record of the model in ``folder``; None where there is none, or not the one that its
    card describes: whoever changes it makes it unknown what the model learned from."""
    file = folder / LEARNED_NAME
    found = read_learned(file)
    try:
        promised = read_card(folder / CARD_NAME).learned_sha256.lower()
        return found if found is not None and file_sha256(file) == promised else None
    except (ModelError, OSError):
        return None


def write_record(folder: Path, learned: Learned) -> bool:
    """Write the record of the model in ``folder``, and its sha256 on the card.

    Returns:
        False where it would be too large; the card then says that there is none.

    Raises:
        ModelError: the card cannot be read.
        WriteError: it cannot be written.
    """
    card = read_card(folder / CARD_NAME)
    sha256 = write_learned(folder / LEARNED_NAME, learned)
    write_card(folder / CARD_NAME, replace(card, learned_sha256=sha256))
    return bool(sha256)


def read_learned(file: Path) -> Learned | None:
    """The record in a file; None where there is no sound one."""
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


def write_learned(file: Path, learned: Learned) -> str:
    """Write the record as a file; its sha256, or "" where it would be too large.

    Raises:
        WriteError: it cannot be written.
    """
    import safetensors.numpy

    # Sorted, so that the order of the pictures, which may be that of patients, is not told.
    tables = {part: union(getattr(learned, part)) for part in PARTS}
    marks = {"gaps": "yes" if learned.gaps else "no"}  # one entry: their order is not kept
    data = safetensors.numpy.save(tables, metadata=marks)
    if len(data) > MAX_LEARNED_BYTES:
        return ""

    def write(temporary: Path) -> None:
        temporary.write_bytes(data)

    atomic_write(file, write)
    return hashlib.sha256(data).hexdigest()
