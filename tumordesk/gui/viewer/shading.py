"""Values to 8-bit grey through the window, quickly: one table look-up for a slice."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.volume import Window
from tumordesk.imaging.windowing import apply_window

Pixels = npt.NDArray[Any]
Grey = npt.NDArray[np.uint8]


class Shader:
    """Shades slices; keeps the table of the last window for 8- and 16-bit values."""

    def __init__(self) -> None:
        self._key: tuple[Any, ...] | None = None
        self._table: Grey | None = None

    def shade(self, pixels: Pixels, window: Window, inverted: bool) -> Grey:
        """uint8 (rows, columns), or (rows, columns, 3) for colour, ready for the screen.

        Colour is shown as it is (only inverted on request), grey through the window.
        """
        if pixels.ndim == 3:
            colour = np.ascontiguousarray(pixels[..., :3], dtype=np.uint8)
            return np.asarray(255 - colour) if inverted else colour
        if pixels.dtype.kind not in "iu" or pixels.dtype.itemsize > 2:
            return np.ascontiguousarray(apply_window(pixels, window, inverted))
        unsigned = pixels.view(f"u{pixels.dtype.itemsize}") if pixels.dtype.kind == "i" else pixels
        return np.take(self._table_for(pixels.dtype, window, inverted), unsigned)

    def _table_for(self, dtype: np.dtype[Any], window: Window, inverted: bool) -> Grey:
        key = (dtype.str, window, inverted)
        if self._table is None or self._key != key:
            count = 256**dtype.itemsize
            domain = np.arange(count, dtype=f"u{dtype.itemsize}").view(dtype)
            self._table = np.asarray(apply_window(domain, window, inverted))
            self._key = key
        return self._table
