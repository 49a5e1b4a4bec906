"""Which files an export writes under which names, and which of them are there already."""

from __future__ import annotations

from collections.abc import Sequence
from glob import escape
from pathlib import Path
from typing import Literal

Format = Literal["seg", "sr", "sc", "pdf", "nifti", "nrrd", "png", "csv", "json"]
Part = Literal["labels", "pdf-dicom"]

_PLAIN: dict[Format | Part, str] = {
    "seg": "seg.dcm",
    "sr": "sr.dcm",
    "pdf": "report.pdf",
    "pdf-dicom": "report.dcm",
    "nifti": "mask.nii.gz",
    "labels": "mask-labels.txt",
    "nrrd": "mask.seg.nrrd",
    "csv": "lesions.csv",
    "json": "result.json",
}
_AFTER_STEM: dict[Format | Part, str] = {
    "seg": "_seg.dcm",
    "sr": "_sr.dcm",
    "pdf": ".pdf",
    "pdf-dicom": "_report.dcm",
    "nifti": ".nii.gz",
    "labels": "-labels.txt",
    "nrrd": ".seg.nrrd",
    "csv": ".csv",
    "json": ".json",
}
_PARTS: dict[Format, tuple[Part, ...]] = {"pdf": ("pdf-dicom",), "nifti": ("labels",)}


def file_name(stem: str, what: Format | Part) -> str:
    """Name of the one file of a format (or of a part of it that is a file of its own)."""
    return f"{stem}{_AFTER_STEM[what]}" if stem else _PLAIN[what]


def picture_name(stem: str, key: str) -> str:
    """Name of a key picture, from its ``imaging.key_pictures.KeyPicture.name``."""
    return f"{stem}_{key}.png" if stem else f"{key}.png"


def capture_name(stem: str, number: int) -> str:
    """Name of the secondary capture with that number, from 1."""
    return f"{stem}_sc-{number}.dcm" if stem else f"sc-{number}.dcm"


def find_existing(folder: Path, stem: str, one: Format) -> tuple[Path, ...]:
    """Files in ``folder`` that an export in that format would replace."""
    if one in ("png", "sc"):
        pattern = "key-*.png" if one == "png" else "sc-*.dcm"
        return tuple(sorted(folder.glob(f"{escape(stem)}_{pattern}" if stem else pattern)))
    names = [file_name(stem, what) for what in (one, *_PARTS.get(one, ()))]
    return tuple(folder / name for name in names if (folder / name).exists())


def free_stem(folder: Path, stem: str, formats: Sequence[Format]) -> str:
    """``stem``, or the first of 'stem (2)', 'stem (3)', ... under which nothing is there."""
    number, free = 1, stem
    while any(find_existing(folder, free, one) for one in formats):
        number += 1
        free = f"{stem} ({number})" if stem else f"tumordesk ({number})"
    return free
