"""Losses on logits; all are computed in float32."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional as F

from tumordesk.core.training_run import LossConfig


def dice_loss(logits: torch.Tensor, target: torch.Tensor, smooth: float = 1.0) -> torch.Tensor:
    """One minus soft Dice of the foreground classes, counted over the whole batch.

    Args:
        logits: (n, classes, H, W); target: (n, H, W) class numbers.

    Over the batch and not over each picture, so that empty pictures do not decide it (Milletari
    et al. 2016, arXiv 1606.04797).
    """
    probability = logits.float().softmax(dim=1)[:, 1:]
    wanted = F.one_hot(target, logits.shape[1]).movedim(-1, 1)[:, 1:].float()
    both = (probability * wanted).sum(dim=(0, 2, 3))
    total = probability.sum(dim=(0, 2, 3)) + wanted.sum(dim=(0, 2, 3))
    return 1.0 - ((2.0 * both + smooth) / (total + smooth)).mean()


ALARM_PX = 50.0
"""So many pixels outlined where nothing is cost half of what can be lost on a picture."""


def picture_dice_loss(
    logits: torch.Tensor, target: torch.Tensor, smooth: float = 1.0
) -> torch.Tensor:
    """One minus soft Dice of the foreground classes that a picture holds, mean over the pictures.

    Args:
        logits: (n, classes, H, W); target: (n, H, W) class numbers.

    A small lesion weighs as much as a large one, as in the Dice by picture that is reported.
    On a picture without any of them Dice says nothing; what is outlined there costs
    ``p / (p + ALARM_PX)`` of each class, p the sum of its probabilities, so that small false alarms
    cost too. A class taken for another costs the Dice of that one: were it a false alarm as well, a
    network that cannot tell the kinds of tumours yet would best outline none of them.
    """
    probability = logits.float().softmax(dim=1)[:, 1:]
    wanted = F.one_hot(target, logits.shape[1]).movedim(-1, 1)[:, 1:].float()
    both = (probability * wanted).sum(dim=(2, 3))
    size, found = wanted.sum(dim=(2, 3)), probability.sum(dim=(2, 3))
    missed = 1.0 - (2.0 * both + smooth) / (found + size + smooth)
    held = (size > 0).float()
    lost = (missed * held).sum(dim=1) / held.sum(dim=1).clamp(min=1.0)
    alarms = (found / (found + ALARM_PX)).mean(dim=1)
    return torch.where(held.any(dim=1), lost, alarms).mean()


class Loss(nn.Module):
    """Cross entropy (weighted, smoothed), plus Dice where the task is segmentation."""

    weights: torch.Tensor | None

    def __init__(self, config: LossConfig, weights: torch.Tensor | None = None) -> None:
        super().__init__()
        self._config = config
        self.register_buffer("weights", weights)

    def forward(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Scalar loss of logits (n, classes, ...) and class numbers (n, ...)."""
        entropy = F.cross_entropy(
            logits.float(),
            target,
            weight=self.weights,
            label_smoothing=self._config.label_smoothing,
        )
        if self._config.name == "dice_ce" and logits.ndim == 4:
            dice = picture_dice_loss if self._config.dice_over == "picture" else dice_loss
            return entropy + self._config.dice_weight * dice(logits, target)
        return entropy


def weights_for(config: LossConfig, targets: npt.NDArray[Any], classes: int) -> torch.Tensor | None:
    """:func:`class_weights` of what the training part holds; None unless ``config.balanced``.

    Args:
        targets: class numbers of pictures (n,) or pixels (n, H, W).
    """
    if not config.balanced:
        return None
    numbers = torch.from_numpy(targets.reshape(-1).astype("int64"))
    return class_weights(torch.bincount(numbers, minlength=classes).tolist())


def class_weights(counts: list[int]) -> torch.Tensor:
    """Weights n / (classes * count) of each class; a class that does not occur weighs nothing."""
    total = sum(counts)
    return torch.tensor([total / (len(counts) * c) if c else 0.0 for c in counts])
