"""Which folders, or files side by side, are pictures and their masks. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig
from tumordesk_training.files import (
    MASK_NAMES,
    folders_below,
    inner_folders,
    likely_stems,
    mask_stem,
    picture_stem,
    pictures_in,
    spare_stem,
)
from tumordesk_training.folder_names import FolderKind, kind_of, part_of_folder, pieces
from tumordesk_training.images import load_grey
from tumordesk_training.outline_names import rank

Pair = tuple[Path, Path]
Kinds = dict[Path, FolderKind]
"""Folders that lie side by side, and what their names promise."""

_MOSTLY = 0.8
"""So many masks have a picture of their name, where the folders' names alone do not say enough."""
_USUAL = 0.3
"""So many of the files are masks, where a suffix ('_roi') may mean something else as well."""
_LOOKED_AT = 3
_FEW_VALUES = 16
_FLAT_SHARE = 0.97


def two_folders(root: Path) -> list[Pair]:
    """Pairs of a picture and a mask folder side by side, at the root or anywhere below.

    'images' and 'masks', 'train_images' and 'train_masks', 'train' and 'train_masks'. Where the
    names say less ('MRI' and 'Mask', 'input' and 'output') the files decide: their names agree, and
    those of the one folder look like masks.
    """
    bases = [root, *folders_below(root)]
    pairs = _pairs(bases, [], _named_pairs)
    return pairs + _pairs(bases, pairs, _likely_pairs)


def _pairs(
    bases: Iterable[Path], known: Sequence[Pair], find: Callable[[Kinds], list[Pair]]
) -> list[Pair]:
    """What ``find`` finds in folders that lie in no pair, nor are to be a pair around one."""
    pairs: list[Pair] = []
    inside = {folder for pair in known for folder in pair}
    around = {up for folder in inside for up in folder.parents}
    for base in bases:
        if base in inside or any(up in inside for up in base.parents):
            continue
        free = [path for path in inner_folders(base) if path not in inside | around]
        found = find({path: kind_of(path.name) for path in free})
        pairs += found
        inside |= {folder for pair in found for folder in pair}
    return pairs


def _named_pairs(kinds: Kinds) -> list[Pair]:
    images: dict[str, Path] = {}
    for path, kind in sorted(kinds.items(), key=lambda item: not item[1].usual):
        if kind.kind == "image":
            images.setdefault(kind.rest, path)
    plain = {"".join(pieces(p.name)): p for p, kind in kinds.items() if not kind.kind}
    pairs = []
    for path, kind in _tumour_first(kinds):
        if kind.kind != "mask" or not kind.sure:
            continue
        part = plain.get(kind.rest)
        image = images.pop(kind.rest, None)
        if image is None and part is not None and part_of_folder(part.name):
            image = part
        if image is not None:
            pairs.append((image, path))
    return pairs


def _likely_pairs(kinds: Kinds) -> list[Pair]:
    taken: set[Path] = set()
    pairs = []
    for path, kind in _tumour_first(kinds):
        if kind.kind != "mask" or not kind.last:
            continue
        free = [p for p, other in kinds.items() if other.kind != "mask" and p not in taken]
        named = [p for p in free if kinds[p].kind == "image"]
        own = [p for p in free if "".join(pieces(p.name)) == kind.rest]  # 'glioma_masks'
        image = next(
            filter(None, (_of_same_names(some, path) for some in (own, named, free))), None
        )
        if image is not None and look_like_masks(pictures_in(path)):
            pairs.append((image, path))
            taken.add(image)
    return pairs


def _tumour_first(kinds: Kinds) -> list[tuple[Path, FolderKind]]:
    """The outlines of the tumour before others, those of the brain last."""
    return sorted(kinds.items(), key=lambda item: rank(item[0].name))


def _of_same_names(folders: Iterable[Path], masks: Path) -> Path | None:
    """The one folder that has pictures of the names of the masks; None where there are several."""
    wanted = [_stems(path) for path in pictures_in(masks)]
    found = []
    for folder in folders:
        names = {picture_stem(path.stem) for path in pictures_in(folder)}
        agree = sum(not names.isdisjoint(stems) for stems in wanted)
        free_of_tumour = DataConfig().is_empty_class(folder.name)
        if agree and agree >= _MOSTLY * len(wanted) and not free_of_tumour:
            found.append(folder)
    return found[0] if len(found) == 1 else None


def _stems(mask: Path) -> set[str]:
    stems = (mask.stem, mask_stem(mask.stem), *likely_stems(mask.stem))
    return {picture_stem(stem) for stem in stems}


def look_like_masks(paths: Sequence[Path]) -> bool:
    """Whether some of the files, as far as they can be read, hold few values, or next to nothing
    between black and white (as a mask does that was saved as JPEG)."""
    seen = []
    for path in {paths[i * (len(paths) - 1) // (_LOOKED_AT - 1)] for i in range(_LOOKED_AT)}:
        try:
            seen.append(_is_flat(load_grey(path)))
        except DataError:  # check-data names it
            continue
    return bool(seen) and all(seen)


def _is_flat(grey: np.ndarray) -> bool:
    values = np.unique(grey)
    if len(values) <= _FEW_VALUES:
        return True
    low, high = float(values[0]), float(values[-1])
    margin = (high - low) / _FEW_VALUES
    ends = (grey <= low + margin) | (grey >= high - margin)
    return float(np.mean(ends)) >= _FLAT_SHARE and float(np.mean(grey >= high - margin)) > 0


def masks_beside(pictures: Sequence[Path]) -> bool:
    """Whether some picture has a mask of its own name in the same folder, or some folder holds
    nothing but one picture and its mask."""
    names = _names(pictures)
    named = any(
        (path.parent, picture_stem(stem)) in names
        for path in pictures
        if (bare := mask_stem(path.stem)) != path.stem
        for stem in (bare, *likely_stems(path.stem))
    )
    return named or bool(case_folders(pictures)) or bool(_likely_masks(pictures))


def masks_of(root: Path, pictures: Sequence[Path]) -> frozenset[Path]:
    """The masks below ``root`` that have pictures, for whoever wants the pictures alone."""
    names = _names(pictures)
    beside = {
        path
        for path in pictures
        if (bare := mask_stem(path.stem)) != path.stem
        and (path.parent, picture_stem(bare)) in names
    }
    apart = {path for _, folder in two_folders(root) for path in pictures_in(folder)}
    return frozenset(beside | apart | _likely_masks(pictures))


def masks_among(pictures: Sequence[Path]) -> frozenset[Path]:
    """The masks among files of one folder tree, also those whose picture is not there."""
    named = {path for path in pictures if mask_stem(path.stem) != path.stem}
    return frozenset(named | _likely_masks(pictures) | set(case_folders(pictures).values()))


def case_folders(pictures: Iterable[Path]) -> dict[Path, Path]:
    """Picture -> mask, of folders that hold these two alone: 'case 7/image.png', 'mask.png'."""
    folders: dict[Path, list[Path]] = {}
    for path in pictures:
        folders.setdefault(path.parent, []).append(path)
    found = {}
    for files in folders.values():
        masks = [path for path in files if path.stem.lower() in MASK_NAMES]
        if len(files) == 2 and len(masks) == 1:
            found[next(path for path in files if path != masks[0])] = masks[0]
    return found


def _likely_masks(pictures: Sequence[Path]) -> set[Path]:
    """Files beside a picture of their name, with a suffix that is usual, and that look like masks;
    and second masks of one picture ('a_mask_1')."""
    names = _names(pictures)
    spare = {
        path
        for path in pictures
        if (stem := spare_stem(path.stem)) != path.stem
        and (path.parent, picture_stem(stem)) in names
    }
    likely = [
        path
        for path in pictures
        if path not in spare
        and mask_stem(path.stem) == path.stem
        and any((path.parent, picture_stem(stem)) in names for stem in likely_stems(path.stem))
    ]
    counts = Counter(mask_stem(path.stem) == path.stem for path in pictures)
    if likely and len(likely) >= _USUAL * counts[True] and look_like_masks(likely):
        return spare | set(likely)
    return spare


def _names(pictures: Iterable[Path]) -> set[tuple[Path, str]]:
    return {(path.parent, picture_stem(path.stem)) for path in pictures}
