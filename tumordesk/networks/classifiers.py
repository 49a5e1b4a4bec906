"""Classification networks: a backbone that yields a feature map, and the common head."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torchvision
from torch import nn

from tumordesk.core.model_card import HeadSpec
from tumordesk.networks.head import Head


class Classifier(nn.Module):
    """``backbone`` (n, channels, H, W) -> feature map; ``head`` feature map -> logits."""

    def __init__(self, backbone: nn.Module, features: int, classes: int, head: HeadSpec) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = Head(features, classes, head)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, H, W) -> logits (n, classes)."""
        result: torch.Tensor = self.head(self.backbone(x))
        return result


def replace_input_conv(parent: nn.Module, name: str, channels: int) -> None:
    """Give the convolution ``parent.name`` another number of input channels, freshly initialised.

    A convolution that has this number already is left alone.
    """
    old = getattr(parent, name)
    if old.in_channels == channels:
        return
    new = nn.Conv2d(
        channels,
        old.out_channels,
        old.kernel_size,
        stride=old.stride,
        padding=old.padding,
        bias=old.bias is not None,
    )
    nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
    setattr(parent, name, new)


def mobilenetv2(channels: int) -> tuple[nn.Module, int]:
    """MobileNetV2 features (Sandler et al. 2018), torchvision's keys ``features.*``."""
    net = torchvision.models.mobilenet_v2(weights=None)
    replace_input_conv(net.features[0], "0", channels)
    return nn.Sequential(OrderedDict(features=net.features)), net.last_channel
