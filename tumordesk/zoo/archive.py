"""A model as one file: ``NAME.tdmodel``, a plain zip of the model folder.

An archive may come from anywhere: only the files of a model are taken out of it, by name, with
limits on what they unpack to, and the model is verified like any other before it is installed.
"""

from __future__ import annotations

import contextlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from tumordesk.core.errors import ModelError, plain_reason
from tumordesk.core.jsonio import atomic_write
from tumordesk.core.model_card import CARD_NAME, REFERENCE_NAME
from tumordesk.zoo.cards import MAX_CARD_BYTES, read_folder_card
from tumordesk.zoo.extras import EXTRA_BYTES, extra_files
from tumordesk.zoo.install import hidden_folder, telling
from tumordesk.zoo.reference import MAX_REFERENCE_BYTES, verify_reference
from tumordesk.zoo.safety import MAX_FILE_BYTES
from tumordesk.zoo.verify import verify_model

SUFFIX = ".tdmodel"
MAX_ENTRIES = 32
_WEIGHTS = ".safetensors"
_BLOCK = 1024**2
_DATE = (1980, 1, 1, 0, 0, 0)
"""The same model always gives the same file."""
_HINT = "The file may be damaged or not finished copying: fetch the model again."
_UNREADABLE: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OverflowError,
)  # fmt: skip


def pack(folder: Path, archive: Path, *, overwrite: bool = False) -> Path:
    """Write the model in ``folder`` as one file, whole or not at all.

    Raises:
        ModelError: the model is not sound.
        WriteError: it cannot be written, or is there already and ``overwrite`` is False.
    """
    atomic_write(archive, lambda temporary: write_archive(folder, temporary), overwrite=overwrite)
    return archive


def write_archive(folder: Path, path: Path) -> None:
    """Fill ``path`` with the model in ``folder``; see :func:`pack`.

    Raises:
        ModelError: the model, or its reference, is not sound.
        OSError: it cannot be written.
    """
    card = read_folder_card(folder)
    reference = verify_reference(folder, card)
    files = (folder / CARD_NAME, verify_model(folder, card), *extra_files(folder))
    _zip(path, (*files, reference) if reference else files)


def _zip(path: Path, files: tuple[Path, ...]) -> None:
    with zipfile.ZipFile(path, "w") as target:
        for file in files:
            entry = zipfile.ZipInfo(file.name, _DATE)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.file_size = file.stat().st_size
            with file.open("rb") as read, target.open(entry, "w") as write:
                while block := read.read(_BLOCK):
                    write.write(block)


@contextlib.contextmanager
def unpacked(archive: Path, beside: Path) -> Iterator[Path]:
    """The model folder of an archive, unpacked into a hidden folder in ``beside`` and gone after.

    Raises:
        ModelError: no archive of a model, damaged, larger than allowed, or with files in it that
            a model does not have.
        WriteError: no room, or ``beside`` cannot be written.
    """
    with telling(archive.name):
        beside.mkdir(parents=True, exist_ok=True)
    with hidden_folder(beside) as hidden:
        folder = hidden / "model"
        with telling(archive.name):
            folder.mkdir()
        _unzip(archive, folder)
        yield folder


def _unzip(archive: Path, folder: Path) -> None:
    try:
        source = archive.open("rb")
    except OSError as error:
        raise ModelError(f"{archive.name} cannot be read: {plain_reason(error)}.") from error
    with source:
        try:
            with zipfile.ZipFile(source) as opened:
                for name, entry in _chosen(archive, opened).items():
                    with opened.open(entry) as read, telling(archive.name):
                        _copy(read, folder / name, _limit(name), archive)
        except _UNREADABLE as error:
            raise ModelError(
                f"{archive.name} is no sound model file: {plain_reason(error)}.", _HINT
            ) from error


def _chosen(archive: Path, opened: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """File name -> entry. All must lie at the top, or all in one folder.

    Raises:
        ModelError: anything else is in there.
    """
    entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    if len(entries) > MAX_ENTRIES:
        raise _refused(archive, f"it holds {len(entries)} files")
    found: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for entry in entries:
        path = PurePosixPath(entry.filename)
        name = path.name
        if (
            not _allowed(name)
            or len(path.parts) > 2
            or "\\" in entry.filename
            or path.is_absolute()
        ):
            raise _refused(archive, f"it holds {entry.filename[:80]!r}")
        if path.parts[0] in ("..", ".") or stat.S_ISLNK(entry.external_attr >> 16):
            raise _refused(archive, f"{entry.filename[:80]!r} leads out of it")
        if name in found:
            raise _refused(archive, f"it holds {name} twice")
        if entry.file_size > _limit(name):
            raise _refused(archive, f"{name} is larger than allowed")
        found[name] = entry
        folders.add(path.parts[0] if len(path.parts) == 2 else "")
    if CARD_NAME not in found:
        raise _refused(archive, f"it holds no {CARD_NAME}")
    if len(folders) > 1:
        raise _refused(archive, "its files lie apart")
    return found


def _allowed(name: str) -> bool:
    weights = name.endswith(_WEIGHTS) and not name.startswith(".")
    return weights or name == CARD_NAME or name in EXTRA_BYTES


def _limit(name: str) -> int:
    known = {REFERENCE_NAME: MAX_REFERENCE_BYTES, CARD_NAME: MAX_CARD_BYTES, **EXTRA_BYTES}
    return known.get(name, MAX_FILE_BYTES)


def _copy(read: IO[bytes], target: Path, limit: int, archive: Path) -> None:
    """What an entry unpacks to is counted, not believed."""
    done = 0
    with target.open("xb") as write:
        while block := read.read(_BLOCK):
            done += len(block)
            if done > limit:
                raise _refused(archive, f"{target.name} unpacks to more than allowed")
            write.write(block)


def _refused(archive: Path, reason: str) -> ModelError:
    return ModelError(
        f"{archive.name} is not a TumorDesk model in one file: {reason}.",
        f"A {SUFFIX} file holds {CARD_NAME} and .safetensors weights, and nothing that can run.",
    )
