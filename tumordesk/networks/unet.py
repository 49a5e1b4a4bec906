"""The classic UNet: Ronneberger, Fischer, Brox 2015, arXiv 1505.04597.

As in the paper: five levels, two 3x3 convolutions each, max pooling down, transposed convolution
up, He initialisation. Other than in the paper: batch normalisation after each 3x3 convolution,
and padding, so that the output has the size of the input.
"""

from __future__ import annotations

import torch
from torch import nn

from tumordesk.networks.layers import he_initialise

LEVELS = 5


class DoubleConv(nn.Sequential):
    """Twice: 3x3 convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class UNetEncoder(nn.Module):
    """(n, channels, H, W) -> five feature maps, finest first; each level halves H and W."""

    def __init__(self, channels: int, widths: list[int]) -> None:
        super().__init__()
        pairs = zip([channels, *widths[:-1]], widths, strict=True)
        self.levels = nn.ModuleList(DoubleConv(a, b) for a, b in pairs)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Feature maps with ``widths`` channels, at 1, 1/2, 1/4, 1/8 and 1/16 of the size."""
        features = [self.levels[0](x)]
        for level in self.levels[1:]:
            features.append(level(self.pool(features[-1])))
        return features


class UNetDecoder(nn.Module):
    """Five feature maps, finest first -> (n, widths[0], H, W)."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairs)
        self.blocks = nn.ModuleList(DoubleConv(2 * b, b) for _, b in pairs)

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        """Deepest map, enlarged step by step and joined with the map of its size."""
        x = features[-1]
        for up, block, skip in zip(self.ups, self.blocks, features[-2::-1], strict=True):
            x = block(torch.cat([skip, up(x)], dim=1))
        return x


class UNet(nn.Module):
    """(n, channels, H, W) -> logits (n, classes, H, W); H and W are multiples of 16.

    ``width``: channels of the finest level, doubled at each of the four steps down (64 in the
    paper: 64, 128, 256, 512, 1024).
    """

    def __init__(self, channels: int, classes: int, width: int = 64) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS)]
        self.encoder = UNetEncoder(channels, widths)
        self.decoder = UNetDecoder(widths)
        self.segmentation_head = nn.Conv2d(width, classes, 1)
        he_initialise(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, H, W) -> logits (n, classes, H, W)."""
        result: torch.Tensor = self.segmentation_head(self.decoder(self.encoder(x)))
        return result
