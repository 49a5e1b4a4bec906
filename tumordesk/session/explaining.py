"""Explanations of a series: made offline from its findings, and where each number leads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tumordesk.core.explanation import Explanation, Fact, Language, Register
from tumordesk.core.job import JobContext
from tumordesk.core.study_findings import StudyFindings
from tumordesk.session.layers import SeriesResults

_LESION = re.compile(r"lesion\.(\d+)\.")


@dataclass(frozen=True)
class FactPlace:
    """Where a fact lies: a slice, a point (row, column) on it, and a lesion's number."""

    slice_index: int
    point: tuple[float, float] | None = None
    lesion: int | None = None


def explain_offline(
    context: JobContext, findings: StudyFindings, language: Language, register: Register
) -> Explanation:
    """The findings in words, from measured values only. Nothing leaves this computer."""
    from tumordesk.explain.registers import explain

    context.check()
    return explain(findings, language, register)


def explainable(results: SeriesResults | None) -> bool:
    """True where there is something to put into words: a measured outline or a class."""
    if results is None:
        return False
    layer = results.active
    measured = layer is not None and layer.measurements is not None
    return measured or (layer is None and bool(results.classifications))


def still_true(shown: Explanation | None, fresh: Explanation) -> bool:
    """True where the shown text still says what was found, as ``fresh`` does."""
    return (
        shown is not None
        and shown.facts == fresh.facts
        and shown.language is fresh.language
        and shown.register is fresh.register
    )


def place_of(key: str, facts: Sequence[Fact]) -> FactPlace | None:
    """Where the fact ``key`` lies; a total leads to the largest lesion, others nowhere."""
    by_key = {fact.key: fact for fact in facts}
    fact = by_key.get(key)
    if fact is not None and fact.slice_index is None and _is_total(key):
        fact = by_key.get("lesion.1.number")
    if fact is None or fact.slice_index is None:
        return None
    found = _LESION.match(fact.key)
    return FactPlace(fact.slice_index, fact.point, int(found[1]) if found else None)


def _is_total(key: str) -> bool:
    return key.startswith(("total.", "lesions.", "change.", "slices.tumour", "outlined."))
