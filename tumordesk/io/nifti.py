"""Reads NIfTI-1 and NIfTI-2 (nifti.nimh.nih.gov, nifti1.h and nifti2.h)."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import FloatArray
from tumordesk.io.header import Unusable

DTYPES: dict[int, str] = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 128: "rgb", 256: "i1", 512: "u2", 768: "u4",
    1024: "i8", 1280: "u8", 2304: "rgba",
}  # fmt: skip
_MM = {1: 1000.0, 2: 1.0, 3: 0.001}
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
HEADER_BYTES = 544
_MAX_EXTENT = 32767
_BLOCK = 1 << 20


@dataclass(frozen=True)
class NiftiHeader:
    """What matters of a header. ``affine`` maps (slice, row, column) to LPS mm, or is None.

    ``shape`` is (slices, rows, columns) of one volume, ``volumes`` how many there are;
    ``spacing`` is in mm, or None where the units are not said. ``dtype`` is a name of DTYPES,
    ``axes`` how many the file has, of one voxel too.
    """

    shape: tuple[int, int, int]
    volumes: int
    dtype: str
    order: str
    offset: int
    slope: float
    intercept: float
    spacing: tuple[float, float, float] | None
    affine: FloatArray | None
    orientation_note: str
    description: str
    axes: int = 3

    @property
    def voxel_bytes(self) -> int:
        """Bytes of one voxel in the file."""
        return {"rgb": 3, "rgba": 4}.get(self.dtype) or np.dtype(self.dtype).itemsize


@contextmanager
def open_stream(path: Path) -> Iterator[BinaryIO]:
    """The file, unzipped on the way where it is gzipped (by content, not by name)."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if not packed:
            yield stream
            return
        with gzip.GzipFile(fileobj=stream) as unpacked:
            yield unpacked  # type: ignore[misc]


def read_nifti_header(path: Path) -> NiftiHeader:
    """Parse the header of a .nii or .nii.gz file.

    Raises:
        Unusable: it is no NIfTI file, or broken. OSError: it cannot be opened.
    """
    try:
        with open_stream(path) as stream:
            data = stream.read(HEADER_BYTES)
    except (EOFError, zlib.error) as error:
        raise Unusable("cut off or damaged (gzip)") from error
    return parse_nifti_header(data)


def parse_nifti_header(data: bytes) -> NiftiHeader:
    """NiftiHeader of the first bytes of a (decompressed) file; raises Unusable."""
    if len(data) < 348:
        raise Unusable("not a NIfTI file: too short")
    for order in "<>":
        (size,) = struct.unpack_from(order + "i", data)
        if size == 348:
            return _version_1(data, order)
        if size == 540 and len(data) >= 540:
            return _version_2(data, order)
    raise Unusable("not a NIfTI file")


def _version_1(data: bytes, order: str) -> NiftiHeader:
    magic = data[344:348]
    if magic[:3] == b"ni1":
        raise Unusable("NIfTI header without its image (.hdr/.img pair): convert it to .nii")
    if magic[:3] != b"n+1":
        raise Unusable("an Analyze file, whose orientation is ambiguous: convert it to NIfTI")
    dim = struct.unpack_from(order + "8h", data, 40)
    (datatype,) = struct.unpack_from(order + "h", data, 70)
    pixdim = struct.unpack_from(order + "8f", data, 76)
    offset, slope, intercept = struct.unpack_from(order + "3f", data, 108)
    codes = struct.unpack_from(order + "2h", data, 252)
    quaternion = struct.unpack_from(order + "6f", data, 256)
    rows = struct.unpack_from(order + "12f", data, 280)
    return _header(dim, datatype, pixdim, offset, (slope, intercept), codes, quaternion, rows,
                   data[123], data[148:228], order)  # fmt: skip


def _version_2(data: bytes, order: str) -> NiftiHeader:
    if data[4:7] != b"n+2":
        raise Unusable("NIfTI-2 header without its image (.hdr/.img pair): convert it to .nii")
    (datatype,) = struct.unpack_from(order + "h", data, 12)
    dim = struct.unpack_from(order + "8q", data, 16)
    pixdim = struct.unpack_from(order + "8d", data, 104)
    (offset,) = struct.unpack_from(order + "q", data, 168)
    scale = struct.unpack_from(order + "2d", data, 176)
    codes = struct.unpack_from(order + "2i", data, 344)
    quaternion = struct.unpack_from(order + "6d", data, 352)
    rows = struct.unpack_from(order + "12d", data, 400)
    (units,) = struct.unpack_from(order + "i", data, 500)
    return _header(dim, datatype, pixdim, offset, scale, codes, quaternion, rows,
                   units & 0xFF, data[240:320], order)  # fmt: skip


def _header(
    dim: tuple[int, ...],
    datatype: int,
    pixdim: tuple[float, ...],
    offset: float,
    scale: tuple[float, ...],
    codes: tuple[int, ...],
    quaternion: tuple[float, ...],
    rows: tuple[float, ...],
    units: int,
    text: bytes,
    order: str,
) -> NiftiHeader:
    count = dim[0]
    if not 1 <= count <= 7 or any(not 1 <= n <= 2**31 for n in dim[1 : count + 1]):
        raise Unusable("damaged NIfTI header: impossible dimensions")
    size = [*dim[1 : count + 1], 1, 1, 1][:3]
    if max(size) > _MAX_EXTENT:
        raise Unusable("damaged NIfTI header: impossible dimensions")
    if datatype not in DTYPES:
        raise Unusable(f"NIfTI data type {datatype} is not read")
    if not np.isfinite(offset) or not 0 <= offset < 2**31:
        raise Unusable("damaged NIfTI header: impossible data offset")
    slope = scale[0] if np.isfinite(scale[0]) and scale[0] != 0 else 1.0
    intercept = scale[1] if np.isfinite(scale[1]) and scale[0] != 0 else 0.0
    unit = _MM.get(units & 7)
    affine, note = _affine(codes, quaternion, rows, pixdim, unit if unit is not None else 1.0)
    steps = [abs(v) for v in (pixdim[3], pixdim[2], pixdim[1])]
    spacing = None
    if unit is not None and all(np.isfinite(v) and v > 0 for v in steps):
        spacing = (steps[0] * unit, steps[1] * unit, steps[2] * unit)
    if affine is not None:
        lengths = np.linalg.norm(affine[:3, :3], axis=0)
        spacing = (float(lengths[0]), float(lengths[1]), float(lengths[2]))
    return NiftiHeader(
        shape=(int(size[2]), int(size[1]), int(size[0])),
        volumes=int(np.prod(dim[4 : count + 1], dtype=np.int64)) if count > 3 else 1,
        dtype=DTYPES[datatype],
        order=order,
        offset=int(offset),
        slope=float(slope),
        intercept=float(intercept),
        spacing=spacing,
        affine=affine,
        orientation_note=note,
        description=text.split(b"\0")[0].decode("latin-1").strip(),
        axes=int(count),
    )


def _affine(
    codes: tuple[int, ...],
    quaternion: tuple[float, ...],
    rows: tuple[float, ...],
    pixdim: tuple[float, ...],
    unit: float,
) -> tuple[FloatArray | None, str]:
    """(slice, row, column) to LPS mm: sform where its code is set, else qform, else None."""
    qform_code, sform_code = codes
    matrix = None
    if sform_code > 0:
        matrix = np.vstack([np.reshape(rows, (3, 4)), [0, 0, 0, 1]]).astype(np.float64)
    if (matrix is None or not _usable(matrix)) and qform_code > 0:
        matrix = _from_quaternion(quaternion, pixdim)
    if matrix is None or not _usable(matrix):
        return None, "the file does not say how the picture lies in the patient"
    matrix[:3] *= unit
    lps = RAS_TO_LPS @ matrix
    return np.ascontiguousarray(lps[:, [2, 1, 0, 3]]), ""


def _usable(matrix: FloatArray) -> bool:
    if not np.isfinite(matrix).all():
        return False
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    if lengths.min() <= 1e-6 or lengths.max() > 1e5:
        return False
    return bool(abs(np.linalg.det(matrix[:3, :3] / lengths)) > 0.1)


def _from_quaternion(quaternion: tuple[float, ...], pixdim: tuple[float, ...]) -> FloatArray:
    b, c, d, x, y, z = quaternion
    a = np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
        ]
    )
    factor = -1.0 if pixdim[0] < 0 else 1.0
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * np.array([pixdim[1], pixdim[2], pixdim[3] * factor])
    matrix[:3, 3] = (x, y, z)
    return matrix


def missing_kb(path: Path, header: NiftiHeader) -> int:
    """How much of the voxels that ``header`` promises is not in the file, in KB; 0 where all are.

    Raises:
        Unusable: the gzip stream is damaged. OSError: it cannot be opened.
    """
    voxels = int(np.prod(header.shape, dtype=np.int64)) * header.volumes
    wanted = header.offset + voxels * header.voxel_bytes
    there = _length(path, wanted)
    return -(-(wanted - there) // 1024) if there < wanted else 0


def _length(path: Path, wanted: int) -> int:
    """Bytes of the unpacked file, at least as far as ``wanted``."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        end = stream.seek(0, os.SEEK_END)
        if not packed:
            return end
        stream.seek(max(0, end - 4))
        # The last bytes of a whole gzip file are its length (RFC 1952, ISIZE), so that it need not
        # be unpacked; of several members they are that of the last.
        if int.from_bytes(stream.read(4), "little") == wanted % 2**32:
            return wanted
    there = 0
    try:
        with open_stream(path) as stream:
            while there < wanted and (block := stream.read(_BLOCK)):
                there += len(block)
    except EOFError:
        return there
    except zlib.error as error:
        raise Unusable("damaged (gzip)") from error
    return there


def read_voxels(
    path: Path, header: NiftiHeader, only_slice: int | None = None, volume: int = 0
) -> npt.NDArray[Any]:
    """Stored voxels of one volume, (slice, row, column) or (slice, row, column, 3).

    ``only_slice``: just this one, without the first axis; the rest is not decoded. ``volume``:
    which of several in the file, from 0.

    Raises:
        Unusable: cut off or damaged. OSError: cannot be opened.
    """
    shape = header.shape if only_slice is None else header.shape[1:]
    buffer = bytearray(int(np.prod(shape, dtype=np.int64)) * header.voxel_bytes)
    before = volume * int(np.prod(header.shape, dtype=np.int64)) * header.voxel_bytes
    view = memoryview(buffer)
    done = 0
    try:
        with open_stream(path) as stream:
            stream.seek(header.offset + before + (only_slice or 0) * len(view))
            while done < len(view) and (got := stream.readinto(view[done:])):  # type: ignore[attr-defined]
                done += got
    except (EOFError, zlib.error) as error:
        raise Unusable("cut off or damaged (gzip)") from error
    if done < len(view):
        raise Unusable(f"cut off: {done // 1024} of {len(view) // 1024} KB of voxels are there")
    if header.dtype in ("rgb", "rgba"):
        array = np.frombuffer(buffer, np.uint8).reshape(*shape, header.voxel_bytes)
        return np.ascontiguousarray(array[..., :3])
    return np.frombuffer(buffer, np.dtype(header.order + header.dtype)).reshape(shape)
