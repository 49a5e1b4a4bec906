"""What of a volume a network reads: grey values, high = bright, all of them numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import InputMismatch
from tumordesk.core.model_card import COLOURS, ModelCard
from tumordesk.core.volume import Volume

Grey = npt.NDArray[Any]
COMPOSITE_SPREAD = 8
"""Median difference of colour channels (8 bits) from which they are taken as several images."""


def grey_for(volume: Volume, card: ModelCard, warnings: list[str]) -> Grey:
    """(slices, rows, columns) for ``card``'s network; what was done to them goes to ``warnings``.

    Raises:
        InputMismatch: no pixel value is a number.
    """
    return finite(_grey(volume, card, warnings), volume.inverted, warnings)


def _grey(volume: Volume, card: ModelCard, warnings: list[str]) -> Grey:
    """Grey values; of a colour composite the channel that the model was trained on.

    Some data sets keep three sequences of one slice in the channels of a colour picture. Luma
    would mix them; where the card names the channel and the channels really differ, it is used.
    """
    channel = card.input.source_channel
    if not volume.colour or channel is None or not is_composite(volume.array):
        return volume.grey()
    name = COLOURS[channel]
    warnings.append(
        f"The colours hold different images, not shades of one: the {name} channel was read, "
        f"which is where the {card.input.sequence} was in the pictures {card.name} learned from."
    )
    return volume.array[..., channel]


def is_composite(rgb: Grey) -> bool:
    """Whether the channels of (..., rows, columns, 3) uint8 differ all over the picture, not only
    in a few marks: several images, then, not shades of one."""
    sample = rgb[..., ::4, ::4, :].astype(np.int16)
    bright = sample.max(axis=-1) > 20
    if not bright.any():
        return False
    spread = (sample.max(axis=-1) - sample.min(axis=-1))[bright]
    return float(np.median(spread)) >= COMPOSITE_SPREAD


def finite(grey: Grey, inverted: bool, warnings: list[str], of: str = "") -> Grey:
    """Grey values of any shape without NaN and infinity, high = bright.

    ``inverted``: they are MONOCHROME1. ``warnings`` gets what was odd; ``of`` says of what.

    Raises:
        InputMismatch: no value is a number.
    """
    whose = f" of {of}" if of else ""
    if np.issubdtype(grey.dtype, np.floating) and not np.isfinite(grey).all():
        warnings.append(f"Some pixel values{whose} are not numbers; they were taken as background.")
        numbers = grey[np.isfinite(grey)]
        if not numbers.size:
            raise InputMismatch(
                f"None of the pixel values{whose} is a number: there is no image.",
                "Export it again.",
            )
        low = float(numbers.min())
        grey = np.nan_to_num(grey, nan=low, posinf=low, neginf=low)
    if inverted:
        # MONOCHROME1: networks see high values bright, as people do.
        grey = grey.astype(np.float32).max() - grey.astype(np.float32)
    if grey.min() == grey.max():
        warnings.append(
            f"The image{whose} holds one single grey value: there is nothing to see in it."
        )
    return grey
