"""SimpleITK as a decoder, its changes undone (it rescales, and inverts MONOCHROME1)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np

from tumordesk.io.pixels import Array, stored_range
from tumordesk.io.quiet import HOSTILE_ERRORS
from tumordesk.io.records import PixelFormat, Slice

_LOSSY_JPEG = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (51, 52, 53, 54, 55, 56))
_LARGEST = 256 * 2**20


def needs_itk(fmt: PixelFormat) -> bool:
    """True for lossy JPEG with more than 8 bits, which no other permitted decoder reads."""
    return fmt.transfer_syntax in _LOSSY_JPEG and fmt.bits_stored > 8 and not fmt.colour


def decode_with_itk(item: Slice) -> Array | None:
    """Stored values (rows, columns) of a compressed grey slice, or None when ITK fails."""
    record, fmt = item.file, item.file.format
    if record.size > _LARGEST or fmt.frame_bits // 8 * record.frames > _LARGEST:
        return None
    try:
        array = _read(record.path)
    except HOSTILE_ERRORS:
        return None
    if array.ndim == 3 and (item.frame or 0) < len(array):
        array = array[item.frame or 0]
    if array.shape != (fmt.rows, fmt.columns):
        return None
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
