"""Pictures for people: a slice with an activation map, or with its true and its found outline."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from tumordesk.imaging.overlay import contour_segments

TRUE_COLOUR = (86, 180, 233)
FOUND_COLOUR = (230, 159, 0)
"""Sky blue and orange: told apart with any colour vision (Okabe and Ito)."""

_HEAT = np.array(
    [[66, 10, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10], [252, 255, 164]],
    dtype=np.float64,
)
"""Dark violet over red to light yellow, evenly brighter."""
_HEAT_OPACITY = 0.65
Rgb8 = npt.NDArray[np.uint8]


def enlarged(unit: npt.NDArray[Any], size: int) -> Image.Image:
    """A slice of values 0..1 as a grey picture whose longer side has ``size`` pixels."""
    rows, columns = unit.shape
    scale = size / max(rows, columns)
    shape = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    grey = np.rint(np.clip(unit, 0.0, 1.0) * 255).astype(np.uint8)
    return Image.fromarray(grey).resize(shape, Image.Resampling.BICUBIC).convert("RGB")


def with_heat(unit: npt.NDArray[Any], heat: npt.NDArray[Any], size: int) -> Image.Image:
    """A slice with a map (0..1, of the same shape) laid over it; nothing is drawn where it is 0."""
    picture = enlarged(unit, size)
    flat = Image.fromarray(np.asarray(heat, dtype=np.float32))
    wide = np.asarray(flat.resize(picture.size, Image.Resampling.BILINEAR)).clip(0.0, 1.0)
    steps = np.linspace(0.0, 1.0, len(_HEAT))
    colours = np.stack([np.interp(wide, steps, _HEAT[:, c]) for c in range(3)], axis=2)
    share = (_HEAT_OPACITY * wide)[..., None]
    mixed = np.asarray(picture, dtype=np.float64) * (1.0 - share) + colours * share
    return Image.fromarray(np.rint(mixed).astype(np.uint8))


def with_outlines(
    unit: npt.NDArray[Any],
    outlines: Sequence[tuple[npt.NDArray[Any], tuple[int, int, int]]],
    size: int,
) -> Image.Image:
    """A slice with the outlines of masks of its shape, each in its colour, the last on top."""
    picture = enlarged(unit, size)
    draw = ImageDraw.Draw(picture)
    across, down = picture.width / unit.shape[1], picture.height / unit.shape[0]
    width = max(1, round(size / 160))
    for mask, colour in outlines:
        for piece in contour_segments(mask):
            ends = [((c + 0.5) * across, (r + 0.5) * down) for r, c in piece]
            draw.line(ends, fill=colour, width=width)
    return picture


def png_bytes(picture: Image.Image) -> bytes:
    """The picture as a PNG file."""
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()
