"""Finds the files that a list names, also by their bare names. No torch."""

from __future__ import annotations

import os
from collections import defaultdict
from functools import cached_property
from pathlib import Path, PurePosixPath

from tumordesk_training.files import is_nifti, mask_stem, nifti_stem
from tumordesk_training.folder_names import kind_of
from tumordesk_training.images import is_picture
from tumordesk_training.patient_folders import Folders
from tumordesk_training.tables import tidy_name, why_not

_MISSING = "is missing"


class NamedFiles:
    """The files of a data folder by name. The folder is gone through where a path is not enough.

    A file is found by its path, else by a name that only one picture (or mask) has: 'a.png', or
    'a' for a picture, is 'images/a.png', though there is 'masks/a.png' too. What was found out once
    is remembered: make a new one after the folder has changed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._inside: dict[str, bool] = {}
        self._reasons: dict[str, str] = {}

    def is_there(self, name: str) -> bool:
        """Whether the name is the path of a file, without any search."""
        return not self._reason(tidy_name(self._root, name))

    def picture(self, name: str) -> str:
        """The key of the picture that is meant; the tidy name itself where there is none."""
        key = tidy_name(self._root, name)
        return self._one(self._pictures(key), "image") or key if self._lost(key) else key

    def mask(self, name: str) -> str:
        """The key of the mask that is meant; the tidy name itself where there is none."""
        key = tidy_name(self._root, name)
        if not self._lost(key):
            return key
        return self._one([k for k in self._named(key) if _in(k, "mask")], "mask") or key

    def why_not(self, key: str, what: str = "the file") -> str:
        """Why a file that a list names cannot be used; '' where it can."""
        reason = self._reason(key) and why_not(self._root, key, what, self._inside)
        if reason.endswith(_MISSING) and what == "the file" and len(self._pictures(key)) > 1:
            return "several files have this name: write the path, with its folders"
        return reason

    def classes(self) -> set[str]:
        """Names of the folders that pictures lie in, as far as they may be classes."""
        folders = Folders(self._root)
        found = (folders.classes(key) for keys in self._by_name.values() for key in keys)
        return {names[-1].lower() for names in found if names}

    def _lost(self, key: str) -> bool:
        return self._reason(key).endswith(_MISSING)

    def _reason(self, key: str) -> str:
        if key not in self._reasons:
            self._reasons[key] = why_not(self._root, key, known=self._inside)
        return self._reasons[key]

    def _pictures(self, key: str) -> list[str]:
        found = self._named(key)
        if not found and not _is_named_whole(Path(key)):
            found = [k for k in self._by_stem.get(PurePosixPath(key).name, []) if _ends(k, key)]
        return [k for k in found if not _is_mask(k)]

    def _named(self, key: str) -> list[str]:
        found = self._by_name.get(PurePosixPath(key).name, [])
        return [k for k in found if k.endswith(f"/{key}")]

    @staticmethod
    def _one(keys: list[str], kind: str) -> str:
        if len(keys) > 1:
            keys = [key for key in keys if _in(key, kind)]
        return keys[0] if len(keys) == 1 else ""

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for folder, inner, names in os.walk(self._root):
            inner[:] = [name for name in inner if not name.startswith(".")]
            base = Path(folder).relative_to(self._root)
            for name in names:
                if _is_named_whole(Path(name)) and not name.startswith("."):
                    found[name].append((base / name).as_posix())
        return found

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name, keys in self._by_name.items():
            found[nifti_stem(Path(name))] += keys
        return found


def _is_named_whole(path: Path) -> bool:
    return is_picture(path) or is_nifti(path)


def _in(key: str, kind: str) -> bool:
    return any(kind_of(folder).kind == kind for folder in key.split("/")[:-1])


def _is_mask(key: str) -> bool:
    stem = nifti_stem(Path(key))
    return _in(key, "mask") or mask_stem(stem) != stem


def _ends(key: str, stem: str) -> bool:
    """Whether the path 'images/P1/1.png' ends as 'P1/1' says."""
    path = PurePosixPath(key)
    return f"/{path.with_name(nifti_stem(Path(key))).as_posix()}".endswith(f"/{stem}")
