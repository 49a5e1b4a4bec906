"""The entries of a lexicon: regular expressions, all read without regard to case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Script = Literal["latin", "hangul", "han"]


def any_of(*parts: str) -> str:
    """A pattern for any of the parts."""
    return "|".join(f"(?:{part})" for part in parts)


def word_set(words: str) -> frozenset[str]:
    """Words parted by blanks, as a set."""
    return frozenset(words.split())


@dataclass(frozen=True)
class Lexicon:
    """Words of a language by what they claim.

    Nouns: ``lesion``, ``slice``. ``quantities``: category and pattern, the first that matches at
    a place counts. ``safe``: phrases that are taken out before claims are looked for ('not a
    diagnosis'). ``number_safe``: idioms with a number word in them ('three-dimensional').
    ``leading``: that a class is the likeliest. ``every``: all lesions. ``largest``: the first one.
    ``same``: no change. ``then``, ``now``: of the earlier and the later study.
    ``absent``: that there is no disease (never supported). ``nothing_outlined``: that nothing is
    outlined. ``found``: that something is. ``negation``: turns a sentence round. ``labels``: class
    names of tumour types. ``assertion``: before a class name, says that it is so. ``common``:
    frequent words, by which the language is known.
    """

    script: Script
    decimal_comma: bool
    lesion: str
    slice: str
    quantities: tuple[tuple[str, str], ...]
    total: str
    below: str
    above: str
    below_after: str
    above_after: str
    up: str
    down: str
    leading: str
    every: str
    largest: str
    same: str
    then: str
    now: str
    labels: Mapping[str, str]
    estimate: str
    assertion: str
    certainty: str
    left: str
    right: str
    side_idioms: str
    places: Mapping[str, str]
    anatomy: str
    safe: str
    forbidden: Mapping[str, str]
    absent: str
    nothing_outlined: str
    found: str
    negation: str
    relative: str
    number_safe: str
    person: str
    months: str
    words: Mapping[str, float] = field(default_factory=dict)
    point_words: frozenset[str] = frozenset()
    common: frozenset[str] = frozenset()

    @cached_property
    def any_quantity(self) -> re.Pattern[str]:
        """Any quantity; the group that matched is its category."""
        parts = (f"(?P<{category}>{pattern})" for category, pattern in self.quantities)
        return re.compile("|".join(parts), re.IGNORECASE)

    @cached_property
    def first_words(self) -> frozenset[str]:
        """Words that a number in words can begin with."""
        return frozenset(re.split("[ -]", words)[0] for words in self.words)

    @cached_property
    def _compiled(self) -> dict[str, re.Pattern[str]]:
        return {}

    def re(self, pattern: str) -> re.Pattern[str]:
        """A pattern of this lexicon, compiled once."""
        known = self._compiled.get(pattern)
        if known is None:
            known = self._compiled[pattern] = re.compile(pattern, re.IGNORECASE)
        return known
