"""What architectures there are. Facts only: importing this module does not import torch."""

from __future__ import annotations

from dataclasses import dataclass

from tumordesk.core.model_card import Task


@dataclass(frozen=True)
class ArchitectureInfo:
    """One architecture that :func:`tumordesk.networks.build` can make.

    ``divisor``: rows and columns of the input must be multiples of it (segmentation).
    ``default_size``: (rows, columns) to start from. ``million_parameters``: for one input channel,
    two classes, default options and a head without hidden layers. ``options``: the entries of
    ``ModelCard.options`` it understands. ``source``: where the code comes from.
    """

    id: str
    title: str
    task: Task
    divisor: int
    default_size: tuple[int, int]
    million_parameters: float
    source: str
    paper: str
    options: tuple[str, ...] = ()


_ALL = (
    ArchitectureInfo(
        id="unet-mobilenetv2",
        title="UNet with MobileNetV2 encoder (light)",
        task="segmentation",
        divisor=32,
        default_size=(256, 256),
        million_parameters=6.63,
        source="segmentation_models_pytorch",
        paper="Ronneberger 2015, arXiv 1505.04597; Sandler 2018, arXiv 1801.04381",
        options=("decoder_channels",),
    ),
    ArchitectureInfo(
        id="mobilenetv2",
        title="MobileNetV2",
        task="classification",
        divisor=32,
        default_size=(224, 224),
        million_parameters=2.23,
        source="torchvision",
        paper="Sandler 2018, arXiv 1801.04381",
    ),
)

ARCHITECTURES: dict[str, ArchitectureInfo] = {info.id: info for info in _ALL}
