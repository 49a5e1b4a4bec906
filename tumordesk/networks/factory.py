"""The table of builders behind :func:`tumordesk.networks.build`."""

from __future__ import annotations

import os
from collections.abc import Callable

# Weights come from files only: no library below may ask a server for them.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from torch import nn

from tumordesk.core.errors import ModelError
from tumordesk.core.model_card import HeadSpec, ModelCard
from tumordesk.networks import classifiers, segmenters
from tumordesk.networks.catalog import ARCHITECTURES
from tumordesk.networks.ensemble import Ensemble

_BACKBONES: dict[str, Callable[[int], classifiers.Backbone]] = {
    "mobilenetv2": classifiers.mobilenetv2,
    "mobilenet": classifiers.mobilenet,
    "densenet121": classifiers.densenet121,
    "resnet18": classifiers.resnet18,
    "resnet50": classifiers.resnet50,
    "xception": classifiers.xception,
}
_SEGMENTERS: dict[str, Callable[[ModelCard], nn.Module]] = {
    "unet": segmenters.unet,
    "unet-resnext50": lambda card: segmenters.smp_unet("resnext50_32x4d", card),
    "resunet++": segmenters.resunetpp,
    "resunet++-resnet50": segmenters.resunetpp_resnet50,
    "unet-mobilenetv2": lambda card: segmenters.smp_unet("mobilenet_v2", card),
}


def build_network(architecture: str, card: ModelCard) -> nn.Module:
    """See :func:`tumordesk.networks.build`."""
    _check(architecture, card)
    if card.members > 1:
        return Ensemble([_one(architecture, card) for _ in range(card.members)])
    return _one(architecture, card)


def _one(architecture: str, card: ModelCard) -> nn.Module:
    if architecture in _SEGMENTERS:
        return _SEGMENTERS[architecture](card)
    backbone = _BACKBONES[architecture](card.input.channels)
    return classifiers.Classifier(backbone, len(card.classes), card.head or HeadSpec())


def _check(architecture: str, card: ModelCard) -> None:
    info = ARCHITECTURES.get(architecture)
    if info is None:
        raise ModelError(
            f"Model {card.id} asks for the unknown architecture {architecture!r}.",
            f"Known are: {', '.join(ARCHITECTURES)}.",
        )
    if info.task != card.task:
        raise ModelError(
            f"Model {card.id} is for {card.task}, but {info.title} does {info.task}.",
            "Choose an architecture for this task.",
        )
    unknown = sorted(set(card.options) - set(info.options))
    if unknown:
        raise ModelError(
            f"Model {card.id} has options that {info.title} does not know: {', '.join(unknown)}.",
            f"Allowed are: {', '.join(info.options) or 'none'}.",
        )
