"""Pictures that are there more than once: the same pixels, or nearly the same. No torch.

Two pictures are nearly the same where their structures correlate at two scales, upright,
mirrored or turned: that finds copies saved again, resized, brightened, and augmented. Measured
on public MR data, coarse and fine: neighbouring slices 5 mm apart correlate by at most 0.93 and
0.90, slices 0.9 mm apart by 0.982 and 0.972; copies saved again, resized or brightened by 0.990
and 0.981 at least. Of 1910 slices of 77 patients the neighbours of one patient only, whose slices
hardly differ, were taken for copies; where patients are known these are not compared. Copies that
are cropped or framed anew are not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumordesk.core.job import JobContext
from tumordesk_training.fingerprints import Fingerprint, Float, UInt8, details
from tumordesk_training.pair_cache import keep_pairs, kept_pairs, pairs_key
from tumordesk_training.sets import Sets

SCALES = ((16, 0.97), (32, 0.988), (64, 0.980))
"""Rows and columns at which structures are compared, and the correlation from which two pictures
are one; the first is a quick sieve."""

_TURNED_UP_TO = 10_000
"""Pictures; of more, mirrored and turned copies are not looked for."""

_ROWS = 1024
_WORTH_KEEPING = 200
"""Pictures; fewer are compared in no time."""
_PLENTY = 2_000_000
"""Pairs; a set of pictures that are all alike ends the search there."""


@dataclass(frozen=True)
class Copies:
    """Sets of keys, each of at least two, in the order of the data.

    ``exact``: the same pixels. ``near``: nearly the same as another of the set; all exact copies
    of its pictures are in it, so it holds at least two different pictures.
    """

    exact: tuple[tuple[str, ...], ...] = ()
    near: tuple[tuple[str, ...], ...] = ()


def exact_sets(prints: dict[str, Fingerprint]) -> tuple[tuple[str, ...], ...]:
    """Keys of pictures with the same pixels. Blank pictures are no copies."""
    same: dict[str, list[str]] = {}
    for key, found in prints.items():
        if not found.blank:
            same.setdefault(found.digest, []).append(key)
    return tuple(tuple(keys) for keys in same.values() if len(keys) > 1)


def find_copies(
    prints: dict[str, Fingerprint],
    patients: dict[str, str] | None = None,
    *,
    near: bool = True,
    context: JobContext | None = None,
) -> Copies:
    """Exact and near copies among pictures.

    Args:
        prints: fingerprint of each key.
        patients: key -> patient, where that is known; pictures of one patient are never called
            nearly the same, since they may be neighbouring slices.
        near: look for near copies as well.

    Raises:
        Cancelled: the user stopped it.
    """
    exact = exact_sets(prints)
    if not near:
        return Copies(exact)
    first = {key: keys[0] for keys in exact for key in keys}
    alone = [k for k, p in prints.items() if p.small is not None and first.get(k, k) == k]
    sets = Sets()
    small = [found for key in alone if (found := prints[key].small) is not None]
    known = [(patients or {}).get(key, "") for key in alone]
    joined: set[str] = set()
    for one, other in _pairs(small, known, context or JobContext()):
        sets.join(alone[one], alone[other])
        joined |= {alone[one], alone[other]}
    for keys in exact:
        if keys[0] in joined:
            for key in keys[1:]:
                sets.join(keys[0], key)
                joined.add(key)
    return Copies(exact, tuple(sets.of(key for key in prints if key in joined)))


def _pairs(
    small: Sequence[UInt8], patients: Sequence[str], context: JobContext
) -> list[tuple[int, int]]:
    """:func:`near_pairs`, remembered: seconds for thousands of pictures become nothing."""
    if len(small) < _WORTH_KEEPING:
        return list(near_pairs(small, patients, context))
    key = pairs_key(small, patients, (SCALES, _TURNED_UP_TO, _PLENTY))
    kept = kept_pairs(key)
    if kept is not None and (not len(kept) or int(kept.max()) < len(small)):
        return [(int(one), int(other)) for one, other in kept]
    found = list(near_pairs(small, patients, context))
    keep_pairs(key, np.array(found, dtype=np.int64).reshape(-1, 2))
    return found


def near_pairs(
    small: Sequence[UInt8], patients: Sequence[str], context: JobContext
) -> Iterator[tuple[int, int]]:
    """Pairs of numbers (the smaller first) of pictures that are nearly the same."""
    if len(small) < 2:
        return
    stack = np.stack(small)
    (rough, likely), *finer = SCALES
    sieve = details(stack, rough)
    turns = TURNS if len(stack) <= _TURNED_UP_TO else TURNS[:1]
    steps = len(turns) * -(-len(stack) // _ROWS)
    done = count = 0
    for turn in turns:
        for start in range(0, len(stack), _ROWS):
            context.progress(done / steps, "Comparing the pictures")
            done += 1
            rows = _flat(turn(sieve[start : start + _ROWS].reshape(-1, rough, rough)))
            pairs = _alike(rows, sieve, start, likely)
            for side, like in finer:
                pairs = pairs[_correlations(stack, side, turn, pairs) >= like]
            for one, other in pairs.tolist():
                if not patients[one] or patients[one] != patients[other]:
                    yield one, other
                    count += 1
            if count >= _PLENTY:
                return


Turn = Callable[[Float], Float]
Pairs = npt.NDArray[np.intp]


def _flat(pictures: Float) -> Float:
    return pictures.reshape(len(pictures), -1)


def _alike(rows: Float, sieve: Float, start: int, likely: float) -> Pairs:
    """Pairs (n, 2) of pictures from ``start`` and later pictures that may be the same."""
    ones, others = np.nonzero(rows @ sieve[start:].T >= likely)
    pairs = np.stack([ones, others], axis=1) + start
    return np.asarray(pairs[pairs[:, 0] < pairs[:, 1]])


def _correlations(stack: UInt8, side: int, turn: Turn, pairs: Pairs) -> Float:
    """Of each pair, the first one turned; some at a time, so that memory stays small.

    Turning structures is the same as taking them from what is turned, and quicker.
    """
    found = np.empty(len(pairs), dtype=np.float32)
    for first in range(0, len(pairs), _ROWS):
        part = pairs[first : first + _ROWS]
        ones, one = np.unique(part[:, 0], return_inverse=True)
        others, other = np.unique(part[:, 1], return_inverse=True)
        turned = _flat(turn(details(stack[ones], side).reshape(-1, side, side)))
        products = turned[one] * details(stack[others], side)[other]
        found[first : first + _ROWS] = products.sum(axis=1)
    return found


def _turned(quarter: int, *, mirrored: bool) -> Turn:
    def turn(pictures: Float) -> Float:
        flipped = pictures[:, :, ::-1] if mirrored else pictures
        return np.ascontiguousarray(np.rot90(flipped, quarter, axes=(1, 2)))

    return turn


TURNS = tuple(_turned(quarter, mirrored=m) for m in (False, True) for quarter in range(4))
"""The picture as it is comes first."""


def first_of(keys: Sequence[str], parts: dict[str, str]) -> str:
    """The copy that stays when the others are dropped: of test, then val, then train, then any."""
    order = {"test": 0, "val": 1, "train": 2, "": 3}
    return min(keys, key=lambda key: order[parts.get(key, "")])
