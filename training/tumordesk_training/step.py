"""One step of the optimiser; a batch that the memory does not hold is computed in parts."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from tumordesk.core.training_run import OptimiserConfig
from tumordesk.networks.parts import backbone_parameters
from tumordesk_training.distributed import Team
from tumordesk_training.failures import diverged, is_memory
from tumordesk_training.losses import Loss
from tumordesk_training.schedule import rate_factor
from tumordesk_training.setup import Precision
from tumordesk_training.standing import Learner, Standing
from tumordesk_training.validate import Scaler

CAREFUL_STEPS = 3
"""So many steps with batches of one shape tell several processes that the memory holds them."""
_FINE, _ASTRAY, _SHORT = range(3)


@dataclass(frozen=True, eq=False)
class Stepper:
    """Learns from batches. ``model`` is the learner's network as it is called in training.

    ``now`` is kept up to date: into how many parts a batch is divided. ``warn`` gets a sentence
    where that changes.
    """

    learner: Learner
    model: nn.Module
    loss: Loss
    scale: Scaler
    precision: Precision
    config: OptimiserConfig
    team: Team
    now: Standing
    warn: Callable[[str], None]
    _held: dict[tuple[object, ...], int] = field(default_factory=dict, init=False)

    def step(
        self, images: torch.Tensor, targets: torch.Tensor, progress: float, *, frozen: bool
    ) -> float:
        """One step; where the memory does not hold the batch, it is computed in more parts.

        Gradients of the parts are added up: the same step where each picture has a loss of its own
        and no batch normalisation learns; Dice over the batch becomes that of each part.

        Args:
            progress: of the run, 0 to 1; the learning rate follows from it.
            frozen: the backbone does not learn in this step.

        Returns:
            The loss.

        Raises:
            DataError: the loss is not a number.
            RuntimeError, MemoryError: not even the smallest parts fit.
        """
        kind = (tuple(images.shape), frozen)
        careful = self.team.world > 1 and self._held.get(kind, 0) < CAREFUL_STEPS
        self._set_rate(progress)
        while True:
            self.learner.optimiser.zero_grad(set_to_none=True)
            value, short = 0.0, None
            try:
                value = self.gradients(images, targets, careful)
            except (RuntimeError, MemoryError) as error:
                # The others wait for this process's gradients, unless all are careful.
                if not is_memory(error) or (self.team.world > 1 and not careful):
                    raise
                short = error
            outcome = _SHORT if short else _FINE if math.isfinite(value) else _ASTRAY
            outcome = self.team.most(outcome)
            if outcome == _ASTRAY:
                now = self.now
                raise diverged("The loss is", now.epoch + 1, now.step, now.best_epoch)
            if outcome == _FINE:
                break
            self._divide(len(images), short)
        if careful:
            parameters = self.learner.network.parameters()
            self.team.average(p.grad for p in parameters if p.grad is not None)
        self._held[kind] = self._held.get(kind, 0) + 1
        self._learn(frozen)
        return value

    def _set_rate(self, progress: float) -> None:
        factor = rate_factor(progress, self.config, self.now.plateau)
        for group in self.learner.optimiser.param_groups:
            group["lr"] = self.config.rate * factor * group.get("share", 1.0)

    def gradients(self, images: torch.Tensor, targets: torch.Tensor, careful: bool) -> float:
        """Compute gradients, part by part; the loss of the batch.

        With several processes they become the mean of all, unless ``careful``: then no process
        waits for another one before it is done.
        """
        parts = self.now.parts
        value = 0.0
        chunks = zip(images.tensor_split(parts), targets.tensor_split(parts), strict=True)
        for number, (some, wanted) in enumerate(chunks, 1):
            with self._alone() if number < parts else nullcontext():
                value += self._backward(some, wanted, len(some) / len(images), careful)
        return value

    def _alone(self) -> AbstractContextManager[None]:
        model = self.model
        return model.no_sync() if isinstance(model, DistributedDataParallel) else nullcontext()

    def _backward(
        self, images: torch.Tensor, targets: torch.Tensor, share: float, careful: bool
    ) -> float:
        """Add the gradients of some pictures, ``share`` of the batch; their part of the loss."""
        # The wrapped network talks to the other processes, from its first line on.
        model = self.learner.network if careful else self.model
        with self.precision.autocast():
            logits = model(self.scale(images))
        loss = self.loss(logits, targets.to(self.precision.device)) * share
        self.learner.grad_scaler.scale(loss).backward()
        return float(loss.detach())

    def _divide(self, size: int, error: BaseException | None) -> None:
        """Compute batches of ``size`` in twice as many parts from here on."""
        parts = 2 * self.now.parts
        if parts > size // 2:
            raise error or MemoryError("another process has no memory left")
        if self.precision.device.type == "cuda":
            torch.cuda.empty_cache()
        self.now.parts = parts
        where = " of every process" if self.team.world > 1 else ""
        self.warn(
            f"The memory does not hold a batch of {size} pictures{where}: "
            f"it is computed {math.ceil(size / parts)} at a time from here on."
        )

    def _learn(self, frozen: bool) -> None:
        learner, config = self.learner, self.config
        if frozen and not config.freeze_backbone and self.team.world > 1:
            for parameter in backbone_parameters(learner.network):
                parameter.grad = None
        if config.gradient_clip:
            learner.grad_scaler.unscale_(learner.optimiser)
            nn.utils.clip_grad_norm_(learner.network.parameters(), config.gradient_clip)
        learner.grad_scaler.step(learner.optimiser)
        learner.grad_scaler.update()
        learner.average.update()
