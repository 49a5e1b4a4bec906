"""Loaded networks, kept for the next run: one for segmentation and one for classification."""

from __future__ import annotations

import threading

import torch
from torch import nn

from tumordesk.core.model_card import ModelCard, Task
from tumordesk.networks.weights import load_model
from tumordesk.zoo import ModelEntry

_Key = tuple[str, ModelCard]

_lock = threading.Lock()
_loaded: dict[Task, tuple[_Key, nn.Module]] = {}


def get_model(entry: ModelEntry) -> nn.Module:
    """The network of a zoo entry, in eval mode on the CPU, its weights verified when loaded.

    Each task keeps the network used last. Callers that move it elsewhere move it back.

    Raises:
        ModelError: weights missing, damaged, or not what the card says.
    """
    key = (str(entry.folder), entry.card)
    task = entry.card.task
    with _lock:
        held = _loaded.get(task)
        if held is not None and _same(held[0], key):
            return held[1]
        _loaded.pop(task, None)
        model = load_model(entry.folder, entry.card)
        model = model.eval().to(memory_format=torch.channels_last)
        _loaded[task] = (key, model)
        return model


def _same(held: _Key, wanted: _Key) -> bool:
    same_weights = held[1].weights_sha256 == wanted[1].weights_sha256 != ""
    return held == wanted and same_weights


def clear() -> None:
    """Forget all loaded networks."""
    with _lock:
        _loaded.clear()
