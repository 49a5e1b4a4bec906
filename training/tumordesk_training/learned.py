"""Has a model learned from these pictures? Codes of pictures, and the search for them. No torch.

Two pictures are taken for the same where their codes correlate by 0.82, upright, mirrored or
turned by quarters. Measured (benchmarks/learned.py): the most similar slices of different patients
correlate by 0.74; of copies saved again as JPEG 19 of 20 are found (the others are slices with next
to nothing on them), brightened and mirrored ones all. Copies that are cropped are not found, of
those turned by a few degrees half. Neighbouring slices of one patient may count as the same, and
should: the model knows that patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tumordesk.core.errors import DataError
from tumordesk.core.job import JobContext
from tumordesk.core.training_run import DataConfig
from tumordesk.zoo.learned import CODE_BYTES, PARTS, Codes, Learned, no_codes, union
from tumordesk_training.data import Case
from tumordesk_training.duplicates import TURNS
from tumordesk_training.fingerprint_cache import prints_of
from tumordesk_training.fingerprints import Float, UInt8, details, small_picture
from tumordesk_training.nifti import load_volume
from tumordesk_training.work import for_each

ALIKE = 0.82
"""Correlation of codes from which two pictures are one."""
SLICES = 9
"""Slices of a volume that are recorded, spread over its middle half."""

_SIDE = 32
_PLAIN = 0.5 / _SIDE
"""Structure (of unit length over all places) that counts as none."""
_ROWS = 2048


def code(small: UInt8) -> Codes:
    """Codes uint8 (n, 256) of small pictures (n, 64, 64)."""
    if not len(small):
        return no_codes()
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
    asked = _signs(codes)
    for first in range(0, len(known), _ROWS):
        context.progress(first / len(known), "Comparing with what the model learned from")
        table = _unit(_signs(known[first : first + _ROWS])).T
        for turn in TURNS:
            for start in range(0, len(asked), _ROWS):
                part = slice(start, start + _ROWS)
                found = (_unit(turn(asked[part])) @ table).max(axis=1)
                np.maximum(best[part], found, out=best[part])
    return best


def codes_of(
    root: Path,
    cases: Sequence[Case],
    config: DataConfig,
    *,
    slices: int = 1,
    context: JobContext | None = None,
) -> dict[str, Codes]:
    """Codes of cases by key: one of a picture, of a volume those of ``slices`` slices (one: the
    middle). What is blank or cannot be read has none.

    Raises:
        Cancelled: the user stopped it.
    """
    context = context or JobContext()
    if config.sequences:
        config = replace(config, channel=None)
    flat = [case for case in cases if not case.volume]
    prints = prints_of(root, flat, config, context)
    keys = [key for key, found in prints.items() if found.small is not None]
    pictures = [found for key in keys if (found := prints[key].small) is not None]
    table = code(np.stack(pictures)) if pictures else no_codes()
    codes = {key: row[None] for key, row in zip(keys, table, strict=True)}
    volumes = [case for case in cases if case.volume]
    read = for_each(volumes, lambda case: _of_volume(case, slices), context, "Reading volumes")
    return {**codes, **{case.key: rows for case, rows in zip(volumes, read, strict=True)}}


def _of_volume(case: Case, slices: int) -> Codes:
    try:
        voxels, _ = load_volume(case.image)
    except (DataError, OSError):
        return no_codes()
    where = [0.5] if slices == 1 else np.linspace(0.25, 0.75, slices)
    chosen = {round(share * (len(voxels) - 1)) for share in where}
    shown = [voxels[number] for number in sorted(chosen)]
    small = [small_picture(one) for one in shown if one.max() > one.min()]
    return code(np.stack(small)) if small else no_codes()


def match(
    codes: Mapping[str, Codes], learned: Learned, context: JobContext | None = None
) -> dict[str, str]:
    """Which of the cases a model knows: key -> "train", "val" or "before", in that order.

    Args:
        codes: of the cases by key, see :func:`codes_of`.

    Raises:
        Cancelled: the user stopped it.
    """
    table = union(no_codes(), *codes.values())
    row = {one.tobytes(): number for number, one in enumerate(table)}
    hits = {part: nearest(table, getattr(learned, part), context) >= ALIKE for part in PARTS}
    found = {}
    for key, rows in codes.items():
        numbers = [row[one.tobytes()] for one in rows]
        part = next((part for part, hit in hits.items() if hit[numbers].any()), None)
        if part is not None:
            found[key] = part
    return found
