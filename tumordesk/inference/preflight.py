"""Does this series look like what the model was trained on? Doubts, each with its reason.

Nothing here refuses a run: a doubt is shown before it and travels with the result. Only with
``sequences`` there would be nothing to give to the network, and the run refuses. No torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tumordesk.core.geometry import Verdict
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Sequence, Series, sequence_shown
from tumordesk.inference.companions import companions_of

FEW_SLICES = 5
THICK_SLICE_MM = 8.0
MIN_PIXELS = 64
MIN_HEAD_MM = 100.0
MAX_HEAD_MM = 450.0


@dataclass(frozen=True)
class PreflightWarning:
    """One doubt. ``code`` is stable, for programs; ``message`` is for people."""

    code: str
    message: str


def preflight(
    series: Series, card: ModelCard, study: Iterable[Series] = ()
) -> tuple[PreflightWarning, ...]:
    """Compare a series with what a model was trained on.

    ``study``: all series of its study, for models that read several sequences.

    Codes: ``sequences``, ``names``, ``picture``, ``colour``, ``ct``, ``modality``, ``localizer``,
    ``sequence``, ``sequence-unknown``, ``plane``, ``plane-unknown``, ``few-slices``,
    ``thick-slices``, ``geometry``, ``small``, ``field-of-view``.
    """
    checks = (_source, _modality, _sequence, _plane, _slices, _size)
    found = list(_sequences(series, card, study))
    found += [doubt for check in checks for doubt in check(series, card)]
    return tuple(PreflightWarning(code, message) for code, message in found)


Doubts = Iterator[tuple[str, str]]


def _sequences(series: Series, card: ModelCard, study: Iterable[Series]) -> Doubts:
    """Whether all sequences are there that the model reads together."""
    together = companions_of(series, study, card)
    if together.refusal:
        yield "sequences", together.refusal
    if together.names_differ:
        yield (
            "names",
            "The names of the files that are read together differ in more than the sequence: check "
            "that they are of one patient and one examination.",
        )


def _source(series: Series, card: ModelCard) -> Doubts:
    if series.is_picture:
        yield (
            "picture",
            f"This is a picture, not scanner data: whether it is {_wanted(card)} cannot be "
            "checked, and sizes are in pixels only.",
        )
    if series.colour and not (series.is_picture and card.input.source_channels):
        yield (
            "colour",
            "The image is in colour, and the model reads grey values only: a coloured map or a "
            "photo of a screen gives wrong results.",
        )


def _modality(series: Series, card: ModelCard) -> Doubts:
    wanted = card.input.modality
    if series.modality == "CT" and wanted != "CT":
        yield ("ct", f"This is a CT; {card.name} was trained on {wanted} only.")
    elif series.modality and not series.is_picture and series.modality != wanted:
        if series.modality in ("OT", "unknown"):
            return
        yield (
            "modality",
            f"The modality is {series.modality}; {card.name} was trained on {wanted} only.",
        )


def _sequence(series: Series, card: ModelCard) -> Doubts:
    guess, wanted = series.guess, card.input.sequence
    if guess.sequence is Sequence.LOCALIZER:
        yield ("localizer", "This looks like a localizer (scout), not a diagnostic series.")
        return
    if series.is_picture or wanted == Sequence.UNKNOWN.value or series.modality == "CT":
        return
    if card.input.sequences:
        return  # the series must be one of them, or the check of all of them says so
    if guess.sequence is Sequence.UNKNOWN:
        yield (
            "sequence-unknown",
            f"The kind of MR sequence could not be told from the file; {card.name} was trained "
            f"on {sequence_shown(wanted)}.",
        )
    elif guess.sequence.value != wanted:
        yield (
            "sequence",
            f"This looks like {guess.sequence.shown} ({guess.reason}); {card.name} was trained "
            f"on {sequence_shown(wanted)}.",
        )


def _plane(series: Series, card: ModelCard) -> Doubts:
    wanted, plane = card.input.plane, series.geometry.plane
    if wanted in ("", "any", "unknown") or series.is_picture:
        return
    if plane is None:
        yield (
            "plane-unknown",
            f"The file does not say how the slices are oriented; {card.name} expects {wanted} "
            "slices.",
        )
    elif plane != wanted:
        yield ("plane", f"The slices are {plane}; {card.name} was trained on {wanted} slices.")


def _slices(series: Series, card: ModelCard) -> Doubts:
    if series.is_picture:
        return
    geometry = series.geometry
    if series.slices < FEW_SLICES:
        count = "one slice" if series.slices == 1 else f"{series.slices} slices"
        yield (
            "few-slices",
            f"The series has only {count}: intensities are judged on little, and small tumours "
            "between slices are missed.",
        )
    spacing = geometry.slice_spacing_mm
    if spacing is not None and spacing > THICK_SLICE_MM and series.slices > 1:
        yield (
            "thick-slices",
            f"Slices are {spacing:.1f} mm apart: small tumours between them are missed and "
            "volumes are rough.",
        )
    if geometry.verdict in (Verdict.GAP, Verdict.IRREGULAR, Verdict.SHEARED, Verdict.FLAT):
        yield ("geometry", _GEOMETRY[geometry.verdict])


_GEOMETRY = {
    Verdict.GAP: "Slices are missing from this series: volumes are estimates.",
    Verdict.IRREGULAR: "Slices are unevenly spaced: volumes are estimates.",
    Verdict.SHEARED: "Slices are shifted against each other (tilted gantry).",
    Verdict.FLAT: "Slices have no position along a stack: no volume can be given.",
}


def _size(series: Series, card: ModelCard) -> Doubts:
    if min(series.rows, series.columns) < MIN_PIXELS:
        yield (
            "small",
            f"The image has only {series.rows} x {series.columns} pixels; {card.name} was "
            f"trained on {card.input.size[0]} x {card.input.size[1]}.",
        )
    spacing = series.geometry.pixel_spacing_mm
    if spacing is None:
        return
    shorter = min(series.rows * spacing[0], series.columns * spacing[1])
    longer = max(series.rows * spacing[0], series.columns * spacing[1])
    if longer < MIN_HEAD_MM or shorter > MAX_HEAD_MM:
        yield (
            "field-of-view",
            f"The field of view is {series.rows * spacing[0]:.0f} x "
            f"{series.columns * spacing[1]:.0f} mm, which is not that of a head.",
        )


def _wanted(card: ModelCard) -> str:
    """'an axial FLAIR slice' as far as the card says."""
    plane = card.input.plane if card.input.plane not in ("", "any", "unknown") else ""
    sequence = card.input.sequences_shown
    words = " ".join(w for w in (plane, sequence if sequence != "Unknown" else "") if w)
    words = words or card.input.modality
    article = "an" if words[0].lower() in "aeiou" else "a"
    return f"{article} {words} slice"
