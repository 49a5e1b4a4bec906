"""What one case of a training folder turns out to be when it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig
from tumordesk_training.check.shapes import is_rectangle
from tumordesk_training.data import Case
from tumordesk_training.fingerprints import Fingerprint, digest, fingerprint
from tumordesk_training.images import (
    check_colours,
    count_pages,
    draw_polygons,
    grey_of,
    load_mask,
    load_pixels,
    mask_numbers,
    read_mask,
    stored_mode,
)
from tumordesk_training.label_map import LabelMap, counted

UInt8 = npt.NDArray[np.uint8]

COLOURED = "RGB, coloured"
_TINT = 16
_COLOURED_SHARE = 0.002


@dataclass(frozen=True, eq=False)
class Look:
    """One case, opened. ``problem``: why it cannot be used; the rest is then not known.

    ``mask_pixels``: object pixels of its mask, None without one. ``mask_digest``: the same for
    the same mask. ``mode``: how it is stored, in words. ``other_size``: its mask has other rows and
    columns. ``pages``: of the file. ``doubt``: what of its mask is not read, in words.
    ``numbers``: the class numbers in its label map.
    """

    case: Case
    found: Fingerprint | None = None
    shape: tuple[int, ...] = ()
    mode: str = ""
    mask_pixels: int | None = None
    mask_digest: str = ""
    rectangle: bool = False
    problem: str = ""
    other_size: bool = False
    pages: int = 1
    doubt: str = ""
    numbers: tuple[int, ...] = ()

    @property
    def size(self) -> str:
        """Columns and rows ("512x512"), or columns, rows and slices."""
        return "x".join(map(str, reversed(self.shape)))


def look(case: Case, config: DataConfig) -> Look:
    """Open a case and its mask. What is wrong with it is told, not raised."""
    try:
        return _volume(case, config) if case.volume else _picture(case, config)
    except DataError as error:
        return Look(case, problem=error.message)
    except OSError as error:
        return Look(case, problem=error.strerror or "it cannot be read")


def _volume(case: Case, config: DataConfig) -> Look:
    from tumordesk_training.nifti import labels_in, load_case

    (grey, *_), labels, grid = load_case(case, labels=counted(config.labels))
    full = [m for m in labels if m.any()] if labels is not None else []
    drawn = case.mask is not None and (full or config.labels)
    return Look(
        case,
        fingerprint(grey),
        tuple(int(n) for n in grey.shape),
        f"{grey.dtype} volume",
        _count(labels),
        digest(labels) if labels is not None else "",
        bool(full) and all(is_rectangle(m) for m in full),
        numbers=labels_in(case.mask, grid) if case.mask is not None and drawn else (),
    )


def _picture(case: Case, config: DataConfig) -> Look:
    pixels = load_pixels(case.image)
    if config.sequences and (case.mask is not None or case.polygons):
        check_colours(case.image.name, pixels)
    grey = grey_of(case.image.name, pixels, config.channel)
    shape = (int(grey.shape[0]), int(grey.shape[1]))
    labels = counted(config.labels)
    mask, doubt = _outline(case, shape, labels)
    if mask is not None and mask.shape != shape:
        rows, columns = mask.shape
        words = f"its mask is {columns}x{rows}, it is {shape[1]}x{shape[0]}"
        return Look(case, problem=words, other_size=True)
    mode = stored_mode(case.image)
    if mode == "RGB":
        mode = COLOURED if is_coloured(pixels) else "RGB, all grey"
    drawn = case.mask is not None and (_count(mask) or config.labels)
    box = mask is not None and is_rectangle(mask)
    outline = digest(mask) if mask is not None else ""
    return Look(
        case,
        fingerprint(grey),
        shape,
        mode,
        _count(mask),
        outline,
        box,
        pages=count_pages(case.image),
        doubt=doubt,
        numbers=mask_numbers(case.mask) if case.mask is not None and drawn else _drawn_in(case),
    )


def _outline(case: Case, shape: tuple[int, int], labels: LabelMap) -> tuple[UInt8 | None, str]:
    """The outline, and what of it is not read. Raises DataError, which says that it is the mask."""
    try:
        if case.mask is not None and labels.plain:
            return read_mask(case.mask)
        return mask_of(case, shape, labels), ""
    except DataError as error:
        raise DataError(f"its mask: {error.message}", error.hint) from error


def _drawn_in(case: Case) -> tuple[int, ...]:
    """The numbers of the categories that a picture has outlines of."""
    return tuple(sorted({number for number, _ in case.polygons}))


def is_coloured(pixels: npt.NDArray[Any]) -> bool:
    """Whether colour is to be seen: the tint of a JPEG file's rounding is none."""
    if pixels.ndim == 2:
        return False
    spread = pixels.max(axis=2) - pixels.min(axis=2)
    return float(np.mean(spread > _TINT)) > _COLOURED_SHARE


def mask_of(case: Case, shape: tuple[int, int], labels: LabelMap) -> UInt8 | None:
    """Label map of a picture of ``shape``, as its file or outlines have it; None without one.

    Raises:
        DataError: the mask cannot be read.
    """
    if case.mask is not None:
        return load_mask(case.mask, labels)
    if case.polygons:
        return labels.read(case.key, draw_polygons(case.polygons, shape))
    return np.zeros(shape, dtype=np.uint8) if case.empty else None


def _count(mask: npt.NDArray[Any] | None) -> int | None:
    return None if mask is None else int(np.count_nonzero(mask))
