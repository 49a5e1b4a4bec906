"""Sequences as people write them: "T1=red, FLAIR=green, T1C=blue", "T1, T1C, FLAIR" or "FLAIR"."""

from __future__ import annotations

from collections.abc import Sequence

from tumordesk.core.model_card import COLOURS
from tumordesk.core.study import MR_SEQUENCES
from tumordesk.core.training_run import SequenceSource

_NAMES = {one.value.casefold(): one.value for one in MR_SEQUENCES}


def parse_sequences(text: str) -> tuple[SequenceSource, ...]:
    """Sequences with commas between them, each with "=" and a colour of the pictures, or the
    ending of the file names, where these do not say it themselves. One alone: scans of the others
    are left aside. Empty text: none.

    Raises:
        ValueError: with a sentence that says what cannot be understood.
    """
    sources = tuple(_source(piece) for piece in map(str.strip, text.split(",")) if piece)
    names = [source.sequence for source in sources]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise ValueError(f"{twice} stands there twice.")
    if len(sources) == 1 and sources[0].channel is not None:
        raise ValueError(
            f"{names[0]} alone is no choice among colours: leave it empty, and choose the colour "
            "that colour pictures use."
        )
    if len({source.channel is None for source in sources}) > 1:
        raise ValueError("Give a colour to each of them, or to none.")
    places = [_place(source).casefold() for source in sources if _place(source)]
    if len(set(places)) < len(places):
        raise ValueError("Two of them cannot lie in the same colour, or in the same files.")
    return sources


def _source(piece: str) -> SequenceSource:
    name, _, place = (part.strip() for part in piece.partition("="))
    if name.casefold() not in _NAMES:
        raise ValueError(f"'{name}' is no sequence; known are {', '.join(_NAMES.values())}.")
    colour = place.casefold()
    if colour in COLOURS:
        return SequenceSource(_NAMES[name.casefold()], COLOURS.index(colour))
    return SequenceSource(_NAMES[name.casefold()], None, place)


def sequences_text(sources: Sequence[SequenceSource]) -> str:
    """What :func:`parse_sequences` reads."""
    pairs = ((source.sequence, _place(source)) for source in sources)
    return ", ".join(f"{name}={place}" if place else name for name, place in pairs)


def _place(source: SequenceSource) -> str:
    return COLOURS[source.channel] if source.channel is not None else source.mark
