"""Pictures for people: a slice with an activation map, or with its true and its found outline."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from tumordesk.imaging.heat import blend_heat
from tumordesk.imaging.overlay import contour_segments

TRUE_COLOUR = (86, 180, 233)
FOUND_COLOUR = (230, 159, 0)
"""Sky blue and orange: told apart with any colour vision (Okabe and Ito)."""

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
    return Image.fromarray(blend_heat(np.asarray(picture), wide, _HEAT_OPACITY))


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
