"""What names of volume files say of whose they are: a folder may hold more than one patient.

A name is compared without the words that speak of the sequence or the plane. No torch.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from tumordesk.core.study import Series
from tumordesk.imaging.sequence import without_sequence
from tumordesk.io.names import stem, without_volume

_OUTLINES = {"seg", "segmentation", "mask", "label", "labels", "outline"}
_CALCULATED = {
    "sub", "subs", "subtr", "subtract", "subtracted", "subtraction", "subtraktion", "soustraction",
    "adc", "dadc", "eadc",
}  # fmt: skip
# Words that many names hold whoever's they are. Shorter ones may be somebody's initials.
_NEUTRAL = {
    "ax", "axi", "axial", "tra", "trans", "transversal", "transverse", "sag", "sagittal", "cor",
    "coronal", "3d", "2d", "mr", "mri", "mrhr", "irm", "brain", "head", "acq", "iso", "tse", "fse",
    "space", "cube", "vista", "dark", "fluid", "darkfluid",
}  # fmt: skip
_BARE = r"(?<![^\W_])"
_JOINED = re.compile(rf"(?:{_BARE}[cs])?\+(?:c|gd|km)(?![^\W_])|{_BARE}(?:c|gd|km)\+|mp-rage")
"""Words of contrast and sequence with a sign in them, which would be taken apart."""


def words(series: Series) -> list[str]:
    """Words of a volume file's name, of any script; nothing of DICOM, where UIDs tell what belongs
    together."""
    return [] if series.kind == "dicom" else _split(_stem(series.description))


def rest(series: Series) -> list[str]:
    """The words of a file's name that speak neither of the sequence nor of the plane, in order."""
    return [] if series.kind == "dicom" else list(_rest(series.description))


@lru_cache(maxsize=4096)
def _rest(description: str) -> tuple[str, ...]:
    name = _JOINED.sub(" ", _folded(_stem(description)))
    left = (without_sequence(word) for word in _split(name))
    return tuple(word for word in left if word and word not in _NEUTRAL)


def _stem(description: str) -> str:
    return stem(Path(without_volume(description)))


def _ends_with_number(series: Series) -> bool:
    """Whether the last word of a file's name is its Series Number, as dcm2niix writes it."""
    if series.number is None:
        return False
    found = words(series)
    return bool(found) and found[-1].isdecimal() and int(found[-1]) == series.number


def _compared(first: Series, other: Series) -> tuple[list[str], list[str]]:
    """The rests of two names, for comparing them.

    Where both end with the Series Number that their JSON files name, and something else is left,
    these numbers do not count: any other number may be a patient's.
    """
    both = [rest(first), rest(other)]
    numbered = all(
        len(left) > 1 and _ends_with_number(one)
        for left, one in zip(both, (first, other), strict=True)
    )
    return (both[0][:-1], both[1][:-1]) if numbered else (both[0], both[1])


def shared(first: Series, other: Series) -> tuple[int, bool]:
    """How much of the rests of two names is the same; more is greater."""
    mine, theirs = _compared(first, other)
    return (Counter(mine) & Counter(theirs)).total(), mine == theirs


def differ(first: Series, other: Series) -> bool:
    """Whether the names of two files differ in more than sequence, plane and Series Number."""
    if "dicom" in (first.kind, other.kind):
        return False
    mine, theirs = _compared(first, other)
    return mine != theirs


def ambiguous(first: Series, others: Iterable[Series]) -> bool:
    """Whether another file of the sequence has the name of ``first`` but for the Series Number.

    Which of the two goes with what else can then not be told.
    """
    return any(
        one.guess.sequence is first.guess.sequence
        and one.key != first.key
        and "dicom" not in (one.kind, first.kind)
        and rest(one) != rest(first)
        and not differ(first, one)
        for one in others
    )


def contradict(first: Series, other: Series) -> bool:
    """Whether each of two names holds words that the other does not."""
    mine, theirs = (Counter(words) for words in _compared(first, other))
    return bool(mine - theirs) and bool(theirs - mine)


def outline(series: Series) -> bool:
    """Whether the name of a file says that it holds an outline."""
    return bool(_OUTLINES & set(words(series)))


def calculated(series: Series) -> bool:
    """Whether a description (of a file: in the JSON beside it) or a file's name speaks of a
    subtraction or a map.

    Names of BIDS files begin with ``sub-`` and the subject: those are none.
    """
    if series.kind == "dicom":
        return speaks_of_calculated(series.description)
    found = words(series)
    if found[:1] == ["sub"] and found[1:] and _names_somebody(found[1]):
        found = found[1:]
    told = str(series.extra.get("told", ""))
    return bool(_CALCULATED & set(found)) or speaks_of_calculated(told)


def speaks_of_calculated(description: str) -> bool:
    """Whether a Series Description names a subtraction or a map."""
    return bool(_CALCULATED & set(_split(description)))


def _names_somebody(word: str) -> bool:
    left = without_sequence(word)
    return bool(left) and left not in _NEUTRAL


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _split(text: str) -> list[str]:
    """Runs of letters with their marks, and digits: ``\\w`` would drop vowel signs."""
    kept = (one if unicodedata.category(one)[0] in "LMN" else " " for one in _folded(text))
    return "".join(kept).split()
