"""Threshold and smallest outline, chosen on the validation part alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from tumordesk.core.model_card import Postprocess
from tumordesk.core.training_run import TrainingConfig
from tumordesk.imaging.components import remove_small_islands
from tumordesk_training.dataset import Cache
from tumordesk_training.metrics import DiceCount, score

THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7)
SMALLEST_PX = (0, 20, 40, 80, 160)
MOST_FALSE_POSITIVES = 0.04
"""Single pictures: settings that outline something in more of the empty ones are a last resort."""


@torch.inference_mode()
def probabilities(network: nn.Module, cache: Cache, config: TrainingConfig) -> npt.NDArray[Any]:
    """Foreground probability of each cached picture, float16 (n, H, W), on the network's grid."""
    network.eval()
    spec = config.input
    mean = torch.tensor(spec.normalisation.mean).reshape(1, -1, 1, 1)
    std = torch.tensor(spec.normalisation.std).reshape(1, -1, 1, 1)
    parts = []
    batch = config.batch_size or 16
    for first in range(0, len(cache), batch):
        rows = range(first, min(first + batch, len(cache)))
        images = torch.from_numpy(cache.channels(rows, spec.neighbours))
        wide = images.float().div(255).expand(-1, spec.channels, -1, -1)
        inputs = ((wide - mean) / std).contiguous(memory_format=torch.channels_last)
        outlined = _foreground(network, inputs)
        if config.postprocess.flips:
            mirrored = _foreground(network, inputs.flip(-1)).flip(-1)
            outlined = (outlined + mirrored) / 2
        parts.append(outlined.half().numpy())
    return np.concatenate(parts)


def _foreground(network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    logits: torch.Tensor = network(inputs)
    return 1.0 - logits.float().softmax(1)[:, 0]


def tune(
    network: nn.Module, cache: Cache, config: TrainingConfig
) -> tuple[Postprocess, dict[str, Any]]:
    """:func:`tune_all` of one network."""
    return tune_all([(probabilities(network, cache, config), cache)], config)


def tune_all(
    found: Sequence[tuple[npt.NDArray[Any], Cache]], config: TrainingConfig
) -> tuple[Postprocess, dict[str, Any]]:
    """The ``Postprocess`` with the best :func:`metrics.score` on all pictures, and its figures.

    Args:
        found: :func:`probabilities` of pictures, and the pictures.
        config: of the training.

    Of single pictures, settings with few false alarms come first (see MOST_FALSE_POSITIVES). Ties
    go to the plainer setting (threshold 0.5, nothing dropped).
    """
    best: tuple[bool, float, float, Postprocess, dict[str, Any]] | None = None
    for threshold, smallest in itertools.product(THRESHOLDS, SMALLEST_PX):
        setting = replace(
            config.postprocess,
            threshold=threshold,
            min_area_px=smallest // 2,
            min_slice_mass_px=smallest,
        )
        figures = _figures(found, setting)
        value = score("segmentation", figures, volumes=config.data.volumes)
        plain = -abs(threshold - 0.5) - smallest / 1000.0
        alarms = float(figures["false_positive_share"] or 0.0)
        calm = config.data.volumes or alarms <= MOST_FALSE_POSITIVES
        if best is None or (calm, round(value, 4), plain) > best[:3]:
            best = (calm, round(value, 4), plain, setting, figures)
    assert best is not None
    return best[3], best[4]


def _figures(
    found: Sequence[tuple[npt.NDArray[Any], Cache]], setting: Postprocess
) -> dict[str, Any]:
    dice = DiceCount()
    for shares, cache in found:
        for index, probability in enumerate(shares):
            mask = remove_small_islands(probability >= setting.threshold, setting.min_area_px)
            if np.count_nonzero(mask) < setting.min_slice_mass_px:
                mask = np.zeros_like(mask)
            dice.add(cache.groups[index], mask, cache.targets[index] > 0)
    return dice.summary()
