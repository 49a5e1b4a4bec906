"""Opens a Series: one slice at once, the whole volume in parallel."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import ReadError
from tumordesk.core.geometry import Geometry
from tumordesk.core.job import JobContext
from tumordesk.core.study import Series
from tumordesk.core.volume import Volume, Window
from tumordesk.io.memory import ensure_fits

Array = npt.NDArray[Any]
OnSlice = Callable[[int, Array], None]
_THREADS = max(2, min(8, os.cpu_count() or 2))


class SeriesReader(ABC):
    """Reads one Series. Methods may be called from any thread, also at the same time."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self._closed = threading.Event()

    @property
    def geometry(self) -> Geometry:
        """The series' geometry; its shape is the volume's."""
        return self.series.geometry

    @property
    def middle(self) -> int:
        """Index of the slice to show first."""
        return self.series.slices // 2

    @property
    def colour(self) -> bool:
        """True where slices are (rows, columns, 3) uint8."""
        return self.series.colour

    @property
    def windows(self) -> tuple[Window, ...]:
        """Windows that the files propose, in modality values; may be empty."""
        return ()

    @property
    def inverted(self) -> bool:
        """True for MONOCHROME1: high values are to be shown dark (values are untouched)."""
        return False

    @property
    def units(self) -> str:
        """Units of the values ('HU'), or ''."""
        return ""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """dtype of every slice."""

    @abstractmethod
    def read_slice(self, index: int) -> Array:
        """One slice in modality values: (rows, columns), or (rows, columns, 3) uint8.

        Raises:
            ReadError: this slice is damaged, or the file is gone; names the file.
        """

    def read_first(self) -> tuple[int, Array]:
        """(index, slice) to show first: the middle one, or the nearest that can be read.

        Raises:
            ReadError: no slice can be read.
        """
        problem: ReadError | None = None
        for index in outward(self.series.slices, self.middle):
            try:
                return index, self.read_slice(index)
            except ReadError as error:
                problem = problem or error
        raise problem or ReadError("The series has no slices.")

    def read_volume(
        self, context: JobContext | None = None, on_slice: OnSlice | None = None
    ) -> Volume:
        """The whole series, decoded on all cores.

        ``on_slice(index, array)`` is called from worker threads as slices arrive (middle
        first); the array is a view of the volume. Damaged slices are left at the volume's
        lowest value and named in ``missing`` and ``warnings``.

        Raises:
            ReadError: it does not fit in memory, or no slice can be read.
            Cancelled: the user asked to stop.
        """
        context = context or JobContext()
        shape = (*self.geometry.shape, 3) if self.colour else self.geometry.shape
        name = self.series.description or "This series"
        ensure_fits(int(np.prod(shape, dtype=np.int64)) * self.dtype.itemsize, name)
        array = np.empty(shape, self.dtype)
        failed: dict[int, str] = {}
        done = 0
        total = shape[0]
        with closing(self._decode_all(array, on_slice)) as results:
            for index, problem in results:
                done += 1
                if problem is not None:
                    failed[index] = problem
                context.progress(done / total, "Reading slices")
        if len(failed) == total:
            raise ReadError(
                f"{name}: no slice can be read. {failed[min(failed)]}", "The files may be damaged."
            )
        if failed:
            _fill(array, failed)
        return self._volume(array, failed)

    def _volume(self, array: Array, failed: dict[int, str]) -> Volume:
        missing = tuple(sorted(failed))
        return Volume(
            array=array,
            geometry=self.geometry,
            series_uid=self.series.uid,
            windows=self.windows,
            inverted=self.inverted,
            units=self.units,
            picture=self.series.is_picture,
            missing=missing,
            warnings=(*self.series.warnings, *(failed[i] for i in missing)),
        )

    def _decode_all(
        self, array: Array, on_slice: OnSlice | None
    ) -> Generator[tuple[int, str | None]]:
        """Fill ``array`` slice by slice; yields (index, what was wrong or None)."""

        def one(index: int) -> str | None:
            try:
                self._read_into(index, array[index])
            except ReadError as error:
                return error.message
            if on_slice is not None:
                on_slice(index, array[index])
            return None

        yield from in_threads(one, outward(self.series.slices, self.middle), self._closed)

    def _read_into(self, index: int, out: Array) -> None:
        out[...] = self.read_slice(index)

    def close(self) -> None:
        """Release what is held; a volume being read stops."""
        self._closed.set()


def outward(count: int, start: int) -> list[int]:
    """Indices from ``start`` outwards: those next to what is on screen first."""
    return sorted(range(count), key=lambda i: (abs(i - start), i))


def in_threads(
    work: Callable[[int], str | None], indices: list[int], closed: threading.Event
) -> Generator[tuple[int, str | None]]:
    """Run ``work`` on every index on a few threads; results as they come."""
    queue = iter(indices)
    pending: dict[Future[str | None], int] = {}
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="decode") as pool:
        try:
            for index in queue:
                pending[pool.submit(work, index)] = index
                if len(pending) < 2 * _THREADS:
                    continue
                yield from _finished(pending)
                if closed.is_set():
                    raise ReadError("The series was closed while it was being read.")
            while pending:
                yield from _finished(pending)
        finally:
            for future in pending:
                future.cancel()


def _finished(pending: dict[Future[str | None], int]) -> Generator[tuple[int, str | None]]:
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        yield pending.pop(future), future.result()


def _fill(array: Array, failed: dict[int, str]) -> None:
    good = [i for i in range(len(array)) if i not in failed]
    lowest = min(array[i].min() for i in good)
    for index in failed:
        array[index] = lowest


def open_series(series: Series) -> SeriesReader:
    """A reader for any series that a scan found. Opens no file yet."""
    if series.kind == "dicom":
        from tumordesk.io.dicom_reader import DicomReader

        return DicomReader(series)
    from tumordesk.io.other_readers import PictureReader, VolumeFileReader

    return PictureReader(series) if series.kind == "picture" else VolumeFileReader(series)
