"""Slices that need a decoder: compressed, bit-packed, colour, deflated (DICOM PS3.5 annex A)."""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    JPEG2000TransferSyntaxes,
    JPEGLSTransferSyntaxes,
    JPEGTransferSyntaxes,
)

from tumordesk.core.errors import ReadError
from tumordesk.io.header import Unusable, as_plain
from tumordesk.io.itk_fallback import decode_with_itk, needs_itk
from tumordesk.io.pixels import Array, unused_bits_removed
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet
from tumordesk.io.records import FileRecord, Slice

# Quicker than pydicom's first choice; the others are tried when it fails.
_PREFERRED = {str(syntax): "pyjpegls" for syntax in JPEGLSTransferSyntaxes}
_HTJ2K = tuple(f"1.2.840.10008.1.2.4.20{n}" for n in (1, 2, 3))
HOLDS_THE_INTERPRETER = (*map(str, JPEG2000TransferSyntaxes), *_HTJ2K, "1.2.840.10008.1.2.5")
"""Syntaxes whose decoders keep Python's lock: decoded in helper processes (measured)."""
_CODESTREAMS = (*map(str, (*JPEGTransferSyntaxes, *JPEGLSTransferSyntaxes)),
                *map(str, JPEG2000TransferSyntaxes), *_HTJ2K)  # fmt: skip


def is_compressed(record: FileRecord) -> bool:
    """True where the pixels are encapsulated."""
    syntax = UID(record.format.transfer_syntax)
    return bool(syntax.is_compressed) and syntax != DeflatedExplicitVRLittleEndian


def decode(item: Slice) -> Array:
    """Stored values (rows, columns), or RGB (rows, columns, 3) uint8.

    Raises:
        ReadError: the pixels are damaged or no decoder knows them; names the file and codec.
        OSError: the file cannot be opened.
    """
    record, name = item.file, item.file.path.name
    try:
        if needs_itk(record.format) and (found := decode_with_itk(item)) is not None:
            return unused_bits_removed(found, record.format)
        if record.format.transfer_syntax == DeflatedExplicitVRLittleEndian:
            plain = as_plain(record.path.read_bytes())
            return _decode_stream(io.BytesIO(plain), item)
        with record.path.open("rb") as stream:
            return _decode_stream(stream, item)
    except Unusable as reason:
        raise ReadError(f"{name}: {reason}.") from reason
    except OSError as error:
        if error.filename is not None:
            raise
        raise _cannot_decode(item, error) from error
    except HOSTILE_ERRORS as error:
        raise _cannot_decode(item, error) from error


def _cannot_decode(item: Slice, error: Exception) -> ReadError:
    syntax = UID(item.file.format.transfer_syntax).name
    return ReadError(
        f"{item.file.path.name}: its {syntax} pixels cannot be decoded ({type(error).__name__}).",
        "The file may be damaged.",
    )


def _decode_stream(stream: BinaryIO, item: Slice) -> Array:
    record, fmt = item.file, item.file.format
    tables = fmt.photometric == "PALETTE COLOR" or record.modality_lut
    with quiet():
        if is_compressed(record) and not tables:
            _check_codestream(stream, item)
            array = _decode_frame(stream, item)
        else:
            array = _decode_with_header(stream, item)
            if record.modality_lut and fmt.photometric != "PALETTE COLOR":
                return array
    if array.shape[:2] != (fmt.rows, fmt.columns):
        raise ReadError(
            f"{record.path.name}: the picture inside is {array.shape[1]} x {array.shape[0]}, "
            f"the header says {fmt.columns} x {fmt.rows}."
        )
    return _to_rgb(array) if fmt.colour else array


def _decode_frame(stream: BinaryIO, item: Slice) -> Array:
    """One encapsulated frame, by what the scan knows: the header is not parsed again."""
    record, fmt = item.file, item.file.format
    options: dict[str, Any] = {
        "rows": fmt.rows,
        "columns": fmt.columns,
        "samples_per_pixel": fmt.samples,
        "photometric_interpretation": fmt.photometric,
        "planar_configuration": fmt.planar,
        "bits_allocated": fmt.bits_allocated,
        "bits_stored": fmt.bits_stored,
        "pixel_representation": int(fmt.signed),
        "number_of_frames": record.frames,
        "pixel_keyword": "PixelData",
        "pixel_vr": "OB",
    }
    decoder = get_decoder(UID(fmt.transfer_syntax))
    preferred = _PREFERRED.get(fmt.transfer_syntax)
    for plugin in (preferred, "") if preferred else ("",):
        stream.seek(record.pixel_offset)
        try:
            array, _ = decoder.as_array(
                stream, index=item.frame or 0, decoding_plugin=plugin, **options
            )
        except HOSTILE_ERRORS:
            if not plugin:
                raise
        else:
            return array
    raise ReadError(f"{record.path.name}: no decoder for it.")


def _decode_with_header(stream: BinaryIO, item: Slice) -> Array:
    """A frame that is not compressed, or needs look-up tables of the header."""
    header: Dataset = Dataset()
    header.file_meta = FileMetaDataset()
    index = item.frame or 0
    stream.seek(0)
    try:
        array = pixel_array(stream, ds_out=header, index=index)
    except HOSTILE_ERRORS:
        # Odd encodings of the header are understood when the file is read as a whole.
        stream.seek(0)
        whole = dcmread(stream, force=True)
        array, header = pixel_array(whole, index=index), whole
    if item.file.format.photometric == "PALETTE COLOR":
        return np.asarray(apply_color_lut(array, header))
    if item.file.modality_lut:
        return np.asarray(apply_modality_lut(array, header))
    return array


def _to_rgb(array: Array) -> Array:
    """RGB (rows, columns, 3) uint8 of 8, 16 or 32-bit colour."""
    if array.ndim == 2:
        array = np.stack([array] * 3, axis=-1)
    bits = 8 * array.dtype.itemsize
    array = array[..., :3]
    return array if bits == 8 else (array >> (bits - 8)).astype(np.uint8)


def _check_codestream(stream: BinaryIO, item: Slice) -> None:
    """Refuse a codestream that declares another size than the header, before memory is taken."""
    record, fmt = item.file, item.file.format
    if fmt.transfer_syntax not in _CODESTREAMS:
        return
    stream.seek(record.pixel_offset)
    frame = get_frame(stream, item.frame or 0, number_of_frames=record.frames)
    size = codestream_size(frame[:4096])
    if size is not None and size != (fmt.rows, fmt.columns):
        raise ReadError(
            f"{record.path.name}: the compressed picture is {size[1]} x {size[0]}, "
            f"the header says {fmt.columns} x {fmt.rows}.",
            "The file is damaged.",
        )


def codestream_size(data: bytes) -> tuple[int, int] | None:
    """(rows, columns) that a JPEG, JPEG-LS or JPEG 2000 codestream declares, if found."""
    if data[:2] == b"\xff\x4f" and data[2:4] == b"\xff\x51" and len(data) >= 24:
        xsiz, ysiz, xoff, yoff = struct.unpack_from(">4L", data, 8)
        return (ysiz - yoff, xsiz - xoff)
    if data[:2] != b"\xff\xd8":
        return None
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        if (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)) or marker == 0xF7:
            rows, columns = struct.unpack_from(">HH", data, position + 5)
            return (rows, columns)
        position += 2 + length
    return None
