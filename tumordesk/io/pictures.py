"""PNG, JPEG, TIFF and BMP: what they are, and their pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from tumordesk.core.errors import ReadError, plain_reason
from tumordesk.io.header import Unusable
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet

Array = npt.NDArray[Any]
MAX_PIXELS = 100_000_000
MAX_PAGES = 5000
FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM")
_WIDE = ("I;16", "I;16L", "I;16B", "I;16N")
_ERRORS: tuple[type[Exception], ...] = (
    Image.DecompressionBombError,
    SyntaxError,
    *HOSTILE_ERRORS,
)
_SWAPS_SIDES = (5, 6, 7, 8)
_GREY_CHECK_PIXELS = 16_000_000


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What a picture file holds: ``pages`` of one size, ``others`` of another that are left out.

    ``dtype`` is that of its slices.
    """

    format: str
    pages: tuple[int, ...]
    others: int
    rows: int
    columns: int
    colour: bool
    dtype: str


def looks_like_picture(prefix: bytes) -> bool:
    """True when the first bytes are those of a kind that is read."""
    return prefix.startswith(_MAGIC)


def _open(path: Path) -> Image.Image:
    with quiet():
        image = Image.open(path, formats=FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        image.close()
        raise Unusable(
            f"refused: {width} x {height} pixels are more than {MAX_PIXELS // 10**6} million"
        )
    return image


def picture_facts(path: Path) -> PictureFacts:
    """Facts of a picture file; of a TIFF, all pages like the first.

    Raises:
        Unusable: damaged, too large, or not read. OSError: it cannot be opened.
    """
    try:
        with _open(path) as image:
            first = _facts(image)
            pages = [0]
            count = int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1
            if count > MAX_PAGES:
                raise Unusable(f"refused: {count} pages")
            for page in range(1, count):
                with quiet():
                    image.seek(page)
                if image.size[0] * image.size[1] <= MAX_PIXELS and _facts(image) == first:
                    pages.append(page)
    except (Unusable, FileNotFoundError, PermissionError):
        raise
    except UnidentifiedImageError as error:
        raise Unusable("a kind of picture that is not read, or a damaged one") from error
    except _ERRORS as error:
        raise Unusable(f"damaged picture ({plain_reason(error)})") from error
    return replace(first, pages=tuple(pages), others=count - len(pages))


def _facts(image: Image.Image) -> PictureFacts:
    columns, rows = image.size
    if image.getexif().get(0x0112) in _SWAPS_SIDES:
        if image.format != "TIFF":
            columns, rows = rows, columns
        elif any(tile[0] == "raw" for tile in getattr(image, "tile", ())):
            # Pillow gives the size of a turned TIFF upright, and mixes up its pixels where they
            # are not compressed (13.0.0).
            raise Unusable("a TIFF that is stored on its side, without compression: save it anew")
    colour, dtype = _kind(image)
    kind = "JPEG" if image.format == "MPO" else image.format or ""
    return PictureFacts(kind, (0,), 0, rows, columns, colour, dtype)


def _kind(image: Image.Image) -> tuple[bool, str]:
    """(colour, dtype) of a picture's slices; RGB whose channels agree is grey."""
    mode = image.mode
    if mode in _WIDE:
        return False, "uint16"
    if mode in ("I", "F"):
        return False, "float32"
    if mode in ("1", "L", "LA", "La"):
        return False, "uint8"
    if image.size[0] * image.size[1] <= _GREY_CHECK_PIXELS and _is_grey(image):
        return False, "uint8"
    return True, "uint8"


def _is_grey(image: Image.Image) -> bool:
    """True where red, green and blue agree everywhere (most scans saved as RGB)."""
    if image.format in ("JPEG", "MPO") and image.mode == "RGB":
        # Decoded at an eighth of its size: whether there is colour shows there as well.
        image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
    rgb = _on_black(image)
    if rgb.ndim == 2:
        return True
    return bool(
        np.array_equal(rgb[..., 0], rgb[..., 1]) and np.array_equal(rgb[..., 1], rgb[..., 2])
    )


def _on_black(image: Image.Image) -> Array:
    """uint8 grey or RGB, transparent parts black."""
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    elif image.mode == "PA":
        image = image.convert("RGBA")
    elif image.mode in ("RGB", "L") and "transparency" in image.info:
        image = image.convert("RGBA" if image.mode == "RGB" else "LA")
    if image.mode in ("LA", "La", "RGBA", "RGBa"):
        plain = image.convert("LA" if image.mode in ("LA", "La") else "RGBA")
        channels = np.asarray(plain).astype(np.uint16)
        flat = (channels[..., :-1] * channels[..., -1:] + 127) // 255
        out = flat.astype(np.uint8)
        return out[..., 0] if out.shape[-1] == 1 else out
    if image.mode not in ("RGB", "L"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return np.asarray(image)


def read_picture(path: Path, page: int, facts: PictureFacts) -> Array:
    """(rows, columns) grey or (rows, columns, 3) uint8 of one page, upright as EXIF says.

    Raises:
        ReadError: damaged, gone, or not what it was when it was found.
    """
    try:
        with _open(path) as image:
            if page:
                image.seek(page)
            array = _pixels(image, facts)
    except Unusable as reason:
        raise ReadError(f"{path.name}: {reason}.") from reason
    except _ERRORS as error:
        raise ReadError(
            f"{path.name}: the picture is damaged ({plain_reason(error)}).", "Save it again."
        ) from error
    if array.shape[:2] != (facts.rows, facts.columns):
        raise ReadError(f"{path.name}: the file changed since it was found.", "Open it again.")
    return array


def _pixels(image: Image.Image, facts: PictureFacts) -> Array:
    with quiet():
        image.load()
        upright = ImageOps.exif_transpose(image)
    if facts.dtype == "uint16":
        return np.array(upright).astype(np.uint16)
    if facts.dtype == "float32":
        return np.array(upright).astype(np.float32)
    array = _on_black(upright)
    if facts.colour:
        return np.ascontiguousarray(array if array.ndim == 3 else np.stack([array] * 3, axis=-1))
    return np.ascontiguousarray(array if array.ndim == 2 else array[..., 0])
