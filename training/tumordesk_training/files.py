"""Files of a training folder, and what their names say. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tumordesk_training.images import is_picture

IMAGE_FOLDERS = frozenset(
    ("images", "image", "imgs", "img", "pictures", "scans", "inputs", "imagestr", "imagests")
)
MASK_FOLDERS = frozenset(
    (
        "masks", "mask", "labels", "label", "segmentations", "segmentation", "annotations", "gt",
        "groundtruth", "outlines", "labelstr", "labelsts",
    )
)  # fmt: skip
BOTH_FOLDERS = IMAGE_FOLDERS | MASK_FOLDERS
MASK_NAMES = frozenset(("mask", "seg", "label", "labels", "segmentation", "outline"))
_MASK_SUFFIX = re.compile(r"(?i)[-_. ](?:masks?|seg|labels?|segmentation|gt|annotation|outline)$")
_MASK_PREFIX = re.compile(r"(?i)^(?:mask|seg|label|segmentation|gt)[-_ ]")
_IMAGE_AFFIX = re.compile(r"(?i)^(?:image|img|scan)[-_ ]|[-_ ](?:image|img|scan)$")
_NIFTI = (".nii", ".nii.gz")


def walk(root: Path) -> Iterator[Path]:
    """All files below ``root`` that are not hidden, sorted."""
    for path in sorted(root.rglob("*")):
        hidden = any(piece.startswith(".") for piece in path.relative_to(root).parts)
        if not hidden and path.is_file():
            yield path


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


def picture_stem(stem: str) -> str:
    """'image_3' -> '3'; other stems stay."""
    return _IMAGE_AFFIX.sub("", stem)


def words_of(folder: str) -> tuple[str, ...]:
    """'Train_Masks' -> ('train', 'masks')."""
    return tuple(filter(None, re.split(r"[-_. ]+", folder.lower())))
