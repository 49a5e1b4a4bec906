"""Pictures with masks: side by side, or in two folders. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tumordesk.core.training_run import DataConfig
from tumordesk_training.data import Case, Found, Grouper, folders_of, part_of
from tumordesk_training.files import (
    key_of,
    likely_stems,
    mask_stem,
    picture_stem,
    pictures_in,
    spare_stem,
)
from tumordesk_training.folder_names import kind_of, pieces
from tumordesk_training.mask_pairs import Pair, case_folders, masks_among, two_folders
from tumordesk_training.outline_names import OF_BRAIN, rank

_OUTSIDE = "it lies neither in the folder of pictures nor in that of masks"


def scan_masks(root: Path, config: DataConfig) -> Found:
    """Folders below the pictures are classes ('glioma'), unless they are named like patients."""
    grouper = Grouper(root, config)
    found = Found()
    seen: set[Path] = set()
    everything = pictures_in(root)
    classes = _Classes(grouper, [key_of(root, path) for path in everything])
    for images, masks in two_folders(root) or [(root, root)]:
        seen |= _scan_pair((images, masks), classes, config, found)
    _scan_outside([p for p in everything if p not in seen], classes, config, found)
    return found


class _Classes:
    """The class of a picture: of the folders above it the first that is neither a part nor a
    patient's, nor named for its files ('images'), nor one around all the others.

    ``grouper``: of the same data.
    """

    def __init__(self, grouper: Grouper, keys: list[str]) -> None:
        self.grouper = grouper
        chains = {grouper.folders.classes(key) for key in keys}
        self._around = 0
        while (
            all(len(chain) > self._around + 1 for chain in chains)
            and len({chain[self._around] for chain in chains}) == 1
        ):
            self._around += 1

    def find(self, key: str, above: int = 0) -> str:
        """The class, "" where there is none. ``above``: so many outermost folders do not count."""
        inner = self.grouper.folders.classes(key)[self._around :]
        below = self.grouper.folders.classes(key, above)
        return next(iter(below[-len(inner) :] if inner else ()), "")


def _scan_outside(
    pictures: list[Path], classes: _Classes, config: DataConfig, found: Found
) -> None:
    """Add those of classes without tumour ('no_tumor' beside the others' folders) as empty cases;
    all others, and masks, are no use."""
    masks, grouper = masks_among(pictures), classes.grouper
    for path in pictures:
        key = key_of(grouper.root, path)
        label = classes.find(key)
        others = [name for name in folders_of(key) if name != label]
        of_masks = path in masks or any(kind_of(name).kind == "mask" for name in others)
        if not config.is_empty_class(label) or of_masks:
            found.problems.append((key, _OUTSIDE))
            continue
        group, source = grouper.find(key, path.stem, label)
        part = part_of(path.relative_to(grouper.root))
        case = Case(key, path, group, None, label, part, empty=True, source=source)
        found.cases.append(case)


def _scan_pair(pair: Pair, classes: _Classes, config: DataConfig, found: Found) -> set[Path]:
    """Add the cases of a folder of pictures and one of masks, which may be the same; all files that
    were looked at."""
    images, masks = pair
    grouper = classes.grouper
    root = grouper.root
    pictures = pictures_in(images)
    files = sorted(masks_among(pictures)) if images == masks else pictures_in(masks)
    alone = case_folders(pictures) if images == masks else {}
    taken = set(files)
    pictures = [path for path in pictures if path not in taken]
    find = _Masks(masks, files, pictures, alone, apart=images != masks)
    above = len(images.relative_to(root).parts)
    if images != masks and kind_of(masks.name).rest == "".join(pieces(images.name)):
        above -= 1  # 'glioma' beside 'glioma_masks'
    for path in pictures:
        key = key_of(root, path)
        # Of a folder that holds one case alone, the name is no class.
        label = classes.find(key_of(root, path.parent) if path in alone else key, above)
        mask = find(path.relative_to(images))
        around = classes.find(key)
        if mask is None and not label and config.is_empty_class(around):
            label = around  # 'no_tumor/images' beside 'no_tumor/brain_masks'
        empty = mask is None and config.is_empty_class(label)
        if mask is None and not empty:
            found.problems.append((key, find.why_none))
            if not label:
                continue
        group, source = grouper.find(key, path.stem, label)
        part = part_of(path.relative_to(root))
        found.cases.append(Case(key, path, group, mask, label, part, empty=empty, source=source))
    found.problems += [(key_of(root, path), find.why_left(path)) for path in find.left]
    return {*pictures, *files}


class _Masks:
    """Finds the mask of a picture by its path in the picture folder.

    The same sub-folders come first; the bare name counts only where it is the only one of its
    kind, so that no picture gets the outline of another patient's picture of the same name.
    ``files``: all masks; ``left``: those that no picture has asked for. ``apart``: they lie in a
    folder of their own. Those of the brain are no outlines; those of the tumour go first.
    """

    def __init__(
        self,
        folder: Path,
        files: Iterable[Path],
        pictures: list[Path],
        alone: dict[Path, Path],
        *,
        apart: bool,
    ) -> None:
        self.files = list(files)
        self._folder = folder
        self._apart = apart
        self._alone = {path.relative_to(folder): mask for path, mask in alone.items()}
        self._by_path: dict[str, Path] = {}
        self._by_stem: dict[str, Path] = {}
        self._stems: Counter[str] = Counter()
        self._named = Counter(picture_stem(path.stem) for path in pictures)
        self._taken: set[Path] = set()
        self._brain = {path for path in self.files if self._of_brain(path)}
        ranked = sorted(self.files, key=lambda path: rank(path.stem))
        ranked = [path for path in ranked if path not in self._brain]
        for path in ranked:
            stem = mask_stem(path.stem)
            for name in (path.stem, stem):
                self._by_path.setdefault(self._place(path, name), path)
            self._by_stem[picture_stem(stem)] = path
            self._stems[picture_stem(stem)] += 1
        # Only now: 'a_mask' comes before 'a_roi', and before 'a_mask_1'.
        for path in ranked:
            for name in likely_stems(path.stem):
                self._by_path.setdefault(self._place(path, name), path)

    def _of_brain(self, path: Path) -> bool:
        """'a_brain_mask' of a picture 'a'; of a picture 'a_brain' it is any mask."""
        if self._apart and rank(self._folder.name) == 2:
            return True
        return rank(path.stem) == 2 and picture_stem(mask_stem(path.stem)) not in self._named

    @property
    def why_none(self) -> str:
        """Why a picture has no mask."""
        return f"it has no mask{' of a tumour, only one of the brain' * bool(self._brain)}"

    def _place(self, path: Path, name: str) -> str:
        return path.relative_to(self._folder).with_name(name).as_posix()

    @property
    def left(self) -> list[Path]:
        """Masks without a picture."""
        return [path for path in self.files if path not in self._taken]

    def why_left(self, path: Path) -> str:
        """Why a mask of ``left`` is no use."""
        if path in self._brain:
            return OF_BRAIN
        first = self._by_path.get(self._place(path, spare_stem(path.stem)))
        if spare_stem(path.stem) != path.stem and first in self._taken:
            return "its picture has another mask: only one is read"
        return "no picture belongs to this mask"

    def __call__(self, relative: Path) -> Path | None:
        if relative in self._alone:
            self._taken.add(self._alone[relative])
            return self._alone[relative]
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
