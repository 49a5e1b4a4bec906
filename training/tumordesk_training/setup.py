"""From a TrainingConfig to the things a loop needs: network, optimiser, precision, device."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tumordesk.core.errors import ConfigError, ModelError
from tumordesk.core.model_card import ClassSpec, ModelCard
from tumordesk.core.training_run import OptimiserConfig, TrainingConfig
from tumordesk.networks import ARCHITECTURES, build
from tumordesk.networks.parts import backbone
from tumordesk.zoo.cards import check_card
from tumordesk_training.distributed import Team
from tumordesk_training.initial import SCRATCH, load_initial

_MOST_WORKERS = 8
FROZEN_SCRATCH = (
    "The backbone is frozen although it has learnt nothing yet: start from pretrained weights, or "
    "train all layers."
)


def card_of(config: TrainingConfig, model_id: str = "in-training") -> ModelCard:
    """The card of the network that ``config`` trains; no figures, no weights yet."""
    return ModelCard(
        id=model_id,
        name=config.name,
        version="1",
        task=config.task,
        architecture=config.architecture,
        input=config.input,
        classes=tuple(ClassSpec(c, c.replace("_", " ").capitalize()) for c in config.classes),
        head=config.head,
        options=dict(config.options),
        postprocess=config.postprocess,
    )


def check_config(config: TrainingConfig) -> None:
    """Raise ConfigError for what only the architectures and the model card can tell."""
    info = ARCHITECTURES.get(config.architecture)
    if info is None:
        known = ", ".join(ARCHITECTURES)
        raise ConfigError(f"Unknown architecture {config.architecture!r}.", f"Known: {known}.")
    if info.task != config.task:
        fitting = ", ".join(i.id for i in ARCHITECTURES.values() if i.task == config.task)
        raise ConfigError(
            f"{info.title} is for {info.task}, not for {config.task}.", f"Fitting: {fitting}."
        )
    try:
        check_card(card_of(config))
    except ValueError as error:
        raise ConfigError(f"The configuration makes no sense: {error}.") from error
    except ModelError as error:
        reason = error.message.partition("makes no sense: ")[2] or error.message
        raise ConfigError(f"The configuration makes no sense: {reason}") from error
    sizes = [config.input.size, *(stage.size for stage in config.stages)]
    for size in sizes:
        if config.task == "segmentation" and any(side % info.divisor for side in size):
            raise ConfigError(
                f"The size {size[0]}x{size[1]} does not fit {info.title}.",
                f"Rows and columns must be multiples of {info.divisor}.",
            )


def make_network(config: TrainingConfig) -> tuple[nn.Module, tuple[str, ...]]:
    """The network with its initial weights, and sentences that say where they came from.

    Raises:
        ModelError: unknown architecture, or the initial weights do not fit it.
    """
    card = card_of(config)
    network = build(config.architecture, card)
    messages = load_initial(network, config)
    if config.optimiser.freeze_backbone and messages == (SCRATCH,):
        messages = (*messages, FROZEN_SCRATCH)
    return network, messages


def freeze_backbone(network: nn.Module, *, frozen: bool = True) -> None:
    """Leave only head or decoder trainable (or all again); see also :func:`to_training`."""
    backbone(network).requires_grad_(not frozen)


def is_frozen(config: OptimiserConfig, epoch: int) -> bool:
    """Whether the backbone stays as it is in this epoch (from 0)."""
    return config.freeze_backbone or epoch < config.freeze_epochs


def to_training(network: nn.Module, *, frozen: bool) -> None:
    """Training mode. A frozen backbone stays in eval mode: its statistics are frozen too."""
    network.train()
    if frozen:
        backbone(network).eval()


def make_optimiser(network: nn.Module, config: OptimiserConfig) -> torch.optim.Optimizer:
    """AdamW, Adam or SGD; no weight decay on biases and normalisation.

    Each group has a "share" of the learning rate: 1, or ``backbone_rate`` for the backbone.
    """
    groups = _groups(network, config)
    if not groups:
        raise ModelError("No weight of the network is left to train.")
    if config.name == "sgd":
        return torch.optim.SGD(groups, lr=config.rate, momentum=config.momentum)
    kind = torch.optim.AdamW if config.name == "adamw" else torch.optim.Adam
    return kind(groups, lr=config.rate)


def _groups(network: nn.Module, config: OptimiserConfig) -> list[dict[str, Any]]:
    low = {id(p) for p in backbone(network).parameters()}
    trained = [p for p in network.parameters() if not (config.freeze_backbone and id(p) in low)]
    if config.backbone_rate == 1.0 or config.freeze_backbone:
        return _by_decay(trained, config, 1.0)
    head = [p for p in trained if id(p) not in low]
    body = [p for p in trained if id(p) in low]
    return _by_decay(head, config, 1.0) + _by_decay(body, config, config.backbone_rate)


def _by_decay(
    parameters: list[nn.Parameter], config: OptimiserConfig, share: float
) -> list[dict[str, Any]]:
    if not parameters:
        return []
    return [
        {
            "params": [p for p in parameters if p.ndim > 1],
            "weight_decay": config.weight_decay,
            "share": share,
        },
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0, "share": share},
    ]


@dataclass(frozen=True)
class Precision:
    """Device and number format of one process."""

    device: torch.device
    dtype: torch.dtype

    def autocast(self) -> AbstractContextManager[object]:
        """Context for the forward pass."""
        if self.dtype is torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)


def choose_precision(config: TrainingConfig, local_rank: int = 0) -> Precision:
    """Device and format: 'auto' is bf16 where the hardware has it, fp16 on older CUDA cards.

    Raises:
        ConfigError: CUDA, one card of it, or Apple graphics was asked for and is not there.
    """
    wish = config.device
    if wish == "auto":
        wish = "cuda" if torch.cuda.is_available() else "cpu"
    if wish.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError("No CUDA device is available.", "Use device 'auto' or 'cpu'.")
    if wish == "mps" and not torch.backends.mps.is_available():
        raise ConfigError("There is no Apple graphics here.", "Use device 'auto' or 'cpu'.")
    device = torch.device("cuda", local_rank) if wish == "cuda" else torch.device(wish)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(
            f"There is no graphics card {device.index} here.",
            f"They count from 0; there are {torch.cuda.device_count()}.",
        )
    named = {"bf16": torch.bfloat16, "fp16": torch.float16, "float32": torch.float32}
    if config.precision != "auto":
        dtype = named[config.precision]
        if dtype is torch.float16 and device.type != "cuda":
            raise ConfigError("fp16 needs a CUDA device.", "Use precision 'auto'.")
        return Precision(device, dtype)
    if device.type == "cuda":
        with torch.cuda.device(device):
            good = torch.cuda.is_bf16_supported()
        return Precision(device, torch.bfloat16 if good else torch.float16)
    return Precision(device, torch.bfloat16 if _cpu_has_bf16() else torch.float32)


def _cpu_has_bf16() -> bool:
    """Whether bf16 is quick here: AVX512-BF16 (AMX machines have it too)."""
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.is_file() and "avx512_bf16" in cpuinfo.read_text(
        encoding="ascii", errors="ignore"
    )


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads(config: TrainingConfig, processes: int) -> None:
    """Threads of this process: as asked, else the machine's cores shared by the processes."""
    torch.set_num_threads(config.threads or max(1, cores() // processes))


def loader_workers(config: TrainingConfig, device: torch.device, team: Team) -> int:
    """Processes that prepare pictures: as asked; else none on the CPU, which has other work.

    For a GPU, as many as the machine has cores to spare, up to 8. Only where processes are forked
    and share the decoded pictures: elsewhere each would get a copy of its own.
    """
    if config.workers or device.type == "cpu" or not sys.platform.startswith("linux"):
        return config.workers
    return max(1, min(_MOST_WORKERS, cores() // team.local_world - 1))
