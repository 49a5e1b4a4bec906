"""Writes results so that they are whole, verified, or not there."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import WriteError
from tumordesk.core.geometry import Geometry
from tumordesk.core.jsonio import atomic_write
from tumordesk.io.header import Unusable
from tumordesk.io.nifti import read_nifti_header, read_voxels
from tumordesk.io.nifti_write import build_nifti_header

_KEPT = (np.uint8, np.int16, np.uint16, np.float32)


def write_nifti(
    path: Path,
    array: npt.NDArray[Any],
    geometry: Geometry,
    *,
    overwrite: bool = False,
    made_by: str = "",
) -> None:
    """Write (slice, row, column) voxels as NIfTI-1 (gzipped where the name ends in .gz).

    The LPS affine becomes sform and qform (RAS). Without an affine both codes are 0; without
    spacing voxels are 1 x 1 x 1 of no unit; 'descrip' says so. bool becomes uint8; uint8, int16,
    uint16 and float32 are kept. ``made_by`` stands in 'descrip' too, as far as there is room (79
    characters of ASCII). The file is read back and compared before it takes its place.

    Raises:
        WriteError: disk full, no permission, the file is there already, or it reads back wrong.
        ValueError: shape is not the geometry's, or a dtype that is not kept.
    """
    array = array.astype(np.uint8) if array.dtype == np.bool_ else array
    if array.shape != geometry.shape:
        raise ValueError(f"array {array.shape} is not {geometry.shape}")
    if array.dtype not in _KEPT:
        raise ValueError(f"dtype {array.dtype} is not written")
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    words = "; ".join(part for part in (_description(geometry), made_by) if part)
    header = build_nifti_header(
        geometry.shape, plain.dtype, geometry.spacing_mm, geometry.affine, words
    )

    def write(temporary: Path) -> None:
        with temporary.open("wb") as raw:
            if path.name.endswith(".gz"):
                with gzip.GzipFile("", "wb", 4, raw, mtime=0) as packed:
                    packed.write(header)
                    packed.write(plain.data)
            else:
                raw.write(header)
                raw.write(plain.data)
        _verify_nifti(temporary, plain, path.name)

    atomic_write(path, write, overwrite=overwrite)


def _description(geometry: Geometry) -> str:
    if geometry.spacing_mm is None:
        return "TumorDesk: no spacing known; voxels, not mm"
    if geometry.affine is None:
        return f"TumorDesk: position unknown ({geometry.verdict.value})"
    return "TumorDesk: research use only"


def _verify_nifti(path: Path, expected: npt.NDArray[Any], name: str) -> None:
    try:
        found = read_voxels(path, read_nifti_header(path))
    except Unusable as reason:
        raise WriteError(f"{name} reads back damaged: {reason}.", "Is the disk full?") from reason
    if found.shape != expected.shape or not np.array_equal(found, expected, equal_nan=False):
        if expected.dtype.kind == "f" and np.array_equal(found, expected, equal_nan=True):
            return
        raise WriteError(f"{name} reads back different from what was written.", "Try again.")


def write_png(path: Path, rgb: npt.NDArray[np.uint8], *, overwrite: bool = False) -> None:
    """Write a (rows, columns, 3) or (rows, columns) uint8 picture as PNG, without metadata.

    Raises:
        WriteError: as :func:`write_nifti`. ValueError: another dtype or shape.
    """
    from PIL import Image, UnidentifiedImageError

    if rgb.dtype != np.uint8 or rgb.ndim not in (2, 3) or (rgb.ndim == 3 and rgb.shape[2] != 3):
        raise ValueError("a picture is uint8, (rows, columns) or (rows, columns, 3)")

    def write(temporary: Path) -> None:
        Image.fromarray(np.ascontiguousarray(rgb)).save(temporary, format="PNG")
        try:
            with Image.open(temporary) as picture:
                same = np.array_equal(np.asarray(picture), rgb)
        except (UnidentifiedImageError, SyntaxError, ValueError) as error:
            raise WriteError(f"{path.name} reads back damaged.", "Is the disk full?") from error
        if not same:
            raise WriteError(f"{path.name} reads back different from what was written.")

    atomic_write(path, write, overwrite=overwrite)
