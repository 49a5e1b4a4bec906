"""Colours of segments: told apart also by colour-blind people (Okabe and Ito 2008)."""

from __future__ import annotations

RGB = tuple[int, int, int]

SEGMENT_COLOURS: tuple[RGB, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
"""Orange, sky blue, bluish green, yellow, blue, vermillion, reddish purple (8-bit RGB)."""


def segment_colour(number: int) -> RGB:
    """Colour of segment ``number`` (1, 2, ...); the palette repeats after its end.

    Raises:
        ValueError: ``number`` is below 1 (0 is background and has no colour).
    """
    if number < 1:
        raise ValueError("segments are numbered from 1")
    return SEGMENT_COLOURS[(number - 1) % len(SEGMENT_COLOURS)]
