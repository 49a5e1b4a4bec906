"""The numbers that the annotation categories of COCO files have as parts of a tumour. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tumordesk.core.label_numbers import LabelNumber
from tumordesk_training.coco_outlines import id_of, objects

LAST = 255
"""The highest number that a drawn label map can hold; categories beyond share it."""


class Categories:
    """One number for each category of a folder, in all of its files.

    A category has the number that ``labels`` give it by its name, else its id where that is free,
    else the next that is. Exports of one data set do not always number alike: names decide.
    ``names``: of the numbers, as they are written first.
    """

    def __init__(self, labels: Sequence[LabelNumber] = ()) -> None:
        self.names: dict[int, str] = {}
        self._numbers = {_word(one.category): one.number for one in labels if one.category}
        self._taken = set(self._numbers.values())

    def numbers(self, document: dict[str, Any]) -> dict[str | None, int]:
        """The number of each category id that a document lists, or that its annotations have."""
        names = category_names(document)
        # Whose id can be kept comes first: others would take it.
        for own in (True, False):
            for key, name in names.items():
                if _own(key) > 0 or not own:
                    self._give(key, name, own=own)
        return {key: self._numbers[_word(name)] for key, name in names.items()}

    def _give(self, key: str | None, name: str, *, own: bool) -> None:
        word, number = _word(name), _own(key)
        if word not in self._numbers:
            if number in self._taken or not number:
                if own:
                    return
                free = (n for n in range(1, LAST) if n not in self._taken)
                number = next(free, LAST)
            self._numbers[word] = number
            self._taken.add(number)
        self.names.setdefault(self._numbers[word], name)


def category_names(document: dict[str, Any]) -> dict[str | None, str]:
    """Names of the categories by id; an id that is not listed is its own name."""
    listed = objects(document.get("categories"))
    names = {id_of(entry.get("id")): str(entry.get("name", "")) for entry in listed}
    for note in objects(document["annotations"]):
        number = id_of(note.get("category_id"))
        names.setdefault(number, "no category" if number is None else number)
    return names


def _word(name: str) -> str:
    return " ".join(name.split()).casefold()


def _own(key: str | None) -> int:
    """The id as a number of a label map, 0 where it cannot be one."""
    number = int(key) if key and key.isascii() and key.isdigit() and len(key) < 4 else 0
    return number if number <= LAST else 0
