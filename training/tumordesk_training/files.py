"""Files of a training folder, and what their names say. No torch."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tumordesk.core.training_run import is_run_folder
from tumordesk_training.folder_names import FIRST_IMAGE_WORDS, SURE_MASK_WORDS
from tumordesk_training.images import is_picture

IMAGE_FOLDERS = FIRST_IMAGE_WORDS | {"imagestr", "imagests"}
MASK_NAMES = SURE_MASK_WORDS | {"ground_truth", "ground-truth", "ground truth"}
"""Stems of the mask of a folder that holds one case, lower case."""
MASK_FOLDERS = MASK_NAMES | {"labelstr", "labelsts"}
"""Folders that hold pictures or masks and nothing else, lower case."""
BOTH_FOLDERS = IMAGE_FOLDERS | MASK_FOLDERS
_MASK_SUFFIX = re.compile(
    r"(?i)[-_. ](?:masks?|msks?|segm?|labels?|lbls?|segmentation|gt|ground[-_ ]?truth|annotation"
    r"|annots?|outline)$"
)
_MASK_PREFIX = re.compile(r"(?i)^(?:mask|seg|label|segmentation|gt)[-_ ]")
_LIKELY_SUFFIX = re.compile(
    r"(?i)(?<=.)(?:[-_. ](?:lesions?|rois?|contours?|tumou?rs?|truth|manual\d?|m)"
    r"|[-_. ]?(?:binary|tumou?r|lesion|brain)?[-_. ]?masks?)$"
)
"""They may say something else as well, in names of pictures."""
_SPARE_SUFFIX = re.compile(r"(?i)[-_. ]masks?[-_. ]?\d{1,2}$")
"""The second outline of a picture: 'benign (4)_mask_1'."""
_INNER_MASK = re.compile(r"(?i)(?<=.)[-_. ](?:mask|msk|seg|label|gt)(?=[-_. ])")
_IMAGE_AFFIX = re.compile(r"(?i)^(?:image|img|scan)[-_ ]|[-_ ](?:image|img|scan)$")
_NIFTI = (".nii", ".nii.gz")


def walk(root: Path) -> Iterator[Path]:
    """All files below ``root`` that are not hidden, sorted.

    What cannot be gone into, or has a name that is no text, is passed over: see :func:`aside`. So
    are folders of runs, which hold pictures of what a network made of these.
    """
    found: list[Path] = []
    for folder, inner, names in _walked(root):
        inner[:] = [name for name in inner if is_seen(name)]
        found += [Path(folder, name) for name in names if is_seen(name)]
    for path in sorted(found):
        if _is_file(path):
            yield path


def _walked(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """As ``os.walk``, without the folders of runs."""
    for folder, inner, names in os.walk(root):
        if is_run_folder(names):
            inner.clear()
        else:
            yield folder, inner, names


def folders_below(root: Path) -> list[Path]:
    """All folders below ``root`` that are not hidden, sorted."""
    found: list[Path] = []
    for folder, inner, _ in _walked(root):
        inner[:] = [name for name in inner if is_seen(name)]
        found += [Path(folder, name) for name in inner]
    return sorted(found)


def inner_folders(base: Path) -> list[Path]:
    """The folders in ``base`` itself, not hidden, sorted; none where it cannot be read."""
    _, inner, _ = next(os.walk(base), ("", [], []))
    return sorted(Path(base, name) for name in inner if is_seen(name))


_UNREAD = frozenset(
    (
        ".webp", ".gif", ".heic", ".heif", ".avif", ".jp2", ".mat", ".npy", ".npz", ".h5", ".hdf5",
        ".nrrd", ".mha", ".mhd", ".mgz", ".zip", ".rar", ".7z", ".tar", ".tgz",
    )
)  # fmt: skip
"""Formats of pictures, volumes and archives that no layout reads."""


@dataclass
class Aside:
    """What :func:`walk` passes over: closed folders, links to folders, names that are no text; and
    ``formats``: how many files end in what no layout reads."""

    closed: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)

    @property
    def formats_text(self) -> str:
        """'.webp (6), .gif (2)'; "" where there are none."""
        return ", ".join(f"{suffix} ({count})" for suffix, count in self.formats.most_common())


def aside(root: Path) -> Aside:
    """What of ``root`` is not looked at, and why; hidden files are meant to be hidden."""
    found = Aside()
    for folder, inner, names in _walked(root):
        inner[:] = [name for name in inner if not name.startswith(".")]
        found.names += [ascii(n) for n in (*inner, *names) if n[0] != "." and not _is_text(n)]
        inner[:] = [name for name in inner if _is_text(name)]
        endings = (Path(name).suffix.lower() for name in names if is_seen(name))
        found.formats.update(ending for ending in endings if ending in _UNREAD)
        for name in inner:
            path = Path(folder, name)
            if path.is_symlink():
                found.links.append(key_of(root, path))
            elif not os.access(path, os.R_OK | os.X_OK):
                found.closed.append(key_of(root, path))
    return found


def is_seen(name: str) -> bool:
    """Whether a file or folder is looked at: not hidden, and its name is text."""
    return not name.startswith(".") and _is_text(name)


def _is_text(name: str) -> bool:
    """Whether a name can be written down; names of old archives are bytes of some other code."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def pictures_in(root: Path) -> list[Path]:
    """All picture files below ``root``, sorted."""
    return [path for path in walk(root) if is_picture(path)]


def key_of(root: Path, path: Path) -> str:
    """The path in the data folder, with / between folders."""
    return path.relative_to(root).as_posix()


def is_nifti(path: Path) -> bool:
    """True for .nii and .nii.gz."""
    return path.name.lower().endswith(_NIFTI)


def nifti_stem(path: Path) -> str:
    """Name without .nii or .nii.gz."""
    name = path.name
    return name[: -len(".nii.gz")] if name.lower().endswith(".nii.gz") else path.stem


def mask_stem(stem: str) -> str:
    """'slice_3_mask' and 'mask_slice_3' -> 'slice_3'; other stems stay."""
    return _MASK_SUFFIX.sub("", stem) if _MASK_SUFFIX.search(stem) else _MASK_PREFIX.sub("", stem)


def likely_stems(stem: str) -> tuple[str, ...]:
    """Stems of the pictures that a file may be the mask of, where these exist.

    'a_roi' and 'amask' -> ('a',), 'a_mask_1' -> ('a',), 'a_mask_1' in a folder of masks also 'a_1'.
    """
    found = (_LIKELY_SUFFIX.sub("", stem), _SPARE_SUFFIX.sub("", stem), _INNER_MASK.sub("", stem))
    return tuple(dict.fromkeys(name for name in found if name != stem))


def spare_stem(stem: str) -> str:
    """'benign (4)_mask_1' -> 'benign (4)'; other stems stay."""
    return _SPARE_SUFFIX.sub("", stem)


def picture_stem(stem: str) -> str:
    """'image_3' -> '3'; other stems stay."""
    return _IMAGE_AFFIX.sub("", stem)


def words_of(folder: str) -> tuple[str, ...]:
    """'Train_Masks' -> ('train', 'masks')."""
    return tuple(filter(None, re.split(r"[-_. ]+", folder.lower())))
