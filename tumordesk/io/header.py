"""One DICOM file's header, read without trusting it: bounded in bytes, elements and seconds."""

from __future__ import annotations

import io
import struct
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.dataset import FileDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from tumordesk.core.errors import plain_reason
from tumordesk.io import tags
from tumordesk.io.known_others import reason_for
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet, silence_parser_logs

PREFIX_BYTES = 128 * 1024
MAX_HEADER_BYTES = 128 * 2**20
MAX_INFLATED_BYTES = 512 * 2**20
_DEFLATED_HEADER_BYTES = 8 * 2**20
_INFLATE_STEP = 2**20
_MAX_READS = 3_000_000
_MAX_SECONDS = 20.0
_UNDEFINED = 0xFFFFFFFF
_LONG_VRS = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"UN")
_PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)

silence_parser_logs()


class Unusable(Exception):
    """A file that cannot be shown; the text is the reason, in words a person understands."""


class NotDicom(Unusable):
    """Not a DICOM file at all (it may still be a picture)."""


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixels are: element tag, offset of the value, bytes there (None = encapsulated)."""

    tag: int
    offset: int
    length: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header. ``available`` is the length of the file, inflated where it is deflated."""

    dataset: FileDataset
    transfer_syntax: str
    little_endian: bool
    pixels: PixelElement | None
    available: int


class _Guarded(io.BytesIO):
    """Bytes that give up after an absurd number of reads or seconds."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._reads = 0
        self._deadline = time.monotonic() + _MAX_SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads % 4096 == 0 and (
            self._reads > _MAX_READS or time.monotonic() > self._deadline
        ):
            raise Unusable("the header is absurdly large; the file is broken or hostile")
        return super().read(size)


def meta_transfer_syntax(prefix: bytes) -> tuple[str, int]:
    """Transfer syntax UID ('' when absent) and the offset where the data set begins.

    ``prefix`` begins with a preamble and 'DICM'. Group 0002 is always explicit little endian
    (PS3.10 7.1); lengths that point outside the prefix end the search.
    """
    position, syntax = 132, ""
    while position + 8 <= len(prefix):
        group, element, vr, length = struct.unpack_from("<HH2sH", prefix, position)
        if group != 2:
            break
        value = position + 8
        if vr in (*_LONG_VRS, b"SQ", b"UT", b"UC", b"UR"):
            if value + 4 > len(prefix):
                break
            (length,) = struct.unpack_from("<L", prefix, value)
            value += 4
        if length > len(prefix) - value:
            raise Unusable("damaged header: a length points far outside the file")
        if element == 0x0010:
            syntax = prefix[value : value + length].rstrip(b"\x00 ").decode("ascii", "replace")
        position = value + length
    return syntax, position


def _looks_like_bare_dataset(prefix: bytes) -> bool:
    """A data set without preamble begins with a low group and a sane first element."""
    if len(prefix) < 16:
        return False
    group, element = struct.unpack_from("<HH", prefix)
    if group not in (0x0002, 0x0008) or element > 0x2000:
        return struct.unpack_from(">HH", prefix)[0] == 0x0008 and prefix[4:6].isalpha()
    if prefix[4:6].isalpha() and prefix[4:6].isupper():
        return True
    return bool(struct.unpack_from("<L", prefix, 4)[0] <= 256)


def inflate(data: bytes, keep: int = MAX_INFLATED_BYTES) -> tuple[bytes, int]:
    """A raw deflate stream: its first ``keep`` bytes inflated, and how long it is inflated.

    Raises:
        Unusable: the stream is damaged, or inflates to more than MAX_INFLATED_BYTES.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    kept, total, left = bytearray(), 0, data
    try:
        while left and not stream.eof:
            piece = stream.decompress(left, _INFLATE_STEP)
            left = stream.unconsumed_tail
            total += len(piece)
            kept += piece[: max(0, keep - len(kept))]
            if total > MAX_INFLATED_BYTES:
                raise Unusable(
                    f"refused: {len(data) // 1024} KB inflate to more than "
                    f"{MAX_INFLATED_BYTES // 2**20} MB (a decompression bomb?)"
                )
    except zlib.error as error:
        raise Unusable("the deflated data in it is damaged") from error
    return bytes(kept), total


def as_plain(data: bytes, keep: int = MAX_INFLATED_BYTES) -> tuple[bytes, int]:
    """A deflated DICOM file as the same file in explicit VR little endian, and its length.

    Only the first ``keep`` bytes after the meta group are inflated.
    """
    syntax, offset = meta_transfer_syntax(data[: PREFIX_BYTES * 8])
    meta = data[:offset]
    new = ExplicitVRLittleEndian.encode("ascii").ljust(len(syntax) + len(syntax) % 2, b"\x00")
    meta = meta.replace(syntax.encode("ascii").ljust(len(new), b"\x00"), new, 1)
    body, length = inflate(data[offset:], keep)
    return meta + body, len(meta) + length


def _parse(data: bytes, *, complete: bool) -> tuple[FileDataset | None, int]:
    """Data set and the position after it; None when more bytes might help."""
    stream = _Guarded(data)
    try:
        with quiet():
            dataset = pydicom.dcmread(
                stream, stop_before_pixels=True, force=True, specific_tags=list(tags.WANTED)
            )
    except Unusable:
        raise
    except RecursionError as error:
        raise Unusable("sequences nested absurdly deep; the file is broken or hostile") from error
    except HOSTILE_ERRORS as error:
        if not complete:
            return None, 0
        raise Unusable(f"damaged DICOM header ({plain_reason(error)})") from error
    position = stream.tell()
    if position >= len(data) and not complete:
        return None, position
    return dataset, position


def _pixel_element(data: bytes, position: int, implicit: bool, little: bool) -> PixelElement | None:
    order = "<" if little else ">"
    head = data[position : position + 12]
    if len(head) < 8:
        return None
    group, element = struct.unpack_from(order + "HH", head)
    tag = group << 16 | element
    if tag not in _PIXEL_TAGS:
        return None
    # Some files are implicit although their transfer syntax is not: the bytes decide.
    if not implicit and head[4:6] in _LONG_VRS and head[6:8] == b"\0\0" and len(head) == 12:
        length, offset = struct.unpack_from(order + "L", head, 8)[0], position + 12
    else:
        length, offset = struct.unpack_from(order + "L", head, 4)[0], position + 8
    return PixelElement(tag, offset, None if length == _UNDEFINED else length)


def _syntax_of(dataset: FileDataset, declared: str) -> tuple[str, bool, bool]:
    """(transfer syntax, implicit VR, little endian) as it was really read."""
    implicit, little = dataset.original_encoding
    implicit, little = bool(implicit), little is not False
    if not declared:
        declared = str(ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian)
        if not little:
            declared = str(ExplicitVRBigEndian)
    return declared, implicit, little


def read_header(path: Path, prefix: bytes | None = None) -> Header:
    """Header of one DICOM file, everything before the pixels.

    ``prefix``: the first PREFIX_BYTES of the file where the caller has them already.

    Raises:
        NotDicom: it is something else.
        Unusable: it is DICOM, but broken or hostile.
        OSError: it cannot be opened.
    """
    size = path.stat().st_size
    if prefix is None:
        with path.open("rb") as stream:
            prefix = stream.read(PREFIX_BYTES)
    if prefix[128:132] == b"DICM":
        declared, _ = meta_transfer_syntax(prefix)
    elif _looks_like_bare_dataset(prefix):
        declared = ""
    else:
        raise NotDicom(reason_for(prefix))
    if declared == DeflatedExplicitVRLittleEndian:
        if size > MAX_INFLATED_BYTES:
            raise Unusable("deflated files of this size are not read")
        data, size = as_plain(path.read_bytes(), keep=_DEFLATED_HEADER_BYTES)
        return _grow(data[:PREFIX_BYTES], size, declared, io.BytesIO(data), len(data))
    with path.open("rb") as source:
        return _grow(prefix, size, declared, source, size)


def _grow(prefix: bytes, size: int, declared: str, source: io.BufferedIOBase, there: int) -> Header:
    """Parse the prefix, and more of the file while that is not enough.

    ``size`` is the file's length, ``there`` how much of it ``source`` has.
    """
    data = prefix
    while True:
        complete = len(data) >= min(there, MAX_HEADER_BYTES)
        dataset, position = _parse(data, complete=complete)
        if dataset is not None:
            break
        source.seek(0)
        data = source.read(min(len(data) * 8, MAX_HEADER_BYTES))
    bare = data[128:132] != b"DICM"
    if bare and not any(tag in dataset for tag in tags.PROOF_OF_DICOM):
        raise NotDicom(reason_for(data))
    syntax, implicit, little = _syntax_of(dataset, declared)
    pixels = _pixel_element(data, position, implicit, little)
    if pixels is None and position > size:
        raise Unusable("cut off within its header")
    return Header(dataset, syntax, little, pixels, size)
