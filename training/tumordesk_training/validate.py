"""Figures on the validation part, on the network's grid, all ranks together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from tumordesk.core.model_card import InputSpec
from tumordesk.core.training_run import TrainingConfig
from tumordesk_training.dataset import Cache
from tumordesk_training.distributed import Team
from tumordesk_training.metrics import (
    ClassDice,
    DiceCount,
    classification_summary,
    confusion,
)
from tumordesk_training.setup import Precision


class Scaler:
    """Float pictures in 0..1 (n, 1 or channels, H, W) -> input as ``Preparer.batch`` makes it."""

    def __init__(self, spec: InputSpec, device: torch.device, layout: torch.memory_format) -> None:
        self._channels, self._device, self._layout = spec.channels, device, layout
        mean, std = spec.normalisation.mean, spec.normalisation.std
        self._mean = torch.tensor(mean, device=device).reshape(1, -1, 1, 1)
        self._std = torch.tensor(std, device=device).reshape(1, -1, 1, 1)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Repeat the grey picture over the channels, subtract mean, divide by std."""
        wide = images.to(self._device, non_blocking=True).expand(-1, self._channels, -1, -1)
        return ((wide - self._mean) / self._std).contiguous(memory_format=self._layout)


@torch.inference_mode()
def validate(
    network: nn.Module,
    cache: Cache,
    config: TrainingConfig,
    precision: Precision,
    scale: Scaler,
    team: Team,
) -> dict[str, Any]:
    """Figures of ``network`` on ``cache``. Every rank takes every world-th picture, unpadded."""
    network.eval()
    own = range(team.rank, len(cache), team.world)
    counted = _Counted(DiceCount(), ClassDice(config.classes))
    for first in range(0, len(own), config.batch_size):
        rows = own[first : first + config.batch_size]
        images = torch.from_numpy(cache.channels(rows, config.input.neighbours)).float() / 255
        with precision.autocast():
            logits = network(scale(images))
        found = _decided(logits.float(), config).cpu().numpy()
        for row, label in zip(rows, found, strict=True):
            if config.task == "segmentation":
                counted.dice.add(cache.groups[row], label > 0, cache.targets[row] > 0)
                counted.classes.add(cache.groups[row], label, cache.targets[row])
            else:
                counted.wanted.append(int(cache.targets[row]))
                counted.said.append(int(label))
    return _together(config, team, counted)


@dataclass
class _Counted:
    """What one process counted."""

    dice: DiceCount
    classes: ClassDice
    wanted: list[int] = field(default_factory=list)
    said: list[int] = field(default_factory=list)


def _decided(logits: torch.Tensor, config: TrainingConfig) -> torch.Tensor:
    """Class numbers (n,) or label maps (n, H, W), decided as inference does (``LabelMaker``)."""
    if config.task == "classification":
        return logits.argmax(dim=1)
    probabilities = logits.softmax(dim=1)
    inside = 1.0 - probabilities[:, 0] >= config.postprocess.threshold
    return (probabilities[:, 1:].argmax(dim=1) + 1) * inside


def _together(config: TrainingConfig, team: Team, counted: _Counted) -> dict[str, Any]:
    parts: list[_Counted] = team.gather(counted)
    if config.task == "segmentation":
        dice, classes = DiceCount(), ClassDice(config.classes)
        for part in parts:
            dice.merge(part.dice)
            classes.merge(part.classes)
        return {**dice.summary(), **classes.summary()}
    truth = [v for part in parts for v in part.wanted]
    answers = [v for part in parts for v in part.said]
    table = confusion(truth, answers, len(config.classes))
    return classification_summary(table, config.classes)
