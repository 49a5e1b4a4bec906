"""Patients of a data set: how many, where they are known from, and a guess where they are not."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tumordesk.core.data_report import PatientsFound
from tumordesk.core.training_run import DataConfig
from tumordesk_training.data import (
    PARTS_IN_ORDER,
    Case,
    DataSet,
    find_indexes,
    is_patient_column,
)

_SHOWN = 8


def patients_found(data: DataSet) -> PatientsFound:
    """Patients, or the groups that stand for them.

    ``known`` is False where no picture tells; ``count`` is then that of the pictures.
    """
    sources = Counter(case.source for case in data.cases if case.source)
    if not sources:
        return PatientsFound(False, len(data.groups), "none")
    named = sorted({case.group for case in data.cases if case.source})
    return PatientsFound(
        True, len(data.groups), sources.most_common(1)[0][0], tuple(named[:_SHOWN])
    )


def known_patients(data: DataSet) -> dict[str, str]:
    """Key -> group, of the pictures whose group is known."""
    return {case.key: case.group for case in data.cases if case.source}


def other_columns(root: Path, config: DataConfig) -> list[str]:
    """CSV columns that groups are read from, and that do not name patients ('segment')."""
    names = {spec.group for spec in config.indexes or find_indexes(root)}
    return sorted(name for name in names if not is_patient_column(name))


def torn_groups(cases: Iterable[Case]) -> dict[str, tuple[str, ...]]:
    """Known groups with pictures in several given parts, and these parts."""
    parts: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        if case.source and case.part:
            parts[case.group].add(case.part)
    return {
        group: tuple(p for p in PARTS_IN_ORDER if p in found)
        for group, found in sorted(parts.items())
        if len(found) > 1
    }


@dataclass(frozen=True)
class Guess:
    """A pattern that may tell patients: ``pattern`` for DataConfig.group_pattern."""

    pattern: str
    groups: int
    examples: tuple[str, ...]


_GUESSES = (
    r"^([A-Za-z]+[-_\s]?\d+)[-_\s.]+(?:[A-Za-z]*[-_\s]?)\d+$",
    r"^(\d+)[-_\s.]+(?:[A-Za-z]*[-_\s]?)\d+$",
)
"""'P12_slice_3', 's07-12', '0012_004': a name or number, then the number of the slice."""

_EXPLAINED = 0.8
_VISITS = 12
"""Scans; a folder of one patient seldom holds more, one of a class of patients does."""


def guess_pattern(stems: Iterable[str]) -> Guess | None:
    """A pattern on file names that splits nearly all of them into groups of several pictures."""
    names = sorted(set(stems))
    for pattern in _GUESSES:
        found = Counter(m.group(1) for name in names if (m := re.match(pattern, name)))
        explained = sum(found.values())
        if len(found) >= 2 and explained >= _EXPLAINED * len(names) and explained >= 2 * len(found):
            return Guess(pattern, len(found), tuple(sorted(found)[:3]))
    return None


def may_share_patients(cases: Sequence[Case]) -> bool:
    """Whether several of these cases, whose patients are not known, may be of one person.

    Single pictures may always be. A scan is usually a patient of its own; not so where the names
    are numbered within others ('smith_1', 'smith_2'), or folders hold a few scans each.
    """
    if not all(case.volume for case in cases):
        return True
    # Scans with one outline are of one study, which no split tears apart.
    studies = list({case.mask or case.image: case for case in cases}.values())
    return _a_few_each(_without_number(_stem(case)) for case in studies) or _a_few_each(
        case.image.parent.as_posix() for case in studies
    )


def _a_few_each(names: Iterable[str]) -> bool:
    """Whether most of the names come several times, but few times: then they are no classes."""
    counts = Counter(names)
    several = [count for count in counts.values() if count > 1]
    return len(counts) > 2 and len(several) > len(counts) / 2 and max(several) <= _VISITS


def _stem(case: Case) -> str:
    return case.key.rsplit("/", 1)[-1].split(".", 1)[0]


def _without_number(stem: str) -> str:
    """'smith_2' -> 'smith', '12-3' -> '12'; 'scan12' stays."""
    return re.sub(r"(?<=[A-Za-z0-9])[-_ ](?:[A-Za-z]{1,5}[-_ ]?)?\d{1,4}$", "", stem)
