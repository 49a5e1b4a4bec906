"""The number of pictures in a batch, chosen from the memory that is free."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import nn

from tumordesk.core.training_run import TrainingConfig

SMALLEST = 2
LARGEST = {"cpu": 16, "cuda": 64}
"""More than this makes nothing quicker, and the fewer steps learn less."""
STEPS_AN_EPOCH = 8
"""A small data set gets smaller batches, so that an epoch has at least so many steps."""
_SHARE = 0.6
_MEMINFO = Path("/proc/meminfo")


def free_memory(device: torch.device) -> int | None:
    """Bytes that a training may use on the device; None where that cannot be told."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


def bytes_of_picture(network: nn.Module, config: TrainingConfig) -> int:
    """Memory that one picture needs in a training step, bytes: what is kept for the gradients.

    Measured in one forward pass of two pictures on the network's own device. The network and the
    random state are left as they were.
    """
    parameter = next(network.parameters())
    shape = (2, config.input.channels, *config.input.size)
    seen: dict[int, int] = {}
    own = {p.untyped_storage().data_ptr() for p in network.parameters()}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    training = network.training
    devices = [parameter.device.index or 0] if parameter.device.type == "cuda" else []
    with (
        torch.random.fork_rng(devices),
        torch.autograd.graph.saved_tensors_hooks(note, lambda t: t),
    ):
        network.train()
        out = network(torch.zeros(shape, device=parameter.device))
        kept = sum(seen.values()) + out.nbytes
    for name, buffer in network.named_buffers():
        buffer.copy_(buffers[name])
    network.train(training)
    return max(1, int(kept) // 2)


def automatic(network: nn.Module, config: TrainingConfig, pictures: int, free: int | None) -> int:
    """A power of two from 2 that fits the memory and the number of training pictures.

    Args:
        network: on the device it trains on; it is only looked at.
        pictures: of one process, in an epoch.
        free: bytes that may be used, None where that is not known.
    """
    device = next(network.parameters()).device
    most = LARGEST.get(device.type, LARGEST["cpu"])
    most = min(most, max(SMALLEST, pictures // STEPS_AN_EPOCH))
    if free is not None:
        # Gradients of what is kept need as much again; weights: gradients and two moments.
        weights = 4 * sum(p.nbytes for p in network.parameters())
        each = 2 * bytes_of_picture(network, config)
        most = min(most, int((_SHARE * free - weights) // each))
    return 1 << int(math.log2(max(SMALLEST, most)))
