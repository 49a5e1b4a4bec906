"""Slices and outlines of a series as pictures that a training can read."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry
from tumordesk.core.model_card import InputSpec
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.volume import Volume
from tumordesk.imaging.preprocess import Preparer, canonical_in_plane

MAX_PX = 4096
"""Pictures are never made larger than this when their pixels are made square."""

UInt8 = npt.NDArray[np.uint8]


class TrainingPictures:
    """Slices as training sees them: canonical orientation, square pixels, foreground to 0..255.

    ``pixel_mm`` is the size of a written pixel, or None where it is unknown.
    """

    def __init__(self, volume: Volume, outline: Segmentation) -> None:
        grey = volume.grey()
        if np.issubdtype(grey.dtype, np.floating):
            finite = grey[np.isfinite(grey)]
            low = float(finite.min()) if finite.size else 0.0
            grey = np.nan_to_num(grey, nan=low, posinf=low, neginf=low)
        if volume.inverted:  # MONOCHROME1: high values bright, as people and networks see them
            grey = grey.astype(np.float32).max() - grey.astype(np.float32)
        size, self.pixel_mm = square_size(volume.geometry)
        self._preparer = Preparer(grey, volume.geometry, InputSpec(size=size))
        self._outline = outline

    def picture(self, index: int) -> UInt8:
        """The grey slice, uint8 (rows, columns)."""
        return np.asarray(np.rint(self._preparer.unit(index) * 255.0), dtype=np.uint8)

    def mask(self, index: int) -> UInt8:
        """0 and 255 where there is one segment, else the segments' numbers."""
        labels = self._outline.array[index]
        numbers = [s.number for s in self._outline.segments]
        maps = {n: self._preparer.place(labels == n) > 0.5 for n in numbers}
        out = np.zeros(next(iter(maps.values())).shape if maps else labels.shape, dtype=np.uint8)
        for number, where in maps.items():
            out[where] = 255 if len(numbers) == 1 else number
        return out


def square_size(geometry: Geometry) -> tuple[tuple[int, int], float | None]:
    """(rows, columns) of a turned slice with square pixels, and their size in mm or None.

    The finer spacing counts, so that nothing is lost; 4096 pixels are the most.
    """
    rows, columns = geometry.shape[1:]
    row_mm, column_mm = geometry.pixel_spacing_mm or (1.0, 1.0)
    if canonical_in_plane(geometry).transpose:
        rows, columns, row_mm, column_mm = columns, rows, column_mm, row_mm
    step = max(min(row_mm, column_mm), max(rows * row_mm, columns * column_mm) / MAX_PX)
    if math.isclose(row_mm, column_mm, rel_tol=0.01) and max(rows, columns) <= MAX_PX:
        size = (rows, columns)
    else:
        size = (max(1, round(rows * row_mm / step)), max(1, round(columns * column_mm / step)))
    return size, step if geometry.pixel_spacing_mm is not None else None
