"""COCO documents with pictures, and what is found of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from training_factories import save
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
