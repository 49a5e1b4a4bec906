"""The classifier head that all classification networks share."""

from __future__ import annotations

import torch
from torch import nn

from tumordesk.core.errors import ModelError
from tumordesk.core.model_card import HeadSpec

_MAX_HIDDEN = 3
_MAX_WIDTH = 4096


class Head(nn.Module):
    """Mean over the picture, then linear layers with dropout before each.

    ``hidden`` holds the widths of the hidden layers (none, one, ... three), each followed by
    ReLU where ``relu`` does not say otherwise. ``dropout`` holds one value for all linear layers,
    or one for each (hidden + 1).

    Input (n, in_features, h, w), output logits (n, classes).
    """

    def __init__(self, in_features: int, classes: int, spec: HeadSpec) -> None:
        super().__init__()
        dropout, relu = _dropout_values(spec), _relu_values(spec)
        widths = (in_features, *spec.hidden, classes)
        layers: list[nn.Module] = []
        for index, probability in enumerate(dropout):
            if index:
                layers.append(nn.ReLU() if relu[index - 1] else nn.Identity())
            layers += [nn.Dropout(probability), nn.Linear(widths[index], widths[index + 1])]
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.layers = nn.Sequential(*layers)
        _initialise(self.layers)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(n, in_features, h, w) -> logits (n, classes)."""
        result: torch.Tensor = self.layers(self.pool(features).flatten(1))
        return result


def _dropout_values(spec: HeadSpec) -> tuple[float, ...]:
    """One dropout probability for each linear layer. Raises ModelError for a spec out of range."""
    if len(spec.hidden) > _MAX_HIDDEN or not all(1 <= w <= _MAX_WIDTH for w in spec.hidden):
        raise ModelError(
            f"The classifier head {list(spec.hidden)} is not allowed.",
            f"Use at most {_MAX_HIDDEN} hidden layers of 1 to {_MAX_WIDTH} units.",
        )
    count = len(spec.hidden) + 1
    values = spec.dropout * count if len(spec.dropout) == 1 else spec.dropout
    if len(values) != count or not all(0.0 <= v < 1.0 for v in values):
        raise ModelError(
            f"The dropout {list(spec.dropout)} does not fit a head with {count} linear layers.",
            f"Give one value from 0 to below 1, or {count} of them.",
        )
    return values


def _relu_values(spec: HeadSpec) -> tuple[bool, ...]:
    """Whether ReLU follows, for each hidden layer. Raises ModelError where the count is wrong."""
    if len(spec.relu) not in (0, len(spec.hidden)):
        raise ModelError(
            f"The classifier head says for {len(spec.relu)} layers whether ReLU follows, and has "
            f"{len(spec.hidden)} hidden layers.",
            "Say it for each hidden layer, or leave it out.",
        )
    return spec.relu or (True,) * len(spec.hidden)


def _initialise(layers: nn.Sequential) -> None:
    """He initialisation for the hidden layers; a small last layer, so that training starts even."""
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    for layer in linear[:-1]:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
    nn.init.normal_(linear[-1].weight, std=0.01)
    nn.init.zeros_(linear[-1].bias)
