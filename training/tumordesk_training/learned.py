"""Has a model learned from these pictures? Codes of pictures, and the search for them. No torch.

Two pictures are taken for the same where their codes correlate by 0.82, upright, mirrored or
turned by quarters. Measured (benchmarks/learned.py): the most similar slices of different patients
correlate by 0.74; of copies saved again as JPEG 92 % are found (the others are slices with little
on them), of brightened and mirrored ones 97 %. Copies that are cropped are not found, of those
turned by a few degrees two in five. Neighbouring slices of one patient may count as the same, and
should: the model knows that patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tumordesk.core.errors import DataError
from tumordesk.core.job import JobContext
from tumordesk.core.training_run import DataConfig
from tumordesk.zoo.learned import CODE_BYTES, PARTS, Codes, Learned, no_codes, union
from tumordesk_training.code_cache import kept_codes
from tumordesk_training.data import Case
from tumordesk_training.duplicates import TURNS
from tumordesk_training.fingerprints import SIDE, Float, UInt8, details, small_picture
from tumordesk_training.images import Grey, grey_of, load_pixels
from tumordesk_training.nifti import load_volume

ALIKE = 0.82
"""Correlation of codes from which two pictures are one."""
SLICES = 32
"""Slices of a volume that are looked at, spread over nearly all of it."""

_SIDE = 32
_PLAIN = 0.5 / _SIDE
"""Structure (of unit length over all places) that counts as none."""
_LEAST = 0.15 * _SIDE * _SIDE
"""Places with structure that a picture must have: a small disc looks like any other one."""
_FLAT = 0b01010101
"""Four places without structure."""
_ROWS = 2048
_TURNED_UP_TO = 10_000**2
"""Pairs; of more, mirrored and turned copies are not looked for."""


def code(small: UInt8) -> Codes:
    """Codes uint8 (n, 256) of small pictures (n, 64, 64)."""
    found = details(small, _SIDE)
    signs = np.where(np.abs(found) > _PLAIN, np.sign(found), 0).astype(np.int8)
    quarters = (signs + 1).astype(np.uint8).reshape(-1, CODE_BYTES, 4)
    return np.asarray(quarters @ np.array([1, 4, 16, 64], dtype=np.uint8), dtype=np.uint8)


def _signs(codes: Codes) -> Float:
    """(n, 32, 32) of -1, 0 and 1."""
    pairs = (codes[:, :, None] >> np.array([0, 2, 4, 6], dtype=np.uint8)) & 3
    return pairs.reshape(-1, _SIDE, _SIDE).astype(np.float32) - 1.0


def _unit(signs: Float) -> Float:
    flat = signs.reshape(len(signs), -1)
    flat = flat * (np.count_nonzero(flat, axis=1, keepdims=True) >= _LEAST)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(np.divide(flat, length, out=np.zeros_like(flat), where=length > 0))


def nearest(codes: Codes, known: Codes, context: JobContext | None = None) -> Float:
    """For each of ``codes`` its highest correlation with any of ``known``; -1 where none is known.

    Raises:
        Cancelled: the user stopped it.
    """
    context = context or JobContext()
    best = np.full(len(codes), -1.0, dtype=np.float32)
    turns = TURNS if len(codes) * len(known) <= _TURNED_UP_TO else TURNS[:1]
    for start in range(0, len(codes), _ROWS):
        part = slice(start, start + _ROWS)
        asked = [_unit(turn(_signs(codes[part]))) for turn in turns]
        for first in range(0, len(known), _ROWS):
            done = (start + _ROWS * first / len(known)) / len(codes)
            context.progress(done, "Comparing with what the model learned from")
            table = _unit(_signs(known[first : first + _ROWS])).T
            for turned in asked:
                np.maximum(best[part], (turned @ table).max(axis=1), out=best[part])
    return best


def codes_of(
    root: Path,
    cases: Sequence[Case],
    context: JobContext | None = None,
) -> dict[str, tuple[Codes, ...]]:
    """Codes of cases by key, one array for each file of a case (sequences have a file each).

    Of a grey picture (1, 256); of a colour picture (4, 256): as grey, and each colour; of a volume
    up to 32 slices. What cannot be read has none.

    Raises:
        Cancelled: the user stopped it.
    """
    files: dict[Path, bool] = {}
    for case in cases:
        files.update(dict.fromkeys(_files(case), case.volume))
    found = kept_codes(
        root,
        tuple(files),
        lambda path: _of_volume(path) if files[path] else _of_picture(path),
        context or JobContext(),
    )
    return {case.key: tuple(found[path] for path in _files(case)) for case in cases}


def _files(case: Case) -> tuple[Path, ...]:
    return tuple(dict.fromkeys((*case.channels, case.image)))


def _of_picture(path: Path) -> Codes:
    try:
        pixels = load_pixels(path)
    except (DataError, OSError):
        return no_codes()
    channels = (None, 0, 1, 2) if pixels.ndim == 3 else (None,)
    return code(np.stack([_small(grey_of(path.name, pixels, one)) for one in channels]))


def _of_volume(path: Path) -> Codes:
    try:
        voxels, _ = load_volume(path)
    except (DataError, OSError):
        return no_codes()
    chosen = {round(share * (len(voxels) - 1)) for share in np.linspace(0.1, 0.9, SLICES)}
    return code(np.stack([_small(voxels[number]) for number in sorted(chosen)]))


def _small(grey: Grey) -> UInt8:
    """Of a blank picture a flat one, whose code is like no other."""
    if grey.max() > grey.min():
        return small_picture(grey)
    return np.zeros((SIDE, SIDE), dtype=np.uint8)


def used(
    cases: Sequence[Case], codes: Mapping[str, tuple[Codes, ...]], config: DataConfig
) -> Codes:
    """Of the codes of cases those of the colours that a network was shown: for its record."""
    channels = [one.channel for one in config.channel_sources] or [config.channel]
    rows = [0 if channel is None else 1 + channel for channel in channels]
    shown = [
        one[rows] if len(one) > 1 and not case.volume else one
        for case in cases
        for one in codes.get(case.key, ())
    ]
    table = union(no_codes(), *shown)
    return np.asarray(table[(table != _FLAT).any(axis=1)])


def match(
    cases: Sequence[Case],
    codes: Mapping[str, tuple[Codes, ...]],
    learned: Learned,
    context: JobContext | None = None,
) -> dict[str, str]:
    """Which of the cases a model knows: key -> "train", "val" or "before", in that order.

    One picture that it knows, in whatever colour or sequence, is enough for the case, and one case
    for the whole patient (or what else the data say belongs together).

    Args:
        codes: of the cases, see :func:`codes_of`.

    Raises:
        Cancelled: the user stopped it.
    """
    rows = {case.key: np.concatenate([no_codes(), *codes[case.key]]) for case in cases}
    table = union(no_codes(), *rows.values())
    place = {one.tobytes(): number for number, one in enumerate(table)}
    hits = {part: nearest(table, getattr(learned, part), context) >= ALIKE for part in PARTS}
    found: dict[str, str] = {}
    whole: dict[str, str] = {}
    for part, hit in hits.items():
        for case in cases:
            numbers = [place[one.tobytes()] for one in rows[case.key]]
            if hit[numbers].any():
                found.setdefault(case.key, part)
                if case.source:
                    whole.setdefault(case.group, part)
    for case in cases:
        if case.source and case.group in whole:
            found.setdefault(case.key, whole[case.group])
    return found
