"""Classification networks: a backbone that yields a feature map, and the common head."""

from __future__ import annotations

from collections import OrderedDict

import timm
import torch
import torchvision
from torch import nn

from tumordesk.core.model_card import HeadSpec
from tumordesk.networks.head import Head
from tumordesk.networks.layers import replace_input_conv

_PADDED = (32.0, 0.0)
"""Every convolution is padded by half its width: feature i is centred on pixel 32 i."""


class Classifier(nn.Module):
    """``backbone`` (n, channels, H, W) -> feature map; ``head`` feature map -> logits.

    ``feature_grid``: the middle of feature i lies over pixel start + i * step of the input, as
    (step, start); it follows from the strides and paddings (all backbones halve five times).
    """

    def __init__(self, backbone: nn.Module, features: int, classes: int, head: HeadSpec) -> None:
        super().__init__()
        self.feature_grid: tuple[float, float] = getattr(backbone, "feature_grid", _PADDED)
        self.backbone = backbone
        self.head = Head(features, classes, head)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, H, W) -> logits (n, classes)."""
        result: torch.Tensor = self.head(self.backbone(x))
        return result


def mobilenetv2(channels: int) -> tuple[nn.Module, int]:
    """MobileNetV2 features (Sandler et al. 2018), torchvision's keys ``features.*``."""
    net = torchvision.models.mobilenet_v2(weights=None)
    replace_input_conv(net.features[0], "0", channels)
    return nn.Sequential(OrderedDict(features=net.features)), net.last_channel


def resnet18(channels: int) -> tuple[nn.Module, int]:
    """ResNet18 (He et al. 2016), torchvision's keys ``conv1.*`` to ``layer4.*``."""
    return _resnet(torchvision.models.resnet18(weights=None), channels), 512


def resnet50(channels: int) -> tuple[nn.Module, int]:
    """ResNet50 (He et al. 2016), torchvision's keys ``conv1.*`` to ``layer4.*``."""
    return _resnet(torchvision.models.resnet50(weights=None), channels), 2048


def _resnet(net: nn.Module, channels: int) -> nn.Module:
    replace_input_conv(net, "conv1", channels)
    stages = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
    return nn.Sequential(OrderedDict((name, getattr(net, name)) for name in stages))


def densenet121(channels: int) -> tuple[nn.Module, int]:
    """DenseNet121 (Huang et al. 2017), torchvision's keys ``features.*``."""
    net = torchvision.models.densenet121(weights=None)
    replace_input_conv(net.features, "conv0", channels)
    backbone = nn.Sequential(OrderedDict(features=net.features, relu=nn.ReLU()))
    # Three of its halvings are means of 2 x 2, centred half a pixel on: (4 + 8 + 16) / 2 pixels.
    backbone.feature_grid = (32.0, 14.0)  # type: ignore[assignment]
    return backbone, net.classifier.in_features


def mobilenet(channels: int) -> tuple[nn.Module, int]:
    """MobileNet v1 (Howard et al. 2017), timm's keys ``conv_stem.*`` to ``bn2.*``."""
    return _timm("mobilenetv1_100", channels)


def xception(channels: int) -> tuple[nn.Module, int]:
    """Xception (Chollet 2017), timm's keys ``conv1.*`` to ``bn4.*``."""
    net, features = _timm("legacy_xception", channels)
    # Its first two convolutions are not padded: 1 pixel, then 1 pixel of twice the size.
    net.feature_grid = (32.0, 3.0)  # type: ignore[assignment]
    return net, features


def _timm(name: str, channels: int) -> tuple[nn.Module, int]:
    """A timm network without pooling and classifier: its output is the feature map."""
    net = timm.create_model(
        name, pretrained=False, in_chans=channels, num_classes=0, global_pool=""
    )
    return net, net.num_features
