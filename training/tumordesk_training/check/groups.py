"""Findings about patients, and groups that stand for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tumordesk.core.data_report import DataFinding, Example, PatientsFound
from tumordesk_training.check.seen import EXAMPLES, SIDE_BY_SIDE, Seen
from tumordesk_training.data import Case
from tumordesk_training.patients import guess_pattern, torn_groups
from tumordesk_training.words import many, percent, together

_FEW = 10
_SHOWN = 3


def group_findings(
    seen: Seen, patients: PatientsFound, columns: Sequence[str], pattern: str = ""
) -> Iterator[DataFinding]:
    """All findings about patients.

    ``columns``: of groups in CSV files that are no patients. ``pattern``: the group pattern that
    a person chose.
    """
    yield from _torn(seen)
    yield from _from_pattern(seen, pattern)
    yield from _other_columns(seen, columns)
    yield from _unknown(seen, patients)
    yield from _few(seen, patients)


def _torn(seen: Seen) -> Iterator[DataFinding]:
    torn = torn_groups(seen.data.cases)
    if not torn:
        return
    examples = []
    for group, parts in list(torn.items())[:EXAMPLES]:
        cases = [c for c in seen.data.cases if c.group == group]
        firsts = [next(c.key for c in cases if c.part == part) for part in parts]
        more = [c.key for c in cases if c.key not in firsts]
        keys = (*firsts, *more)[:SIDE_BY_SIDE]
        examples.append(Example(keys, f"{group} in {together(parts)}"))
    tested = [c for c in seen.data.cases if c.group in torn and c.part in ("test", "val")]
    whole = seen.in_part["test"] + seen.in_part["val"]
    yield DataFinding(
        "patients_across_parts",
        "problem",
        f"{many(len(torn), 'patient')} on both sides of the given split: "
        f"{percent(len(tested), whole)} of the pictures of val and test are of patients "
        "that are in another part too",
        "The network would be tested on people it has seen. With the folder's own split, "
        "TumorDesk moves all pictures of such a patient to test, or else to val; or split anew "
        "by patient.",
        len(torn),
        tuple(examples),
        ("together", "ignore"),
    )


def _other_columns(seen: Seen, columns: Sequence[str]) -> Iterator[DataFinding]:
    others = [repr(name) for name in columns]
    count = sum(case.source == "csv" for case in seen.data.cases)
    if others and count:
        yield DataFinding(
            "groups_not_patients",
            "info",
            f"{seen.number(count)} are grouped by a CSV column that does not name patients: "
            f"{together(others)}",
            "Such a group is never torn apart, but one patient may have several: figures may "
            "still flatter. Give the patients, if they can be known.",
            count,
            (),
            ("ignore",),
        )


def _unknown(seen: Seen, patients: PatientsFound) -> Iterator[DataFinding]:
    alone = [case for case in seen.data.cases if not case.source]
    if not alone:
        return
    guess = guess_pattern(map(_stem, alone))
    if guess is not None:
        more = " ..." if guess.groups > len(guess.examples) else ""
        advice = (
            "Slices of one person may lie in training and in test, and every figure will flatter. "
            f"The file names may tell: {together(guess.examples)}{more} would be {guess.groups} "
            f"groups. If these are patients, use the group pattern {guess.pattern}"
        )
    else:
        advice = (
            "Slices of one person may lie in training and in test, and every figure will "
            "flatter. Give a CSV with a column of file names and a column of patients, or a "
            "pattern that finds the patient in the file names."
        )
    usable = guess is not None and _harmless(seen, guess.pattern)
    title = (
        f"The patients of {seen.number(len(alone))} "
        f"({percent(len(alone), len(seen.data.cases))}) are not known"
        if patients.known
        else f"Patients are not known: each of {seen.number(len(alone))} stands alone"
    )
    yield DataFinding(
        "patients_unknown",
        "warning",
        title,
        advice,
        len(alone),
        tuple(Example((case.key,)) for case in alone[:SIDE_BY_SIDE]),
        ("pattern", "ignore") if usable else ("ignore",),
        pattern=guess.pattern if guess is not None and usable else "",
    )


def _stem(case: Case) -> str:
    return case.key.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _harmless(seen: Seen, pattern: str) -> bool:
    """Whether a pattern takes no patient away that is known from a name or folder already."""
    known = [case for case in seen.data.cases if case.source]
    if any(case.source == "file names" for case in known):
        return False  # the pattern takes the place of the one that found these
    return not any(case.source != "csv" and re.search(pattern, _stem(case)) for case in known)


def _from_pattern(seen: Seen, pattern: str) -> Iterator[DataFinding]:
    """What the chosen pattern comes to; and the way back."""
    named = [case for case in seen.data.cases if case.source in ("file names", "folders")]
    if not pattern or not named:
        return
    first: dict[str, str] = {}
    for case in named:
        first.setdefault(case.group, case.key)
    few = together(list(first)[:_SHOWN]) + (" ..." if len(first) > _SHOWN else "")
    yield DataFinding(
        "patients_from_pattern",
        "info",
        f"By their names, {seen.number(len(named))} belong to {many(len(first), 'patient')}: {few}",
        "See whether these are patients, and all of them. Where they are not, drop the group "
        f"pattern {pattern}",
        len(named),
        tuple(Example((key,), group) for group, key in list(first.items())[:EXAMPLES]),
        ("forget",),
    )


def _few(seen: Seen, patients: PatientsFound) -> Iterator[DataFinding]:
    if patients.count < _FEW:
        what = "patient" if patients.known else "picture"
        yield DataFinding(
            "few_groups",
            "warning",
            f"Only {many(patients.count, what)}",
            "Figures on a handful of cases are chance: use k-fold, give the interval with every "
            "figure, and collect more.",
            patients.count,
            (),
            ("ignore",),
        )
