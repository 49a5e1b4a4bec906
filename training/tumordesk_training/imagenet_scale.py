"""ImageNet weights that learned pictures of another scale, brought to the usual one."""

from __future__ import annotations

import torch

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Of ImageNet's colours, 0 to 1: what pictures are scaled with for ImageNet weights."""

_TIMM = 0.5
_FIRST_LAYERS = {"mobilenet": ("conv_stem", "bn1"), "xception": ("conv1", "bn1")}
"""timm's names; it trained these two networks with a mean and a deviation of 0.5."""
_HEADS = ("fc.weight", "classifier.weight", "head.weight")
_IMAGENET_CLASSES = 1000


def to_imagenet_scale(architecture: str, state: dict[str, torch.Tensor]) -> str:
    """Rescale the first convolution of timm's ImageNet weights, in place, where they need it.

    With v = (x - 0.5) / 0.5 as they learned and u = (x - mean) / std as pictures come, v is
    u * std / 0.5 + (mean - 0.5) / 0.5: the factor goes into the convolution, the rest into the
    running mean behind it. Exact but for the rim, where both pad with zeros.

    Returns:
        What was done, in a sentence; "" where it is another network, or no ImageNet classifier.
    """
    convolution, norm = _FIRST_LAYERS.get(architecture, ("", ""))
    weight = state.get(f"{convolution}.weight")
    running = state.get(f"{norm}.running_mean")
    heads = [state[name] for name in _HEADS if name in state]
    known = any(head.shape[0] == _IMAGENET_CLASSES for head in heads)
    if weight is None or running is None or weight.shape[1] != len(MEAN) or not known:
        return ""
    kernel = weight.float()
    factor = torch.tensor(STD).reshape(1, -1, 1, 1) / _TIMM
    offset = (torch.tensor(MEAN).reshape(1, -1, 1, 1) - _TIMM) / _TIMM
    state[f"{convolution}.weight"] = kernel * factor
    state[f"{norm}.running_mean"] = running.float() - (kernel * offset).sum(dim=(1, 2, 3))
    return (
        "These ImageNet weights learned with a mean and a deviation of 0.5: their first "
        "convolution was rescaled to those of ImageNet."
    )
