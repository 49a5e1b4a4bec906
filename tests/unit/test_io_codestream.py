"""The look at a compressed picture before a decoder gets it."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from tumordesk.io.codestream import (
    Declared,
    declared,
    jpeg_ls_problem,
    lossless_jpeg_problem,
)


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


FRAME = struct.pack(">BHHB", 12, 20, 30, 1) + b"\x01\x11\x00"
TABLE = b"\x00" + bytes([0, 2, 1, *[0] * 13]) + bytes([0, 1, 2])
SCAN = b"\x01\x01\x00\x01\x00\x00"


def lossless(
    frame: bytes = FRAME,
    table: bytes = TABLE,
    scan: bytes = SCAN,
    tail: bytes = b"ab\xff\0c\xff\xd9",
) -> bytes:
    """A lossless JPEG's structure (its entropy-coded data mean nothing)."""
    parts = (segment(0xC4, table), segment(0xC3, frame), segment(0xDA, scan))
    return b"\xff\xd8" + b"".join(parts) + tail


def test_sound_lossless_jpeg_passes() -> None:
    assert lossless_jpeg_problem(lossless()) is None
    assert declared(lossless()) == Declared(20, 30, 1)


@pytest.mark.parametrize(
    "data",
    [
        lossless(frame=FRAME[:-1]),
        lossless(frame=b"\x01" + FRAME[1:]),
        lossless(frame=FRAME[:5] + b"\x02" + FRAME[6:]),
        lossless(frame=FRAME[:7] + b"\x22" + FRAME[8:]),
        lossless(table=TABLE[:-1]),
        lossless(table=b"\x07" + TABLE[1:]),
        lossless(table=b"\x00" + bytes([3, *[0] * 15]) + bytes([0, 1, 2])),
        lossless(table=TABLE[:-1] + b"\x55"),
        lossless(scan=b"\x01\x01\x00\x09\x00\x00"),
        lossless(scan=b"\x01\x02\x00\x01\x00\x00"),
        lossless(tail=b"no end"),
        lossless(tail=b"ab\xff\xc4cd\xff\xd9"),
        lossless()[:20],
        b"\xff\xd8" + segment(0xC0, FRAME) + lossless()[2:],
        b"",
    ],
)
def test_any_broken_part_of_lossless_jpeg_is_found(data: bytes) -> None:
    assert lossless_jpeg_problem(data) is not None


def test_jpeg_ls() -> None:
    sound = b"\xff\xd8" + segment(0xF7, FRAME) + segment(0xDA, SCAN) + b"ab\xff\x10\xff\xd9"
    assert jpeg_ls_problem(sound) is None
    assert declared(sound) == Declared(20, 30, 1)
    assert jpeg_ls_problem(sound[:-2]) is not None
    assert jpeg_ls_problem(sound.replace(b"\xff\xf7", b"\xff\xc0")) is not None
    assert jpeg_ls_problem(b"\xff\xd8") is not None


def test_size_of_real_pictures() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((21, 34, 3), np.uint8)).save(buffer, "JPEG")
    assert declared(buffer.getvalue()) == Declared(21, 34, 3)
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((40, 50), np.uint8)).save(buffer, "JPEG2000", no_jp2=True)
    found = declared(buffer.getvalue())
    assert found == Declared(40, 50, 1)
    assert found.plausible
    assert declared(b"neither") is None
    assert declared(b"\xff\xd8\xff") is None


def test_millions_of_tiles_are_implausible() -> None:
    size = struct.pack(">H6L2L H", 0, 60000, 60000, 0, 0, 1, 1, 0, 0, 1)
    found = declared(b"\xff\x4f\xff\x51\x00\x29" + size)
    assert found is not None
    assert not found.plausible
