"""Made-up model cards and model folders, without torch."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from tumordesk.core.model_card import (
    CARD_NAME,
    WEIGHTS_NAME,
    ClassSpec,
    InputSpec,
    ModelCard,
    Task,
    write_card,
)


def make_card(
    architecture: str = "unet-mobilenetv2",
    task: Task = "segmentation",
    channels: int = 1,
    classes: int = 2,
    **changes: Any,
) -> ModelCard:
    """A card with as many classes as asked for; ``changes`` replace any of its entries."""
    card = ModelCard(
        id="made-up",
        name="Made up",
        version="1.0",
        task=task,
        architecture=architecture,
        input=InputSpec(channels=channels),
        classes=tuple(ClassSpec(f"class{i}", f"Class {i}") for i in range(classes)),
    )
    return dataclasses.replace(card, **changes)


def safetensors_bytes(values: bytes = b"\x00" * 16, header: dict[str, Any] | None = None) -> bytes:
    """A sound safetensors file of one tensor of float32, or one with the given header."""
    if header is None:
        shape, offsets = [len(values) // 4], [0, len(values)]
        header = {"weight": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + values


def make_model_folder(root: Path, data: bytes | None = None, **changes: Any) -> Path:
    """A model folder ``root``/<id> whose card and weights belong together."""
    data = safetensors_bytes() if data is None else data
    changes = {"weights_sha256": hashlib.sha256(data).hexdigest()} | changes
    card = make_card(**changes)
    folder = root / card.id
    folder.mkdir(parents=True)
    (folder / WEIGHTS_NAME).write_bytes(data)
    write_card(folder / CARD_NAME, card)
    return folder
