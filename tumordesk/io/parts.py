"""Names for the volumes of a 4-D NIfTI file: those of the files that splitting it makes.

The Medical Segmentation Decathlon keeps the sequences of a patient so: 'BRATS_001.nii.gz' with four
volumes, named in dataset.json. They count as 'BRATS_001_0000.nii.gz' to 'BRATS_001_0003.nii.gz',
the names that nnU-Net gives to the parts.
"""

from __future__ import annotations

import re
from pathlib import Path

from tumordesk.io.names import stem

_PART = re.compile(r"(?i)_(00\d\d)\.nii(?:\.gz)?$")


def part_names(path: Path, count: int) -> list[Path]:
    """The names of so many volumes in the file ``path``."""
    bare = stem(path)
    return [path.with_name(f"{bare}_{n:04d}{path.name[len(bare) :]}") for n in range(count)]


def stored_in(path: Path) -> tuple[Path, int | None]:
    """The file that holds a volume, and which of its volumes it is; None where it is the file."""
    match = _PART.search(path.name)
    if match is None or path.is_file():
        return path, None
    whole = path.with_name(path.name[: match.start()] + path.name[match.end(1) :])
    return (whole, int(match[1])) if whole.is_file() else (path, None)


def said(path: Path) -> str:
    """What a person calls a volume: the file, and which volume of it."""
    whole, number = stored_in(path)
    return path.name if number is None else f"{whole.name}, volume {number + 1}"
