"""Recognises how a training folder is laid out and lists its cases. No torch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig
from tumordesk_training.coco import coco_files, scan_coco
from tumordesk_training.data import (
    PARTS_IN_ORDER,
    Case,
    DataSet,
    Grouper,
    folders_of,
    is_patient_folder,
    natural,
    part_of,
    read_csv,
)
from tumordesk_training.images import is_picture
from tumordesk_training.mask_labels import labelled

MASK_SUFFIXES = ("_mask", "-mask", "_seg", "_label", "_segmentation")
_IMAGE_FOLDERS = ("images", "image", "imgs", "img", "imagestr", "imagests")
_MASK_FOLDERS = (
    "masks", "mask", "labels", "label", "segmentations", "annotations", "labelstr", "labelsts",
)  # fmt: skip
_BOTH_FOLDERS = frozenset(_IMAGE_FOLDERS + _MASK_FOLDERS)
_MASK_NAMES = ("mask", "seg", "label", "labels", "segmentation")
_NIFTI = (".nii", ".nii.gz")

Found = tuple[list[Case], list[tuple[str, str]]]


def scan(root: Path, config: DataConfig) -> DataSet:
    """List the cases of ``root``, without those of ``config.exclude``.

    Raises:
        DataError: the folder is missing, or holds nothing that any layout explains.
    """
    if not root.is_dir():
        raise DataError(f"The data folder {root} does not exist.", "Check the path.")
    layout = detect(root) if config.layout == "auto" else config.layout
    cases, problems = _SCANNERS[layout](root, config)
    if not cases:
        reason = f" First problem: {problems[0][0]}: {problems[0][1]}" if problems else ""
        raise DataError(
            f"No usable pictures were found in {root.name} (layout '{layout}').{reason}",
            "Known layouts: class folders; images with masks (_mask suffix or two folders); "
            "COCO; a CSV index; NIfTI pairs.",
        )
    found = len(cases)
    left_out = frozenset(config.exclude)
    cases = [case for case in cases if case.key not in left_out]
    if not cases:
        raise DataError(
            f"All {found} pictures of {root.name} are left out by decision.",
            "Take some of them in again.",
        )
    excluded = found - len(cases)
    if config.label_from_mask:
        cases = labelled(cases, problems)
    labels = tuple(sorted({c.label for c in cases if c.label}))
    ordered = tuple(sorted(cases, key=lambda c: natural(c.key)))
    return DataSet(root, layout, ordered, tuple(problems), labels, excluded)


def detect(root: Path) -> str:
    """Name of the layout that explains ``root`` best: coco, nifti, masks, index or classes."""
    if coco_files(root):
        return "coco"
    if any(is_nifti(p) for p in _walk(root)):
        return "nifti"
    if _two_folders(root) or any(
        is_picture(p) and p.stem.lower().endswith(MASK_SUFFIXES) for p in _walk(root)
    ):
        return "masks"
    return "index" if _index_file(root) else "classes"


def layout_title(data: DataSet) -> str:
    """The layout in words, with its parts where the folder says them."""
    title = _TITLES[data.layout]
    parts = [part for part in PARTS_IN_ORDER if any(c.part == part for c in data.cases)]
    return f"{title}, in parts {', '.join(parts)}" if parts else title


def is_nifti(path: Path) -> bool:
    """True for .nii and .nii.gz."""
    return path.name.lower().endswith(_NIFTI)


def _walk(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if not path.name.startswith(".") and path.is_file():
            yield path


def _key(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _two_folders(root: Path) -> list[tuple[Path, Path]]:
    """Pairs of picture and mask folders, at the root or one level down (train/, val/, ...)."""
    pairs = []
    for base in [root, *sorted(p for p in root.iterdir() if p.is_dir())]:
        inner = {p.name.lower(): p for p in base.iterdir() if p.is_dir()}
        image = next((inner[n] for n in _IMAGE_FOLDERS if n in inner), None)
        mask = next((inner[n] for n in _MASK_FOLDERS if n in inner), None)
        if image and mask:
            pairs.append((image, mask))
    return pairs


def mask_stem(stem: str) -> str:
    """'slice_3_mask' -> 'slice_3'; other stems stay."""
    for suffix in MASK_SUFFIXES:
        if stem.lower().endswith(suffix):
            return stem[: -len(suffix)]
    return stem


def _scan_masks(root: Path, config: DataConfig) -> Found:
    """Folders below the pictures are classes ('glioma'), unless they are named like patients."""
    grouper = Grouper(root, config)
    cases: list[Case] = []
    problems: list[tuple[str, str]] = []
    for images, masks in _two_folders(root) or [(root, root)]:
        pictures = [p for p in _walk(images) if is_picture(p)]
        if images == masks:
            pictures = [p for p in pictures if mask_stem(p.stem) == p.stem]
        find = _mask_finder(masks, pictures, same=images == masks)
        for path in pictures:
            key = _key(root, path)
            label = _class_above(path.relative_to(images))
            mask = find(path.relative_to(images))
            empty = mask is None and label in config.empty_classes
            if mask is None and not empty:
                problems.append((key, "it has no mask"))
                if not label:
                    continue
            group, source = grouper.find(key, path.stem, label)
            part = part_of(path.relative_to(root))
            cases.append(Case(key, path, group, mask, label, part, empty=empty, source=source))
    return cases, problems


def _class_above(relative: Path) -> str:
    """First folder that is neither a part, nor a patient's, nor named 'images'."""
    folders = folders_of(relative.as_posix(), _BOTH_FOLDERS)
    return next((f for f in folders if not is_patient_folder(f)), "")


def _mask_finder(
    folder: Path, pictures: list[Path], *, same: bool
) -> Callable[[Path], Path | None]:
    """Finds the mask of a picture by its path in the picture folder.

    The same sub-folders come first; the bare name counts only where it is the only one of its
    kind, so that no picture gets the outline of another patient's picture of the same name.
    """
    by_path: dict[str, Path] = {}
    stems: Counter[str] = Counter()
    by_stem: dict[str, Path] = {}
    for path in _walk(folder):
        stem = mask_stem(path.stem)
        if not is_picture(path) or (same and stem == path.stem):
            continue
        by_path[path.relative_to(folder).with_name(stem).as_posix()] = path
        by_stem[stem] = path
        stems[stem] += 1
    named = Counter(path.stem for path in pictures)

    def find(relative: Path) -> Path | None:
        found = by_path.get(relative.with_name(relative.stem).as_posix())
        if found is None and stems[relative.stem] == named[relative.stem] == 1:
            found = by_stem[relative.stem]
        return found

    return find


def _scan_classes(root: Path, config: DataConfig) -> Found:
    grouper = Grouper(root, config)
    cases: list[Case] = []
    problems: list[tuple[str, str]] = []
    for path in _walk(root):
        if not is_picture(path):
            continue
        key = _key(root, path)
        label = _class_of(key)
        if not label:
            problems.append((key, "it is in no class folder"))
            continue
        group, source = grouper.find(key, path.stem, label)
        part = part_of(path.relative_to(root))
        empty = label in config.empty_classes
        cases.append(Case(key, path, group, None, label, part, empty=empty, source=source))
    return cases, problems


def _class_of(key: str) -> str:
    """The folder nearest to the file that is no part and no patient; else the first folder."""
    folders = folders_of(key)
    classes = [f for f in folders if not is_patient_folder(f)]
    return classes[-1] if classes else next(iter(folders), "")


def _index_file(root: Path) -> Path | None:
    for path in sorted(root.glob("*.csv")):
        rows = read_csv(path)
        if rows and {"image", "path", "file"} & {c.lower() for c in rows[0]}:
            return path
    return None


def _scan_index(root: Path, config: DataConfig) -> Found:
    """CSV with image (or path, file), and mask, label (or class), patient (or group), split."""
    index = root / config.indexes[0].file if config.indexes else _index_file(root)
    if index is None:
        raise DataError(f"{root.name} has no CSV with a column 'image'.")
    grouper = Grouper(root, config)
    cases: list[Case] = []
    problems: list[tuple[str, str]] = []
    for raw in read_csv(index):
        row = {k.lower(): v for k, v in raw.items()}
        name = _first(row, ("image", "path", "file"))
        mask = _first(row, ("mask",))
        reason = _why_not(root, name) or (mask and _why_not(root, mask, "its mask"))
        if reason:
            problems.append((name or index.name, reason))
            continue
        label = _first(row, ("label", "class", "cls"))
        part = part_of(Path(_first(row, ("split", "part"))) / "x")
        empty = not mask and label in config.empty_classes
        group, source = grouper.find(name, Path(name).stem, label)
        cases.append(
            Case(
                name, root / name, group, root / mask if mask else None, label, part,
                empty=empty, volume=is_nifti(Path(name)), source=source,
            )
        )  # fmt: skip
    return cases, problems


def _why_not(root: Path, name: str, what: str = "the file") -> str:
    """Why a file that an index names cannot be used; '' where it can."""
    if not name:
        return "a row names no picture"
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        return f"{what} lies outside the data folder"
    return "" if path.is_file() else f"{what} is missing"


def _first(row: dict[str, str], names: Iterable[str]) -> str:
    return next((row[n] for n in names if row.get(n)), "")


def _nifti_stem(path: Path) -> str:
    name = path.name
    return name[: -len(".nii.gz")] if name.lower().endswith(".nii.gz") else path.stem


def _scan_nifti(root: Path, config: DataConfig) -> Found:
    grouper = Grouper(root, config)
    files = [p for p in _walk(root) if is_nifti(p)]
    marked = [p for p in files if _is_nifti_mask(p)]
    find = _nifti_finder(root, marked)
    cases: list[Case] = []
    problems: list[tuple[str, str]] = []
    for path in sorted(set(files) - set(marked)):
        key, stem = _key(root, path), _nifti_stem(path)
        mask = find(path)
        if mask is None:
            problems.append((key, "it has no mask"))
            continue
        group, source = grouper.find(key, stem)
        part = part_of(path.relative_to(root))
        cases.append(Case(key, path, group, mask, part=part, volume=True, source=source))
    return cases, problems


def _is_nifti_mask(path: Path) -> bool:
    stem = _nifti_stem(path)
    return (
        mask_stem(stem) != stem
        or stem.lower() in _MASK_NAMES
        or path.parent.name.lower() in _MASK_FOLDERS
    )


def _nifti_finder(root: Path, masks: list[Path]) -> Callable[[Path], Path | None]:
    """Finds the mask of a volume.

    Same folder (images/ and masks/ count as one) and same name; else the only mask of that
    folder; else the only mask anywhere of the volume's, or of its folder's, name.
    """

    def folder(path: Path) -> tuple[str, ...]:
        pieces = path.relative_to(root).parts[:-1]
        return tuple(p for p in pieces if p.lower() not in _BOTH_FOLDERS)

    by_name: dict[tuple[tuple[str, ...], str], list[Path]] = {}
    by_folder: dict[tuple[str, ...], list[Path]] = {}
    by_stem: dict[str, list[Path]] = {}
    for mask in masks:
        stem = mask_stem(_nifti_stem(mask))
        by_name.setdefault((folder(mask), stem), []).append(mask)
        by_stem.setdefault(stem, []).append(mask)
        if mask.parent.name.lower() not in _MASK_FOLDERS and mask.parent != root:
            by_folder.setdefault(folder(mask), []).append(mask)

    def find(path: Path) -> Path | None:
        stem = _nifti_stem(path)
        plain = re.sub(r"_\d{4}$", "", stem)  # nnU-Net numbers the channels of a case
        tries = (
            by_name.get((folder(path), stem)),
            by_name.get((folder(path), plain)),
            by_folder.get(folder(path)),
            by_stem.get(stem),
            by_stem.get(path.parent.name),
        )
        return next((found[0] for found in tries if found and len(found) == 1), None)

    return find


_TITLES = {
    "masks": "pictures with masks",
    "classes": "a folder for each class",
    "index": "pictures listed in a CSV file",
    "nifti": "NIfTI volumes with label maps",
    "coco": "COCO segmentation",
}

_SCANNERS: dict[str, Callable[[Path, DataConfig], Found]] = {
    "masks": _scan_masks,
    "classes": _scan_classes,
    "index": _scan_index,
    "nifti": _scan_nifti,
    "coco": scan_coco,
}
