"""What a network sees of a series and, where it reads several sequences, of those beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tumordesk.core.errors import InputMismatch
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import COLOURS, ModelCard
from tumordesk.core.study import Series, sequence_shown
from tumordesk.core.volume import Volume
from tumordesk.inference.companions import (
    HINT,
    LEAST_SHARE,
    companions_of,
    named,
    sources,
)
from tumordesk.inference.grey import Grey, finite, grey_for, is_composite
from tumordesk.io.aligned import Aligned
from tumordesk.io.mask_file import all_labels
from tumordesk.io.reader import open_series
from tumordesk.io.registered import Found, lay

_FAR_MM = 3.0
"""From this motion on the person is warned: what was found may be wrong, and shows if it is."""


def channels_for(
    volume: Volume,
    series: Series,
    card: ModelCard,
    study: Iterable[Series],
    context: JobContext,
    warnings: list[str],
    notes: list[str],
) -> Grey | tuple[Grey, ...]:
    """Grey values on the voxels of ``volume``; one array for each of the card's sequences.

    Args:
        volume: the decoded ``series``.
        series: the one the person runs on.
        card: the model.
        study: all series of its study, where the other sequences are looked for and read.
        context: progress ("Reading T1 (series 4)"), and cancel between slices.
        warnings: gets what may make the answer wrong.
        notes: gets which series gave which channel.

    Returns:
        (slices, rows, columns), or a tuple of them in the order of ``card.input.sequences``.

    Raises:
        InputMismatch: a sequence is missing, or covers less than half of the slices, or no
            pixel value is a number.
        ReadError: another series cannot be decoded.
        Cancelled: the person cancelled.
    """
    if not card.input.sequences:
        return grey_for(volume, card, warnings)
    together = companions_of(series, study, card)
    if together.refusal:
        raise InputMismatch(together.refusal, HINT)
    if together.own_colours:
        return _own_colours(volume, card, warnings)
    own = finite(volume.grey(), volume.inverted, warnings)
    laid: dict[str, Grey] = {}
    told: list[str] = []
    for sequence, other in together.found.items():
        if other.key == series.key:
            laid[sequence] = own
            continue
        placed, found = _beside(volume, own, other, sequence, context, warnings)
        laid[sequence] = placed.array
        told += _motion_words(named(sequence, other), found, warnings)
    notes.append(f"Channels: {sources(series, together.found)}.")
    notes += told
    return tuple(laid[sequence] for sequence in card.input.sequences)


def numbered(indices: Sequence[int]) -> str:
    """'Slice 4' or 'Slices 1, 2, 3': the first ten of them, counted from 1."""
    which = ", ".join(str(i + 1) for i in indices[:10]) + (", …" if len(indices) > 10 else "")
    return f"Slice{'s' if len(indices) > 1 else ''} {which}"


def _own_colours(volume: Volume, card: ModelCard, warnings: list[str]) -> tuple[Grey, ...]:
    """The channels of a colour picture that holds a sequence in each of them."""
    if not volume.colour or not is_composite(volume.array):
        raise InputMismatch(
            f"{card.name} reads {card.input.sequences_shown} together, and the colours of this "
            "picture are shades of one image.",
            HINT,
        )
    pairs = tuple(zip(card.input.sequences, card.input.source_channels, strict=True))
    told = ", ".join(f"{sequence_shown(name)} from {COLOURS[channel]}" for name, channel in pairs)
    warnings.append(
        "The colours hold different images, not shades of one: each was read as a sequence "
        f"({told}), as in the pictures {card.name} learned from. Whether they are that here "
        "cannot be checked."
    )
    return tuple(
        finite(volume.array[..., channel], volume.inverted, warnings, sequence_shown(name))
        for name, channel in pairs
    )


def _beside(
    volume: Volume,
    own: Grey,
    other: Series,
    sequence: str,
    context: JobContext,
    warnings: list[str],
) -> tuple[Aligned, Found]:
    """Another series, read and laid on ``own``, the grey values of ``volume``."""
    name = named(sequence, other)
    context.progress(None, f"Reading {name}")
    read = _read(other, name, context)
    if other.kind != "dicom" and np.ptp(read.array) > 0 and all_labels(read.array):
        raise InputMismatch(f"The {name} holds labels (an outline), not a scan.", HINT)
    if read.missing:
        warnings.append(
            f"{numbered(read.missing)} of the {name} could not be decoded: there the network saw "
            "nothing of it."
        )
    if read.geometry.affine is None:
        warnings.append(
            f"Neither this series nor the {name} says where it lies: their slices were taken to "
            "show the same places, one by one."
        )
    context.check()
    grey = finite(read.grey(), read.inverted, warnings, f"the {name}")
    context.progress(None, f"Comparing where {name} lies")
    placed, found = lay(
        grey, read.geometry, own, volume.geometry, scanner=other.kind == "dicom",
        gaps=read.missing, fixed_gaps=volume.missing, context=context,
    )  # fmt: skip
    bare = [i for i, share in enumerate(placed.covered) if share < LEAST_SHARE]
    if len(bare) > (1 - LEAST_SHARE) * len(placed.covered):
        raise InputMismatch(f"The {name} covers less than half of the slices.", HINT)
    if bare:
        warnings.append(
            f"{numbered(bare)}: the {name} does not reach there, the network saw nothing of it."
        )
    return placed, found


def _read(other: Series, name: str, context: JobContext) -> Volume:
    reader = open_series(other)
    try:
        return reader.read_volume(_Reading(context, f"Reading {name}"))
    except MemoryError as error:
        raise InputMismatch(
            f"There is not enough memory to read the {name}.", "Close other programs or studies."
        ) from error
    finally:
        reader.close()


class _Reading(JobContext):
    """Says what is read, without a share: the run's own progress begins after it."""

    def __init__(self, whole: JobContext, words: str) -> None:
        super().__init__(lambda _: whole.progress(None, words))
        self._whole = whole

    @property
    def cancelled(self) -> bool:
        """True once the whole job is to stop."""
        return self._whole.cancelled

    def check(self) -> None:
        """Raise Cancelled once the whole job is to stop."""
        self._whole.check()


def _motion_words(name: str, found: Found, warnings: list[str]) -> list[str]:
    """What is worth a note of how a series lay to the outlined one; doubts go to ``warnings``."""
    if found.doubt:
        warnings.append(
            f"Whether the {name} lies where the headers say was not checked: {found.doubt}."
        )
    if found.trusted:
        return [f"The {name} shares its voxels with the outlined one: taken to lie on it."]
    motion = found.motion
    if motion is None:
        return []
    far = f"{motion.moved_mm:.0f} mm" if motion.moved_mm >= _FAR_MM else f"{motion.moved_mm:.1f} mm"
    text = (
        f"The head lay {far} away in the {name} (turned by {motion.turned_deg:.0f} degrees): that "
        "series was moved by what it shows"
    )
    if motion.moved_mm < _FAR_MM:
        return [f"{text}."]
    warnings.append(f"{text}. Compare the two before you trust the outline.")
    return []
