"""What of a volume a network reads: grey values, high = bright, all of them numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import InputMismatch
from tumordesk.core.model_card import ModelCard
from tumordesk.core.volume import Volume

Grey = npt.NDArray[Any]
COMPOSITE_SPREAD = 8
"""Median difference of colour channels (8 bits) from which they are taken as several images."""


def grey_for(volume: Volume, card: ModelCard, warnings: list[str]) -> Grey:
    """(slices, rows, columns) for ``card``'s network; what was done to them goes to ``warnings``.

    Raises:
        InputMismatch: no pixel value is a number.
    """
    return _finite(_grey(volume, card, warnings), volume.inverted, warnings)


def _grey(volume: Volume, card: ModelCard, warnings: list[str]) -> Grey:
    """Grey values; of a colour composite the channel that the model was trained on.

    Some data sets keep three sequences of one slice in the channels of a colour picture. Luma
    would mix them; where the card names the channel and the channels really differ, it is used.
    """
    channel = card.input.source_channel
    if not volume.colour or channel is None or not _is_composite(volume.array):
        return volume.grey()
    name = ("red", "green", "blue")[channel]
    warnings.append(
        f"The colours hold different images, not shades of one: the {name} channel was read, "
        f"which is where the {card.input.sequence} was in the pictures {card.name} learned from."
    )
    return volume.array[..., channel]


def _is_composite(rgb: Grey) -> bool:
    """Whether colour channels differ all over the picture, not only in a few marks."""
    sample = rgb[..., ::4, ::4, :].astype(np.int16)
    bright = sample.max(axis=-1) > 20
    if not bright.any():
        return False
    spread = (sample.max(axis=-1) - sample.min(axis=-1))[bright]
    return float(np.median(spread)) >= COMPOSITE_SPREAD


def _finite(grey: Grey, inverted: bool, warnings: list[str]) -> Grey:
    """Grey values without NaN and infinity, high = bright."""
    if np.issubdtype(grey.dtype, np.floating) and not np.isfinite(grey).all():
        warnings.append("Some pixel values are not numbers; they were taken as background.")
        finite = grey[np.isfinite(grey)]
        if not finite.size:
            raise InputMismatch(
                "None of the pixel values is a number: there is no image.", "Export it again."
            )
        low = float(finite.min())
        grey = np.nan_to_num(grey, nan=low, posinf=low, neginf=low)
    if inverted:
        # MONOCHROME1: networks see high values bright, as people do.
        grey = grey.astype(np.float32).max() - grey.astype(np.float32)
    if grey.min() == grey.max():
        warnings.append("The image holds one single grey value: there is nothing to see in it.")
    return grey
