"""Files of well-known kinds that are not read, told by their first bytes and in plain words."""

from __future__ import annotations

_ARCHIVE = "an archive of a kind that is not opened: unpack it first"
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1f\x8b", _ARCHIVE),
    (0, b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (0, b"Rar!\x1a\x07", _ARCHIVE),
    (0, b"BZh", _ARCHIVE),
    (0, b"\xfd7zXZ\x00", _ARCHIVE),
    (257, b"ustar", _ARCHIVE),
    (0, b"PK\x03\x04", "an Office document or the like: no scan in it"),
    (0, b"GIF8", "a GIF picture: save it as PNG"),
    (8, b"WEBP", "a WebP picture: save it as PNG"),
    (4, b"ftyphei", "a HEIC photograph: save it as PNG or JPEG"),
    (4, b"ftypmif1", "a HEIC photograph: save it as PNG or JPEG"),
    (4, b"jP  \r\n\x87\n", "a JPEG 2000 picture outside DICOM: save it as PNG"),
    (4, b"ftyp", "a video: not read"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 or MINC file: convert it to NIfTI"),
    (0, b"%PDF", "a PDF document: no scan in it"),
    (0, b"MZ", "a program: not opened"),
    (0, b"\x7fELF", "a program: not opened"),
)
NEITHER = "not a DICOM file or a picture"


def reason_for(prefix: bytes) -> str:
    """Why a file that is neither DICOM nor a picture nor a volume is skipped."""
    for offset, magic, reason in _MAGIC:
        if prefix[offset : offset + len(magic)] == magic:
            return reason
    return NEITHER
