"""Volume files that one model reads together: one study of a batch, not one for each file.

In DICOM the study says what belongs together. Of other files only the one whose sequence the model
learned on becomes a study; the files beside it are read along with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import ScanResult, Series, Study


@dataclass
class Together:
    """``beside``: key of a series -> files that are read along with it. ``left_out``: key of a
    series that is no study of its own -> why, empty where it is read along with another."""

    beside: dict[str, set[Path]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def read_together(scan: ScanResult, card: ModelCard | None) -> Together:
    """What belongs together for ``card``; nothing where its model reads one sequence alone.

    A file that finds no others stays a study of its own, which then fails and says why.
    """
    found = Together()
    if card is not None and card.input.sequences:
        for patient in scan.patients:
            for study in patient.studies:
                _join(study, card, found)
    return found


def _join(study: Study, card: ModelCard, into: Together) -> None:
    from tumordesk.inference.companions import companions_of

    files = [one for one in study.series if one.kind not in ("dicom", "picture")]
    mains: set[str] = set()
    for series in files:
        if series.guess.sequence.value != card.input.sequence:
            continue
        together = companions_of(series, study.series, card)
        if together.refusal or together.own_colours:
            continue
        mains.add(series.key)
        others = [one for one in together.found.values() if one.key != series.key]
        into.beside[series.key] = {item.path for one in others for item in one.instances}
        into.left_out |= dict.fromkeys((one.key for one in others), "")
    if mains:
        for series in files:
            if series.key not in mains and series.key not in into.left_out:
                _spare(series, study, card, mains, into)


def _spare(series: Series, study: Study, card: ModelCard, mains: set[str], into: Together) -> None:
    """Leave out what ``card`` does not read, or what would run on the same patient once more."""
    from tumordesk.inference.companions import companions_of

    sequence = series.guess.sequence
    if sequence.value not in card.input.sequences:
        into.left_out[series.key] = f"{card.name} does not read it"
        return
    main = companions_of(series, study.series, card).found.get(card.input.sequence)
    if main is not None and main.key in mains:
        into.left_out[series.key] = f"another {sequence.shown} of this folder is read"
