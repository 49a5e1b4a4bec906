"""Outlines over slices as pictures: contours, fill, and the key pictures of a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from tumordesk.core.colours import RGB
from tumordesk.core.volume import Window
from tumordesk.imaging.windowing import apply_window

Rgb8 = npt.NDArray[np.uint8]
FILL_OPACITY = 0.45
MIN_SHORT_SIDE = 512
_LINE = (255, 255, 255)
_HALO = (0, 0, 0)


@dataclass(frozen=True)
class PictureLine:
    """A measured line to draw; ends are (row, column) as in ``core.finding.Diameter``."""

    start: tuple[float, float]
    end: tuple[float, float]


def contour_segments(mask: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The outline of a 2-D mask along pixel edges, as straight pieces.

    Returns float32 (n, 2, 2): pieces x ends x (row, column), pixel centres at whole numbers, so
    edges lie at halves. Neighbouring edges in line are one piece. Empty for an empty mask.
    """
    padded = np.pad(np.asarray(mask) != 0, 1)
    across = padded[1:, 1:-1] != padded[:-1, 1:-1]
    down = padded[1:-1, 1:] != padded[1:-1, :-1]
    horizontal = _runs(across)
    vertical = _runs(down.T)[..., ::-1]
    return np.concatenate([horizontal, vertical]).astype(np.float32)


def _runs(edges: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Runs of True along axis 1 as ((line, first), (line, last)) edge coordinates."""
    padded = np.pad(edges, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    line, start = np.nonzero(change == 1)
    _, stop = np.nonzero(change == -1)
    ends = [np.stack([line, at], axis=1) for at in (start, stop)]
    return np.asarray(np.stack(ends, axis=1) - 0.5, dtype=np.float64)


def blend(
    picture: npt.NDArray[np.uint8],
    labels: npt.NDArray[Any],
    colours: Mapping[int, RGB],
    opacity: float = FILL_OPACITY,
) -> Rgb8:
    """Colour the labels into a slice.

    Args:
        picture: uint8 (rows, columns) grey or (rows, columns, 3).
        labels: (rows, columns), 0 = background; labels without a colour are left out.
        colours: label -> 8-bit RGB.
        opacity: 0 (nothing) to 1 (only the colour).

    Returns:
        uint8 (rows, columns, 3), a new array.
    """
    rgb = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture.copy()
    for number, colour in colours.items():
        inside = labels == number
        if inside.any():
            mixed = rgb[inside] * (1.0 - opacity) + np.array(colour) * opacity
            rgb[inside] = np.rint(mixed).astype(np.uint8)
    return np.asarray(rgb, dtype=np.uint8)


def key_picture(
    pixels: npt.NDArray[Any],
    window: Window,
    labels: npt.NDArray[Any] | None,
    colours: Mapping[int, RGB],
    *,
    inverted: bool = False,
    pixel_spacing_mm: tuple[float, float] | None = None,
    lines: Sequence[PictureLine] = (),
    letters: tuple[str, str, str, str] | None = None,
    caption: str = "",
    opacity: float = FILL_OPACITY,
) -> Rgb8:
    """One slice as people are shown it: window applied, outline, diameters, a caption below.

    Pixels become square, and small slices are enlarged until the shorter side has 512 pixels.

    Args:
        pixels: (rows, columns) modality values, or uint8 (rows, columns, 3).
        labels: label map of the slice, or None for the plain slice.
        lines: diameters to draw, (row, column) ends.
        letters: R, L, A, P, H or F at the top, bottom, left and right edge; None where unknown.
        caption: text below the picture; empty = no strip.

    Returns:
        uint8 (height, width, 3).
    """
    grey = pixels.astype(np.uint8) if pixels.ndim == 3 else apply_window(pixels, window, inverted)
    scale = _scale(pixels.shape[0], pixels.shape[1], pixel_spacing_mm)
    height, width = (round(n * s) for n, s in zip(pixels.shape[:2], scale, strict=True))
    large = np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BICUBIC))
    if labels is not None:
        fills = Image.fromarray(labels.astype(np.uint8))
        wide = np.asarray(fills.resize((width, height), Image.Resampling.NEAREST))
        large = _with_contours(blend(large, wide, colours, opacity), wide, colours)
    image = Image.fromarray(large).convert("RGB")
    draw = ImageDraw.Draw(image)
    for line in lines:
        ends = _points(np.array([line.start, line.end]), scale)
        draw.line(ends, fill=_HALO, width=4)
        draw.line(ends, fill=_LINE, width=2)
    if letters is not None:
        _draw_letters(draw, letters, height, width)
    picture = np.asarray(image)
    return np.concatenate([picture, _caption(caption, width)]) if caption else picture.copy()


def _scale(
    rows: int, columns: int, pixel_spacing_mm: tuple[float, float] | None
) -> tuple[float, float]:
    """Output pixels for one source pixel along rows and columns."""
    row_mm, column_mm = pixel_spacing_mm or (1.0, 1.0)
    finest = min(row_mm, column_mm)
    shorter = min(rows * row_mm, columns * column_mm) / finest
    enlarge = max(1.0, float(np.ceil(MIN_SHORT_SIDE / shorter)))
    return (row_mm / finest * enlarge, column_mm / finest * enlarge)


def _points(ends: npt.NDArray[Any], scale: tuple[float, float]) -> list[tuple[float, float]]:
    """(row, column) with pixel centres at whole numbers -> (x, y) of the enlarged picture."""
    return [((c + 0.5) * scale[1] - 0.5, (r + 0.5) * scale[0] - 0.5) for r, c in ends]


def _with_contours(picture: Rgb8, labels: npt.NDArray[Any], colours: Mapping[int, RGB]) -> Rgb8:
    """Two pixels inside the rim of every label in its full colour."""
    for number, colour in colours.items():
        inside = labels == number
        core = np.pad(inside, 1, constant_values=False)
        for _ in range(2):
            core[1:-1, 1:-1] &= core[:-2, 1:-1] & core[2:, 1:-1] & core[1:-1, :-2] & core[1:-1, 2:]
        picture[inside & ~core[1:-1, 1:-1]] = colour
    return picture


def _draw_letters(
    draw: ImageDraw.ImageDraw, letters: tuple[str, str, str, str], height: int, width: int
) -> None:
    places = ((width / 2, 14), (width / 2, height - 14), (14, height / 2), (width - 14, height / 2))
    font = ImageFont.load_default(size=18)
    for letter, place in zip(letters, places, strict=True):
        draw.text(
            place, letter, font=font, fill=_LINE, anchor="mm", stroke_width=2, stroke_fill=_HALO
        )


def _caption(text: str, width: int) -> Rgb8:
    """A dark strip with the text, wrapped to the width."""
    font = ImageFont.load_default(size=15)
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= width - 16:
            lines[-1] = joined
        else:
            lines.append(word)
    strip = Image.new("RGB", (width, 20 * len(lines) + 12), (20, 22, 26))
    draw = ImageDraw.Draw(strip)
    for row, line in enumerate(lines):
        draw.text((8, 6 + 20 * row), line, font=font, fill=(225, 228, 232))
    return np.asarray(strip)
