"""COCO segmentation exports as cases. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tumordesk.core.errors import DataError
from tumordesk.core.jsonio import read_json
from tumordesk.core.training_run import DataConfig
from tumordesk_training.data import Case, Grouper, part_of

Polygons = tuple[tuple[int, tuple[float, ...]], ...]


def coco_files(root: Path) -> list[Path]:
    """COCO annotation files at the root, one level down, or in annotations/."""
    found = [*root.glob("*coco*.json"), *root.glob("*/*coco*.json")]
    found += [*root.glob("annotations/instances*.json")]
    return sorted(set(found))


def scan_coco(root: Path, config: DataConfig) -> tuple[list[Case], list[tuple[str, str]]]:
    """Cases of all COCO files below ``root``; every category counts as the one object class."""
    files = coco_files(root)
    if not files:
        raise DataError(f"{root.name} holds no COCO annotation file.")
    grouper = Grouper(root, config)
    cases: list[Case] = []
    problems: list[tuple[str, str]] = []
    for file in files:
        document = read_json(file)
        if not isinstance(document, dict) or not isinstance(document.get("images"), list):
            problems.append((file.name, "it is not a COCO document"))
            continue
        _read_document(root, file, document, grouper, cases, problems)
    return cases, problems


def count_categories(root: Path) -> dict[str, int]:
    """How many pictures have an annotation of each category, over all COCO files of ``root``.

    Files that are no COCO documents are passed over.
    """
    pictures: dict[str, set[tuple[str, str]]] = {}
    for file in coco_files(root):
        document = read_json(file)
        if not isinstance(document, dict):
            continue
        names = {
            str(c.get("id")): str(c.get("name", "")) for c in _objects(document.get("categories"))
        }
        for name in names.values():
            pictures.setdefault(name, set())
        for item in _objects(document.get("annotations")):
            number = str(item.get("category_id"))
            name = names.get(number, number)
            pictures.setdefault(name, set()).add((file.as_posix(), str(item.get("image_id"))))
    return {name: len(found) for name, found in sorted(pictures.items())}


def _read_document(
    root: Path,
    file: Path,
    document: dict[str, Any],
    grouper: Grouper,
    cases: list[Case],
    problems: list[tuple[str, str]],
) -> None:
    shapes: dict[str, list[tuple[int, tuple[float, ...]]]] = {}
    unread: set[str] = set()
    for item in _objects(document.get("annotations")):
        polygons = _polygons(item.get("segmentation"))
        if polygons is None:
            unread.add(str(item.get("image_id")))
        else:
            shapes.setdefault(str(item.get("image_id")), []).extend((1, p) for p in polygons)
    for entry in _objects(document["images"]):
        name = str(entry.get("file_name", ""))
        places = (file.parent, root, root / "images", root / file.stem.removeprefix("instances_"))
        path = next((p / name for p in places if (p / name).is_file()), None)
        if path is None or not path.resolve().is_relative_to(root.resolve()):
            problems.append((name or file.name, f"{file.name} names it, but it is missing"))
            continue
        if str(entry.get("id")) in unread:
            problems.append((name, "its outline is a mere box, run-length coded, or damaged"))
            continue
        key = path.relative_to(root).as_posix()
        drawn = tuple(shapes.get(str(entry.get("id")), ()))
        part = part_of(path.relative_to(root))
        group, source = grouper.find(key, path.stem)
        cases.append(
            Case(key, path, group, part=part, polygons=drawn, empty=not drawn, source=source)
        )


def _objects(value: Any) -> list[dict[str, Any]]:
    """The JSON objects of a list; nothing of anything else."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _polygons(value: Any) -> list[tuple[float, ...]] | None:
    """Point lists of at least three points, or None for anything else."""
    if not isinstance(value, list) or not value:
        return None
    result = []
    for points in value:
        if not isinstance(points, list) or len(points) < 6 or len(points) % 2:
            return None
        if not all(isinstance(v, (int, float)) for v in points):
            return None
        result.append(tuple(float(v) for v in points))
    return result
