"""Readers for pictures and for volume files."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tumordesk.core.errors import ReadError, plain_reason
from tumordesk.core.job import JobContext
from tumordesk.core.study import Series
from tumordesk.core.volume import Volume, Window
from tumordesk.io.header import Unusable
from tumordesk.io.memory import ensure_fits
from tumordesk.io.pictures import PictureFacts, read_picture
from tumordesk.io.quiet import HOSTILE_ERRORS
from tumordesk.io.reader import Array, OnSlice, SeriesReader
from tumordesk.io.volumes import VolumeFacts

AS_SAVED = Window(127.5, 255.0, "As saved", "LINEAR_EXACT")


class PictureReader(SeriesReader):
    """Pages of a picture file."""

    def __init__(self, series: Series) -> None:
        super().__init__(series)
        self._facts: PictureFacts = series.extra["picture"]

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8, uint16 or float32."""
        return np.dtype(self._facts.dtype)

    @property
    def windows(self) -> tuple[Window, ...]:
        """8-bit grey pictures are shown as they were saved."""
        return () if self.colour or self.dtype != np.uint8 else (AS_SAVED,)

    def read_slice(self, index: int) -> Array:
        """See :meth:`SeriesReader.read_slice`."""
        instance = self.series.instances[index]
        return read_picture(instance.path, instance.frame or 0, self._facts)


class VolumeFileReader(SeriesReader):
    """NIfTI, NRRD, MetaImage: decoded as a whole at the first slice, then kept until closed."""

    def __init__(self, series: Series) -> None:
        super().__init__(series)
        self._facts: VolumeFacts = series.extra["volume"]
        self._path = series.instances[0].path
        self._lock = threading.Lock()
        self._array: Array | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8, int16, uint16 or float32."""
        return np.dtype(self._facts.dtype)

    def read_slice(self, index: int) -> Array:
        """See :meth:`SeriesReader.read_slice`."""
        if self._array is None and self._facts.nifti is not None:
            return self._guarded(index)
        return np.asarray(self._load()[index])

    def _load(self) -> Array:
        with self._lock:
            if self._array is None:
                voxels = int(np.prod(self.geometry.shape, dtype=np.int64))
                ensure_fits(voxels * (8 if self._facts.dtype == "float32" else 4), self._path.name)
                array = self._guarded()
                if array.shape[:3] != self.geometry.shape:
                    raise ReadError(
                        f"{self._path.name}: the file changed since it was found.", "Open it again."
                    )
                array.flags.writeable = False
                self._array = array
            return self._array

    def _guarded(self, only_slice: int | None = None) -> Array:
        """Voxels, or a ReadError that names the file."""
        name = self._path.name
        try:
            return self._voxels(only_slice)
        except Unusable as reason:
            raise ReadError(f"{name}: {reason}.") from reason
        except OSError as error:
            reason_text = plain_reason(error)
            raise ReadError(f"{name} cannot be opened: {reason_text}.") from error
        except HOSTILE_ERRORS as error:
            raise ReadError(f"{name}: damaged ({plain_reason(error)}).") from error

    def _voxels(self, only_slice: int | None) -> Array:
        header = self._facts.nifti
        if header is None:
            from tumordesk.io.itk_volume import read_itk_voxels

            return read_itk_voxels(self._path).astype(self.dtype, copy=False)
        from tumordesk.io.nifti import read_voxels

        stored = read_voxels(self._path, header, only_slice, self._facts.number)
        if (header.slope == 1.0 and header.intercept == 0.0) or self.colour:
            return stored.astype(self.dtype, copy=False)
        scaled = stored.astype(np.float32)
        scaled *= np.float32(header.slope)
        scaled += np.float32(header.intercept)
        return scaled

    def read_volume(
        self, context: JobContext | None = None, on_slice: OnSlice | None = None
    ) -> Volume:
        """See :meth:`SeriesReader.read_volume`. The voxels are shared, not copied."""
        context = context or JobContext()
        context.progress(0.0, "Reading the volume")
        array = self._load()
        for index in range(len(array)):
            context.check()
            if on_slice is not None:
                on_slice(index, array[index])
        context.progress(1.0, "Reading the volume")
        return self._volume(array, {})

    def close(self) -> None:
        """Forget the voxels."""
        super().close()
        with self._lock:
            self._array = None
