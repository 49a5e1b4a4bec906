"""Looks at a compressed picture before a decoder does: some decoders abort on broken ones.

JPEG: ITU-T T.81 annex B and H; JPEG-LS: T.87; JPEG 2000: T.800 annex A.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_STOPS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_HARMLESS = frozenset((0xDD, 0xFE, *range(0xE0, 0xF0)))
_LS_STOPS = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
_SOF3, _DHT, _SOS, _EOI, _SOF55, _LSE = 0xC3, 0xC4, 0xDA, 0xD9, 0xF7, 0xF8
_MAX_TILES = 65535


@dataclass(frozen=True)
class Declared:
    """What a codestream says of itself."""

    rows: int
    columns: int
    components: int
    tiles: int = 1

    @property
    def plausible(self) -> bool:
        """False where a decoder would have to make absurdly much of it."""
        return self.components in (1, 3, 4) and self.tiles <= _MAX_TILES


def declared(data: bytes) -> Declared | None:
    """Size in a JPEG, JPEG-LS or JPEG 2000 codestream; None where none is found."""
    if data[:4] == b"\xff\x4f\xff\x51" and len(data) >= 42:
        right, bottom, left, top, width, height = struct.unpack_from(">6L", data, 8)
        (components,) = struct.unpack_from(">H", data, 40)
        tiles = -(-bottom // max(1, height)) * -(-right // max(1, width))
        return Declared(bottom - top, right - left, components, tiles)
    if data[:2] != b"\xff\xd8":
        return None
    for marker, body in _segments(data):
        frame = 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
        if (frame or marker == 0xF7) and len(body) >= 6:
            rows, columns, components = struct.unpack_from(">HHB", body, 1)
            return Declared(rows, columns, components)
    return None


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, body) up to and with the start of the scan; ends early where it is broken."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _ALONE:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        if length < 2 or position + 2 + length > len(data):
            return
        yield marker, data[position + 4 : position + 2 + length]
        position += 2 + length
        if marker == _SOS:
            return


def lossless_jpeg_problem(data: bytes) -> str | None:
    """What is wrong with the structure of a lossless JPEG (process 14); None when it is sound."""
    frames: list[bytes] = []
    scan: bytes | None = None
    tables = False
    for marker, body in _segments(data):
        if marker == _SOF3:
            frames.append(body)
        elif marker == _DHT:
            if not _tables_sound(body):
                return "broken Huffman table"
            tables = True
        elif marker == _SOS:
            scan = body
        elif marker not in _HARMLESS:
            return "unexpected marker"
    if len(frames) != 1 or scan is None or not tables:
        return "incomplete"
    if not _frame_sound(frames[0]) or not _scan_sound(scan, frames[0]):
        return "broken frame or scan header"
    start = data.index(b"\xff\xda" + struct.pack(">H", len(scan) + 2) + scan)
    end = _STOPS.search(data, start + 4 + len(scan))
    if end is None or data[end.start() + 1] != _EOI:
        return "cut off, or broken in the middle"
    return None


def jpeg_ls_problem(data: bytes) -> str | None:
    """What is wrong with the structure of a JPEG-LS picture; None when it is sound."""
    frames: list[bytes] = []
    scan: bytes | None = None
    for marker, body in _segments(data):
        if marker == _SOF55:
            frames.append(body)
        elif marker == _SOS:
            scan = body
        elif marker not in _HARMLESS and marker != _LSE:
            return "unexpected marker"
    if len(frames) != 1 or scan is None:
        return "incomplete"
    if not _frame_sound(frames[0]):
        return "broken frame header"
    start = data.index(b"\xff\xda" + struct.pack(">H", len(scan) + 2) + scan)
    end = _LS_STOPS.search(data, start + 4 + len(scan))
    several = scan[:1] == b"\x01" and frames[0][5] > 1
    if end is None or (data[end.start() + 1] != _EOI and not several):
        return "cut off, or broken in the middle"
    return None


def _frame_sound(body: bytes) -> bool:
    if len(body) < 6:
        return False
    precision, rows, columns, count = struct.unpack_from(">BHHB", body)
    if not (2 <= precision <= 16 and rows and columns and count in (1, 3)):
        return False
    # Sampling factors: one sample of each component for each pixel.
    return len(body) == 6 + 3 * count and all(body[7 + 3 * i] == 0x11 for i in range(count))


def _scan_sound(body: bytes, frame: bytes) -> bool:
    count = frame[5]
    if len(body) != 4 + 2 * count or body[0] != count:
        return False
    same = all(body[1 + 2 * i] == frame[6 + 3 * i] for i in range(count))
    return same and 1 <= body[1 + 2 * count] <= 7 and body[3 + 2 * count] <= 15


def _tables_sound(body: bytes) -> bool:
    position = 0
    while position + 17 <= len(body):
        kind, counts = body[position], body[position + 1 : position + 17]
        total = sum(counts)
        room = sum(count << (16 - length) for length, count in enumerate(counts, start=1))
        values = body[position + 17 : position + 17 + total]
        if kind > 3 or not 0 < total <= 17 or room > 1 << 16 or len(values) < total:
            return False
        if max(values) > 16 or len(set(values)) < total:
            return False
        position += 17 + total
    return position == len(body) and position > 0
