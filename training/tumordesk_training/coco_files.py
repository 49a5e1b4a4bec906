"""Which files of a folder are COCO documents. No torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import read_json
from tumordesk_training.coco_outlines import name_in, objects, places_of
from tumordesk_training.data import folders_of
from tumordesk_training.dicom import is_dicom
from tumordesk_training.files import BOTH_FOLDERS, is_nifti, is_seen, key_of, walk
from tumordesk_training.images import is_picture
from tumordesk_training.mask_pairs import masks_beside, two_folders
from tumordesk_training.patient_folders import is_patient_folder

_LARGEST_BYTES = 500_000_000
_NEAR = 2
"""Pieces of the path of a file at the root or in a folder of it."""
_DEEPEST = 4
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

    @property
    def listed(self) -> list[dict[str, Any]]:
        """The entries of its 'images' that are objects."""
        return objects((self.content or {}).get("images"))


def coco_files(root: Path) -> list[Path]:
    """COCO annotation files up to four levels down.

    A file that is none, whatever its name, counts only where it was one before it was damaged, or
    where nothing else explains the folder: then the error is to name it. So does one that lists no
    picture. Files further down than one level do not count where they list but a few of the
    folder's pictures.
    """
    found = list(documents(root))
    whole = [document for document in found if document.content is not None]
    near = any(_is_near(root, document.path) and document.listed for document in whole)
    if whole and (near or _most(root, whole) or not (_lists(whole) or _explained(root))):
        return [document.path for document in whole]
    if any(document.damaged and document.worded for document in found):
        return [document.path for document in found if document.damaged]
    named = [document.path for document in found if document.named and document not in whole]
    return named if named and not _explained(root) else []


def documents(root: Path) -> Iterator[Document]:
    """All files that are, or were to be, COCO documents.

    Files further down than one level are read where there is no whole one above them: they may be
    older copies, or parts of it. Each file is read when its turn comes.
    """
    whole = False
    for document in _written(_near(root)):
        whole = whole or document.content is not None
        yield document
    if not whole:
        yield from _written(_deep(root))


def unread_below(root: Path) -> list[Path]:
    """Files further down that look like COCO files; :func:`documents` passes over them where
    there is a whole one above."""
    return [path for path in _deep(root) if _is_worded(path)]


def _written(paths: list[Path]) -> Iterator[Document]:
    for path in paths:
        named = "coco" in path.name.lower() or path.name.lower().startswith("instances")
        worded = _is_worded(path)
        if named or worded:
            yield _read(path, named=named, worded=worded)


def _near(root: Path) -> list[Path]:
    """JSON files of ``root`` and of the folders in it, sorted; hidden ones are none."""
    found = sorted([*root.glob("*.json"), *root.glob("*/*.json")])
    return [path for path in found if all(map(is_seen, path.relative_to(root).parts))]


def _deep(root: Path) -> list[Path]:
    """JSON files further down, to four levels, sorted; hidden ones and hidden folders are none."""
    found: list[Path] = []
    for folder, inner, names in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        inner[:] = [n for n in inner if is_seen(n)] if depth < _DEEPEST else []
        if depth >= _NEAR:
            found += [Path(folder, n) for n in names if n.endswith(".json") and is_seen(n)]
    return sorted(found)


def _is_near(root: Path, path: Path) -> bool:
    return len(path.relative_to(root).parts) <= _NEAR


def _lists(whole: list[Document]) -> bool:
    return any(document.listed for document in whole)


def _most(root: Path, whole: list[Document]) -> bool:
    """Whether documents list at least half of the pictures that there are in the folder.

    An entry counts where its file is found: an older copy of a list names files that are gone.
    """
    found: set[Path] = set()
    for document in whole:
        places = places_of(root, document.path)
        named = (name_in(root, document.path, e.get("file_name"), places) for e in document.listed)
        found |= {path for _, path, _ in named if path is not None}
    return bool(found) and 2 * len(found) >= sum(map(is_picture, walk(root)))


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
