"""Reads the slices of a DICOM series."""

from __future__ import annotations

from typing import Any

import numpy as np

from tumordesk.core.errors import ReadError
from tumordesk.core.study import Series
from tumordesk.core.volume import Window
from tumordesk.io.codec import decode
from tumordesk.io.pixels import Array, is_native, modality_dtype, read_native, rescaled
from tumordesk.io.reader import SeriesReader
from tumordesk.io.records import Slice


def finished(item: Slice, dtype: np.dtype[Any]) -> Array:
    """One slice in modality values of ``dtype``; raises ReadError or OSError."""
    if is_native(item.file):
        return rescaled(read_native(item), item, dtype)
    stored = decode(item)
    if stored.ndim == 3:
        return stored
    if item.file.modality_lut:
        return stored.astype(dtype)
    return rescaled(stored, item, dtype)


class DicomReader(SeriesReader):
    """A DICOM series: uncompressed slices straight from the file, others through codecs."""

    def __init__(self, series: Series) -> None:
        super().__init__(series)
        slices: tuple[Slice, ...] = series.extra["slices"]
        self._slices = slices
        self._dtype = modality_dtype(slices)

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8, int16, uint16 or float32: one for the whole series."""
        return self._dtype

    @property
    def windows(self) -> tuple[Window, ...]:
        """Windows of the middle slice."""
        return self._slices[self.middle].windows

    @property
    def inverted(self) -> bool:
        """True for MONOCHROME1."""
        return self._slices[0].file.format.photometric == "MONOCHROME1"

    @property
    def units(self) -> str:
        """Rescale type or units of the header."""
        return str(self.series.extra.get("units", ""))

    def read_slice(self, index: int) -> Array:
        """See :meth:`SeriesReader.read_slice`."""
        item = self._slices[index]
        name = item.file.path.name
        try:
            return finished(item, self._dtype)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ReadError(f"{name} cannot be opened: {reason}.") from error
