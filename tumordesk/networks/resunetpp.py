"""ResUNet++: Jha et al. 2019, arXiv 1911.07067; and a variant with a ResNet50 encoder.

Written from the paper and the wiring of the authors' published code: residual units with
squeeze-and-excitation in the encoder, atrous spatial pyramid pooling (ASPP) as bridge and before
the output, attention before each step up. Convolutions followed by batch normalisation carry no
bias, as it would have no effect.
"""

from __future__ import annotations

import torch
import torchvision
from torch import nn

from tumordesk.networks.layers import he_initialise, replace_input_conv

_RATES = (1, 6, 12, 18)
_RESNET50_SKIPS = (64, 256, 512)
_RESNET50_FEATURES = 2048


class SqueezeExcitation(nn.Module):
    """Scales each channel by a gate computed from the channel means (Hu et al. 2018)."""

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, hidden, 1, bias=False),
            nn.ReLU(),
            nn.Conv2d(hidden, channels, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Same shape out as in."""
        result: torch.Tensor = x * self.gate(x)
        return result


def _activated_conv(
    inputs: int, outputs: int, stride: int = 1, bias: bool = False
) -> list[nn.Module]:
    """Batch normalisation, ReLU, 3x3 convolution (pre-activation order)."""
    return [
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=bias),
    ]


class PointConv2d(nn.Conv2d):
    """A 1x1 convolution with a stride, on the pixels that it takes: the same numbers.

    torch's own (oneDNN, channels last, up to 8 input channels) writes past its memory when it
    computes the gradient of the weights; seen with torch 2.15 on a CPU with AVX-512.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, H, W) -> (n, outputs, H / stride, W / stride)."""
        rows, columns = self.stride
        return nn.functional.conv2d(x[..., ::rows, ::columns], self.weight, self.bias)


class ResidualUnit(nn.Module):
    """Two 3x3 convolutions plus a 1x1 shortcut, then squeeze-and-excitation.

    ``stem``: the first unit reads the picture itself, without normalisation and ReLU before it.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1, *, stem: bool = False) -> None:
        super().__init__()
        first = _activated_conv(inputs, outputs, stride)
        second = _activated_conv(outputs, outputs, bias=True)
        self.convs = nn.Sequential(*(first[-1:] if stem else first), *second)
        self.shortcut = nn.Sequential(
            PointConv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
        )
        self.squeeze = SqueezeExcitation(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, H, W) -> (n, outputs, H / stride, W / stride)."""
        result: torch.Tensor = self.squeeze(self.convs(x) + self.shortcut(x))
        return result


class ASPP(nn.Module):
    """Sum of four dilated 3x3 convolutions, then 1x1: sees the surroundings at four scales."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, padding=rate, dilation=rate, bias=False),
                nn.BatchNorm2d(outputs),
            )
            for rate in _RATES
        )
        self.project = nn.Conv2d(outputs, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, H, W) -> (n, outputs, H, W)."""
        total = self.branches[0](x)
        for branch in self.branches[1:]:
            total = total + branch(x)
        result: torch.Tensor = self.project(total)
        return result


class Attention(nn.Module):
    """Weighs the decoder's map by what the encoder saw at twice its size."""

    def __init__(self, skip: int, channels: int) -> None:
        super().__init__()
        self.from_skip = nn.Sequential(*_activated_conv(skip, channels), nn.MaxPool2d(2))
        self.from_decoder = nn.Sequential(*_activated_conv(channels, channels))
        self.weigh = nn.Sequential(*_activated_conv(channels, channels, bias=True))

    def forward(self, skip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """skip (n, skip, 2h, 2w), x (n, channels, h, w) -> (n, channels, h, w)."""
        result: torch.Tensor = x * self.weigh(self.from_skip(skip) + self.from_decoder(x))
        return result


class UpBlock(nn.Module):
    """Attention, nearest-neighbour enlargement, joining with the skip map, residual unit."""

    def __init__(self, skip: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.attention = Attention(skip, inputs)
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.unit = ResidualUnit(skip + inputs, outputs)

    def forward(self, skip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """skip (n, skip, 2h, 2w), x (n, inputs, h, w) -> (n, outputs, 2h, 2w)."""
        enlarged = self.enlarge(self.attention(skip, x))
        result: torch.Tensor = self.unit(torch.cat([enlarged, skip], dim=1))
        return result


class ResUNetDecoder(nn.Module):
    """Bridge and three steps up: (three skip maps finest first, deepest map) -> features.

    ``enlarge``: factor between the finest skip map and the picture.
    """

    def __init__(self, skips: tuple[int, ...], deepest: int, width: int, enlarge: int = 1) -> None:
        super().__init__()
        self.bridge = ASPP(deepest, 16 * width)
        inputs, outputs = (16, 8, 4), (8, 4, 2)
        self.ups = nn.ModuleList(
            UpBlock(skip, i * width, o * width)
            for skip, i, o in zip(reversed(skips), inputs, outputs, strict=True)
        )
        self.enlarge: nn.Module = nn.Identity()
        if enlarge > 1:
            self.enlarge = nn.Upsample(scale_factor=enlarge, mode="bilinear", align_corners=False)
        self.context = ASPP(2 * width, width)

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        """Four feature maps, finest first -> (n, width, H, W)."""
        x = self.bridge(features[-1])
        for up, skip in zip(self.ups, features[-2::-1], strict=True):
            x = up(skip, x)
        result: torch.Tensor = self.context(self.enlarge(x))
        return result


class ResUNetEncoder(nn.Module):
    """A stem and three residual units of stride 2: four feature maps, finest first."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.stem = ResidualUnit(channels, width, stem=True)
        self.units = nn.ModuleList(
            ResidualUnit(factor * width, 2 * factor * width, stride=2) for factor in (1, 2, 4)
        )

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Feature maps at 1, 1/2, 1/4 and 1/8 of the size."""
        features = [self.stem(x)]
        for unit in self.units:
            features.append(unit(features[-1]))
        return features


class ResNet50Encoder(nn.Module):
    """ResNet50 with torchvision's names; the last stage is dilated instead of strided, so that the
    ASPP bridge still has a map of 1/16 of the picture to look at (as in DeepLabV3)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        net = torchvision.models.resnet50(
            weights=None, replace_stride_with_dilation=[False, False, True]
        )
        replace_input_conv(net, "conv1", channels)
        self.conv1 = net.conv1
        self.bn1, self.relu, self.maxpool = net.bn1, nn.ReLU(), net.maxpool
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            net.layer1,
            net.layer2,
            net.layer3,
            net.layer4,
        )

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Feature maps of 64, 256, 512 and 2048 channels at 1/2, 1/4, 1/8 and 1/16."""
        half = self.relu(self.bn1(self.conv1(x)))
        quarter = self.layer1(self.maxpool(half))
        eighth = self.layer2(quarter)
        return [half, quarter, eighth, self.layer4(self.layer3(eighth))]


class ResUNetPlusPlus(nn.Module):
    """(n, channels, H, W) -> logits (n, classes, H, W); H and W are multiples of 8.

    ``width`` 16 gives the network of the paper, with 16, 32, 64, 128 and 256 channels.
    """

    def __init__(self, channels: int, classes: int, width: int = 16) -> None:
        super().__init__()
        # Both read the picture; see networks.parts.
        self.input_layers = ("encoder.stem.convs.0", "encoder.stem.shortcut.0")
        self.encoder = ResUNetEncoder(channels, width)
        self.decoder = ResUNetDecoder((width, 2 * width, 4 * width), 8 * width, width)
        self.segmentation_head = nn.Conv2d(width, classes, 1)
        he_initialise(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, H, W) -> logits (n, classes, H, W)."""
        result: torch.Tensor = self.segmentation_head(self.decoder(self.encoder(x)))
        return result


class ResUNetPlusPlusResNet50(nn.Module):
    """ResUNet++ with ResNet50 as encoder; H and W are multiples of 16.

    The map of ResNet50's stem, at half size, is the finest skip map; the decoder's last step
    enlarges it to the picture. ``width`` is that of the decoder.
    """

    def __init__(self, channels: int, classes: int, width: int = 16) -> None:
        super().__init__()
        self.encoder = ResNet50Encoder(channels)
        self.decoder = ResUNetDecoder(_RESNET50_SKIPS, _RESNET50_FEATURES, width, enlarge=2)
        self.segmentation_head = nn.Conv2d(width, classes, 1)
        he_initialise(self.decoder)
        he_initialise(self.segmentation_head)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, H, W) -> logits (n, classes, H, W)."""
        result: torch.Tensor = self.segmentation_head(self.decoder(self.encoder(x)))
        return result
