"""UNets with encoders of segmentation_models_pytorch."""

from __future__ import annotations

import segmentation_models_pytorch as smp
from torch import nn

from tumordesk.core.errors import ModelError
from tumordesk.core.model_card import ModelCard

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
