"""Weights of a network: safetensors only, checked before they are loaded, never pickle."""

from __future__ import annotations

import hashlib
from pathlib import Path

import safetensors.torch
import torch
from torch import nn

from tumordesk.core.errors import ModelError
from tumordesk.core.jsonio import atomic_write
from tumordesk.core.model_card import ModelCard
from tumordesk.networks.adapt import adapt_state, load_pretrained
from tumordesk.networks.factory import build_network
from tumordesk.networks.states import State, read_state
from tumordesk.zoo.verify import verify_model

_HALF_MAX = 65504.0


def save_weights(model: nn.Module, path: Path, half: bool = True) -> str:
    """Write the network's state as safetensors, atomically; return the file's sha256.

    With ``half``, tensors of two or more dimensions are stored as float16 (where they fit), which
    halves the file; one-dimensional ones (biases, batch normalisation) stay float32.

    Raises:
        ModelError: a weight is NaN or infinite.
        WriteError: the file cannot be written.
    """
    state = {name: _stored(name, tensor, half) for name, tensor in model.state_dict().items()}
    data = safetensors.torch.save(state, metadata={"format": "pt"})
    atomic_write(path, lambda temporary: _write(temporary, data))
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _stored(name: str, tensor: torch.Tensor, half: bool) -> torch.Tensor:
    tensor = tensor.detach().to("cpu")
    if tensor.is_floating_point():
        if not torch.isfinite(tensor).all():
            raise ModelError(
                f"The weight {name} is not a finite number: the training went wrong.",
                "Train again with a smaller learning rate.",
            )
        fits = half and tensor.ndim >= 2 and float(tensor.abs().max()) <= _HALF_MAX
        tensor = tensor.to(torch.float16 if fits else torch.float32)
    # A plain, unshared copy in row-major order, whatever memory format the training used.
    return tensor.clone(memory_format=torch.contiguous_format)


def load_weights(model: nn.Module, path: Path) -> None:
    """Load weights that fit the network exactly (fp16 becomes the network's own precision).

    Raises:
        ModelError: the file is not readable or belongs to another network; it names what differs.
    """
    state = read_state(path)
    difference = _difference(state, model.state_dict())
    if difference:
        raise ModelError(
            f"{path.name} does not fit this network: {difference}.",
            "Its card names another architecture, number of channels, classes or head.",
        )
    model.load_state_dict(state)


def _difference(state: State, own: State) -> str:
    """What differs in names and shapes, in a few words; empty where all fits."""
    missing = [name for name in own if name not in state]
    extra = [name for name in state if name not in own]
    other = [n for n in own if n in state and own[n].shape != state[n].shape]
    parts = []
    if missing:
        parts.append(f"{len(missing)} weights are missing ({missing[0]})")
    if extra:
        parts.append(f"{len(extra)} are not known to it ({extra[0]})")
    if other:
        shapes = f"{tuple(state[other[0]].shape)} instead of {tuple(own[other[0]].shape)}"
        parts.append(f"{len(other)} have another shape ({other[0]}: {shapes})")
    return ", ".join(parts)


def load_model(folder: Path, card: ModelCard) -> nn.Module:
    """Build the network of a model folder and load its verified weights; eval mode, CPU.

    Raises:
        ModelError: the folder's weights are not the ones its card describes.
    """
    path = verify_model(folder, card)
    model = build_network(card.architecture, card)
    load_weights(model, path)
    return model.eval()


__all__ = [
    "State",
    "adapt_state",
    "load_model",
    "load_pretrained",
    "load_weights",
    "read_state",
    "save_weights",
]
