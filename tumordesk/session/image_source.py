"""Voxels of one series while they arrive: what has been decoded can be shown at once."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry
from tumordesk.core.study import Series
from tumordesk.core.volume import Volume, Window

Pixels = npt.NDArray[Any]


class ImageSource:
    """Progressively filled slices of one series, for the viewer.

    ``put`` may be called from any thread (the decoder's); everything else may be called from
    any thread too, but is meant for the window. Slices are kept as they are given, without a
    copy: a decoder hands views of its own volume, and :meth:`adopt` then takes that volume.

    Slices are (rows, columns) in modality units, or (rows, columns, 3) uint8 for colour.
    """

    def __init__(
        self,
        series: Series,
        *,
        geometry: Geometry | None = None,
        windows: tuple[Window, ...] = (),
        inverted: bool = False,
        colour: bool | None = None,
        units: str = "",
    ) -> None:
        self.series = series
        self.geometry = geometry or series.geometry
        self.windows = windows
        self.inverted = inverted
        self.colour = series.colour if colour is None else colour
        self.units = units
        self._slices: list[Pixels | None] = [None] * self.geometry.shape[0]
        self._left = self.geometry.shape[0]
        self._volume: Volume | None = None
        self._lock = threading.Lock()

    @classmethod
    def from_volume(cls, series: Series, volume: Volume) -> ImageSource:
        """A source that is complete from the start."""
        source = cls(
            series,
            geometry=volume.geometry,
            windows=volume.windows,
            inverted=volume.inverted,
            colour=volume.colour,
            units=volume.units,
        )
        source.adopt(volume)
        return source

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        return self.geometry.shape

    @property
    def complete(self) -> bool:
        """True once every slice is there."""
        return self._left == 0

    @property
    def loaded(self) -> int:
        """How many slices are there."""
        return self.shape[0] - self._left

    @property
    def nbytes(self) -> int:
        """Bytes held, as far as slices have arrived."""
        if self._volume is not None:
            return int(self._volume.array.nbytes)
        return sum(s.nbytes for s in self._slices if s is not None)

    def put(self, index: int, array: Pixels) -> None:
        """Take slice ``index``; a slice that is there already is replaced."""
        with self._lock:
            if self._volume is not None:
                return
            if self._slices[index] is None:
                self._left -= 1
            self._slices[index] = array

    def adopt(self, volume: Volume) -> None:
        """Take the whole decoded volume; from now on it is what is shown."""
        if volume.geometry.shape != self.shape:
            raise ValueError(f"volume {volume.geometry.shape} is not {self.shape}")
        with self._lock:
            self._volume = volume
            self._slices = []
            self._left = 0
            self.colour = volume.colour
            self.inverted = volume.inverted
            self.windows = volume.windows or self.windows
            self.units = volume.units or self.units

    def slice(self, axis: int, index: int) -> Pixels | None:
        """The slice ``index`` across ``axis``, or None while it is not there.

        Axis 0 gives native slices (rows, columns); axis 1 (slices, columns) at one row;
        axis 2 (slices, rows) at one column. Axes 1 and 2 need all slices.
        """
        if axis == 0:
            with self._lock:
                if self._volume is not None:
                    return np.asarray(self._volume.array[index])
                return self._slices[index]
        volume = self.volume()
        if volume is None:
            return None
        return np.asarray(volume.array[:, index] if axis == 1 else volume.array[:, :, index])

    def volume(self) -> Volume | None:
        """Everything as one read-only Volume, or None while slices are missing."""
        with self._lock:
            if self._volume is None and self._left == 0:
                self._volume = self._stacked()
                self._slices = []
            return self._volume

    def _stacked(self) -> Volume:
        return Volume(
            array=np.stack([s for s in self._slices if s is not None]),
            geometry=self.geometry,
            series_uid=self.series.uid,
            windows=self.windows,
            inverted=self.inverted,
            units=self.units,
            picture=self.series.is_picture,
        )
