"""Zip archives, unpacked without trusting them: no path leaves the folder, nothing explodes."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tumordesk.core.errors import plain_reason
from tumordesk.core.job import JobContext
from tumordesk.core.study import Skipped

MAX_MEMBERS = 200_000
MAX_TOTAL_BYTES = 64 * 2**30
MAX_RATIO = 200
RATIO_FROM_BYTES = 100 * 2**20
MAX_DEPTH = 2
_CHUNK = 4 * 2**20
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*\\/]')
_PREFIX = "tumordesk-"
_root: Path | None = None


def _alive(pid: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _remove_leftovers(folder: Path) -> None:
    """Unpacked scans of a program that was killed hold patient data: remove them."""
    for old in folder.glob(_PREFIX + "[0-9]*-*"):
        number = old.name.removeprefix(_PREFIX).split("-")[0]
        if number.isdecimal() and not _alive(int(number)):
            shutil.rmtree(old, ignore_errors=True)


def temporary_root() -> Path:
    """This process's private folder for unpacked files; removed when the program ends."""
    global _root
    if _root is None or not _root.is_dir():
        _remove_leftovers(Path(tempfile.gettempdir()))
        _root = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        atexit.register(shutil.rmtree, _root, ignore_errors=True)
    return _root


def is_zip(path: Path, prefix: bytes) -> bool:
    """True for a zip archive (Office documents and the like, also zips, are left alone)."""
    named = path.suffix.lower() in (".zip", "")
    return named and prefix[:4] in (b"PK\x03\x04", b"PK\x05\x06")


@dataclass
class Budget:
    """What one scan may unpack, shared by nested archives."""

    left_bytes: int = MAX_TOTAL_BYTES
    left_members: int = MAX_MEMBERS
    names: dict[str, int] = field(default_factory=dict)


def _plain_name(info: zipfile.ZipInfo) -> str:
    """Member name; UTF-8 that is not flagged as such is still taken for UTF-8."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _safe_parts(name: str) -> list[str]:
    parts = [_FORBIDDEN.sub("_", part).strip(" .") for part in re.split(r"[/\\]+", name)]
    return [part[:120] for part in parts if part and part not in (".", "..")]


def _refusal(info: zipfile.ZipInfo, budget: Budget) -> str | None:
    if info.flag_bits & 0x1:
        return "protected with a password: unpack it first"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a link inside an archive: not followed"
    ratio = info.file_size / max(1, info.compress_size)
    if info.file_size > RATIO_FROM_BYTES and ratio > MAX_RATIO:
        return (
            f"refused: {info.file_size // 2**20} MB packed in {info.compress_size // 1024} KB "
            "(a decompression bomb?)"
        )
    if info.file_size > budget.left_bytes:
        return "refused: the archive holds more than may be unpacked"
    return None


def unpack(
    path: Path, shown: Path, skipped: list[Skipped], budget: Budget, context: JobContext
) -> Iterator[tuple[Path, Path]]:
    """Unpack one archive; yields (unpacked file, how it is shown to people) as they come.

    What cannot be used goes to ``skipped``. ``budget`` is reduced.
    """
    try:
        free = shutil.disk_usage(temporary_root()).free
        budget.left_bytes = min(budget.left_bytes, int(free * 0.8))
        with zipfile.ZipFile(path) as archive:
            target = Path(tempfile.mkdtemp(dir=temporary_root()))
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > budget.left_members:
                skipped.append(Skipped(shown, f"refused: {len(members)} files in one archive"))
                return
            if not members:
                skipped.append(Skipped(shown, "an empty archive"))
            budget.left_members -= len(members)
            for index, info in enumerate(members):
                context.progress(index / len(members), f"Unpacking {shown.name}")
                yield from _member(archive, info, target, shown, skipped, budget, context)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError) as error:
        skipped.append(Skipped(shown, f"a damaged zip archive ({plain_reason(error)})"))
    except OSError as error:
        reason = plain_reason(error)
        skipped.append(Skipped(shown, f"the archive cannot be unpacked: {reason}"))


def _member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    target: Path,
    shown: Path,
    skipped: list[Skipped],
    budget: Budget,
    context: JobContext,
) -> Iterator[tuple[Path, Path]]:
    parts = _safe_parts(_plain_name(info)) or ["unnamed"]
    where = shown.joinpath(*parts)
    reason = _refusal(info, budget)
    if reason is not None:
        skipped.append(Skipped(where, reason))
        return
    budget.left_bytes -= info.file_size
    # One numbered folder for each folder of the archive: short, and never a clash of names.
    folder = target / str(budget.names.setdefault(str(where.parent), len(budget.names)))
    folder.mkdir(exist_ok=True)
    file = folder / parts[-1]
    if file.exists():
        file = folder / f"{len(budget.names)}-{info.header_offset}-{parts[-1]}"
    try:
        with archive.open(info) as source, file.open("wb") as sink:
            while chunk := source.read(_CHUNK):
                context.check()
                sink.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        file.unlink(missing_ok=True)
        skipped.append(Skipped(where, f"damaged inside the archive ({plain_reason(error)})"))
        return
    yield file, where
