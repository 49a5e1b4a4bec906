"""Networks whose answer is known, and model folders that hold them, for tests of inference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.model_card import (
    CARD_NAME,
    ClassSpec,
    InputSpec,
    ModelCard,
    Postprocess,
    write_card,
)
from tumordesk.core.study import Instance, Sequence, SequenceGuess, Series
from tumordesk.core.volume import Volume
from tumordesk.zoo.zoo import ModelEntry

AXIAL = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
SEGMENTATION_CLASSES = (ClassSpec("background", "Background"), ClassSpec("tumour", "Tumour"))
TUMOUR_TYPES = (
    ClassSpec("glioma", "Glioma"),
    ClassSpec("meningioma", "Meningioma"),
    ClassSpec("pituitary", "Pituitary tumour"),
    ClassSpec("no_tumor", "No tumour"),
)


class BrightIsTumour(nn.Module):
    """Outlines what is brighter than ``limit`` of the input range; counts and records calls."""

    def __init__(self, limit: float = 0.5, largest_batch: int = 10**6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.limit = limit
        self.largest_batch = largest_batch
        self.batches: list[int] = []
        self.places: list[str] = []

    def to(self, *args: Any, **kwargs: Any) -> BrightIsTumour:
        """Only note where to."""
        self.places += [str(a) for a in args]
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, 2, H, W)."""
        self.batches.append(len(x))
        if len(x) > self.largest_batch:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        tumour = (x[:, :1] - self.limit) * 200.0
        return torch.cat([torch.zeros_like(tumour), tumour], dim=1)


class MeanDecides(nn.Module):
    """Classifier whose probability of class 0 grows with the mean of the slice."""

    def __init__(self, classes: int = 4) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, classes)."""
        logits = torch.zeros(len(x), self.classes)
        logits[:, 0] = x.mean(dim=(1, 2, 3)) * 10.0
        return logits


def make_card(task: str = "segmentation", **changes: Any) -> ModelCard:
    """A card for small inputs."""
    segmentation = task == "segmentation"
    values: dict[str, Any] = {
        "id": "fake-segmenter" if segmentation else "fake-classifier",
        "name": "Fake segmenter" if segmentation else "Fake classifier",
        "version": "1.0",
        "task": task,
        "architecture": "unet-mobilenetv2" if segmentation else "mobilenetv2",
        "input": InputSpec(sequence="FLAIR", size=(64, 64)),
        "classes": SEGMENTATION_CLASSES if segmentation else TUMOUR_TYPES,
        "postprocess": Postprocess(min_area_px=4),
        "weights_sha256": "0" * 64,
    }
    return ModelCard(**(values | changes))


def make_entry(card: ModelCard | None = None, folder: Path | None = None) -> ModelEntry:
    """A zoo entry without files, for tests that bring their own network."""
    return ModelEntry(card or make_card(), folder or Path("nowhere"), "user")


def write_model(
    root: Path, card: ModelCard | None = None, *, seed: int = 0, bias: float | None = None
) -> ModelEntry:
    """A real model folder with random weights of the card's architecture.

    ``bias`` is set as the last layer's bias of the last class, to decide what it answers.
    """
    from tumordesk.networks import build
    from tumordesk.networks.weights import save_weights

    card = card or make_card(options={"decoder_channels": [16, 16, 8, 8, 8]})
    torch.manual_seed(seed)
    model = build(card.architecture, card).eval()
    if bias is not None:
        last = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)][-1]
        with torch.no_grad():
            last.bias[-1] = bias
    folder = root / card.id
    folder.mkdir(parents=True)
    digest = save_weights(model, folder / card.weights_file)
    from dataclasses import replace

    card = replace(card, weights_sha256=digest)
    write_card(folder / CARD_NAME, card)
    return ModelEntry(card, folder, "user")


def make_series(geometry: Geometry, **changes: Any) -> Series:
    """An axial FLAIR series of that geometry, without files."""
    values: dict[str, Any] = {
        "key": "series",
        "uid": "1.2.3",
        "kind": "dicom",
        "number": 1,
        "modality": "MR",
        "description": "AX FLAIR",
        "guess": SequenceGuess(Sequence.FLAIR, "the description says so"),
        "geometry": geometry,
        "instances": tuple(Instance(Path(f"{i}.dcm")) for i in range(geometry.shape[0])),
    }
    return Series(**(values | changes))


def make_volume(
    shape: tuple[int, int, int] = (10, 120, 100),
    *,
    slices: tuple[int, int] = (3, 7),
    spacing: tuple[float, float, float] = (5.0, 1.2, 1.5),
    **changes: Any,
) -> tuple[Volume, np.ndarray]:
    """A grey head with one bright block on ``slices``, and the mask of the block."""
    array = np.zeros(shape, np.int16)
    array[:, 10:-10, 10:-10] = 300
    truth = np.zeros(shape, bool)
    truth[slices[0] : slices[1], 20:50, 15:40] = True
    array[truth] = 1000
    geometry = Geometry(
        shape,
        spacing[1:],
        spacing[0],
        affine_from((-75.0, -70.0, 0.0), AXIAL, spacing),
        verdict=Verdict.OK,
    )
    return Volume(array, geometry, "1.2.3", **changes), truth


class BlobDecides(nn.Module):
    """Classifier whose class 0 grows with how much is brighter than ``limit``; with backbone and
    head, so that it can be asked where it looked. ``pool``: pixels of one feature."""

    def __init__(self, classes: int = 4, channels: int = 1, pool: int = 1, limit: float = 0.6):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(channels, 2, 1), nn.ReLU(), nn.AvgPool2d(pool) if pool > 1 else nn.Identity()
        )
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, classes))
        with torch.no_grad():
            signs = torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)
            self.backbone[0].weight[:] = signs / channels
            self.backbone[0].bias[:] = torch.tensor([-limit, 0.1])
            self.head[2].weight.zero_()
            self.head[2].bias.zero_()
            self.head[2].weight[0] = torch.tensor([40.0, 0.0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, classes)."""
        result: torch.Tensor = self.head(self.backbone(x))
        return result
