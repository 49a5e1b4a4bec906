"""A learning rate to begin with: the loss while the rate grows (Smith 2017, arXiv 1506.01186)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from tumordesk.core.job import JobContext
from tumordesk.core.training_run import TrainingConfig
from tumordesk_training.batches import automatic, free_memory
from tumordesk_training.dataset import Cache, EpochSampler, Slices, build_cache
from tumordesk_training.layouts import scan
from tumordesk_training.losses import Loss, weights_for
from tumordesk_training.plan import plan_split
from tumordesk_training.presets import train_transform
from tumordesk_training.setup import (
    choose_precision,
    freeze_backbone,
    is_frozen,
    make_network,
    make_optimiser,
    set_threads,
    to_training,
)
from tumordesk_training.split import select
from tumordesk_training.usable import limited, usable
from tumordesk_training.validate import Scaler

LOWEST, HIGHEST = 1e-6, 1.0
STEPS = 60
PICTURES = 400
"""The finder looks at no more than so many pictures."""
_SMOOTH = 0.8
_TOO_MUCH = 2.0
_LEAST_FALL = 0.03


@dataclass(frozen=True)
class RateSearch:
    """Rates that were tried, the smoothed loss at each, and what follows from it.

    ``suggested`` is None where no rate made the loss fall; ``reason`` then says so.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggested: float | None
    reason: str
    schema: int = 1


def find_rate(
    config: TrainingConfig, *, steps: int = STEPS, context: JobContext | None = None
) -> RateSearch:
    """Train for some steps while the rate grows from 1e-6 to 1, and look at the loss.

    Nothing is kept. It ends as soon as the loss is far above its lowest value.

    Raises:
        DataError, ConfigError, ModelError: as a run would.
        Cancelled: a person stopped it.
    """
    context = context or JobContext()
    context.progress(0.0, "Reading pictures")
    cache = _cache(config)
    config = replace(config, ema=0.0, optimiser=replace(config.optimiser, rate=LOWEST))
    rates: list[float] = []
    losses: list[float] = []
    smooth = 0.0
    for index, (rate, loss) in enumerate(_steps(config, cache, steps)):
        if not math.isfinite(loss):
            break
        smooth = _SMOOTH * smooth + (1.0 - _SMOOTH) * loss
        losses.append(smooth / (1.0 - _SMOOTH ** (index + 1)))
        rates.append(rate)
        if losses[-1] > _TOO_MUCH * min(losses) + 0.1:
            break
        context.progress((index + 1) / steps, "Trying learning rates")
    context.progress(1.0, "Done")
    suggested, reason = suggestion(rates, losses)
    return RateSearch(tuple(rates), tuple(losses), suggested, reason)


def suggestion(rates: Sequence[float], losses: Sequence[float]) -> tuple[float | None, str]:
    """The rate at which the loss falls most steeply (over the logarithm of the rate).

    Args:
        rates: growing; losses: smoothed, one for each.

    Returns:
        The rate, rounded to two digits, or None; and why.
    """
    if len(rates) < 5:
        return None, "The loss went astray at once: check the data and the start weights."
    lowest = int(np.argmin(losses))
    # How far it fell from where it began, not how far it climbed at the end.
    if lowest < 2 or losses[0] - losses[lowest] < _LEAST_FALL * abs(losses[0]):
        return None, "No learning rate made the loss fall in so few steps; keep the usual one."
    slopes = np.gradient(np.asarray(losses[: lowest + 1]), np.log(rates[: lowest + 1]))
    rate = rates[int(np.argmin(slopes))]
    digits = 1 - math.floor(math.log10(rate))
    return round(rate, digits), "Here the loss falls most steeply."


def _cache(config: TrainingConfig) -> Cache:
    """Pictures of the training part alone: neither validation nor test choose a rate."""
    data, _ = usable(scan(Path(config.data.root), config.data), config)
    split = plan_split(data, config.data, config.split)
    order = replace(config, limit=min(config.limit or PICTURES, PICTURES))
    cases = limited(select(data, split, "train"), order)
    return build_cache(cases, config.data, config.input, config.classes, config.task)


def _steps(config: TrainingConfig, cache: Cache, steps: int) -> Iterator[tuple[float, float]]:
    """Rate and loss of each step."""
    set_threads(config, 1)
    torch.manual_seed(config.seed)
    precision = choose_precision(config)
    network, _ = make_network(config)
    frozen = is_frozen(config.optimiser, 0)
    freeze_backbone(network, frozen=frozen)
    layout = torch.channels_last if config.channels_last else torch.contiguous_format
    network = network.to(precision.device, memory_format=layout)  # type: ignore[call-overload]
    optimiser = make_optimiser(network, config.optimiser)
    weights = weights_for(config.loss, cache.targets, len(config.classes))
    loss_of = Loss(config.loss, weights).to(precision.device)
    scale = Scaler(config.input, precision.device, layout)
    size = config.batch_size or automatic(
        network, config, len(cache), free_memory(precision.device)
    )
    to_training(network, frozen=frozen)
    growth = (HIGHEST / LOWEST) ** (1.0 / max(1, steps - 1))
    for index, (images, targets) in enumerate(_endless(config, cache, size, steps)):
        rate = LOWEST * growth**index
        for group in optimiser.param_groups:
            group["lr"] = rate * group.get("share", 1.0)
        with precision.autocast():
            logits = network(scale(images))
        loss = loss_of(logits, targets.to(precision.device))
        yield rate, float(loss.detach())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if config.optimiser.gradient_clip:
            nn.utils.clip_grad_norm_(network.parameters(), config.optimiser.gradient_clip)
        optimiser.step()


def _endless(
    config: TrainingConfig, cache: Cache, size: int, steps: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    sampler = EpochSampler(cache, config.seed, config.data.empty_share)
    change = train_transform(config.augment, config.input.size)
    source = Slices(cache, change, config.input.neighbours, config.augment.alone)
    loader = DataLoader(source, size, sampler=sampler, drop_last=len(sampler) >= size)

    def epochs() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for epoch in itertools.count():
            sampler.epoch = epoch
            yield from loader

    return itertools.islice(epochs(), steps)
