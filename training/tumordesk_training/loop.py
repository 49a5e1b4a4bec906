"""The training loop: epochs, validation, checkpoints, stop, resume."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from tumordesk.core.errors import DataError, TumorDeskError
from tumordesk.core.training_run import (
    CHECKPOINTS,
    EVENTS_NAME,
    STOP_NAME,
    RunState,
    TrainingConfig,
)
from tumordesk_training import checkpoints
from tumordesk_training.dataset import Cache, EpochSampler, Slices
from tumordesk_training.distributed import Team
from tumordesk_training.ema import Average
from tumordesk_training.events import EventLog
from tumordesk_training.losses import Loss, class_weights
from tumordesk_training.metrics import score
from tumordesk_training.presets import train_transform
from tumordesk_training.schedule import (
    PLATEAU_FACTOR,
    PLATEAU_PATIENCE,
    rate_factor,
    stage_size,
)
from tumordesk_training.setup import (
    choose_precision,
    freeze_backbone,
    make_network,
    make_optimiser,
    set_threads,
)
from tumordesk_training.validate import Scaler, validate

_STEP_EVENT_S = 5.0


class StopAsked(Exception):
    """Ctrl+C or a STOP file: quiet, the best checkpoint is kept."""


@dataclass
class Standing:
    """What a resume needs besides weights: all plain numbers."""

    epoch: int = 0
    step: int = 0
    elapsed_s: float = 0.0
    best: float = -math.inf
    best_epoch: int = 0
    plateau: float = 1.0
    plateau_epoch: int = 0


class Trainer:
    """One run in one process. ``run`` goes to the end, or resumes where a kill left it."""

    def __init__(
        self, folder: Path, config: TrainingConfig, train: Cache, val: Cache, team: Team
    ) -> None:
        set_threads(config, team.world)
        torch.manual_seed(config.seed)
        self._folder, self._config, self._team = folder, config, team
        self._train, self._val = train, val
        self._log = EventLog(folder / EVENTS_NAME, active=team.leader)
        self._precision = choose_precision(config, team.local_rank)
        network, self._messages = make_network(config)
        if config.optimiser.freeze_backbone:
            freeze_backbone(network)
        layout = torch.channels_last if config.channels_last else torch.contiguous_format
        self._network: nn.Module = network.to(self._precision.device, memory_format=layout)  # type: ignore[call-overload]
        self._layout = layout
        self._optimiser = make_optimiser(self._network, config.optimiser)
        self._average = Average(self._network, config.ema)
        self._grad_scaler = torch.amp.GradScaler(
            self._precision.device.type, enabled=self._precision.dtype is torch.float16
        )
        self._loss = Loss(config.loss, self._weights()).to(self._precision.device)
        self._scale = Scaler(config.input, self._precision.device, layout)
        self._sampler = EpochSampler(
            train, config.seed, config.data.empty_share, team.rank, team.world
        )
        self._steps = max(1, len(self._sampler) // config.batch_size)
        self._now = Standing()
        self._interrupted = threading.Event()
        self._started = 0.0

    def _weights(self) -> torch.Tensor | None:
        if not self._config.loss.balanced:
            return None
        counts = torch.bincount(
            torch.from_numpy(self._train.targets.reshape(-1).astype("int64")),
            minlength=len(self._config.classes),
        )
        return class_weights([int(c) for c in counts])

    def run(self) -> RunState:
        """Train to the end, to the STOP file or Ctrl+C, or until nothing gets better.

        Raises:
            DataError: the loss is not a number any more.
        """
        self._resume()
        self._started = time.monotonic() - self._now.elapsed_s
        self._log.write(
            "start", epoch=self._now.epoch, values=self._facts(), message=" ".join(self._messages)
        )
        try:
            with self._interruptible():
                self._epochs()
        except StopAsked:
            self._log.write("stopped", epoch=self._now.epoch, step=self._now.step)
            return RunState.STOPPED
        except TumorDeskError as error:
            self._log.write("failed", epoch=self._now.epoch, message=str(error))
            raise
        values = {"best": self._now.best, "best_epoch": self._now.best_epoch}
        self._log.write("finished", epoch=self._now.epoch, step=self._now.step, values=values)
        return RunState.FINISHED

    def _facts(self) -> dict[str, Any]:
        return {
            "device": str(self._precision.device),
            "precision": str(self._precision.dtype).removeprefix("torch."),
            "processes": self._team.world,
            "train": len(self._train),
            "validation": len(self._val),
            "steps_per_epoch": self._steps,
        }

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Ctrl+C and a polite kill ask for a stop; only the main thread may catch signals."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        names = (signal.SIGINT, signal.SIGTERM)
        kept = [signal.signal(n, lambda *_: self._interrupted.set()) for n in names]
        try:
            yield
        finally:
            for name, handler in zip(names, kept, strict=True):
                signal.signal(name, handler)

    def _progress(self) -> float:
        total = self._steps * self._config.epochs
        progress = self._now.step / total
        if self._config.budget_minutes:
            elapsed = self._team.same(time.monotonic() - self._started)
            progress = max(progress, elapsed / 60.0 / self._config.budget_minutes)
        return min(progress, 1.0)

    def _epochs(self) -> None:
        while self._now.epoch < self._config.epochs and self._progress() < 1.0:
            begun = time.monotonic()
            size = stage_size(self._progress(), self._config.stages, self._config.input.size)
            loss, count = self._one_epoch(size)
            trained = time.monotonic()
            with self._average.applied():
                values = validate(
                    self._network, self._val, self._config, self._precision, self._scale, self._team
                )
            self._now.epoch += 1
            self._now.elapsed_s = time.monotonic() - self._started
            self._keep(score(self._config.task, values, volumes=self._config.data.volumes))
            values |= {
                "loss": loss,
                "size": list(size),
                "rate": self._optimiser.param_groups[0]["lr"],
                "ms_per_image": 1000.0 * (trained - begun) / max(1, count),
                "seconds": time.monotonic() - begun,
                "best": self._now.best,
            }
            self._log.write("epoch", epoch=self._now.epoch, step=self._now.step, values=values)
            idle = self._now.epoch - self._now.best_epoch
            if self._config.patience and idle >= self._config.patience:
                return

    def _one_epoch(self, size: tuple[int, int]) -> tuple[float, int]:
        self._network.train()
        self._sampler.epoch = self._now.epoch
        torch.manual_seed(self._config.seed * 100_003 + self._now.epoch * 101 + self._team.rank)
        loader = DataLoader(
            Slices(self._train, train_transform(self._config.augment, size)),
            batch_size=self._config.batch_size,
            sampler=self._sampler,
            num_workers=self._config.workers,
            drop_last=len(self._sampler) >= self._config.batch_size,
        )
        model = self._wrapped()
        total, count, told = 0.0, 0, time.monotonic()
        for images, targets in loader:
            self._check_stop()
            loss = self._one_step(model, images, targets)
            total, count = total + loss * len(images), count + len(images)
            self._now.step += 1
            if time.monotonic() - told > _STEP_EVENT_S:
                told = time.monotonic()
                values = {
                    "loss": loss,
                    "progress": self._now.step / self._steps / self._config.epochs,
                }
                self._log.write("step", epoch=self._now.epoch, step=self._now.step, values=values)
        return total / max(1, count), count

    def _wrapped(self) -> nn.Module:
        if self._team.world == 1:
            return self._network
        ids = [self._precision.device.index] if self._precision.device.type == "cuda" else None
        return DistributedDataParallel(self._network, device_ids=ids)

    def _check_stop(self) -> None:
        asked = self._interrupted.is_set() or (
            self._team.leader and (self._folder / STOP_NAME).exists()
        )
        if self._team.any(asked):
            raise StopAsked

    def _one_step(self, model: nn.Module, images: torch.Tensor, targets: torch.Tensor) -> float:
        config = self._config.optimiser
        factor = rate_factor(self._progress(), config, self._now.plateau)
        for group in self._optimiser.param_groups:
            group["lr"] = config.rate * factor
        with self._precision.autocast():
            logits = model(self._scale(images))
        loss = self._loss(logits, targets.to(self._precision.device))
        value = float(loss.detach())
        if self._team.any(not math.isfinite(value)):
            raise DataError(
                f"The loss became {value} in epoch {self._now.epoch + 1}, step {self._now.step}.",
                "Use a smaller learning rate, or precision 'float32', and start again.",
            )
        self._optimiser.zero_grad(set_to_none=True)
        self._grad_scaler.scale(loss).backward()
        if config.gradient_clip:
            self._grad_scaler.unscale_(self._optimiser)
            nn.utils.clip_grad_norm_(self._network.parameters(), config.gradient_clip)
        self._grad_scaler.step(self._optimiser)
        self._grad_scaler.update()
        self._average.update()
        return value

    def _keep(self, value: float) -> None:
        """Remember how it stands; write last, and best where this is the best so far."""
        better = value > self._now.best
        if better:
            self._now.best, self._now.best_epoch = value, self._now.epoch
        since = self._now.epoch - max(self._now.best_epoch, self._now.plateau_epoch)
        if self._config.optimiser.schedule == "plateau" and since >= PLATEAU_PATIENCE:
            self._now.plateau *= PLATEAU_FACTOR
            self._now.plateau_epoch = self._now.epoch
        if self._team.leader:
            folder = self._folder / CHECKPOINTS
            if better:
                best = {"model": self._average.current(), "epoch": self._now.epoch, "score": value}
                checkpoints.save(folder / checkpoints.BEST, best)
            checkpoints.save(folder / checkpoints.LAST, self._state())
        self._team.wait()

    def _state(self) -> dict[str, Any]:
        return {
            "model": self._network.state_dict(),
            "average": self._average.state,
            "average_steps": self._average.steps,
            "optimiser": self._optimiser.state_dict(),
            "grad_scaler": self._grad_scaler.state_dict(),
            "random": torch.get_rng_state(),
            "standing": dict(vars(self._now)),
        }

    def _resume(self) -> None:
        path = self._folder / CHECKPOINTS / checkpoints.LAST
        if not path.is_file():
            return
        state = checkpoints.load(path)
        self._network.load_state_dict(state["model"])
        self._average.state = {k: v.to(self._precision.device) for k, v in state["average"].items()}
        self._average.steps = state["average_steps"]
        self._optimiser.load_state_dict(state["optimiser"])
        self._grad_scaler.load_state_dict(state["grad_scaler"])
        torch.set_rng_state(state["random"])
        self._now = Standing(**state["standing"])
        self._messages = (f"Resumed after epoch {self._now.epoch}.",)
