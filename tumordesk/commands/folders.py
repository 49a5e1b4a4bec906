"""Where the results of each input go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def output_folders(paths: Sequence[Path], out: Path) -> list[Path]:
    """``out`` itself for one input; for several a folder each, named after the input.

    Suffixes are left out (``case.01.nii.gz`` -> ``case.01``) unless two inputs would then share
    a name; what is still the same gets a number.
    """
    if len(paths) == 1:
        return [out]
    short = [_short_name(path) for path in paths]
    folded = [name.casefold() for name in short]
    names = [
        name if folded.count(name.casefold()) == 1 else _full_name(path)
        for name, path in zip(short, paths, strict=True)
    ]
    taken: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 2
        while candidate.casefold() in taken:
            candidate, number = f"{name}-{number}", number + 1
        taken.add(candidate.casefold())
        unique.append(out / candidate)
    return unique


def _full_name(path: Path) -> str:
    return path.name or path.resolve().name or "input"


def _short_name(path: Path) -> str:
    name = _full_name(path)
    if path.is_dir():
        return name
    for suffix in (".nii.gz", ".tar.gz"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)] or name
    stem = Path(name).stem
    # A DICOM file is often named by its UID: the last part of it is no suffix.
    return name if Path(name).suffix[1:].isdigit() else stem or name
