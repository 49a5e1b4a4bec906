"""Where the weights of a run start: scratch, a model, pretrained weights at hand, a download."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

from tumordesk.core.errors import ModelError
from tumordesk.core.model_card import CARD_NAME
from tumordesk.core.policy import policy
from tumordesk.core.training_run import TrainingConfig
from tumordesk.networks.weights import adapt_state, load_pretrained, read_state
from tumordesk.zoo import ModelEntry, Zoo

AUTO = "auto"
IMAGENET = "imagenet"
SCRATCH = "The weights start from scratch."

BACKBONES: dict[str, tuple[str, str]] = {
    "unet-resnext50": ("torchvision", "resnext50_32x4d"),
    "resunet++-resnet50": ("torchvision", "resnet50"),
    "unet-mobilenetv2": ("torchvision", "mobilenet_v2"),
    "mobilenetv2": ("torchvision", "mobilenet_v2"),
    "mobilenet": ("timm", "mobilenetv1_100"),
    "densenet121": ("torchvision", "densenet121"),
    "resnet18": ("torchvision", "resnet18"),
    "resnet50": ("torchvision", "resnet50"),
    "xception": ("timm", "legacy_xception"),
}
"""Architecture -> library and name of the ImageNet classifier whose backbone it uses."""
_SUFFIXES = (".safetensors", ".pth", ".pt")


def resolved(config: TrainingConfig) -> TrainingConfig:
    """``config`` with "auto" replaced by the id of a bundled model, or "" (from scratch).

    The same architecture comes first, then a model with the same backbone.
    """
    if config.initial_weights != AUTO:
        return config
    own = BACKBONES.get(config.architecture)
    entries = [e for e in Zoo().entries(verify=False) if e.origin == "bundled"]

    def rank(entry: ModelEntry) -> int:
        same = entry.card.architecture == config.architecture
        if same:
            return 0 if entry.card.task == config.task else 1
        return 2 if own is not None and BACKBONES.get(entry.card.architecture) == own else 9

    best = min(entries, key=rank, default=None)
    found = "" if best is None or rank(best) == 9 else best.card.id
    return replace(config, initial_weights=found)


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
    path = Path(wish).expanduser()
    if path.suffix in _SUFFIXES:
        return _load_file(network, path, config)
    if path.is_dir() and not (path / CARD_NAME).is_file():
        return _load_file(network, _in_folder(path, config.architecture), config)
    return _load_model(network, config, Zoo().find(wish))


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
    files = sorted(p for p in folder.iterdir() if p.suffix in _SUFFIXES)
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
        return _load_all_or_backbone(network, path, config)
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
    with tempfile.TemporaryDirectory(prefix="tumordesk-weights-") as folder:
        path = Path(folder) / f"{Path(name).stem.replace(' ', '-')}.safetensors"
        safetensors.torch.save_file({k: v.contiguous() for k, v in state.items()}, path)
        return _load_all_or_backbone(network, path, config)


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
