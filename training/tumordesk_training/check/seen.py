"""What all findings are made from, and words that several of them use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from tumordesk.core.data_report import Example
from tumordesk_training.check.look import Look
from tumordesk_training.data import Case, DataSet
from tumordesk_training.duplicates import Copies
from tumordesk_training.words import many

EXAMPLES = 50
"""Examples of one finding that the report holds."""

SIDE_BY_SIDE = 6
"""Keys of one example."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A data set, every case opened, and the copies among them."""

    data: DataSet
    looks: tuple[Look, ...]
    copies: Copies

    @cached_property
    def good(self) -> tuple[Look, ...]:
        """Those that can be used."""
        return tuple(x for x in self.looks if not x.problem)

    @cached_property
    def by_key(self) -> dict[str, Look]:
        """Each case by its key."""
        return {x.case.key: x for x in self.looks}

    @cached_property
    def in_part(self) -> Counter[str]:
        """How many pictures each given part has."""
        return Counter(case.part for case in self.data.cases)

    def case(self, key: str) -> Case:
        """The case of that key."""
        return self.by_key[key].case

    @cached_property
    def noun(self) -> str:
        """'picture' or 'volume'."""
        return "volume" if all(case.volume for case in self.data.cases) else "picture"

    def number(self, count: int) -> str:
        """'1 picture', '2 pictures'."""
        return many(count, self.noun)


def singles(items: Iterable[tuple[str, str]]) -> tuple[Example, ...]:
    """Examples of one key each, from (key, note)."""
    return tuple(Example((key,), note) for key, note in islice(items, EXAMPLES))
