"""Slices that need a decoder: compressed, bit-packed, colour, deflated (DICOM PS3.5 annex A)."""

from __future__ import annotations

import io
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

from tumordesk.core.errors import ReadError, plain_reason
from tumordesk.io.codestream import declared, jpeg_ls_problem, lossless_jpeg_problem
from tumordesk.io.header import Unusable, as_plain
from tumordesk.io.itk_fallback import decode_with_itk, needs_itk
from tumordesk.io.pixels import Array, unused_bits_removed
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet
from tumordesk.io.records import FileRecord, PixelFormat, Slice

_LOSSLESS_JPEG = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
_JPEG_LS = tuple(map(str, JPEGLSTransferSyntaxes))
# gdcm ends the whole program on some damaged pictures (measured by fuzzing): it is asked only
# for lossless JPEG and some JPEG-LS, which no other decoder reads, after a look at the structure.
_PLUGINS: dict[str, tuple[str, ...]] = {
    **{str(syntax): ("pillow",) for syntax in JPEGTransferSyntaxes},
    **dict.fromkeys(_LOSSLESS_JPEG, ("gdcm",)),
    **dict.fromkeys(_JPEG_LS, ("pyjpegls", "gdcm")),
    **{str(syntax): ("pylibjpeg", "pillow") for syntax in JPEG2000TransferSyntaxes},
    "1.2.840.10008.1.2.5": ("pydicom",),
}
_HTJ2K = tuple(f"1.2.840.10008.1.2.4.20{n}" for n in (1, 2, 3))
_CODESTREAMS = (*map(str, (*JPEGTransferSyntaxes, *JPEGLSTransferSyntaxes)),
                *map(str, JPEG2000TransferSyntaxes), *_HTJ2K)  # fmt: skip


def must_be_isolated(fmt: PixelFormat) -> bool:
    """True where the only decoder can abort its process on a damaged picture (gdcm, ITK)."""
    return fmt.transfer_syntax in _LOSSLESS_JPEG or needs_itk(fmt)


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
            plain, _ = as_plain(record.path.read_bytes())
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
        f"{item.file.path.name}: its {syntax} pixels cannot be decoded ({plain_reason(error)}).",
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
    plugins = _PLUGINS.get(fmt.transfer_syntax, ("pylibjpeg",))
    for plugin in plugins:
        stream.seek(record.pixel_offset)
        try:
            array, _ = decoder.as_array(
                stream, index=item.frame or 0, decoding_plugin=plugin, **options
            )
        except HOSTILE_ERRORS:
            if plugin == plugins[-1]:
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
    """Refuse a codestream of another size than the header's, or one that aborts its decoder."""
    record, fmt, name = item.file, item.file.format, item.file.path.name
    if fmt.transfer_syntax not in _CODESTREAMS:
        return
    stream.seek(record.pixel_offset)
    frame = get_frame(stream, item.frame or 0, number_of_frames=record.frames)
    found = declared(frame)
    if found is not None and (found.rows, found.columns) != (fmt.rows, fmt.columns):
        raise ReadError(
            f"{name}: the compressed picture is {found.columns} x {found.rows}, "
            f"the header says {fmt.columns} x {fmt.rows}.",
            "The file is damaged.",
        )
    if found is not None and not found.plausible:
        raise ReadError(f"{name}: its compressed picture is absurd.", "The file is damaged.")
    if fmt.transfer_syntax in _JPEG_LS and (problem := jpeg_ls_problem(frame)):
        raise ReadError(f"{name}: its JPEG-LS is {problem}.", "The file is damaged.")
    if fmt.transfer_syntax in _LOSSLESS_JPEG and (problem := lossless_jpeg_problem(frame)):
        raise ReadError(f"{name}: its lossless JPEG is {problem}.", "The file is damaged.")
