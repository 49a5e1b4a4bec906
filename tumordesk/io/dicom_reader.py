"""Reads the slices of a DICOM series."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from functools import cached_property
from typing import Any

import numpy as np

from tumordesk.core.errors import ReadError
from tumordesk.core.study import Series
from tumordesk.core.volume import Window
from tumordesk.imaging.windowing import auto_window
from tumordesk.io.pixels import Array, modality_dtype
from tumordesk.io.reader import OnSlice, SeriesReader, outward
from tumordesk.io.records import Slice
from tumordesk.io.slices import decoding_seconds, finish_into, finished, isolated

PROCESSES_FROM_S = 0.7
"""Total decoding time from which helper processes pay (they take about a second to start)."""
LONGEST_STALL_S = 0.08


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

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """Windows of the middle slice.

        Where it has none but marks padding, an automatic one that leaves the padding out.
        """
        item = self._slices[self.middle]
        if item.windows or item.file.padding is None or self.colour:
            return item.windows
        try:
            array = self.read_slice(self.middle)
        except ReadError:
            return ()
        low, high = (v * item.slope + item.intercept for v in item.file.padding)
        return (auto_window(array, padding=(min(low, high), max(low, high))),)

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
        return finished(self._slices[index], self._dtype)

    def _read_into(self, index: int, out: Array) -> None:
        finish_into(self._slices[index], out)

    def _decode_all(
        self, array: Array, on_slice: OnSlice | None
    ) -> Generator[tuple[int, str | None]]:
        costs = [decoding_seconds(item) for item in self._slices]
        small = sum(costs) < PROCESSES_FROM_S and max(costs) < LONGEST_STALL_S
        if small and not any(map(isolated, self._slices)):
            yield from super()._decode_all(array, on_slice)
            return
        from tumordesk.io.pool import decode_in_processes

        order = outward(self.series.slices, self.middle)
        results = decode_in_processes(self._slices, order, self._dtype, self._closed.is_set)
        with closing(results):
            for index, result in results:
                if isinstance(result, str):
                    yield index, result
                    continue
                array[index] = result
                if on_slice is not None:
                    on_slice(index, array[index])
                yield index, None
