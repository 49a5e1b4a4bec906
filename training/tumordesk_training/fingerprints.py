"""What tells a picture from others: a digest of its pixels, and a small picture of it. No torch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 64
"""Rows and columns of the small picture."""

UInt8 = npt.NDArray[np.uint8]
Float = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """``digest``: the same for the same pixels, however the file packs them.

    ``small``: (64, 64) uint8, or None for a volume and for a picture without content, which are
    never nearly the same as another.
    """

    digest: str
    small: UInt8 | None = None

    @property
    def blank(self) -> bool:
        """True for a picture all of one value: it is a copy of nothing."""
        return not self.digest


def fingerprint(grey: npt.NDArray[Any]) -> Fingerprint:
    """Fingerprint of a picture (rows, columns), or of a volume (slice, row, column).

    The digest of a blank one is "".
    """
    if not grey.size or grey.max() == grey.min():
        return Fingerprint("")
    return Fingerprint(digest(grey), small_picture(grey) if grey.ndim == 2 else None)


def digest(grey: npt.NDArray[Any]) -> str:
    """sha256 over type, shape and pixels."""
    start = f"{grey.dtype}/{grey.shape}/".encode()
    return hashlib.sha256(start + np.ascontiguousarray(grey).tobytes()).hexdigest()


def small_picture(grey: npt.NDArray[Any]) -> UInt8:
    """The whole picture (rows, columns) squeezed into 64 x 64, from darkest to brightest."""
    values = np.nan_to_num(np.asarray(grey, dtype=np.float32))
    # Of the smooth ones: box weighs whole pixels, so a mirrored picture would differ.
    small = np.asarray(Image.fromarray(values).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    low, high = float(small.min()), float(small.max())
    return np.asarray(np.rint((small - low) * (255.0 / max(high - low, 1e-6))), dtype=np.uint8)


def details(small: UInt8, side: int) -> Float:
    """Structures of small pictures (n, 64, 64) at ``side``: (n, side * side), of unit length.

    What is smooth is taken off, since all heads are round: folds and outlines are left. Dot
    products of these are correlations, from -1 to 1.
    """
    step = SIDE // side
    coarse = small.reshape(-1, side, step, side, step).astype(np.float32).mean(axis=(2, 4))
    around = 3 if side <= SIDE // 2 else 5
    fine = coarse - _blurred(coarse, around)
    flat = fine.reshape(len(fine), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(np.divide(flat, length, out=np.zeros_like(flat), where=length > 1e-3))


def _blurred(pictures: Float, size: int) -> Float:
    """Mean over ``size`` x ``size`` around each pixel; edges are repeated."""
    half = size // 2
    padded = np.pad(pictures, ((0, 0), (half, half), (half, half)), mode="edge")
    rows, columns = pictures.shape[1:]
    across = np.zeros((len(pictures), rows + 2 * half, columns), dtype=np.float32)
    for x in range(size):
        across += padded[:, :, x : x + columns]
    total = np.zeros_like(pictures)
    for y in range(size):
        total += across[:, y : y + rows]
    return total / float(size * size)
