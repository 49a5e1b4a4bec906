"""NIfTI files of several volumes (4-D), taken for the files that splitting them makes. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tumordesk.io.header import Unusable
from tumordesk.io.nifti import read_nifti_header
from tumordesk.io.parts import part_names, stored_in
from tumordesk.io.volumes import MOST_VOLUMES
from tumordesk_training.data import Case
from tumordesk_training.files import nifti_stem


def apart(paths: Iterable[Path]) -> list[Path]:
    """The files; in place of one that holds several volumes the names of its parts.

    A file stays itself where it holds one volume or more than ``MOST_VOLUMES``, cannot be read, or
    lies beside files of such names.
    """
    files = list(paths)
    there = {_name(path) for path in files}
    return [part for path in files for part in _parts(path, there)]


def of_one_file(cases: Sequence[Case]) -> list[Case]:
    """The cases, the volumes of one file in one group: that of a CSV before others."""
    whose: dict[Path, Case] = {}
    for case in cases:
        whole, number = stored_in(case.image)
        if number is not None:
            first = whose.setdefault(whole, case)
            if case.source == "csv" and first.source != "csv":
                whose[whole] = case
    if not whose:
        return list(cases)
    owners = (whose.get(stored_in(case.image)[0], case) for case in cases)
    return [
        replace(case, group=owner.group, source=owner.source)
        for case, owner in zip(cases, owners, strict=True)
    ]


def _parts(path: Path, there: set[tuple[Path, str]]) -> Iterator[Path]:
    count = _count(path)
    parts = part_names(path, count) if 1 < count <= MOST_VOLUMES else []
    if not parts or not there.isdisjoint(map(_name, parts)):
        yield path
    else:
        yield from parts


def _name(path: Path) -> tuple[Path, str]:
    return path.parent, nifti_stem(path)


def _count(path: Path) -> int:
    try:
        header = read_nifti_header(path)
    except (Unusable, OSError):
        return 1  # told when the volume is read
    return header.volumes if header.axes == 4 else 1
