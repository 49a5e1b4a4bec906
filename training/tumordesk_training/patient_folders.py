"""Patients in the names of files and folders. No torch."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from tumordesk_training.files import folders_below
from tumordesk_training.folder_names import (
    is_measure,
    is_technical,
    letters_of,
    part_of_folder,
    pieces,
    skeleton,
    speaks_of_files,
)

KNOWN_PATTERN = (
    r"(?<![A-Za-z0-9])("
    r"TCGA[-_][A-Z0-9]{2}[-_][A-Z0-9]{4}"
    # 2017 to 2019: the number after the patient is that of the examination.
    r"|(?i:brats)\d{2,4}[-_](?:2013[-_]\d{1,3}|(?i:CBICA)[-_][A-Za-z]{3}|(?i:TCIA)\d*[-_]\d{1,4}"
    r"|(?i:TMC)[-_]\d{4,6}|(?i:WashU)[-_][A-Z]*\d+)(?![A-Za-z0-9])"
    r"|(?i:brats[-_](?:2013|tcia)[-_]pat\d+)"
    r"|(?i:brats)[A-Za-z0-9]*(?:[-_][A-Za-z]+)*[-_](?!(?:19|20)\d\d(?!\d))\d{3,5}"
    r"|UCSF-PDGM-\d{4}|UPENN-GBM-\d{5}|IXI\d{3}|LGG-\d{3}|sub-[A-Za-z0-9]+"
    r"|(?i:patient|subject|subj|case)[-_ ]?\d+"
    r")"
)
"""Patients in file names: public collections (TCGA, BraTS, ...), BIDS ('sub-01'), 'patient_12';
tried when nothing else says the group."""

_NAMED = re.compile(
    r"(?i)^(?:pt|pat|patient|p|sub|subj|subject|s|case)[-_ ]*\d+(?!x?\d)(?:[-_a-z ][-\w ]*)?$"
)
_NUMBER = re.compile(r"\d[-_ \d]*[A-Za-z]?")
_FLAT = re.compile(r"(?i)^[23]d(?![a-z0-9])|\d+x\d+")
"""'2D', '224x224'."""
_SHORT = 4
"""Letters; codes of patients have no longer words in them, names of classes do."""


def is_patient_folder(name: str, beside: Collection[str] = ()) -> bool:
    """Whether a folder name is one for a patient ('P07', 'case 3', '0012', TCGA), not a class.

    A name that merely bears a number ('BRAIN_012', '07_left', '256') is one only where another of
    its kind is among ``beside``, the names of the folders of its level.
    """
    if re.search(KNOWN_PATTERN, name) or _NAMED.match(name):
        return True
    if speaks_of_files(name) or _FLAT.search(name):
        return False
    if _is_number(name):
        return True
    return _of_a_series(name, [other for other in beside if other != name])


def _is_number(name: str) -> bool:
    if not _NUMBER.fullmatch(name) or _FLAT.search(name):
        return False
    return not all(is_measure(piece) for piece in pieces(name) if piece[0].isdigit())


def _of_a_series(name: str, beside: Collection[str]) -> bool:
    if _NUMBER.fullmatch(name):
        return any(map(_is_number, beside))
    if not any(letter.isdigit() for letter in name):
        return False
    own = skeleton(name)
    alike = [other for other in beside if skeleton(other) == own]
    if not _bears_number(name):  # 'BRAIN_7' is one where 'BRAIN_112' is
        return any(_long_numbers(other, measures=False) for other in alike)
    if _long_numbers(name, measures=False) and not alike:
        return _is_code(name) and any(map(_is_code, beside))
    if _long_numbers(name, measures=True) and not _long_numbers(name, measures=False):
        return any(_long_numbers(other, measures=False) for other in alike)
    return bool(alike)


def _bears_number(name: str) -> bool:
    return name[:1].isdigit() or _long_numbers(name, measures=True)


def _is_code(name: str) -> bool:
    """'UMC001', 'A123': a long number, and no word."""
    words = letters_of(name)
    return _long_numbers(name, measures=False) and all(len(word) <= _SHORT for word in words)


def _long_numbers(name: str, *, measures: bool) -> bool:
    """Whether there is a number of three digits, that may be a size or a year."""
    return any(
        piece.isdigit() and len(piece) > 2 and (measures or not is_measure(piece))
        for piece in pieces(name)
    )


class Folders:
    """The folders of a data folder: which of them are patients, and which may be classes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[tuple[int, str], bool] = {}

    @cached_property
    def _levels(self) -> dict[int, set[str]]:
        """Names of the folders of each level: patients of all classes and parts lie in one."""
        found: dict[int, set[str]] = {}
        for folder in folders_below(self._root):
            level = len(folder.relative_to(self._root).parts) - 1
            found.setdefault(level, set()).add(folder.name)
        return found

    def is_patient(self, name: str, level: int) -> bool:
        """Whether a folder is a patient's; ``level``: how many folders lie above it."""
        place = (level, name)
        if place not in self._known:
            self._known[place] = is_patient_folder(name, self._levels.get(level, ()))
        return self._known[place]

    def patient(self, key: str, label: str = "") -> str:
        """Path of the innermost folder of a patient, '' where none is. ``label``: of the class."""
        names = [
            (name, level)
            for level, name in enumerate(key.split("/")[:-1])
            if not part_of_folder(name) and name.lower() != label.lower()
        ]
        found = [self.is_patient(*one) for one in names]
        last = max((i for i, yes in enumerate(found) if yes), default=-1)
        return "/".join(name for name, _ in names[: last + 1])

    def classes(self, key: str, skipped: int = 0) -> tuple[str, ...]:
        """Folders of a key that may name its class, from the outermost on.

        ``skipped``: so many of the outermost folders do not count.
        """
        found = tuple(
            name
            for level, name in enumerate(key.split("/")[:-1])
            if level >= skipped
            and not part_of_folder(name)
            and not is_technical(name)
            and not self.is_patient(name, level)
        )
        # 'glioma/ABC123': the only patient there is no class beside one that may be.
        return tuple(name for name in found if not _bears_number(name)) or found
