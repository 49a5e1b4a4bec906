"""Warnings of several runs in one list: figures of runs side by side never stand without them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-])")
_MOST_NAMES = 4
_MOST_SENTENCES = 3

_Said = dict[int, set[str]]
"""Sentences of one kind, by the place of the run that they are about."""


def told_together(runs: Sequence[tuple[str, Iterable[str]]]) -> tuple[str, ...]:
    """Each warning once, after the names of the runs it is about where these are not all of them.

    More than three sentences that differ in their numbers alone become one, with the range of each
    number: '3 to 5 of 12 pictures of test have an exact copy in another part'.

    Args:
        runs: (name, its warnings) of the runs that have figures; a name may occur twice.
    """
    kinds: dict[str, _Said] = {}
    for place, (_, sentences) in enumerate(runs):
        for sentence in sentences:
            said = kinds.setdefault(_NUMBER.sub("#", sentence), {})
            said.setdefault(place, set()).add(sentence)
    names = [name for name, _ in runs]
    return tuple(line for said in kinds.values() for line in _of_kind(said, names))


def _of_kind(said: _Said, names: Sequence[str]) -> list[str]:
    sentences = list(dict.fromkeys(s for found in said.values() for s in sorted(found)))
    if len(sentences) > _MOST_SENTENCES:
        return [_named(list(said), names) + _ranged(sentences)]
    return [
        _named([place for place, found in said.items() if sentence in found], names) + sentence
        for sentence in sentences
    ]


def _named(places: Sequence[int], names: Sequence[str]) -> str:
    """'fold-0, fold-2: '; '' where it is all of them."""
    if len(places) == len(names):
        return ""
    shown = ", ".join(names[place] for place in places[:_MOST_NAMES])
    more = len(places) - _MOST_NAMES
    return f"{shown} and {more} more: " if more > 0 else f"{shown}: "


def _ranged(sentences: Sequence[str]) -> str:
    """One sentence for several that differ in numbers alone."""
    rows = [_NUMBER.findall(sentence) for sentence in sentences]
    ranges = iter([_range(column) for column in zip(*rows, strict=True)])
    return _NUMBER.sub(lambda _: next(ranges), sentences[0])


def _range(numbers: Sequence[str]) -> str:
    low, high = min(numbers, key=float), max(numbers, key=float)
    return low if float(low) == float(high) else f"{low} to {high}"
