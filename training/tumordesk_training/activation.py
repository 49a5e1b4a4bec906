"""Class-activation maps: where a classification network looked (Grad-CAM).

Selvaraju et al. 2017, arXiv 1610.02391: the last feature maps, each weighted by how much the
class's logit grows with it, negative sums cut off.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from tumordesk.networks.parts import last_feature_layer

Float32 = npt.NDArray[np.float32]


def class_activation(
    network: nn.Module, inputs: Float32, wanted: int | None = None
) -> tuple[Float32, Float32]:
    """The map of one class for one picture.

    Args:
        network: a classification network in eval mode.
        inputs: network input, float32 (1, channels, H, W).
        wanted: class number; None: the class that the network says.

    Returns:
        Map (H, W), 0..1 (all 0 where nothing speaks for the class), and probabilities (classes,).
    """
    device = next(network.parameters()).device
    picture = torch.from_numpy(np.ascontiguousarray(inputs)).to(device).requires_grad_(True)
    kept: list[torch.Tensor] = []
    handle = last_feature_layer(network).register_forward_hook(
        lambda _module, _inputs, output: kept.append(output)
    )
    try:
        with torch.enable_grad():
            logits = network(picture)
            number = int(logits[0].argmax()) if wanted is None else wanted
            (slopes,) = torch.autograd.grad(logits[0, number], kept[0])
    finally:
        handle.remove()
    weights = slopes.mean(dim=(2, 3), keepdim=True)
    raw = (weights * kept[0]).sum(dim=1, keepdim=True).clamp(min=0.0)
    wide = nn.functional.interpolate(
        raw, size=inputs.shape[2:], mode="bilinear", align_corners=False
    )
    found = wide[0, 0].detach().cpu().numpy()
    top = float(found.max())
    scaled = found / top if top > 0 else np.zeros_like(found)
    shares = logits[0].detach().softmax(dim=0).cpu().numpy()
    return np.asarray(scaled, dtype=np.float32), np.asarray(shares, dtype=np.float32)
