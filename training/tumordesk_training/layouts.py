"""Recognises how a training folder is laid out and lists its cases. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig
from tumordesk_training.coco import coco_files, scan_coco
from tumordesk_training.data import Case, DataSet, Grouper, natural, part_of, read_csv
from tumordesk_training.images import is_picture

MASK_SUFFIXES = ("_mask", "-mask", "_seg", "_label", "_segmentation")
_IMAGE_FOLDERS = ("images", "image", "imgs", "img")
_MASK_FOLDERS = ("masks", "mask", "labels", "label", "segmentations", "annotations")
_NIFTI = (".nii", ".nii.gz")

Found = tuple[list[Case], list[tuple[str, str]]]


def scan(root: Path, config: DataConfig) -> DataSet:
    """List the cases of ``root``.

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
    labels = tuple(sorted({c.label for c in cases if c.label}))
    ordered = tuple(sorted(cases, key=lambda c: natural(c.key)))
    return DataSet(root, layout, ordered, tuple(problems), labels)


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
    grouper = Grouper(root, config)
    cases: list[Case] = []
    problems: list[tuple[str, str]] = []
    pairs = _two_folders(root) or [(root, root)]
    for images, masks in pairs:
        mask_files = _mask_files(masks, same=images == masks)
        for path in _walk(images):
            if not is_picture(path) or (images == masks and mask_stem(path.stem) != path.stem):
                continue
            relative = path.relative_to(images)
            label = relative.parts[0] if len(relative.parts) > 1 and images != masks else ""
            mask = mask_files.get(relative.with_suffix("").as_posix()) or mask_files.get(path.stem)
            empty = mask is None and label in config.empty_classes
            key = _key(root, path)
            if mask is None and not empty:
                problems.append((key, "it has no mask"))
                if not label:
                    continue
            cases.append(
                Case(
                    key, path, grouper.group(key, path.stem), mask, label,
                    part_of(path.relative_to(root)), empty=empty,
                )
            )  # fmt: skip
    return cases, problems


def _mask_files(folder: Path, *, same: bool) -> dict[str, Path]:
    result: dict[str, Path] = {}
    for path in _walk(folder):
        stem = mask_stem(path.stem)
        if not is_picture(path) or (same and stem == path.stem):
            continue
        relative = path.relative_to(folder)
        result[relative.with_name(stem).as_posix()] = path
        result.setdefault(stem, path)
    return result


def _scan_classes(root: Path, config: DataConfig) -> Found:
    grouper = Grouper(root, config)
    cases: list[Case] = []
    problems: list[tuple[str, str]] = []
    for path in _walk(root):
        if not is_picture(path):
            continue
        key = _key(root, path)
        relative = path.relative_to(root)
        if len(relative.parts) < 2 or (part_of(relative) and len(relative.parts) < 3):
            problems.append((key, "it is in no class folder"))
            continue
        label = relative.parts[-2]
        group = grouper.group(key, path.stem)
        empty = label in config.empty_classes
        cases.append(Case(key, path, group, None, label, part_of(relative), empty=empty))
    return cases, problems


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
        path = root / name
        if not name or not path.resolve().is_relative_to(root.resolve()):
            problems.append((name or index.name, "the path leaves the data folder"))
        elif not path.is_file():
            problems.append((name, "the file is missing"))
        else:
            mask = _first(row, ("mask",))
            label = _first(row, ("label", "class", "cls"))
            part = part_of(Path(_first(row, ("split", "part"))) / "x")
            empty = not mask and label in config.empty_classes
            cases.append(
                Case(
                    name, path, grouper.group(name, path.stem), root / mask if mask else None,
                    label, part, empty=empty,
                )
            )  # fmt: skip
    return cases, problems


def _first(row: dict[str, str], names: Iterable[str]) -> str:
    return next((row[n] for n in names if row.get(n)), "")


def _nifti_stem(path: Path) -> str:
    name = path.name
    return name[: -len(".nii.gz")] if name.lower().endswith(".nii.gz") else path.stem


def _scan_nifti(root: Path, config: DataConfig) -> Found:
    grouper = Grouper(root, config)
    files = [p for p in _walk(root) if is_nifti(p)]
    in_masks = {p for p in files if p.parent.name.lower() in _MASK_FOLDERS}
    marked = {p for p in files if mask_stem(_nifti_stem(p)) != _nifti_stem(p)} | in_masks
    masks = {mask_stem(_nifti_stem(p)): p for p in sorted(marked)}
    cases: list[Case] = []
    problems: list[tuple[str, str]] = []
    for path in files:
        if path in marked:
            continue
        key, stem = _key(root, path), _nifti_stem(path)
        mask = masks.get(stem) or masks.get(path.parent.name)
        if mask is None:
            problems.append((key, "it has no mask"))
            continue
        cases.append(
            Case(
                key, path, grouper.group(key, stem), mask,
                part=part_of(path.relative_to(root)), volume=True,
            )
        )  # fmt: skip
    return cases, problems


_SCANNERS: dict[str, Callable[[Path, DataConfig], Found]] = {
    "masks": _scan_masks,
    "classes": _scan_classes,
    "index": _scan_index,
    "nifti": _scan_nifti,
    "coco": scan_coco,
}
