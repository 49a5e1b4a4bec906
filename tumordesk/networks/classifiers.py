"""Classification networks: a backbone that yields a feature map, and the common head."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import timm
import torch
import torchvision
from torch import nn

from tumordesk.core.model_card import HeadSpec
from tumordesk.networks.head import Head
from tumordesk.networks.layers import replace_input_conv


@dataclass(frozen=True)
class MapLayer:
    """The layer of a backbone that activation maps are made of: the last one at 1/16.

    The middle of its feature i lies over pixel ``start + i * step`` of the input, in rows and in
    columns. That follows from strides and paddings: where every convolution is padded by half its
    width, feature 0 is centred on pixel 0, not on the middle of the first 16 pixels.
    """

    name: str
    step: float = 16.0
    start: float = 0.0


@dataclass(frozen=True, eq=False)
class Backbone:
    """``net`` (n, channels, H, W) -> feature map of ``features`` channels."""

    net: nn.Module
    features: int
    map_layer: MapLayer


class Classifier(nn.Module):
    """``backbone`` (n, channels, H, W) -> feature map; ``head`` feature map -> logits."""

    def __init__(self, backbone: Backbone, classes: int, head: HeadSpec) -> None:
        super().__init__()
        self.map_layer = backbone.map_layer
        self.backbone = backbone.net
        self.head = Head(backbone.features, classes, head)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, H, W) -> logits (n, classes)."""
        result: torch.Tensor = self.head(self.backbone(x))
        return result


def mobilenetv2(channels: int) -> Backbone:
    """MobileNetV2 features (Sandler et al. 2018), torchvision's keys ``features.*``."""
    net = torchvision.models.mobilenet_v2(weights=None)
    replace_input_conv(net.features[0], "0", channels)
    backbone = nn.Sequential(OrderedDict(features=net.features))
    return Backbone(backbone, net.last_channel, MapLayer("features.13"))


def resnet18(channels: int) -> Backbone:
    """ResNet18 (He et al. 2016), torchvision's keys ``conv1.*`` to ``layer4.*``."""
    return _resnet(torchvision.models.resnet18(weights=None), channels, 512)


def resnet50(channels: int) -> Backbone:
    """ResNet50 (He et al. 2016), torchvision's keys ``conv1.*`` to ``layer4.*``."""
    return _resnet(torchvision.models.resnet50(weights=None), channels, 2048)


def _resnet(net: nn.Module, channels: int, features: int) -> Backbone:
    replace_input_conv(net, "conv1", channels)
    stages = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
    backbone = nn.Sequential(OrderedDict((name, getattr(net, name)) for name in stages))
    return Backbone(backbone, features, MapLayer("layer3"))


def densenet121(channels: int) -> Backbone:
    """DenseNet121 (Huang et al. 2017), torchvision's keys ``features.*``."""
    net = torchvision.models.densenet121(weights=None)
    replace_input_conv(net.features, "conv0", channels)
    backbone = nn.Sequential(OrderedDict(features=net.features, relu=nn.ReLU()))
    # Two of the halvings before are means of 2 x 2, centred half a pixel on: (4 + 8) / 2 pixels.
    layer = MapLayer("features.denseblock3", start=6.0)
    return Backbone(backbone, net.classifier.in_features, layer)


def mobilenet(channels: int) -> Backbone:
    """MobileNet v1 (Howard et al. 2017), timm's keys ``conv_stem.*`` to ``bn2.*``."""
    return _timm("mobilenetv1_100", channels, MapLayer("blocks.3"))


def xception(channels: int) -> Backbone:
    """Xception (Chollet 2017), timm's keys ``conv1.*`` to ``bn4.*``."""
    # Its first two convolutions are not padded: 1 pixel, then 1 of twice the size.
    return _timm("legacy_xception", channels, MapLayer("block11", start=3.0))


def _timm(name: str, channels: int, map_layer: MapLayer) -> Backbone:
    """A timm network without pooling and classifier: its output is the feature map."""
    net = timm.create_model(
        name, pretrained=False, in_chans=channels, num_classes=0, global_pool=""
    )
    return Backbone(net, net.num_features, map_layer)
