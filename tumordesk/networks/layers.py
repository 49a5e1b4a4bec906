"""What several networks share: initialisation, and the first convolution."""

from __future__ import annotations

from torch import nn


def he_initialise(module: nn.Module) -> None:
    """Weights of all convolutions from N(0, 2 / fan-in), biases zero."""
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


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
