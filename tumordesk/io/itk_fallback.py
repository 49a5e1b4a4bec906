"""SimpleITK as the last decoder, its changes undone (it rescales, and inverts MONOCHROME1)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from pydicom.uid import UID, ExplicitVRBigEndian

from tumordesk.io.pixels import Array, stored_range
from tumordesk.io.quiet import HOSTILE_ERRORS
from tumordesk.io.records import Slice

_LARGEST = 256 * 2**20


def decode_with_itk(item: Slice) -> Array | None:
    """Stored values of a compressed grey or RGB slice, or None when SimpleITK fails as well.

    Never for big endian (SimpleITK swaps words in it) or where the header is untrusted in size.
    """
    record, fmt = item.file, item.file.format
    compressed = UID(fmt.transfer_syntax).is_compressed
    too_large = fmt.frame_bits // 8 * record.frames > _LARGEST
    if not compressed or fmt.transfer_syntax == ExplicitVRBigEndian or too_large:
        return None
    try:
        array = _read(record.path)
    except HOSTILE_ERRORS:
        return None
    if array.ndim == 4 or (array.ndim == 3 and not fmt.colour):
        array = array[item.frame or 0]
    if array.shape[:2] != (fmt.rows, fmt.columns):
        return None
    if fmt.colour:
        return array.astype(np.uint8) if array.ndim == 3 and array.dtype == np.uint8 else None
    stored = (array.astype(np.float64) - item.intercept) / item.slope
    low, high = stored_range(fmt)
    if fmt.photometric == "MONOCHROME1":
        stored = high + low - stored
    kind = np.dtype(f"{'i' if fmt.signed else 'u'}{fmt.bits_allocated // 8}")
    return np.clip(np.rint(stored), low, high).astype(kind)


def _read(path: Path) -> Array:
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    if str(path).isascii():
        return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(path))))
    with tempfile.TemporaryDirectory(prefix="tumordesk-") as folder:
        copy = Path(folder) / "slice.dcm"
        shutil.copyfile(path, copy)
        return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(copy))))
