"""Where the weights of a run start: scratch, a model, pretrained weights at hand, a download."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

from tumordesk.core.errors import ModelError
from tumordesk.core.policy import policy
from tumordesk.core.training_run import TrainingConfig
from tumordesk.networks.weights import adapt_state, load_pretrained, read_state
from tumordesk.zoo import ModelEntry, Zoo
from tumordesk_training.imagenet_scale import to_imagenet_scale
from tumordesk_training.starts import BACKBONES, IMAGENET, WEIGHTS_SUFFIXES, model_of, resolved

SCRATCH = "The weights start from scratch."


def load_initial(network: nn.Module, config: TrainingConfig) -> tuple[str, ...]:
    """Give ``network`` the weights that ``config.initial_weights`` names.

    Returns:
        Sentences that say where the weights came from, and what had to be adapted.

    Raises:
        ModelError: no such model or file, or it does not fit the network.
    """
    wish = resolved(config).initial_weights
    if not wish:
        return (SCRATCH,)
    if wish == IMAGENET:
        return _load_foreign(network, _download(config.architecture), "ImageNet weights", config)
    entry = model_of(wish)
    if entry is not None:
        return _load_model(network, config, entry)
    path = Path(wish).expanduser()
    if path.is_dir():
        path = _in_folder(path, config.architecture)
    return _load_file(network, path, config)


def _load_model(network: nn.Module, config: TrainingConfig, entry: ModelEntry) -> tuple[str, ...]:
    Zoo().verify(entry)
    told = _adapted(network, config, entry)
    if entry.card.members == 1:
        return told
    return (*told, f"{entry.card.id} consists of {entry.card.members} networks: this is the first.")


def _adapted(network: nn.Module, config: TrainingConfig, entry: ModelEntry) -> tuple[str, ...]:
    file = entry.folder / entry.card.weights_file
    if entry.card.architecture == config.architecture:
        centre = config.input.neighbours > 0
        try:
            state, messages = adapt_state(read_state(file), network, centre=centre)
        except ModelError:
            return _backbone_of(network, entry)  # other options: another decoder or width
        network.load_state_dict(state)
        return (f"The weights start from the model {entry.card.id}.", *messages)
    return _backbone_of(network, entry)


def _backbone_of(network: nn.Module, entry: ModelEntry) -> tuple[str, ...]:
    messages = load_pretrained(network, entry.folder / entry.card.weights_file)
    return (f"The backbone of the model {entry.card.id} is used.", *messages)


def _in_folder(folder: Path, architecture: str) -> Path:
    """The file of a folder of pretrained weights that is named like the network."""
    names = {_plain(architecture), _plain(BACKBONES.get(architecture, ("", architecture))[1])}
    files = sorted(p for p in folder.iterdir() if p.suffix in WEIGHTS_SUFFIXES)
    for path in files:
        if any(_plain(path.stem).startswith(name) for name in names):
            return path
    raise ModelError(
        f"The folder {folder.name} holds no weights for {architecture}.",
        f"Expected is a file such as {sorted(names)[0]}.safetensors or .pth.",
    )


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _load_file(network: nn.Module, path: Path, config: TrainingConfig) -> tuple[str, ...]:
    if path.suffix == ".safetensors":
        return _load_foreign(network, read_state(path), path.name, config)
    if not path.is_file():
        raise ModelError(f"There is no file {path.name}.", "Check the path.")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"{path.name} is no file of plain weights.", "Use .safetensors, or a state dict."
        ) from error
    return _load_foreign(network, state, path.name, config)


def _load_all_or_backbone(
    network: nn.Module, path: Path, config: TrainingConfig
) -> tuple[str, ...]:
    """Weights of this very network (a checkpoint of one's own) are taken whole."""
    centre = config.input.neighbours > 0
    try:
        state, messages = adapt_state(read_state(path), network, centre=centre)
    except ModelError:
        return load_pretrained(network, path)
    network.load_state_dict(state)
    return (f"The weights start from {path.name}.", *messages)


def _load_foreign(
    network: nn.Module, state: Any, name: str, config: TrainingConfig
) -> tuple[str, ...]:
    """Load a library's state dict; it goes through a safetensors file like all others."""
    if not isinstance(state, dict) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise ModelError(f"{name} holds no table of weights.", "Use a state dict.")
    state = dict(state)
    rescaled = to_imagenet_scale(config.architecture, state)
    with tempfile.TemporaryDirectory(prefix="tumordesk-weights-") as folder:
        path = Path(folder) / f"{Path(name).stem.replace(' ', '-')}.safetensors"
        safetensors.torch.save_file({k: v.contiguous() for k, v in state.items()}, path)
        told = _load_all_or_backbone(network, path, config)
    return (*told, rescaled) if rescaled else told


def _download(architecture: str) -> dict[str, torch.Tensor]:
    """ImageNet weights by the library's own download, which keeps them for the next time."""
    policy().require("network")
    if architecture not in BACKBONES:
        raise ModelError(
            f"There are no ImageNet weights for {architecture}.", "Start from scratch instead."
        )
    library, name = BACKBONES[architecture]
    try:
        return _FETCH[library](name)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"The ImageNet weights {name} could not be downloaded.",
            "Check the network, or give a folder of weights (see docs/training.md).",
        ) from error


def _torchvision(name: str) -> dict[str, torch.Tensor]:
    from torchvision.models import get_model_weights

    weights = get_model_weights(name).DEFAULT
    state: dict[str, torch.Tensor] = weights.get_state_dict(progress=False, check_hash=True)
    return state


def _timm(name: str) -> dict[str, torch.Tensor]:
    import timm

    state: dict[str, torch.Tensor] = timm.create_model(name, pretrained=True).state_dict()
    return state


_FETCH: dict[str, Callable[[str], dict[str, torch.Tensor]]] = {
    "torchvision": _torchvision,
    "timm": _timm,
}
