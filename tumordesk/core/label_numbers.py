"""What the numbers of a label map stand for, as people say it: "1=core, 2=oedema, 4=core".

Data sets number the parts of a tumour in their own ways (BraTS: 1, 2 and 4). Each number gets the
name of a class; a name that is given twice makes one class of both numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tumordesk.core.model_card import NO_TUMOUR_CLASSES

BACKGROUND = "background"
"""First class of every outline, and the name of numbers that are not to be outlined."""
MOST = 65535
LONGEST = 60
_MARKS = frozenset(",=;")


@dataclass(frozen=True)
class LabelNumber:
    """A number of the label maps, and the name of the class that it stands for.

    ``category``: the COCO category that has this number, "" for its id or where there is none.
    """

    number: int
    name: str
    category: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.number <= MOST:
            raise ValueError(f"a number must be from 1 to {MOST}")
        if self.name != self.name.strip() or not self.name or not self.name.isprintable():
            raise ValueError("a name must be a word or a few")
        if len(self.name) > LONGEST:
            raise ValueError(f"a name must have at most {LONGEST} letters")
        if _MARKS & set(self.name):
            raise ValueError("a name must be without , = and ;")


def refuse_doubles(labels: Sequence[LabelNumber]) -> None:
    """Raise ValueError where a number stands for two things, or nothing is to be outlined."""
    numbers = [label.number for label in labels]
    if len(set(numbers)) < len(numbers):
        raise ValueError("each number must have one name")
    names = set(label_names(labels))
    if labels and not names:
        raise ValueError("at least one number must have a name that is not background")
    if len({name.casefold() for name in names}) < len(names):
        raise ValueError("two names differ in capital letters only")


def label_names(labels: Sequence[LabelNumber]) -> tuple[str, ...]:
    """The classes that the numbers stand for, without the background, in their order."""
    return tuple(dict.fromkeys(one.name for one in labels if one.name != BACKGROUND))


def label_classes(labels: Sequence[LabelNumber]) -> tuple[str, ...]:
    """The classes of an outline with these label maps, the background first."""
    return (BACKGROUND, *label_names(labels))


def suggested_name(number: str, told: str) -> str:
    """A name to start from: what a data set says that the number is, made fit, else "part 1".

    What it calls free of tumour is background.
    """
    if told.strip().casefold() in NO_TUMOUR_CLASSES:
        return BACKGROUND
    plain = "".join(c if c.isprintable() and c not in _MARKS else " " for c in told)
    return " ".join(plain.split())[:LONGEST].strip() or f"part {number}"


def without_names(labels: Sequence[LabelNumber]) -> tuple[LabelNumber, ...]:
    """``labels`` as far as they say which numbers are outlined; () where all are."""
    if all(one.name != BACKGROUND for one in labels):
        return ()
    named = "tumour"
    return tuple(one if one.name == BACKGROUND else replace(one, name=named) for one in labels)


def parse_labels(text: str) -> tuple[LabelNumber, ...]:
    """NUMBER=NAME with commas between them; a number without a name is background.

    Raises:
        ValueError: with a sentence that says what cannot be understood.
    """
    labels = []
    for piece in filter(None, (part.strip() for part in text.split(","))):
        number, _, name = (part.strip() for part in piece.partition("="))
        if not (number.isascii() and number.isdecimal()):
            raise ValueError(f"'{piece}' is not NUMBER=NAME, as in 1=core.")
        try:
            labels.append(LabelNumber(int(number), name or BACKGROUND))
        except ValueError as error:
            raise ValueError(f"'{piece}': {error}.") from error
    refuse_doubles(labels)
    return tuple(labels)


def labels_text(labels: Sequence[LabelNumber]) -> str:
    """What :func:`parse_labels` reads."""
    return ", ".join(f"{one.number}={one.name}" for one in labels)
