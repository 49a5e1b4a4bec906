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
        id="unet",
        title="UNet",
        task="segmentation",
        divisor=16,
        default_size=(256, 256),
        million_parameters=31.04,
        source="TumorDesk",
        paper="Ronneberger 2015, arXiv 1505.04597",
        options=("width",),
    ),
    ArchitectureInfo(
        id="unet-resnext50",
        title="UNet with ResNeXt50 encoder",
        task="segmentation",
        divisor=32,
        default_size=(256, 256),
        million_parameters=31.99,
        source="segmentation_models_pytorch",
        paper="Ronneberger 2015, arXiv 1505.04597; Xie 2017, arXiv 1611.05431",
        options=("decoder_channels",),
    ),
    ArchitectureInfo(
        id="resunet++",
        title="ResUNet++",
        task="segmentation",
        divisor=8,
        default_size=(256, 256),
        million_parameters=4.06,
        source="TumorDesk",
        paper="Jha 2019, arXiv 1911.07067",
        options=("width",),
    ),
    ArchitectureInfo(
        id="resunet++-resnet50",
        title="ResUNet++ with ResNet50 encoder",
        task="segmentation",
        divisor=16,
        default_size=(256, 256),
        million_parameters=47.0,
        source="TumorDesk, encoder torchvision",
        paper="Jha 2019, arXiv 1911.07067; He 2016, arXiv 1512.03385",
        options=("width",),
    ),
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
    ArchitectureInfo(
        id="mobilenet",
        title="MobileNet (v1)",
        task="classification",
        divisor=32,
        default_size=(224, 224),
        million_parameters=3.21,
        source="timm mobilenetv1_100",
        paper="Howard 2017, arXiv 1704.04861",
    ),
    ArchitectureInfo(
        id="densenet121",
        title="DenseNet121",
        task="classification",
        divisor=32,
        default_size=(224, 224),
        million_parameters=6.95,
        source="torchvision",
        paper="Huang 2017, arXiv 1608.06993",
    ),
    ArchitectureInfo(
        id="resnet18",
        title="ResNet18",
        task="classification",
        divisor=32,
        default_size=(224, 224),
        million_parameters=11.17,
        source="torchvision",
        paper="He 2016, arXiv 1512.03385",
    ),
    ArchitectureInfo(
        id="resnet50",
        title="ResNet50",
        task="classification",
        divisor=32,
        default_size=(224, 224),
        million_parameters=23.51,
        source="torchvision",
        paper="He 2016, arXiv 1512.03385",
    ),
    ArchitectureInfo(
        id="xception",
        title="Xception",
        task="classification",
        divisor=32,
        default_size=(299, 299),
        million_parameters=20.81,
        source="timm legacy_xception",
        paper="Chollet 2017, arXiv 1610.02357",
    ),
)

ARCHITECTURES: dict[str, ArchitectureInfo] = {info.id: info for info in _ALL}
