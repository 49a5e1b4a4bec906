"""``tumordesk-train check-data``: what a training folder holds, and what is wrong with it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import DataError
from tumordesk.core.job import JobContext
from tumordesk.core.training_run import DataConfig
from tumordesk_training.data import Case, DataSet
from tumordesk_training.images import draw_polygons, load_grey, load_mask
from tumordesk_training.layouts import scan
from tumordesk_training.nifti import load_pair

_LISTED = 50
"""Findings of one kind that the report names; the rest is counted."""


@dataclass(frozen=True)
class _Look:
    """What one case turned out to be."""

    case: Case
    digest: str = ""
    shape: tuple[int, ...] = ()
    mask_pixels: int | None = None
    rectangle: bool = False
    problem: str = ""


def check_data(root: Path, config: DataConfig, context: JobContext | None = None) -> dict[str, Any]:
    """Look at every picture and mask of ``root``.

    Returns:
        schema, layout, pictures, classes (counts), parts (counts by given part), groups, sizes,
        masks (with, empty, rectangles), and findings: unreadable (training and evaluation leave
        these out), unused, duplicates (the same pixels more than once, with whether labels or
        parts differ), groups in several parts. Lists are cut at 50 entries; counts are whole.

    Raises:
        DataError: the folder is missing or holds nothing usable.
        Cancelled: the user stopped it.
    """
    context = context or JobContext()
    data = scan(root, config)
    looks: list[_Look] = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for number, look in enumerate(pool.map(lambda c: _look(c, config), data.cases)):
            looks.append(look)
            context.progress((number + 1) / len(data.cases), "Looking at the pictures")
    good = [look for look in looks if not look.problem]
    return {
        "schema": 1,
        "root": root.resolve().name,
        "layout": data.layout,
        "pictures": len(data.cases),
        "classes": dict(sorted(Counter(c.label or "(none)" for c in data.cases).items())),
        "parts": dict(sorted(Counter(c.part or "(not split)" for c in data.cases).items())),
        "groups": len(data.groups),
        "sizes": {f"{k}": n for k, n in Counter(_size(x.shape) for x in good).most_common(20)},
        "masks": _masks(good),
        "unreadable": _listed(
            {"path": x.case.key, "reason": x.problem} for x in looks if x.problem
        ),
        "unused": _listed({"path": path, "reason": reason} for path, reason in data.problems),
        "duplicates": _duplicates(good),
        "groups_in_several_parts": _torn(data),
    }


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _listed(items: Iterable[dict[str, Any]]) -> dict[str, Any]:
    rows = list(items)
    return {"count": len(rows), "examples": rows[:_LISTED]}


def _look(case: Case, config: DataConfig) -> _Look:
    try:
        if case.volume:
            grey, labels, _ = load_pair(case.image, case.mask)
            return _Look(case, _digest(grey), grey.shape, _count(labels))
        grey = load_grey(case.image, config.channel)
        digest, shape = _digest(grey), grey.shape
        mask = _mask(case, (int(shape[0]), int(shape[1])))
        if mask is not None and mask.shape != shape:
            return _Look(case, problem=f"its mask is {_size(mask.shape)}, it is {_size(shape)}")
        return _Look(case, digest, shape, _count(mask), mask is not None and is_rectangle(mask))
    except DataError as error:
        return _Look(case, problem=error.message)
    except OSError as error:
        return _Look(case, problem=error.strerror or "it cannot be read")


def _digest(grey: npt.NDArray[Any]) -> str:
    """The same for the same pixels, however the file packs them."""
    start = f"{grey.dtype}/{grey.shape}/".encode()
    return hashlib.sha256(start + np.ascontiguousarray(grey).tobytes()).hexdigest()


def _mask(case: Case, shape: tuple[int, int]) -> npt.NDArray[np.uint8] | None:
    if case.mask is not None:
        return load_mask(case.mask)
    if case.polygons:
        return draw_polygons(case.polygons, shape)
    return np.zeros(shape, dtype=np.uint8) if case.empty else None


def _count(mask: npt.NDArray[np.uint8] | None) -> int | None:
    return None if mask is None else int(np.count_nonzero(mask))


def is_rectangle(mask: npt.NDArray[np.uint8]) -> bool:
    """Whether the mask fills its bounding box: a box annotation, not an outline."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return False
    box = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    return bool(np.count_nonzero(mask) >= 0.98 * box and box > 16)


def _masks(looks: list[_Look]) -> dict[str, Any]:
    known = [x for x in looks if x.mask_pixels is not None]
    full = [x for x in known if x.mask_pixels]
    boxes = sum(x.rectangle for x in full)
    warning = ""
    if full and boxes >= 0.9 * len(full):
        warning = (
            f"{boxes} of {len(full)} masks are plain rectangles: these are boxes, not outlines; "
            "a network trained on them will draw boxes."
        )
    return {
        "with_mask": len(known),
        "empty": len(known) - len(full),
        "rectangles": boxes,
        "warning": warning,
    }


def _duplicates(looks: list[_Look]) -> dict[str, Any]:
    same: dict[str, list[Case]] = defaultdict(list)
    for look in looks:
        same[look.digest].append(look.case)
    sets = [cases for cases in same.values() if len(cases) > 1]
    return {
        "sets": len(sets),
        "files": sum(map(len, sets)),
        "across_parts": sum(len({c.part for c in cases}) > 1 for cases in sets),
        "across_classes": sum(len({c.label for c in cases}) > 1 for cases in sets),
        "across_groups": sum(len({c.group for c in cases}) > 1 for cases in sets),
        "examples": [[c.key for c in cases] for cases in sets[:_LISTED]],
    }


def _torn(data: DataSet) -> dict[str, Any]:
    parts: dict[str, set[str]] = defaultdict(set)
    for case in data.cases:
        parts[case.group].add(case.part)
    return _listed(
        {"group": group, "parts": sorted(found)}
        for group, found in sorted(parts.items())
        if len(found) > 1
    )


def check_text(report: dict[str, Any]) -> str:
    """The report for a person, in a few lines."""
    classes = ", ".join(f"{k} {v}" for k, v in report["classes"].items())
    lines = [
        f"{report['root']}: {report['pictures']} pictures, layout '{report['layout']}'",
        f"  classes: {classes}",
        f"  parts: {', '.join(f'{k} {v}' for k, v in report['parts'].items())}",
        f"  groups (patients or what stands for them): {report['groups']}",
        f"  sizes: {', '.join(f'{k} ({v})' for k, v in list(report['sizes'].items())[:5])}",
        f"  masks: {report['masks']['with_mask']}, of them empty {report['masks']['empty']}",
    ]
    if report["masks"]["warning"]:
        lines.append(f"  ! {report['masks']['warning']}")
    lines += _finding_lines(report)
    return "\n".join(lines)


def _finding_lines(report: dict[str, Any]) -> list[str]:
    lines = []
    for key, title in (
        ("unreadable", "cannot be read and will be left out"),
        ("unused", "not used"),
    ):
        found = report[key]
        if found["count"]:
            first = found["examples"][0]
            lines.append(f"  ! {found['count']} {title}; first: {first['path']}: {first['reason']}")
    copies = report["duplicates"]
    if copies["sets"]:
        lines.append(
            f"  ! {copies['files']} files are copies ({copies['sets']} sets): "
            f"{copies['across_parts']} sets across train/val/test, "
            f"{copies['across_classes']} with different classes"
        )
    torn = report["groups_in_several_parts"]["count"]
    if torn:
        lines.append(f"  ! {torn} groups lie in more than one of train, val and test")
    return lines
