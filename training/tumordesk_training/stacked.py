"""NIfTI files of several volumes (4-D), taken for the files that splitting them makes. No torch.

The Medical Segmentation Decathlon keeps the sequences of a patient so: 'BRATS_001.nii.gz' with four
volumes, named in dataset.json. It counts as 'BRATS_001_0000.nii.gz' to 'BRATS_001_0003.nii.gz',
the names that nnU-Net gives to the parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tumordesk.io.header import Unusable
from tumordesk.io.nifti import read_nifti_header
from tumordesk_training.files import nifti_stem

MOST = 16
"""A file of more volumes is a series in time, not sequences."""
_PART = re.compile(r"_(00\d\d)$")


def apart(paths: Iterable[Path]) -> list[Path]:
    """The files; in place of one that holds several volumes the names of its parts.

    A file stays itself where it holds one volume or more than ``MOST``, cannot be read, or lies
    beside files of such names.
    """
    files = list(paths)
    there = set(files)
    return [part for path in files for part in _parts(path, there)]


def stored_in(path: Path) -> tuple[Path, int | None]:
    """The file that holds a volume, and which of its volumes it is; None where it is the file."""
    match = _PART.search(nifti_stem(path))
    if match is None or path.is_file():
        return path, None
    whole = path.with_name(nifti_stem(path)[: match.start()] + _suffix(path))
    return (whole, int(match[1])) if whole.is_file() else (path, None)


def _parts(path: Path, there: set[Path]) -> Iterator[Path]:
    count = _count(path)
    names = [f"{nifti_stem(path)}_{number:04d}{_suffix(path)}" for number in range(count)]
    parts = [path.with_name(name) for name in names]
    if not 1 < count <= MOST or not there.isdisjoint(parts):
        yield path
    else:
        yield from parts


def _count(path: Path) -> int:
    try:
        return read_nifti_header(path).volumes
    except (Unusable, OSError):
        return 1  # told when the volume is read


def _suffix(path: Path) -> str:
    return path.name[len(nifti_stem(path)) :]
