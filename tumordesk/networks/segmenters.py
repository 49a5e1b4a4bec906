"""Segmentation networks: UNets of segmentation_models_pytorch and our own."""

from __future__ import annotations

import segmentation_models_pytorch as smp
from torch import nn

from tumordesk.core.errors import ModelError
from tumordesk.core.model_card import ModelCard
from tumordesk.networks.resunetpp import ResUNetPlusPlus, ResUNetPlusPlusResNet50
from tumordesk.networks.unet import UNet

_DECODER_CHANNELS = (256, 128, 64, 32, 16)


def _decoder_channels(card: ModelCard) -> tuple[int, ...]:
    value = card.options.get("decoder_channels", _DECODER_CHANNELS)
    right = (
        isinstance(value, (list, tuple))
        and len(value) == len(_DECODER_CHANNELS)
        and all(type(v) is int and 1 <= v <= 1024 for v in value)
    )
    if not right:
        raise ModelError(
            f"The option decoder_channels {value!r} of model {card.id} is not allowed.",
            f"Give {len(_DECODER_CHANNELS)} numbers from 1 to 1024, deepest first.",
        )
    return tuple(value)


def smp_unet(encoder: str, card: ModelCard) -> nn.Module:
    """UNet of segmentation_models_pytorch with the named encoder, no pretrained weights."""
    network: nn.Module = smp.Unet(
        encoder_name=encoder,
        encoder_weights=None,
        decoder_channels=_decoder_channels(card),
        in_channels=card.input.channels,
        classes=len(card.classes),
    )
    return network


def _width(card: ModelCard, default: int) -> int:
    value = card.options.get("width", default)
    if type(value) is not int or not 4 <= value <= 2 * default:
        raise ModelError(
            f"The option width {value!r} of model {card.id} is not allowed.",
            f"Give a whole number from 4 to {2 * default}; {default} is the published network.",
        )
    return value


def unet(card: ModelCard) -> nn.Module:
    """The classic UNet; option ``width`` (64)."""
    return UNet(card.input.channels, len(card.classes), _width(card, 64))


def resunetpp(card: ModelCard) -> nn.Module:
    """ResUNet++; option ``width`` (16)."""
    return ResUNetPlusPlus(card.input.channels, len(card.classes), _width(card, 16))


def resunetpp_resnet50(card: ModelCard) -> nn.Module:
    """ResUNet++ with a ResNet50 encoder; option ``width`` of the decoder (16)."""
    return ResUNetPlusPlusResNet50(card.input.channels, len(card.classes), _width(card, 16))
