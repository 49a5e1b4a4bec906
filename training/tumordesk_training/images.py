"""Decoding of training pictures and masks. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from tumordesk.core.errors import DataError

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_PLAIN_MODES = frozenset({"L", "I", "F", "I;16", "I;16B", "I;16L"})

Grey = npt.NDArray[Any]


def is_picture(path: Path) -> bool:
    """True for a file name that says picture and is not hidden."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            picture.load()
            return ImageOps.exif_transpose(picture)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise DataError(
            f"{path.name} cannot be read as a picture ({type(error).__name__}).",
            "Remove or replace the file.",
        ) from error


def load_grey(path: Path, channel: int | None = None) -> Grey:
    """Grey values (rows, columns); ``channel`` picks one of a colour picture, None gives luma.

    Raises:
        DataError: not a readable picture, or it has no such channel.
    """
    picture = _open(path)
    if picture.mode in _PLAIN_MODES:
        return np.asarray(picture)
    if picture.mode == "1":
        return np.asarray(picture.convert("L"))
    colour = np.asarray(picture.convert("RGB"))
    if channel is None:
        return np.asarray(colour.astype(np.float32) @ _LUMA, dtype=np.float32)
    if not 0 <= channel < colour.shape[2]:
        raise DataError(f"{path.name} has no channel {channel}.", "Use 0, 1 or 2.")
    return colour[..., channel]


def load_mask(path: Path, classes: int = 2) -> npt.NDArray[np.uint8]:
    """Label map (rows, columns), uint8, 0 = background.

    With two classes anything brighter than half of 255 is the object (1 where the values are
    small numbers). With more classes the values themselves are the class numbers.

    Raises:
        DataError: unreadable, or class numbers above what the task has.
    """
    values = load_grey(path)
    top = float(values.max()) if values.size else 0.0
    if classes == 2:
        return np.asarray(values > (127 if top > 127 else 0), dtype=np.uint8)
    if top >= classes:
        raise DataError(
            f"{path.name} holds the value {top:g}, but there are only {classes} classes.",
            "A mask holds class numbers from 0.",
        )
    return np.asarray(values, dtype=np.uint8)


def draw_polygons(
    polygons: tuple[tuple[int, tuple[float, ...]], ...], shape: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Label map from (class number, x1 y1 x2 y2 ...) polygons, later ones on top."""
    canvas = Image.new("L", (shape[1], shape[0]), 0)
    draw = ImageDraw.Draw(canvas)
    for number, points in polygons:
        draw.polygon(list(points), fill=number, outline=number)
    return np.asarray(canvas, dtype=np.uint8)
