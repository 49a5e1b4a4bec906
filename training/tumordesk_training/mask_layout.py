"""Pictures with masks: side by side, or in two folders. No torch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tumordesk.core.training_run import DataConfig
from tumordesk_training.data import (
    Case,
    Found,
    Grouper,
    folders_of,
    is_patient_folder,
    part_of,
)
from tumordesk_training.files import (
    BOTH_FOLDERS,
    IMAGE_FOLDERS,
    MASK_FOLDERS,
    folders_below,
    inner_folders,
    key_of,
    mask_stem,
    picture_stem,
    pictures_in,
    words_of,
)

Problems = list[tuple[str, str]]
Pair = tuple[Path, Path]


def two_folders(root: Path) -> list[Pair]:
    """Pairs of a picture and a mask folder side by side, at the root or anywhere below.

    'images' and 'masks', 'train_images' and 'train_masks', 'train' and 'train_masks'.
    """
    pairs: list[Pair] = []
    inside: set[Path] = set()
    for base in (root, *folders_below(root)):
        if base in inside or any(up in inside for up in base.parents):
            continue
        found = _side_by_side(base)
        pairs += found
        inside |= {folder for pair in found for folder in pair}
    return pairs


def _side_by_side(base: Path) -> list[Pair]:
    inner = inner_folders(base)
    words = {path: words_of(path.name) for path in inner}
    images = {_rest(w, IMAGE_FOLDERS): p for p, w in words.items() if set(w) & IMAGE_FOLDERS}
    plain = {w: p for p, w in words.items() if not set(w) & BOTH_FOLDERS}
    pairs = []
    for path, name in words.items():
        if set(name) & MASK_FOLDERS and path not in images.values():
            rest = _rest(name, MASK_FOLDERS)
            image = images.get(rest) or (plain.get(rest) if rest else None)
            if image is not None:
                pairs.append((image, path))
                images.pop(rest, None)
    return pairs


def _rest(words: tuple[str, ...], taken: frozenset[str]) -> tuple[str, ...]:
    return tuple(w for w in words if w not in taken)


def masks_beside(pictures: list[Path]) -> bool:
    """Whether some picture has a mask of its own name in the same folder."""
    names = {(path.parent, picture_stem(path.stem)) for path in pictures}
    return any(
        mask_stem(path.stem) != path.stem and (path.parent, mask_stem(path.stem)) in names
        for path in pictures
    )


def scan_masks(root: Path, config: DataConfig) -> Found:
    """Folders below the pictures are classes ('glioma'), unless they are named like patients."""
    grouper = Grouper(root, config)
    cases: list[Case] = []
    problems: Problems = []
    seen: set[Path] = set()
    for images, masks in two_folders(root) or [(root, root)]:
        pictures = pictures_in(images)
        seen.update(pictures)
        if images == masks:
            pictures = [p for p in pictures if mask_stem(p.stem) == p.stem]
        find = _Masks(masks, pictures, same=images == masks)
        for path in pictures:
            key = key_of(root, path)
            label = _class_above(path.relative_to(images))
            mask = find(path.relative_to(images))
            empty = mask is None and config.is_empty_class(label)
            if mask is None and not empty:
                problems.append((key, "it has no mask"))
                if not label:
                    continue
            group, source = grouper.find(key, path.stem, label)
            part = _part(root, images, path)
            cases.append(Case(key, path, group, mask, label, part, empty=empty, source=source))
        seen.update(find.files)
        problems += [(key_of(root, p), "no picture belongs to this mask") for p in find.left]
    outside = [path for path in pictures_in(root) if path not in seen]
    where = "it lies neither in the folder of pictures nor in that of masks"
    return Found(cases, [*problems, *((key_of(root, path), where) for path in outside)])


def _part(root: Path, images: Path, path: Path) -> str:
    """From the folders above, or from a name like 'train_images'."""
    part = part_of(path.relative_to(root))
    if part:
        return part
    rest = _rest(words_of(images.name), BOTH_FOLDERS) if images != root else ()
    return part_of(Path(*rest, "x")) if rest else ""


def _class_above(relative: Path) -> str:
    """First folder that is neither a part, nor a patient's, nor named 'images'."""
    folders = folders_of(relative.as_posix(), BOTH_FOLDERS)
    return next((f for f in folders if not is_patient_folder(f)), "")


class _Masks:
    """Finds the mask of a picture by its path in the picture folder.

    The same sub-folders come first; the bare name counts only where it is the only one of its
    kind, so that no picture gets the outline of another patient's picture of the same name.
    ``files``: all masks; ``left``: those that no picture has asked for.
    """

    def __init__(self, folder: Path, pictures: list[Path], *, same: bool) -> None:
        self.files: list[Path] = []
        self._by_path: dict[str, Path] = {}
        self._by_stem: dict[str, Path] = {}
        self._stems: Counter[str] = Counter()
        self._named = Counter(picture_stem(path.stem) for path in pictures)
        self._taken: set[Path] = set()
        for path in pictures_in(folder):
            stem = mask_stem(path.stem)
            if same and stem == path.stem:
                continue
            self.files.append(path)
            for name in dict.fromkeys((path.stem, stem)):
                self._by_path.setdefault(path.relative_to(folder).with_name(name).as_posix(), path)
            self._by_stem[picture_stem(stem)] = path
            self._stems[picture_stem(stem)] += 1

    @property
    def left(self) -> list[Path]:
        """Masks without a picture."""
        return [path for path in self.files if path not in self._taken]

    def __call__(self, relative: Path) -> Path | None:
        stem = relative.stem
        plain = picture_stem(stem)
        found = next(
            (
                path
                for name in dict.fromkeys((stem, plain))
                if (path := self._by_path.get(relative.with_name(name).as_posix())) is not None
            ),
            None,
        )
        if found is None and self._stems[plain] == self._named[plain] == 1:
            found = self._by_stem[plain]
        if found is not None:
            self._taken.add(found)
        return found
