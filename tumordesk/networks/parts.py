"""The parts of any network of the catalogue, by the same names: fine-tuning needs them.

Segmentation networks have ``encoder``, ``decoder`` and ``segmentation_head``; classifiers have
``backbone`` and ``head``.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

_HEADS = ("head", "segmentation_head")
_BACKBONES = ("backbone", "encoder")


def _part(model: nn.Module, names: tuple[str, ...]) -> tuple[str, nn.Module]:
    for name in names:
        part = getattr(model, name, None)
        if isinstance(part, nn.Module):
            return name, part
    raise ValueError(f"{type(model).__name__} has no part named {' or '.join(names)}")


def head_name(model: nn.Module) -> str:
    """Name of the head; its parameters start with this name and a dot."""
    return _part(model, _HEADS)[0]


def backbone_name(model: nn.Module) -> str:
    """Name of the encoder or backbone; its parameters start with this name and a dot."""
    return _part(model, _BACKBONES)[0]


def backbone(model: nn.Module) -> nn.Module:
    """The encoder or backbone. While it is frozen keep it in eval mode, or its batch
    normalisation goes on learning the statistics of the new pictures."""
    return _part(model, _BACKBONES)[1]


def head_parameters(model: nn.Module) -> Iterator[nn.Parameter]:
    """Parameters of the head: what depends on the number of classes."""
    return _part(model, _HEADS)[1].parameters()


def backbone_parameters(model: nn.Module) -> Iterator[nn.Parameter]:
    """Parameters of the encoder or backbone: what 'freeze' means. A decoder is not among them."""
    return backbone(model).parameters()


def last_feature_layer(model: nn.Module) -> nn.Module:
    """The module whose output (n, features, h, w) feeds the head."""
    if isinstance(getattr(model, "head", None), nn.Module):
        return backbone(model)
    return _part(model, ("decoder",))[1]


def map_layer(model: nn.Module) -> tuple[nn.Module, tuple[float, float] | None]:
    """The layer of a classifier that activation maps are made of, and (step, start) in pixels.

    The middle of its feature i lies over pixel ``start + i * step`` of the input. A network that
    does not name such a layer gives its whole backbone and None: features tile the input evenly.

    Raises:
        ValueError: the model is no classifier with backbone and head.
    """
    _part(model, ("head",))
    named = getattr(model, "map_layer", None)
    if named is None:
        return backbone(model), None
    return backbone(model).get_submodule(named.name), (named.step, named.start)


def input_layers(model: nn.Module) -> tuple[str, ...]:
    """Names of the convolutions that read the input picture (more than one where a residual
    shortcut reads it too)."""
    own = getattr(model, "input_layers", None)
    if own is not None:
        return tuple(own)
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            return (name,)
    raise ValueError(f"{type(model).__name__} has no convolution")


def freeze_backbone(model: nn.Module) -> None:
    """Leave only decoder and head to be trained; use :func:`training_mode` from then on."""
    backbone(model).requires_grad_(False)


def training_mode(model: nn.Module) -> None:
    """``model.train()``, except that a frozen backbone stays in eval mode: its dropout is off and
    its batch normalisation keeps the statistics it came with."""
    model.train()
    if not any(parameter.requires_grad for parameter in backbone_parameters(model)):
        backbone(model).eval()
