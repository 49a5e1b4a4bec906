"""Which NIfTI files are outlines, and which of them belongs to a volume. No torch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from tumordesk_training.files import BOTH_FOLDERS, MASK_FOLDERS, MASK_NAMES, mask_stem, nifti_stem
from tumordesk_training.folder_names import is_technical, kind_of, pieces
from tumordesk_training.outline_names import is_brain_mask, rank, says_no_tumour
from tumordesk_training.sequences import case_name

_TRUTH = re.compile(r"(?i)(?:^|[-_. ])ground[-_ ]?truth$")
_TUMOUR_ALONE = re.compile(r"(?i)(?:^|[-_. ])(?:tumou?rs?|lesions?|gtv|roi)$")
_OF_WHAT = re.compile(r"(?:tumou?r|lesion|glioma|gtv|brain|skull)s?$")
_PREDICTED = frozenset(("pred", "preds", "predicted", "prediction", "predictions"))
_PAIR = re.compile(r"(?:^|_)([a-z]+)-([A-Za-z0-9]+)")
_PERSON = ("sub", "ses")
_SAME_WHERE_BOTH = ("acq", "run", "space", "res")
"""Pairs of BIDS names that tell images of one visit apart; the others say what a mask is of."""

_Folder = tuple[str, ...]
_Tries = tuple[Sequence[Path] | None, ...]


def outlines_among(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """(outlines, volumes) of NIfTI files; 'p1_brainmask' is neither.

    Files that only their words 'tumor' or 'lesion' speak for are outlines where a volume of the
    same name lies beside them, and no other outline does.
    """
    by_name = {path for path in files if _named_mask(path)}
    marked_folders = _outline_folders(files, by_name)
    marked = [path for path in files if path in by_name or path.parent in marked_folders]
    named = set(marked)
    rest = [p for p in files if p not in named and not is_brain_mask(nifti_stem(p))]
    hinted = set(_hinted(rest, marked))
    return [*marked, *sorted(hinted)], [path for path in rest if path not in hinted]


def predicted_among(root: Path, files: Sequence[Path]) -> list[Path]:
    """NIfTI files in folders of predictions ('preds', 'predsTs'): neither scans nor outlines.

    None where there is nothing else, or where such a folder has scans and outlines side by side:
    it is then a data set that is named for its purpose.
    """
    of_folder = {folder: _predicted(root, folder) for folder in {path.parent for path in files}}
    folders: dict[Path, list[Path]] = {}
    for path in files:
        whole = of_folder[path.parent]
        if whole is not None:
            folders.setdefault(whole, []).append(path)
    found = [
        path for inside in folders.values() if len({*map(_named_mask, inside)}) == 1
        for path in inside
    ]  # fmt: skip
    return found if len(found) < len(files) else []


def _predicted(root: Path, folder: Path) -> Path | None:
    """The folder of predictions that ``folder`` is or lies in; None where there is none."""
    above = (folder, *folder.parents)[: len(folder.relative_to(root).parts)]
    return next((up for up in above if _PREDICTED.intersection(pieces(up.name))), None)


def _named_mask(path: Path) -> bool:
    stem = nifti_stem(path)
    return _bare(stem) != stem or stem.lower() in MASK_NAMES or bool(_TRUTH.search(stem))


def _outline_folders(files: Sequence[Path], by_name: Collection[Path]) -> set[Path]:
    """Folders that hold outlines alone.

    Any name that speaks of masks will do ('tumor_masks', 'Segmentation_maps') where volumes lie
    elsewhere, and where no file of the folder is named as the mask of another one.
    """
    parents = {path.parent for path in files}
    sure = {folder for folder in parents if folder.name.lower() in MASK_FOLDERS}
    mixed = {path.parent for path in by_name}
    likely = {one for one in parents - sure - mixed if _kind(one.name) == "mask"}
    elsewhere = any(p.parent not in sure | likely and p not in by_name for p in files)
    return sure | likely if elsewhere else sure


def _kind(name: str) -> str:
    """'mask' or 'image' where a folder's name surely says so, else ''."""
    kind = kind_of(name)
    return kind.kind if kind.sure and (kind.kind == "mask" or kind.usual) else ""


def _bare(stem: str) -> str:
    """A mask's name without what says that it is one; '' of one that says nothing else."""
    return _TRUTH.sub("", mask_stem(stem))


def _hinted(rest: Iterable[Path], marked: Iterable[Path]) -> Iterable[Path]:
    taken = {path.parent for path in marked if rank(nifti_stem(path)) < 2}
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

    Same folder (images/ and masks/ count as one): of the same name, or the only one there; of
    these one that names the tumour goes first. Else the only mask anywhere of the volume's name
    (unless it names a sequence alone, and several are called so), or of its folder's; else the one
    below ``derivatives`` of the same person and visit (BIDS). Where several would do, one that
    names the tumour goes before others; one of the brain is none.
    """

    def __init__(self, root: Path, masks: Iterable[Path], scans: Collection[Path]) -> None:
        self._root = root
        self._folders: dict[Path, _Folder] = {}
        self._by_name: dict[tuple[_Folder, str], list[Path]] = {}
        self._of_tumour: dict[tuple[_Folder, str], list[Path]] = {}
        self._by_folder: dict[_Folder, list[Path]] = {}
        self._by_stem: dict[str, list[Path]] = {}
        self._derived: dict[str, list[Path]] = {}
        self._ranks: dict[Path, int] = {}
        for mask in masks:
            self._add(mask)
        self._counts = Counter(map(nifti_stem, scans))
        self._allow_empty(scans)
        self._scans = self._begins(scans)

    def _add(self, mask: Path) -> None:
        stem, folder = nifti_stem(mask), self._folder(mask)
        name = _bare(stem)
        self._ranks[mask] = self._rank(mask)
        self._by_name.setdefault((folder, name), []).append(mask)
        if _TUMOUR_ALONE.search(name):
            self._of_tumour.setdefault((folder, _whose(mask)), []).append(mask)
        self._by_stem.setdefault(name, []).append(mask)
        if (_named_mask(mask) or not _kind(mask.parent.name)) and self._has_own_folder(mask):
            self._by_folder.setdefault(folder, []).append(mask)
        person = _pairs(mask).get("sub")
        if person and "derivatives" in folder:
            self._derived.setdefault(person, []).append(mask)

    def _allow_empty(self, scans: Collection[Path]) -> None:
        """'p2_no_tumor_mask' is the outline of a scan 'p2_no_tumor', and of no other."""
        doubtful = [m for m in self._ranks if says_no_tumour(_bare(nifti_stem(m)))]
        names = {(self._folder(path), nifti_stem(path)) for path in scans} if doubtful else ()
        for mask in doubtful:
            if (self._folder(mask), _bare(nifti_stem(mask))) in names:
                self._ranks[mask] = 1

    def _has_own_folder(self, mask: Path) -> bool:
        return mask.parent.name.lower() not in MASK_FOLDERS and mask.parent != self._root

    def _folder(self, path: Path) -> _Folder:
        folder = path.parent
        if folder not in self._folders:
            parts = folder.relative_to(self._root).parts
            self._folders[folder] = tuple(filter(None, map(_place, parts)))
        return self._folders[folder]

    def _begins(self, scans: Iterable[Path]) -> set[tuple[_Folder, str]]:
        """Folder and how the name of a scan there begins: 'P1' and 'P1_flair' of 'P1_flair'."""
        several = {folder for folder, masks in self._by_folder.items() if len(masks) > 1}
        return {
            (folder, name)
            for path in scans
            if (folder := self._folder(path)) in several
            for name in _beginnings(nifti_stem(path))
        }

    def _rank(self, mask: Path) -> int:
        """As of its name; where that says nothing, as of its folder of outlines or pipeline."""
        told = rank(nifti_stem(mask))
        parts = mask.relative_to(self._root).parts[:-1]
        if told != 1 or not parts:
            return told
        derived = parts[parts.index("derivatives") + 1 :] if "derivatives" in parts else ()
        folders = parts[-1:] if _kind(parts[-1]) == "mask" else derived
        return next((found for found in map(rank, folders) if found != 1), 1)

    def find(self, path: Path, name: str = "") -> Path | None:
        """The mask of a volume, None without one; ``name``: of its case, where that has one."""
        near, far = self._tries(path, name or nifti_stem(path))
        beside = [one for one in map(self._best, near) if one is not None]
        whole = self._of_folder(path, bool(beside))
        if whole is not None:
            beside.append(whole)
        if beside:
            return min(beside, key=self._ranks.__getitem__)
        return next((one for one in map(self._best, far) if one is not None), None)

    def only_brain(self, path: Path) -> bool:
        """Whether a volume has a mask beside it or of its person, but of the brain alone."""
        near, (*_, derived) = self._tries(path, nifti_stem(path))
        tries = (*near, self._by_folder.get(self._folder(path)), derived)
        ranks = {self._ranks[mask] for masks in tries for mask in masks or ()}
        return ranks == {2}

    def _tries(self, path: Path, stem: str) -> tuple[_Tries, _Tries]:
        """Masks that may be of a volume: those of the same folder by name, and others."""
        folder = self._folder(path)
        plain = re.sub(r"_\d{4}$", "", stem)  # nnU-Net numbers the channels of a case
        near = (
            self._by_name.get((folder, stem)),
            self._by_name.get((folder, plain)) if plain != stem else None,
            self._of_tumour.get((folder, stem)),
        )
        named = self._by_stem.get(stem)
        if named and self._names_nobody(path):
            named = None
        return near, (named, self._by_stem.get(path.parent.name), self._of_person(path))

    def _names_nobody(self, path: Path) -> bool:
        """Whether several volumes are called so, as 'FLAIR' and 'image' are of many patients."""
        stem = nifti_stem(path)
        return self._counts[stem] > 1 and (is_technical(stem) or not case_name(path))

    def _of_folder(self, path: Path, has_own: bool) -> Path | None:
        """The one mask of the folder, or the best, unless that is named for another volume there.

        ``has_own``: there is a mask of the volume's name; then only one that names no volume, or
        the same one, counts.
        """
        folder, stem = self._folder(path), nifti_stem(path)
        masks = self._by_folder.get(folder, ())
        best = self._best(masks)
        if best is None:
            return None
        whose = _whose(best)
        mine = whose in ("", path.parent.name) or whose in _beginnings(stem)
        if mine or has_own:
            return best if mine else None
        owners = {_whose(mask) for mask in masks if self._ranks[mask] < 2}
        return best if len(owners) == 1 or (folder, whose) not in self._scans else None

    def _best(self, masks: Sequence[Path] | None) -> Path | None:
        """The only one, or the only one that names the tumour; None where it is not clear."""
        if not masks:
            return None
        first = min(self._ranks[mask] for mask in masks)
        best = [mask for mask in masks if self._ranks[mask] == first]
        return best[0] if len(best) == 1 and first < 2 else None

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


def _place(folder: str) -> str:
    """What a folder's name says beside images or masks: '' of 'tumor_masks', 'train' of
    'train_masks'; the name itself of other folders."""
    if folder.lower() in BOTH_FOLDERS:
        return ""
    kind = _kind(folder)
    if not kind:
        return folder
    rest = kind_of(folder).rest
    return _OF_WHAT.sub("", rest) if kind == "mask" else rest


def _whose(mask: Path) -> str:
    """The volume, case or patient that a mask's name speaks of; '' of 'tumor_mask' and 'seg'."""
    name = _bare(nifti_stem(mask))
    return "" if name.lower() in MASK_NAMES else _TUMOUR_ALONE.sub("", name)


def _beginnings(stem: str) -> list[str]:
    """'P1', 'P1_flair' of 'P1_flair'; not 'P1' of 'P1_2', which may be another visit."""
    ends = [match.start() for match in re.finditer(r"[-_. ](?=[A-Za-z])", stem)]
    return [*(stem[:end] for end in ends), stem]
