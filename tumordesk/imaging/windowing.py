"""From modality values to what is on screen: window centre and width (DICOM PS3.3 C.11.2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.volume import Volume, Window

Grey = npt.NDArray[np.uint8]
PERCENTILES = (0.1, 99.9)
_SAMPLE = 500_000
_LUT_DTYPES = (np.dtype(np.uint8), np.dtype(np.int16), np.dtype(np.uint16))

PRESETS: dict[str, tuple[Window, ...]] = {
    "CT": (
        Window(40.0, 80.0, "Brain"),
        Window(80.0, 200.0, "Subdural"),
        Window(40.0, 40.0, "Stroke"),
        Window(600.0, 2800.0, "Bone"),
    ),
    "MR": (),
}
"""Named windows by modality. MR values have no absolute scale: there the percentiles serve."""


def _curve(values: npt.NDArray[np.float32], window: Window) -> npt.NDArray[np.float32]:
    """Window function on values, 0..1."""
    center, width = np.float32(window.center), np.float32(max(window.width, 1e-6))
    if window.function == "SIGMOID":
        with np.errstate(over="ignore"):
            shown = 1 / (1 + np.exp(-4 * (values - center) / width))
        return np.asarray(shown, dtype=np.float32)
    if window.function == "LINEAR" and width > 1:
        shown = (values - (center - np.float32(0.5))) / (width - 1) + np.float32(0.5)
    elif window.function == "LINEAR":
        shown = (values > center - np.float32(0.5)).astype(np.float32)
    else:
        shown = (values - center) / width + np.float32(0.5)
    return np.asarray(np.clip(shown, 0, 1), dtype=np.float32)


def _to_bytes(values: npt.NDArray[np.float32], window: Window, inverted: bool) -> Grey:
    shown = _curve(values, window)
    shown *= 255
    grey = np.rint(shown).astype(np.uint8)
    return np.asarray(255 - grey if inverted else grey, dtype=np.uint8)


@lru_cache(maxsize=64)
def _table(window: Window, dtype: str, inverted: bool) -> Grey:
    kind = np.dtype(dtype)
    info = np.iinfo(kind)
    values = np.arange(info.min, info.max + 1, dtype=np.int32)
    # Index by the bit pattern, so that no offset has to be added to each picture.
    table = np.empty(len(values), np.uint8)
    unsigned = np.dtype(f"u{kind.itemsize}")
    table[values.astype(kind).view(unsigned)] = _to_bytes(
        values.astype(np.float32), window, inverted
    )
    table.flags.writeable = False
    return table


def apply_window(array: npt.NDArray[Any], window: Window, inverted: bool = False) -> Grey:
    """Grey values 0..255 of any numeric array, same shape (DICOM LINEAR, LINEAR_EXACT, SIGMOID).

    ``inverted``: MONOCHROME1, high values are shown dark. NaN is shown as the lowest value.
    uint8, int16 and uint16 go through a cached table.
    """
    if array.dtype in _LUT_DTYPES:
        table = _table(window, array.dtype.str, inverted)
        return np.asarray(np.take(table, array.view(f"u{array.dtype.itemsize}")))
    values = np.nan_to_num(array.astype(np.float32), nan=window.center - 1e6)
    return _to_bytes(values, window, inverted)


def _sample(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """At most about half a million values, spread evenly (the same ones each time)."""
    flat = array.reshape(-1)
    step = max(1, flat.size // _SAMPLE)
    # An odd step does not fall in one column again and again.
    return flat[:: step | 1] if step > 1 else flat


def auto_window(array: npt.NDArray[Any], padding: tuple[float, float] | None = None) -> Window:
    """Window from the 0.1 to the 99.9 percentile of the values.

    ``padding``: values from-to that mean 'no data' and do not count.
    """
    values = _sample(array)
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if padding is not None:
        values = values[(values < padding[0]) | (values > padding[1])]
    if values.size == 0:
        return Window(0.5, 1.0, "Automatic", "LINEAR_EXACT")
    low, high = (float(v) for v in np.percentile(values, PERCENTILES))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    width = max(high - low, 1e-3 if values.dtype.kind == "f" else 1.0)
    return Window((low + high) / 2, width, "Automatic", "LINEAR_EXACT")


def initial_window(image: Volume | npt.NDArray[Any], windows: Sequence[Window] = ()) -> Window:
    """The window to begin with: the first usable one that the file names, else automatic.

    A window that shows nothing of the values but black or white is not usable.
    """
    if isinstance(image, Volume):
        windows = windows or image.windows
        image = image.array
    values = _sample(image)
    values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    for window in windows:
        if not (window.width > 0 and np.isfinite((window.center, window.width)).all()):
            continue
        begin, end = window.center - window.width / 2, window.center + window.width / 2
        if begin <= high and end >= low:
            return window
    return auto_window(image)
