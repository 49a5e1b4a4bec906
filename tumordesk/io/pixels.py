"""One slice of a DICOM file as numbers: stored values, then modality values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian

from tumordesk.core.errors import ReadError
from tumordesk.io.records import FileRecord, PixelFormat, Slice

Array = npt.NDArray[Any]
_INTEGERS = (np.dtype(np.uint8), np.dtype(np.int16), np.dtype(np.uint16))


def stored_range(fmt: PixelFormat) -> tuple[int, int]:
    """Lowest and highest value that the stored bits can hold."""
    if fmt.signed:
        return -(2 ** (fmt.bits_stored - 1)), 2 ** (fmt.bits_stored - 1) - 1
    return 0, 2**fmt.bits_stored - 1


def modality_dtype(slices: Sequence[Slice]) -> np.dtype[Any]:
    """The one dtype that holds the modality values of all slices exactly.

    uint8, int16 or uint16 where rescaling stays whole and in range, float32 otherwise;
    uint8 for colour.
    """
    if slices[0].file.format.colour:
        return np.dtype(np.uint8)
    low, high = np.inf, -np.inf
    for item in slices:
        fmt = item.file.format
        if fmt.floating or item.slope != int(item.slope) or item.intercept != int(item.intercept):
            return np.dtype(np.float32)
        if item.file.modality_lut:
            return np.dtype(np.float32)
        ends = [v * item.slope + item.intercept for v in stored_range(fmt)]
        low, high = min(low, *ends), max(high, *ends)
    for dtype in _INTEGERS:
        info = np.iinfo(dtype)
        if info.min <= low and high <= info.max:
            return dtype
    return np.dtype(np.float32)


def is_native(record: FileRecord) -> bool:
    """True where the pixels are plain numbers in the file, grey and not bit-packed."""
    fmt = record.format
    if record.pixel_length is None or record.modality_lut or fmt.colour or fmt.bits_allocated == 1:
        return False
    if (
        fmt.transfer_syntax == DeflatedExplicitVRLittleEndian
        or UID(fmt.transfer_syntax).is_compressed
    ):
        return False
    return not (fmt.transfer_syntax == ExplicitVRBigEndian and fmt.bits_allocated == 8)


def read_native(item: Slice, out: Array | None = None) -> Array:
    """Stored values (rows, columns) of an uncompressed slice, straight from the file.

    ``out``: a C-contiguous array of the stored dtype to fill.

    Raises:
        ReadError: the file is shorter than it was when it was scanned.
        OSError: it cannot be opened.
    """
    record, fmt = item.file, item.file.format
    dtype = _stored_dtype(fmt)
    count = fmt.rows * fmt.columns
    out = np.empty(count, dtype=dtype) if out is None else out.reshape(count)
    with record.path.open("rb", buffering=0) as stream:
        stream.seek(record.pixel_offset + (item.frame or 0) * count * dtype.itemsize)
        view = memoryview(out.view(np.uint8).data)
        done = 0
        while done < len(view):
            got = stream.readinto(view[done:])
            if not got:
                raise ReadError(
                    f"{record.path.name}: the file is shorter than when it was found.",
                    "Was it changed or cut off? Open the folder again.",
                )
            done += got
    if not dtype.isnative:
        out = out.byteswap(inplace=True).view(dtype.newbyteorder("="))
    return unused_bits_removed(out.reshape(fmt.rows, fmt.columns), fmt)


def native_target(item: Slice, out: Array) -> Array | None:
    """``out`` seen in the stored dtype, where the slice can be read straight into it."""
    dtype = _stored_dtype(item.file.format)
    plain = item.slope == 1.0 and item.intercept == 0.0 and dtype.isnative
    same = dtype.itemsize == out.dtype.itemsize and (dtype.kind == "f") == (out.dtype.kind == "f")
    if not (plain and same and is_native(item.file) and out.flags.c_contiguous):
        return None
    # Same bits: modality_dtype() chose a type in which every stored value keeps its value.
    return out.view(dtype)


def _stored_dtype(fmt: PixelFormat) -> np.dtype[Any]:
    kind = "f" if fmt.floating else ("i" if fmt.signed else "u")
    order = "<" if fmt.little_endian else ">"
    return np.dtype(f"{order}{kind}{fmt.bits_allocated // 8}")


def unused_bits_removed(array: Array, fmt: PixelFormat) -> Array:
    """Values from bits 'high bit' down to 'high bit - bits stored + 1' alone (PS3.5 8.1.1).

    Overlays and padding may sit in the other bits. Works in place on ``array``.
    """
    if fmt.floating or fmt.bits_stored == fmt.bits_allocated:
        return array
    left = fmt.bits_allocated - 1 - fmt.high_bit
    right = fmt.bits_allocated - fmt.bits_stored
    if left == 0 and right == 0:
        return array
    if not fmt.signed and left == right:
        np.bitwise_and(array, array.dtype.type(2**fmt.bits_stored - 1), out=array)
        return array
    np.left_shift(array, left, out=array)
    np.right_shift(array, right, out=array)
    return array


def rescaled(stored: Array, item: Slice, dtype: np.dtype[Any]) -> Array:
    """Modality values (slope, intercept; DICOM PS3.3 C.7.6.16.2.9) in ``dtype``."""
    if item.slope == 1.0 and item.intercept == 0.0:
        return stored.astype(dtype, copy=False)
    if dtype.kind == "f":
        out = stored.astype(np.float32)
        if item.slope != 1.0:
            out *= np.float32(item.slope)
        out += np.float32(item.intercept)
        return out
    wide = stored.astype(np.int32)
    if item.slope != 1.0:
        wide *= int(item.slope)
    wide += int(item.intercept)
    return wide.astype(dtype)
