"""Decoding of training pictures and masks, by the same reader as the program's. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageOps

from tumordesk.core.errors import DataError, ReadError
from tumordesk.io.header import Unusable
from tumordesk.io.pictures import picture_facts, read_picture
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet
from tumordesk_training.label_map import ANY, LabelMap, numbers_in

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jfif", ".tif", ".tiff", ".bmp"})
_ERRORS: tuple[type[Exception], ...] = (
    *HOSTILE_ERRORS,
    SyntaxError,
    Image.DecompressionBombError,
)
_MODES = {
    "1": "black and white",
    "L": "8-bit grey",
    "LA": "8-bit grey with transparency",
    "P": "palette",
    "PA": "palette with transparency",
    "RGB": "RGB",
    "RGBA": "RGB with transparency",
    "CMYK": "CMYK",
    "I": "32-bit grey",
    "F": "32-bit grey",
}
_PAGED = frozenset({".tif", ".tiff"})
_LOSSY = frozenset({".jpg", ".jpeg", ".jfif"})
_FAINT = 16
_FAINT_SHARE = 0.1
_ROUNDING = 1e-3
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)

Grey = npt.NDArray[Any]


def is_picture(path: Path) -> bool:
    """True for a file name that says picture and is not hidden."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def load_grey(path: Path, channel: int | None = None) -> Grey:
    """Grey values (rows, columns); ``channel`` picks one of a colour picture, None gives luma.

    Upright as EXIF says, transparent parts black, RGB whose channels agree is grey: what the
    program shows and gives to a network.

    Raises:
        DataError: not a readable picture, or it has no such channel.
    """
    return grey_of(path.name, load_pixels(path), channel)


def load_pixels(path: Path) -> Grey:
    """(rows, columns), or (rows, columns, 3) where the channels differ, as :func:`load_grey`.

    Raises:
        DataError: not a readable picture.
    """
    try:
        return read_picture(path, 0, picture_facts(path))
    except (Unusable, ReadError, OSError) as error:
        reason = (error.strerror or "") if isinstance(error, OSError) else str(error)
        raise DataError(
            f"{path.name} cannot be read as a picture ({reason.removesuffix('.')}).",
            "Remove or replace the file.",
        ) from error


def load_sequences(path: Path, channels: Sequence[int | None]) -> Grey:
    """The sequences that a colour picture holds, (rows, columns, sequences), as ordered.

    Raises:
        DataError: not a readable picture, or all its colours are the same picture.
    """
    pixels = load_pixels(path)
    check_colours(path.name, pixels)
    return np.stack([grey_of(path.name, pixels, channel) for channel in channels], axis=-1)


def check_colours(name: str, pixels: Grey) -> None:
    """Raise DataError where a picture cannot hold several sequences in its colours."""
    if pixels.ndim == 2:
        raise DataError(
            f"{name} is grey: its colours hold no several sequences.",
            "Leave the picture out, or learn from one sequence.",
        )


def grey_of(name: str, pixels: Grey, channel: int | None = None) -> Grey:
    """Grey values of what :func:`load_pixels` gave. Raises DataError as :func:`load_grey`."""
    if pixels.ndim == 2:
        return pixels
    if channel is None:
        return np.asarray(pixels.astype(np.float32) @ _LUMA, dtype=np.float32)
    if not 0 <= channel < pixels.shape[2]:
        raise DataError(f"{name} has no channel {channel}.", "Use 0, 1 or 2.")
    return pixels[..., channel]


def stored_mode(path: Path) -> str:
    """How the file stores its pixels, in words ("8-bit grey"); "" where it cannot be told."""
    try:
        with quiet(), Image.open(path) as picture:
            mode = picture.mode
    except _ERRORS:
        return ""
    return _MODES.get(mode, "16-bit grey" if mode.startswith("I;16") else mode)


def load_mask(path: Path, labels: LabelMap = ANY) -> npt.NDArray[np.uint8]:
    """Label map (rows, columns), uint8, 0 = background.

    Of one object anything brighter than half of 255 is the object (1 where the values are small
    numbers). Else the values themselves, or the palette's numbers, are what ``labels`` reads.

    Raises:
        DataError: unreadable, or numbers that ``labels`` does not know.
    """
    if labels.plain:
        return read_mask(path)[0]
    return labels.read(path.name, _stored_numbers(path))


def count_pages(path: Path) -> int:
    """Pages of a TIFF file; 1 for all others, and where it cannot be told."""
    if path.suffix.lower() not in _PAGED:
        return 1
    try:
        with quiet(), Image.open(path) as picture:
            return int(getattr(picture, "n_frames", 1))
    except _ERRORS:
        return 1


def read_mask(path: Path) -> tuple[npt.NDArray[np.uint8], str]:
    """A mask of one object as :func:`load_mask` has it, and what of its file does not count.

    The words are '' where all of it is plain.

    Raises:
        DataError: unreadable.
    """
    values = load_grey(path)
    top = float(values.max()) if values.size else 0.0
    mask = np.asarray(values > (127 if top > 127 else 0), dtype=np.uint8)
    if path.suffix.lower() in _LOSSY:  # their edges are grey by nature
        return mask, ""
    if not mask.any():
        return mask, _hidden(path)
    faint = np.count_nonzero((values > _FAINT) & (values <= 127)) if top > 127 else 0
    few = faint <= _FAINT_SHARE * np.count_nonzero(mask)
    return mask, "" if few else "fainter parts do not count"


def _hidden(path: Path) -> str:
    """Whether an empty mask holds something that is not its brightness."""
    try:
        with quiet(), Image.open(path) as picture:
            if picture.mode == "P" and np.ptp(np.asarray(picture)):
                return "its numbers have black colours"
            if "A" in picture.getbands() and np.ptp(np.asarray(picture.getchannel("A"))):
                return "it is drawn in its transparency only"
    except _ERRORS:
        return ""  # load_grey has read it: the rest of it is no matter
    return ""


def _palette_numbers(path: Path) -> Grey | None:
    """Entries of a palette picture, whose colours mean nothing in a mask; None for others."""
    try:
        with quiet(), Image.open(path) as picture:
            return np.asarray(ImageOps.exif_transpose(picture)) if picture.mode == "P" else None
    except _ERRORS:
        return None  # load_grey tells what is wrong with it


def mask_numbers(path: Path) -> tuple[int, ...]:
    """The numbers of parts that a mask holds beside 0, where they look like such; else nothing.

    Raises:
        DataError: unreadable.
    """
    return numbers_in(_stored_numbers(path))


def _stored_numbers(path: Path) -> Grey:
    """A mask's values as numbers: entries of its palette, or its grey levels.

    The brightness of three equal colours is their level but for rounding.
    """
    entries = _palette_numbers(path)
    if entries is not None:
        return entries
    values = load_grey(path)
    whole = np.rint(values)
    return whole if np.allclose(values, whole, rtol=0.0, atol=_ROUNDING) else values


def draw_polygons(
    polygons: tuple[tuple[int, tuple[float, ...]], ...], shape: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Label map from (class number, x1 y1 x2 y2 ...) polygons, later ones on top."""
    canvas = Image.new("L", (shape[1], shape[0]), 0)
    draw = ImageDraw.Draw(canvas)
    for number, points in polygons:
        draw.polygon(list(points), fill=number, outline=number)
    return np.asarray(canvas, dtype=np.uint8)
