"""What names of volume files say of whose they are: a folder may hold more than one patient.

A name is compared without the words that speak of the sequence or the plane. No torch.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path

from tumordesk.core.study import Series
from tumordesk.imaging.sequence import without_sequence
from tumordesk.io.names import stem

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
    return [] if series.kind == "dicom" else _split(stem(Path(series.description)))


def rest(series: Series) -> list[str]:
    """The words of a file's name that speak neither of the sequence nor of the plane, in order.

    Nor is the Series Number among them, which dcm2niix puts into names and into the JSON file.
    """
    if series.kind == "dicom":
        return []
    name = _JOINED.sub(" ", _folded(stem(Path(series.description))))
    left = (without_sequence(word) for word in _split(name))
    kept = [word for word in left if word and word not in _NEUTRAL]
    at = number_at(kept, series.number)
    return kept if at is None else kept[:at] + kept[at + 1 :]


def number_at(found: list[str], number: int | None) -> int | None:
    """Index of the Series Number ``number`` among the words of a name: the last or the first.

    dcm2niix puts it at the end; a number at another place may be a patient's.
    """
    for index in (len(found) - 1, 0):
        if found and found[index].isdecimal() and int(found[index]) == number:
            return index
    return None


def shared(first: Series, other: Series) -> tuple[int, bool]:
    """How much of the rests of two names is the same; more is greater."""
    mine, theirs = rest(first), rest(other)
    return (Counter(mine) & Counter(theirs)).total(), mine == theirs


def differ(first: Series, other: Series) -> bool:
    """Whether the names of two files differ in more than sequence and plane."""
    return "dicom" not in (first.kind, other.kind) and rest(first) != rest(other)


def contradict(first: Series, other: Series) -> bool:
    """Whether each of two names holds words that the other does not."""
    mine, theirs = Counter(rest(first)), Counter(rest(other))
    return bool(mine - theirs) and bool(theirs - mine)


def outline(series: Series) -> bool:
    """Whether the name of a file says that it holds an outline."""
    return bool(_OUTLINES & set(words(series)))


def calculated(series: Series) -> bool:
    """Whether a description or a file's name speaks of a subtraction or a map.

    Names of BIDS files begin with ``sub-`` and the subject: those are none.
    """
    dicom = series.kind == "dicom"
    found = _split(series.description) if dicom else words(series)
    if not dicom and found[:1] == ["sub"] and found[1:] and _names_somebody(found[1]):
        found = found[1:]
    return bool(_CALCULATED & set(found))


def _names_somebody(word: str) -> bool:
    left = without_sequence(word)
    return bool(left) and left not in _NEUTRAL


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _split(text: str) -> list[str]:
    """Runs of letters with their marks, and digits: ``\\w`` would drop vowel signs."""
    kept = (one if unicodedata.category(one)[0] in "LMN" else " " for one in _folded(text))
    return "".join(kept).split()
