"""Which NIfTI files are outlines, and which of them belongs to a volume. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tumordesk_training.files import (
    BOTH_FOLDERS,
    MASK_FOLDERS,
    MASK_NAMES,
    mask_stem,
    nifti_stem,
)

_TRUTH = re.compile(r"(?i)(?:^|[-_. ])ground[-_ ]?truth$")
_TUMOUR = re.compile(r"(?i)tumou?r|lesion|gtv|ground[-_ ]?truth")
_TUMOUR_ALONE = re.compile(r"(?i)(?:^|[-_. ])(?:tumou?rs?|lesions?|gtv|roi)$")
_BRAIN = re.compile(
    r"(?i)(?<![a-z])(?:brain|skull)(?:[-_. ]?(?:parenchyma|tissue|extraction))?"
    r"[-_. ]?(?:masks?|seg|segmentation|labels?)$"
)
_PAIR = re.compile(r"(?:^|_)([a-z]+)-([A-Za-z0-9]+)")
_PERSON = ("sub", "ses")
_SAME_WHERE_BOTH = ("acq", "run", "space", "res")
"""Pairs of BIDS names that tell images of one visit apart; the others say what a mask is of."""

_Folder = tuple[str, ...]


def outlines_among(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """(outlines, volumes) of NIfTI files; 'p1_brainmask' is neither.

    Files that only their words 'tumor' or 'lesion' speak for are outlines where a volume of the
    same name lies beside them, and no other outline does.
    """
    marked = [path for path in files if _is_mask(path)]
    named = set(marked)
    rest = [p for p in files if p not in named and not _BRAIN.search(nifti_stem(p))]
    hinted = set(_hinted(rest, marked))
    return [*marked, *sorted(hinted)], [path for path in rest if path not in hinted]


def _is_mask(path: Path) -> bool:
    stem = nifti_stem(path)
    return (
        _bare(stem) != stem
        or stem.lower() in MASK_NAMES
        or bool(_TRUTH.search(stem))
        or path.parent.name.lower() in MASK_FOLDERS
    )


def _bare(stem: str) -> str:
    """A mask's name without what says that it is one; '' of one that says nothing else."""
    return _TRUTH.sub("", mask_stem(stem))


def _hinted(rest: Iterable[Path], marked: Iterable[Path]) -> Iterable[Path]:
    taken = {path.parent for path in marked if not _BRAIN.search(nifti_stem(path))}
    of_volumes = {mask_stem(nifti_stem(path)) for path in marked}
    folders: dict[Path, list[Path]] = {}
    for path in rest:
        folders.setdefault(path.parent, []).append(path)
    for folder, paths in folders.items():
        plain = [nifti_stem(p) for p in paths if not _TUMOUR_ALONE.search(nifti_stem(p))]
        for path in paths if folder not in taken else ():
            stem = nifti_stem(path)
            name = _TUMOUR_ALONE.sub("", stem)
            beside = any(other.startswith(name) for other in plain)
            if name != stem and beside and stem not in of_volumes:
                yield path


class MaskFinder:
    """Finds the mask of a volume.

    Same folder (images/ and masks/ count as one) and same name; else the only mask of that folder;
    else the only mask anywhere of the volume's, or of its folder's, name; else the one below
    ``derivatives`` of the same person and visit (BIDS). Where several would do, one that names a
    tumour goes before others, and one of the brain comes last.
    """

    def __init__(self, root: Path, masks: Iterable[Path]) -> None:
        self._root = root
        self._by_name: dict[tuple[_Folder, str], list[Path]] = {}
        self._of_tumour: dict[tuple[_Folder, str], list[Path]] = {}
        self._by_folder: dict[_Folder, list[Path]] = {}
        self._by_stem: dict[str, list[Path]] = {}
        self._derived: dict[str, list[Path]] = {}
        for mask in masks:
            self._add(mask)

    def _add(self, mask: Path) -> None:
        stem, folder = nifti_stem(mask), self._folder(mask)
        name = _bare(stem)
        self._by_name.setdefault((folder, name), []).append(mask)
        if _TUMOUR_ALONE.search(name):
            whose = _TUMOUR_ALONE.sub("", name)
            self._of_tumour.setdefault((folder, whose), []).append(mask)
        self._by_stem.setdefault(name, []).append(mask)
        if mask.parent.name.lower() not in MASK_FOLDERS and mask.parent != self._root:
            self._by_folder.setdefault(folder, []).append(mask)
        person = _pairs(mask).get("sub")
        if person and "derivatives" in folder and not _BRAIN.search(stem):
            self._derived.setdefault(person, []).append(mask)

    def _folder(self, path: Path) -> _Folder:
        pieces = path.relative_to(self._root).parts[:-1]
        return tuple(p for p in pieces if p.lower() not in BOTH_FOLDERS)

    def find(self, path: Path, name: str = "") -> Path | None:
        """The mask of a volume, None without one; ``name``: of its case, where that has one."""
        folder, stem = self._folder(path), name or nifti_stem(path)
        plain = re.sub(r"_\d{4}$", "", stem)  # nnU-Net numbers the channels of a case
        tries = (
            self._by_name.get((folder, stem)),
            self._by_name.get((folder, plain)),
            self._of_tumour.get((folder, stem)),
            self._by_folder.get(folder),
            self._by_stem.get(stem),
            self._by_stem.get(path.parent.name),
            self._of_person(path),
        )
        return next((one for one in map(_best, tries) if one is not None), None)

    def _of_person(self, path: Path) -> list[Path]:
        own = _pairs(path)
        return [m for m in self._derived.get(own.get("sub", ""), ()) if _agree(own, _pairs(m))]


def _pairs(path: Path) -> dict[str, str]:
    """The pairs of a BIDS name: {'sub': '01', 'ses': '1'} of 'sub-01_ses-1_FLAIR'.

    Source: BIDS specification (entities of file names).
    """
    return dict(_PAIR.findall(nifti_stem(path)))


def _agree(volume: dict[str, str], mask: dict[str, str]) -> bool:
    same = all(volume.get(key) == mask.get(key) for key in _PERSON)
    both = [key for key in _SAME_WHERE_BOTH if key in volume and key in mask]
    return same and all(volume[key] == mask[key] for key in both)


def _best(masks: Sequence[Path] | None) -> Path | None:
    """The only one, or the only one of the kind that goes first; None where it is not clear."""
    if not masks:
        return None
    first = min(map(_rank, masks))
    best = [mask for mask in masks if _rank(mask) == first]
    return best[0] if len(best) == 1 else None


def _rank(mask: Path) -> int:
    stem = nifti_stem(mask)
    return 0 if _TUMOUR.search(stem) else 2 if _BRAIN.search(stem) else 1
