"""COCO documents with pictures, and what is found of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from training_factories import head, save
from tumordesk.core.training_run import DataConfig
from tumordesk_training.coco import scan_coco
from tumordesk_training.data import Case, Found, Remark
from tumordesk_training.images import draw_polygons, load_grey

SIDE = 20
PLAIN = np.zeros((SIDE, SIDE), dtype=np.uint8)
SQUARE = [4, 6, 9, 6, 9, 11, 4, 11]
Document = dict[str, Any]


def document(count: int = 3) -> Document:
    """``count`` pictures of 20x20, each with an outline."""
    sides = {"width": SIDE, "height": SIDE}
    return {
        "images": [{"id": n, "file_name": f"{n}.png", **sides} for n in range(count)],
        "annotations": [
            {"image_id": n, "category_id": 1, "segmentation": [list(SQUARE)]} for n in range(count)
        ],
        "categories": [{"id": 1, "name": "tumour"}],
    }


def put(root: Path, content: Document | str, count: int = 3) -> Path:
    """A folder 'train' of pictures with a document of that content."""
    for n in range(count):
        save(root / "train" / f"{n}.png", PLAIN)
    text = content if isinstance(content, str) else json.dumps(content)
    (root / "train" / "_annotations.coco.json").write_text(text)
    return root


def found(root: Path) -> Found:
    return scan_coco(root, DataConfig(root=str(root)))


def cases(listed: Found) -> dict[str, Case]:
    return {case.image.name: case for case in listed.cases}


def remarks(listed: Found) -> dict[str, Remark]:
    return {remark.code: remark for remark in listed.remarks}


def drawn(case: Case) -> np.ndarray:
    grey = load_grey(case.image)
    return draw_polygons(case.polygons, (grey.shape[0], grey.shape[1]))


def square(top: int, left: int, side: int) -> list[int]:
    """Corners of a square of so many pixels, x before y."""
    right, bottom = left + side - 1, top + side - 1
    return [left, top, right, top, right, bottom, left, bottom]


def parts_of_coco(root: Path, ids: dict[str, int], count: int = 12) -> Path:
    """``count`` heads with an oedema and in it a core, which the document names first."""
    notes: list[Document] = []
    for n in range(count):
        picture, _ = head(n)
        sides = {"oedema": square(8 + n % 5, 8, 14), "core": square(12 + n % 5, 12, 5)}
        for name, side, shade in (("oedema", 14, 170), ("core", 5, 250)):
            x, y = sides[name][:2]
            picture[y : y + side, x : x + side] = shade
        for name in ("core", "oedema"):
            outline = {"image_id": n, "category_id": ids[name], "segmentation": [sides[name]]}
            notes.append(outline)
        save(root / f"p{n}.png", picture)
    content = {
        "images": [{"id": n, "file_name": f"p{n}.png"} for n in range(count)],
        "annotations": notes,
        "categories": [{"id": number, "name": name} for name, number in ids.items()],
    }
    (root / "_annotations.coco.json").write_text(json.dumps(content))
    return root
