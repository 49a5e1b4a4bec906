"""One slice of a DICOM series in modality values, whatever its encoding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tumordesk.core.errors import ReadError, plain_reason
from tumordesk.io.codec import decode, must_be_isolated
from tumordesk.io.pixels import Array, is_native, native_target, read_native, rescaled
from tumordesk.io.records import Slice

_HUGE_PIXELS = 30_000_000
# Rough decoding cost in nanoseconds a pixel (measured on one core); others 10.
_COST_NS = {
    "1.2.840.10008.1.2.4.57": 35.0,
    "1.2.840.10008.1.2.4.70": 35.0,
    "1.2.840.10008.1.2.4.80": 30.0,
    "1.2.840.10008.1.2.4.81": 30.0,
    "1.2.840.10008.1.2.4.90": 90.0,
    "1.2.840.10008.1.2.4.91": 60.0,
    "1.2.840.10008.1.2.4.201": 40.0,
    "1.2.840.10008.1.2.4.202": 40.0,
    "1.2.840.10008.1.2.4.203": 40.0,
    "1.2.840.10008.1.2.5": 15.0,
}


def decoding_seconds(item: Slice) -> float:
    """About how long this slice keeps a core (and Python's lock) busy; 0 for plain numbers."""
    if is_native(item.file):
        return 0.0
    fmt = item.file.format
    cost = _COST_NS.get(fmt.transfer_syntax, 10.0)
    return 0.001 + fmt.rows * fmt.columns * fmt.samples * cost * 1e-9


def isolated(item: Slice) -> bool:
    """True for slices that only a helper process may decode: risky codecs, huge pictures."""
    fmt = item.file.format
    huge = fmt.rows * fmt.columns > _HUGE_PIXELS and not is_native(item.file)
    return huge or must_be_isolated(fmt)


def finished(item: Slice, dtype: np.dtype[Any]) -> Array:
    """(rows, columns) modality values of ``dtype``, or (rows, columns, 3) uint8.

    Slices whose decoder could end the program are decoded in a helper process.

    Raises:
        ReadError: damaged, or gone; names the file.
    """
    if not isolated(item):
        return finished_here(item, dtype)
    from tumordesk.io.pool import decode_one

    result = decode_one(item, dtype)
    if isinstance(result, str):
        raise ReadError(result)
    return result


def finished_here(item: Slice, dtype: np.dtype[Any]) -> Array:
    """:func:`finished`, in this process whatever the codec."""
    with _told(item):
        stored = read_native(item) if is_native(item.file) else decode(item)
    if stored.ndim == 3 or item.file.modality_lut:
        return stored.astype(dtype, copy=False)
    return rescaled(stored, item, dtype)


def finish_into(item: Slice, out: Array) -> None:
    """:func:`finished` into ``out``; uncompressed slices without a copy on the way."""
    target = native_target(item, out)
    if target is None:
        out[...] = finished(item, out.dtype)
        return
    with _told(item):
        read_native(item, target)


@contextmanager
def _told(item: Slice) -> Iterator[None]:
    """What the system raises, as a ReadError that names the file."""
    name = item.file.path.name
    try:
        yield
    except OSError as error:
        reason = plain_reason(error)
        raise ReadError(f"{name} cannot be opened: {reason}.") from error
    except MemoryError as error:
        raise ReadError(f"{name}: not enough memory to decode it.") from error


def finished_or_reason(item: Slice, dtype: np.dtype[Any]) -> Array | str:
    """:func:`finished_here`, or the reason as text. Nothing else comes out of it."""
    try:
        return finished_here(item, dtype)
    except ReadError as error:
        return error.message
    except BaseException as error:  # noqa: BLE001 - codecs in other languages panic past Exception
        return f"{item.file.path.name}: its pixels cannot be decoded ({plain_reason(error)})."
