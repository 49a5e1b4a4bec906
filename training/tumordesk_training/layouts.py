"""Recognises how a training folder is laid out and lists its cases. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig
from tumordesk_training.coco import coco_files, scan_coco
from tumordesk_training.data import (
    PARTS_IN_ORDER,
    Case,
    DataSet,
    Found,
    Grouper,
    folders_of,
    is_patient_folder,
    natural,
    part_of,
    read_csv,
)
from tumordesk_training.dicom import is_dicom
from tumordesk_training.files import is_nifti, key_of, walk
from tumordesk_training.images import is_picture
from tumordesk_training.mask_labels import labelled
from tumordesk_training.mask_layout import masks_beside, scan_masks, two_folders
from tumordesk_training.volume_layouts import scan_dicom, scan_nifti

_PATH_COLUMNS = ("image", "path", "file")
_MASK_COLUMN = "mask"
_TRIED = 20
"""Rows of a CSV that are looked up before it is taken for a list of pictures."""


def scan(root: Path, config: DataConfig) -> DataSet:
    """List the cases of ``root``, without those of ``config.exclude``.

    Raises:
        DataError: the folder is missing, or holds nothing that any layout explains.
    """
    if not root.is_dir():
        raise DataError(f"The data folder {root} does not exist.", "Check the path.")
    layout = detect(root) if config.layout == "auto" else config.layout
    listed = _SCANNERS[layout](root, config)
    cases, problems = listed.cases, listed.problems
    if not cases:
        reason = f" First problem: {problems[0][0]}: {problems[0][1]}" if problems else ""
        raise DataError(
            f"No usable pictures were found in {root.name} (layout '{layout}').{reason}",
            "Known layouts: class folders; images with masks (_mask suffix or two folders); "
            "COCO; a CSV index; NIfTI or DICOM volumes with label maps.",
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
    remarks = tuple(listed.remarks)
    return DataSet(root, layout, ordered, tuple(problems), labels, excluded, remarks)


def detect(root: Path) -> str:
    """Name of the layout that explains ``root`` best: coco, dicom, nifti, masks, index, classes."""
    if coco_files(root):
        return "coco"
    if _index_file(root, _MASK_COLUMN):
        return "index"
    files = list(walk(root))
    pictures = [path for path in files if is_picture(path)]
    if sum(map(is_dicom, files)) > len(pictures):
        return "dicom"
    if any(map(is_nifti, files)):
        return "nifti"
    if masks_beside(pictures) or two_folders(root):
        return "masks"
    return "index" if _index_file(root) else "classes"


def layout_title(data: DataSet) -> str:
    """The layout in words, with its parts where the folder says them."""
    title = _TITLES[data.layout]
    parts = [part for part in PARTS_IN_ORDER if any(c.part == part for c in data.cases)]
    return f"{title}, in parts {', '.join(parts)}" if parts else title


def _scan_classes(root: Path, config: DataConfig) -> Found:
    grouper = Grouper(root, config)
    cases: list[Case] = []
    problems: list[tuple[str, str]] = []
    for path in walk(root):
        if not is_picture(path):
            continue
        key = key_of(root, path)
        label = _class_of(key)
        if not label:
            problems.append((key, "it is in no class folder"))
            continue
        group, source = grouper.find(key, path.stem, label)
        part = part_of(path.relative_to(root))
        empty = label in config.empty_classes
        cases.append(Case(key, path, group, None, label, part, empty=empty, source=source))
    return Found(cases, problems)


def _class_of(key: str) -> str:
    """The folder nearest to the file that is no part and no patient; else the first folder."""
    folders = folders_of(key)
    classes = [f for f in folders if not is_patient_folder(f)]
    return classes[-1] if classes else next(iter(folders), "")


def _index_file(root: Path, *also: str) -> Path | None:
    """A CSV that lists pictures of the folder by their paths, with one of the columns ``also``."""
    for path in sorted(root.glob("*.csv")):
        rows = read_csv(path)
        columns = {c.lower() for c in rows[0]} if rows else set()
        if not set(_PATH_COLUMNS) & columns or (also and not set(also) & columns):
            continue
        for raw in rows[:_TRIED]:
            row = {k.lower(): v for k, v in raw.items()}
            if not _why_not(root, _first(row, _PATH_COLUMNS)):
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
        name = _first(row, _PATH_COLUMNS)
        mask = _first(row, (_MASK_COLUMN,))
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
    return Found(cases, problems)


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


_TITLES = {
    "masks": "pictures with masks",
    "classes": "a folder for each class",
    "index": "pictures listed in a CSV file",
    "nifti": "NIfTI volumes with label maps",
    "dicom": "DICOM series with label maps",
    "coco": "COCO segmentation",
}

_SCANNERS: dict[str, Callable[[Path, DataConfig], Found]] = {
    "masks": scan_masks,
    "classes": _scan_classes,
    "index": _scan_index,
    "nifti": scan_nifti,
    "dicom": scan_dicom,
    "coco": scan_coco,
}
