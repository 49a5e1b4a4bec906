"""Activation maps as colours: dark violet through red to yellow, clear where nothing spoke."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Rgb8 = npt.NDArray[np.uint8]
HEAT_OPACITY = 0.6
CLEAR_BELOW = 0.05

# Stops of increasing lightness, told apart also by colour-blind people (after Inferno,
# van der Walt and Smith 2015).
_STOPS = np.array(
    [[0, 0, 4], [66, 10, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10], [255, 230, 60]],
    dtype=np.float64,
)


def heat_colours(values: npt.NDArray[Any]) -> Rgb8:
    """RGB of values 0..1: any shape -> (..., 3) uint8; what lies outside 0..1 is clipped."""
    at = np.clip(np.nan_to_num(values), 0.0, 1.0)
    places = np.linspace(0.0, 1.0, len(_STOPS))
    channels = [np.interp(at, places, _STOPS[:, channel]) for channel in range(3)]
    return np.asarray(np.rint(np.stack(channels, axis=-1)), dtype=np.uint8)


def heat_opacity(values: npt.NDArray[Any], opacity: float) -> npt.NDArray[np.float64]:
    """How opaque the colours of values 0..1 are: it grows with the value, so that the anatomy
    stays visible; nothing is drawn up to :data:`CLEAR_BELOW`, ``opacity`` is that of 1."""
    at = np.clip(np.nan_to_num(values), 0.0, 1.0)
    share = np.clip((at - CLEAR_BELOW) / (1.0 - CLEAR_BELOW), 0.0, 1.0)
    return np.asarray(opacity * share, dtype=np.float64)


def blend_heat(
    picture: npt.NDArray[np.uint8], values: npt.NDArray[Any], opacity: float = HEAT_OPACITY
) -> Rgb8:
    """Colour a map into a slice; where the map is 0 the slice stays as it is.

    Args:
        picture: uint8 (rows, columns) grey or (rows, columns, 3).
        values: (rows, columns), 0..1.
        opacity: of the colour where the map is 1; it fades with the map.

    Returns:
        uint8 (rows, columns, 3), a new array.
    """
    rgb = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture
    weight = heat_opacity(values, opacity)[..., None]
    mixed = rgb * (1.0 - weight) + heat_colours(values) * weight
    return np.rint(mixed).astype(np.uint8)
