"""Several classifiers on one series: do they say the same?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tumordesk.core.finding import Classification
from tumordesk.core.model_card import NO_TUMOUR_CLASSES


@dataclass(frozen=True)
class Agreement:
    """``agree``: True, False, or None where their answers cannot be compared."""

    agree: bool | None
    text: str


def agreement(answers: Mapping[str, Classification]) -> Agreement | None:
    """How the answers of classifiers, by model id, go together; None with fewer than two.

    Classes are compared by name. Where classifiers know different classes, only whether there is
    a tumour is compared.
    """
    if len(answers) < 2:
        return None
    known = {frozenset(class_key(name) for name in one.classes) for one in answers.values()}
    if len(known) == 1:
        return _by_class(answers)
    return _by_tumour(answers)


def _by_class(answers: Mapping[str, Classification]) -> Agreement:
    said = Counter(class_key(one.classes[one.winner]) for one in answers.values())
    (most, count), *others = said.most_common()
    label = next(
        one.labels[one.winner]
        for one in answers.values()
        if class_key(one.classes[one.winner]) == most
    )
    total = len(answers)
    if not others:
        return Agreement(True, f"{_all(total)} classifiers say {label}.")
    if count > 1 and others[0][1] < count:
        return Agreement(False, f"{count} of {total} classifiers say {label}; they disagree.")
    return Agreement(False, f"The {total} classifiers disagree: {_each(answers)}.")


def _by_tumour(answers: Mapping[str, Classification]) -> Agreement:
    total = len(answers)
    tumour = [class_key(one.classes[one.winner]) != _NONE for one in answers.values()]
    if all(any(class_key(name) == _NONE for name in one.classes) for one in answers.values()):
        if all(tumour):
            which = _differing(answers)
            if which:
                return Agreement(
                    False, f"{_all(total)} classifiers say tumour, but not which: {_each(which)}."
                )
            return Agreement(True, f"{_all(total)} classifiers say tumour; their classes differ.")
        if not any(tumour):
            return Agreement(True, f"{_all(total)} classifiers say no tumour.")
        return Agreement(False, f"They disagree on whether there is a tumour: {_each(answers)}.")
    return Agreement(None, f"They know different classes: {_each(answers)}.")


def _differing(answers: Mapping[str, Classification]) -> dict[str, Classification]:
    """Those that know the same classes and yet say different ones."""
    groups: dict[frozenset[str], dict[str, Classification]] = {}
    for model, one in answers.items():
        groups.setdefault(frozenset(map(class_key, one.classes)), {})[model] = one
    found: dict[str, Classification] = {}
    for group in groups.values():
        if len({class_key(one.classes[one.winner]) for one in group.values()}) > 1:
            found |= group
    return found


def _each(answers: Mapping[str, Classification]) -> str:
    return ", ".join(f"{model} says {one.labels[one.winner]}" for model, one in answers.items())


def _all(total: int) -> str:
    return "Both" if total == 2 else f"All {total}"


def class_key(name: str) -> str:
    """What is compared of a class's name: 'no_tumor', 'notumour' and 'No' are one class."""
    plain = name.lower().replace("tumour", "tumor")
    return "no_tumor" if name.lower() in NO_TUMOUR_CLASSES else plain


_NONE = "no_tumor"
