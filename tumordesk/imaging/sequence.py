"""What kind of acquisition a series is: a guess from its headers or name, with its reason."""

from __future__ import annotations

from collections.abc import Mapping

from tumordesk.core.study import Sequence, SequenceGuess


def guess_sequence(
    *, modality: str, description: str, acquisition: Mapping[str, object]
) -> SequenceGuess:
    """Guess from DICOM attributes."""
    return SequenceGuess(Sequence.UNKNOWN, "not yet")
