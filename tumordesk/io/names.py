"""Identifiers for files that carry none: stable, and giving nothing away."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_VOLUME = re.compile(r" \(volume \d+ of \d+\)$")


def short_hash(*parts: object) -> str:
    """A short, stable key that gives nothing of its parts away."""
    text = "\x1f".join(map(str, parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def made_up_uid(*parts: object) -> str:
    """A valid UID (2.25., DICOM PS3.5 B.2) that depends on the parts alone."""
    text = "\x1f".join(map(str, parts))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return f"2.25.{int.from_bytes(digest[:15], 'big')}"


def stem(path: Path) -> str:
    """File name without what marks its kind: 'case.01' of 'case.01.nii.gz'."""
    name = path.name
    for ending in (".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return path.stem


def with_volume(name: str, number: int, count: int) -> str:
    """What one of several volumes in a file is called; ``number`` counts from 1."""
    return f"{name} (volume {number} of {count})"


def without_volume(name: str) -> str:
    """The file's name of what :func:`with_volume` made; other names stay."""
    return _VOLUME.sub("", name)
