"""Which files of a folder are COCO documents. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import read_json
from tumordesk_training.data import folders_of, is_patient_folder
from tumordesk_training.dicom import is_dicom
from tumordesk_training.files import BOTH_FOLDERS, is_nifti, key_of, walk
from tumordesk_training.images import is_picture
from tumordesk_training.mask_layout import masks_beside, two_folders

_LARGEST_BYTES = 500_000_000
_NO_COCO = "it is not a COCO document, with lists 'images' and 'annotations'"


@dataclass(frozen=True)
class Document:
    """A file that is a COCO document, or is named or written like one.

    ``content``: None where it is none, and ``why`` then says so. ``damaged``: it is no JSON at all.
    ``named``: its name says COCO. ``worded``: it holds the words of one.
    """

    path: Path
    content: dict[str, Any] | None
    why: str = ""
    damaged: bool = False
    named: bool = False
    worded: bool = False


def coco_files(root: Path) -> list[Path]:
    """COCO annotation files at the root or one level down.

    A file that is none, whatever its name, counts only where it was one before it was damaged, or
    where nothing else explains the folder: then the error is to name it.
    """
    found = list(documents(root))
    whole = [document.path for document in found if document.content is not None]
    if whole:
        return whole
    if any(document.damaged and document.worded for document in found):
        return [document.path for document in found if document.damaged]
    named = [document.path for document in found if document.named]
    return named if named and not _explained(root) else []


def documents(root: Path) -> Iterator[Document]:
    """All files at the root or one level down that are, or were to be, COCO documents."""
    for path in sorted([*root.glob("*.json"), *root.glob("*/*.json")]):
        if path.name.startswith("."):
            continue
        named = "coco" in path.name.lower() or path.name.lower().startswith("instances")
        worded = _is_worded(path)
        if named or worded:
            yield _read(path, named=named, worded=worded)


def _is_worded(path: Path) -> bool:
    """Whether the text speaks of pictures and annotations, or of one of them before it ends."""
    try:
        usual = path.is_file() and path.stat().st_size <= _LARGEST_BYTES
        text = path.read_bytes() if usual else b""
    except OSError:
        return False
    return b'"file_name"' in text and (b'"images"' in text or b'"annotations"' in text)


def _read(path: Path, *, named: bool, worded: bool) -> Document:
    try:
        content = read_json(path)
    except ConfigError as error:
        reason = error.message.removeprefix(f"{path.name} ").removesuffix(".")
        return Document(path, None, f"it {reason}", damaged=True, named=named, worded=worded)
    lists = isinstance(content, dict) and all(
        isinstance(content.get(name), list) for name in ("images", "annotations")
    )
    if lists:
        return Document(path, content, named=named, worded=worded)
    return Document(path, None, _NO_COCO, named=named, worded=worded)


def _explained(root: Path) -> bool:
    """Whether the folder has something else that says what its pictures are of."""
    files = list(walk(root))
    pictures = [path for path in files if is_picture(path)]
    return (
        any(root.glob("*.csv"))
        or any(map(is_nifti, files))
        or any(map(is_dicom, files))
        or any(_has_class(key_of(root, path)) for path in pictures)
        or masks_beside(pictures)
        or bool(two_folders(root))
    )


def _has_class(key: str) -> bool:
    return any(not is_patient_folder(name) for name in folders_of(key, BOTH_FOLDERS))
