"""Architecture name and ModelCard -> network. Nothing here ever downloads weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tumordesk.networks.catalog import ARCHITECTURES, ArchitectureInfo

if TYPE_CHECKING:
    from torch import nn

    from tumordesk.core.model_card import ModelCard

__all__ = ["ARCHITECTURES", "ArchitectureInfo", "build"]


def build(architecture: str, card: ModelCard) -> nn.Module:
    """Make the network with fresh random weights (torch's random state decides them).

    Args:
        architecture: a key of :data:`ARCHITECTURES`.
        card: gives input channels, number of classes, head, options and number of networks.

    Returns:
        A module in training mode on the CPU, float32. Input (n, channels, H, W); output logits:
        (n, classes, H, W) for segmentation, (n, classes) for classification. H and W of a
        segmentation input are multiples of ``ARCHITECTURES[architecture].divisor``.

    Raises:
        ModelError: unknown architecture, a task that does not fit it, or options out of range.
    """
    from tumordesk.networks.factory import build_network

    return build_network(architecture, card)
