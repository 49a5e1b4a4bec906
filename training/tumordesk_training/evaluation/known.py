"""Which of the pictures that a model is measured on it has learned from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumordesk.core.errors import DataError
from tumordesk.core.job import JobContext
from tumordesk.zoo import ModelEntry
from tumordesk.zoo.learned import PARTS, Learned, record_of
from tumordesk_training.data import Case
from tumordesk_training.learned import codes_of, match


@dataclass(frozen=True)
class KnownCases:
    """``parts``: key -> "train", "val" or "before" of the cases that the model knows, of ``total``;
    ``learned``: its record, None where it has none."""

    model: str
    total: int
    learned: Learned | None
    parts: dict[str, str]

    def others(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """The cases that are not known. Raises DataError where there are none, or no record."""
        if self.learned is None:
            raise DataError(
                f"What {self.model} learned from is not recorded.",
                "Record it with 'tumordesk-train learned', or measure it on all pictures.",
            )
        found = tuple(case for case in cases if case.key not in self.parts)
        if not found:
            raise DataError(f"{self.model} knows all of these pictures.", "Use others.")
        return found

    def counts(self) -> dict[str, Any] | None:
        """For the JSON of ``evaluate``; None where nothing is recorded."""
        if self.learned is None:
            return None
        found = Counter(self.parts.values())
        known = {part: found[part] for part in PARTS}
        return {"total": self.total, **known, "gaps": self.learned.gaps}


def known_cases(
    entry: ModelEntry, root: Path, cases: Sequence[Case], context: JobContext
) -> KnownCases:
    """Look for ``cases`` of the folder ``root`` in the record of a model.

    Raises:
        Cancelled: the user stopped it.
    """
    learned = record_of(entry.folder)
    parts = (
        {} if learned is None else match(cases, codes_of(root, cases, context), learned, context)
    )
    return KnownCases(entry.card.id, len(cases), learned, parts)
