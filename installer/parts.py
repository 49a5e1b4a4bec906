"""Packages as they are handed out: in parts that are not too large, with their sums."""

from __future__ import annotations

import hashlib
from pathlib import Path

PART_BYTES = 1_900_000_000
"""Packages are handed out in pieces no larger than this: places to put them allow 2 GiB."""
_CHUNK = 1 << 24


def in_parts(path: Path, limit: int = PART_BYTES) -> list[Path]:
    """Cut a package that is too large to be handed out into parts; the whole one goes.

    Parts are named ``<name>.part-01`` and so on; ``cat`` (or ``copy /b``) puts them together again.
    Returns what there is then: the parts, or the package itself.
    """
    if path.stat().st_size <= limit:
        return [path]
    parts: list[Path] = []
    with path.open("rb") as whole:
        while True:
            part = path.with_name(f"{path.name}.part-{len(parts) + 1:02d}")
            left = limit
            with part.open("wb") as stream:
                while left and (data := whole.read(min(left, _CHUNK))):
                    stream.write(data)
                    left -= len(data)
            if not part.stat().st_size:
                part.unlink()
                break
            parts.append(part)
    path.unlink()
    return parts


def write_sums(folder: Path) -> Path:
    """SHA256SUMS of every package in ``folder``."""
    lines = []
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != "SHA256SUMS":
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            lines.append(f"{digest}  {path.name}")
    sums = folder / "SHA256SUMS"
    sums.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return sums
