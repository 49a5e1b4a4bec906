"""COCO segmentation exports as cases. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tumordesk.core.errors import DataError
from tumordesk.core.jsonio import read_json
from tumordesk.core.training_run import DataConfig
from tumordesk_training.data import Case, Found, Grouper, part_of
from tumordesk_training.files import words_of
from tumordesk_training.run_length import outlines_of

Polygons = tuple[tuple[int, tuple[float, ...]], ...]

_LARGEST_BYTES = 500_000_000


def coco_files(root: Path) -> list[Path]:
    """COCO annotation files at the root or one level down.

    All whose name says 'coco' or 'instances', and others that hold pictures and annotations.
    """
    found = [*root.glob("*.json"), *root.glob("*/*.json")]
    return sorted(path for path in found if not path.name.startswith(".") and _is_coco(path))


def _is_coco(path: Path) -> bool:
    if "coco" in path.name.lower() or path.name.lower().startswith("instances"):
        return True
    try:
        text = path.read_bytes() if path.stat().st_size <= _LARGEST_BYTES else b""
    except OSError:
        return False
    return b'"images"' in text and b'"annotations"' in text and b'"file_name"' in text


def scan_coco(root: Path, config: DataConfig) -> Found:
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
    return Found(cases, problems)


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
    there = {case.key for case in cases}
    for entry in _objects(document["images"]):
        name = str(entry.get("file_name", ""))
        path = _find(root, file, name)
        if path is None:
            problems.append((name or file.name, f"{file.name} names it, but it is missing"))
            continue
        if str(entry.get("id")) in unread:
            problems.append((name, "its outline is a mere box, or damaged"))
            continue
        key = path.relative_to(root).as_posix()
        if key in there:
            problems.append((key, f"{file.name} names it once more"))
            continue
        there.add(key)
        drawn = tuple(shapes.get(str(entry.get("id")), ()))
        part = part_of(path.relative_to(root)) or part_of(Path(*words_of(file.stem), "x"))
        group, source = grouper.find(key, path.stem)
        cases.append(
            Case(key, path, group, part=part, polygons=drawn, empty=not drawn, source=source)
        )


def _find(root: Path, file: Path, name: str) -> Path | None:
    """The picture that a document names, in the places where exports put it; None outside."""
    if not name:
        return None
    stem = file.stem.removeprefix("instances_")
    names = (*words_of(stem), stem)
    places = [file.parent, root, root / "images", file.parent / "images"]
    places += [base / word for word in names for base in (root, root / "images")]
    for place in places:
        path = place / name
        if path.is_file():
            return path if path.resolve().is_relative_to(root.resolve()) else None
    return None


def _objects(value: Any) -> list[dict[str, Any]]:
    """The JSON objects of a list; nothing of anything else."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _polygons(value: Any) -> list[tuple[float, ...]] | None:
    """Point lists of at least three points (or of run lengths), or None for anything else."""
    if isinstance(value, dict):
        return outlines_of(value)
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
