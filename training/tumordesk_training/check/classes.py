"""Findings about class folders that are no classes, or not of the whole set."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tumordesk.core.data_report import DataFinding, Severity
from tumordesk_training.check.seen import Seen, singles
from tumordesk_training.data import PARTS_IN_ORDER
from tumordesk_training.words import together

_NO_LABELS = frozenset(
    {
        *("pred", "preds", "predict", "predicted", "prediction", "predictions", "topredict"),
        *("unlabelled", "unlabeled", "notlabelled", "notlabeled", "nolabel", "nolabels"),
        *("unknown", "unclassified", "unsorted", "unannotated"),
    }
)
"""Folders of pictures that nobody has labelled, in small letters, without blanks and dashes."""


def class_findings(seen: Seen) -> Iterator[DataFinding]:
    """All findings about folders that may be no classes. With outlines, classes are not asked."""
    if any(case.mask is not None or case.polygons for case in seen.data.cases):
        return
    labels = sorted({case.label for case in seen.data.cases if case.label})
    if len(labels) == 1:
        yield _only(labels[0], len(seen.data.cases))
    if len(labels) < 2:
        return
    without = [label for label in labels if _plain(label) in _NO_LABELS]
    yield from _unlabelled(seen, without)
    yield from _in_some_parts(seen, [label for label in labels if label not in without])


def _only(label: str, pictures: int) -> DataFinding:
    return DataFinding(
        "one_class",
        "problem",
        f"All pictures are of one class, '{label}': there is nothing to tell apart",
        "Add a folder of another class beside it, or masks for outlines.",
        pictures,
        (),
        ("ignore",),
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _unlabelled(seen: Seen, names: list[str]) -> Iterator[DataFinding]:
    if names:
        counts = Counter(case.label for case in seen.data.cases)
        told = together([f"'{name}' ({seen.number(counts[name])})" for name in names])
        yield _finding(
            seen,
            "unlabelled_class",
            "problem",
            f"By {'its' if len(names) == 1 else 'their'} name no class, but pictures that nobody "
            f"has labelled: {told}",
            "As it stands, the network learns this as one more class. Leave it out, unless it is "
            "one.",
            names,
        )


def _in_some_parts(seen: Seen, labels: list[str]) -> Iterator[DataFinding]:
    """Classes that the folder's own train, val and test do not all hold."""
    where: dict[str, set[str]] = defaultdict(set)
    for case in seen.data.cases:
        if case.label in labels:
            where[case.label].add(case.part)
    given = [part for part in PARTS_IN_ORDER if any(part in found for found in where.values())]
    inside = [label for label in labels if where[label] - {""}]
    if len(given) < 2 or len(labels) < 2:
        return
    if len(inside) == 1:
        yield _alone(seen, inside, [label for label in labels if label not in inside], given)
        return
    odd = [label for label in labels if not where[label] >= set(given)]
    if odd:
        yield _missing(seen, odd, where, given)


def _alone(seen: Seen, inside: list[str], others: list[str], given: list[str]) -> DataFinding:
    return _finding(
        seen,
        "class_in_some_parts",
        "problem",
        f"{together(given)} hold class '{inside[0]}' alone; {together(_quoted(others))} "
        f"{'lies' if len(others) == 1 else 'lie'} outside of these folders",
        "It looks like another set inside this one, with a split of its own. Leave it out, unless "
        "it is a class; figures on parts of one class mean nothing, so else split anew.",
        inside,
    )


def _missing(
    seen: Seen, odd: list[str], where: dict[str, set[str]], given: list[str]
) -> DataFinding:
    gaps = {label: [part for part in given if part not in where[label]] for label in odd}
    # What lies in no part is learned from.
    learned = all("train" not in gaps[label] or "" in where[label] for label in odd)
    return _finding(
        seen,
        "class_in_some_parts",
        "warning" if learned else "problem",
        "Classes that the folder's own split does not have everywhere: "
        + "; ".join(f"'{label}' has no picture in {together(gaps[label])}" for label in odd),
        "What is not in train is not learned; what is not in test has no figure. Where it is "
        "another class under a second name, give both folders one name. Else split anew, or leave "
        "it out.",
        odd,
    )


def _finding(
    seen: Seen, code: str, severity: Severity, title: str, advice: str, names: list[str]
) -> DataFinding:
    cases = [case for case in seen.data.cases if case.label in names]
    return DataFinding(
        code,
        severity,
        title,
        advice,
        len(cases),
        singles((case.key, case.label) for case in cases),
        ("exclude", "ignore"),
        tuple(case.key for case in cases),
        tuple(names),
    )


def _quoted(names: list[str]) -> list[str]:
    return [f"'{name}'" for name in names]
