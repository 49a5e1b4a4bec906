"""The training loop: epochs, validation, checkpoints, stop, resume."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from tumordesk.core.errors import DataError, TumorDeskError, WriteError
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
    to_training,
)
from tumordesk_training.validate import Scaler, validate

_STEP_EVENT_S = 5.0


class StopAsked(Exception):
    """Ctrl+C or a STOP file: quiet, the best checkpoint is kept."""


def _in_plain_words(error: Exception, processes: int) -> Exception:
    """The error itself, or one that a person understands, for what torch has no type of its own."""
    if isinstance(error, TumorDeskError):
        return error
    first = (str(error).splitlines() or [""])[0]
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in first:
        return DataError(
            "The memory does not suffice for this training.",
            "Use a smaller batch_size or input.size, or a smaller network.",
        )
    if first.startswith("Expected more than 1 value per channel"):
        return DataError(
            "A batch of one such small picture is too little for this network.",
            "Use a larger batch_size or input.size.",
        )
    if processes > 1 and isinstance(error, RuntimeError):
        return DataError(
            f"Another process of this run ended or cannot be reached ({first[:200]}).",
            "See what that process says; then go on with --resume.",
        )
    return error


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
        self,
        folder: Path,
        config: TrainingConfig,
        train: Cache,
        val: Cache,
        team: Team,
        *,
        notes: Sequence[str] = (),
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``notes``: warnings for the events; ``say``: gets lines for a person, on rank 0."""
        set_threads(config, team.local_world)
        torch.manual_seed(config.seed)
        self._folder, self._config, self._team = folder, config, team
        self._train, self._val = train, val
        self._notes = notes
        self._say = say if team.leader else (lambda _: None)
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
        if not len(self._sampler):
            raise DataError(
                f"{len(train)} pictures to train on are too few for {team.world} processes."
            )
        self._steps = max(1, len(self._sampler) // config.batch_size)
        self._now = Standing()
        self._interrupted = threading.Event()
        self._started = 0.0
        self._told = 0.0
        self._model: nn.Module = self._network

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
            DataError: the loss is not a number any more, memory does not suffice, or another
                process of the run has gone.
            WriteError: the run folder cannot be written any more.
            KeyboardInterrupt: Ctrl+C a second time, which does not wait for the next step.
        """
        try:
            with self._interruptible():
                return self._run()
        except KeyboardInterrupt:
            self._log.write("stopped", epoch=self._now.epoch, step=self._now.step)
            raise
        except Exception as error:
            # Whoever follows the run must learn that it is over, whatever ended it.
            plain = _in_plain_words(error, self._team.world)
            with suppress(WriteError):
                self._log.write("failed", epoch=self._now.epoch, message=str(plain))
            if plain is error:
                raise
            raise plain from error

    def _run(self) -> RunState:
        self._resume()
        self._model = self._wrapped()
        self._started = time.monotonic() - self._now.elapsed_s
        facts = self._facts()
        self._team.lead(lambda: self._tell_start(facts))
        try:
            self._epochs()
        except StopAsked:
            self._log.write("stopped", epoch=self._now.epoch, step=self._now.step)
            return RunState.STOPPED
        values = {"best": self._now.best, "best_epoch": self._now.best_epoch}
        self._log.write("finished", epoch=self._now.epoch, step=self._now.step, values=values)
        return RunState.FINISHED

    def _tell_start(self, facts: dict[str, Any]) -> None:
        message = " ".join(self._messages)
        self._log.write("start", epoch=self._now.epoch, values=facts, message=message)
        self._say(", ".join(f"{k.replace('_', ' ')} {v}" for k, v in facts.items()))
        self._say(message)
        for note in self._notes:
            self._log.write("warning", epoch=self._now.epoch, message=note)
            self._say(f"warning: {note}")

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
        kept = [signal.signal(name, self._on_signal) for name in names]
        try:
            yield
        finally:
            for name, handler in zip(names, kept, strict=True):
                signal.signal(name, handler)

    def _on_signal(self, number: int, _: object) -> None:
        again = self._interrupted.is_set()
        self._interrupted.set()
        if again and number == signal.SIGINT and self._team.world == 1:
            raise KeyboardInterrupt

    def _progress(self) -> float:
        total = self._steps * self._config.epochs
        progress = self._now.step / total
        if self._config.budget_minutes:
            elapsed = self._team.same(time.monotonic() - self._started)
            progress = max(progress, elapsed / 60.0 / self._config.budget_minutes)
        return min(progress, 1.0)

    def _epochs(self) -> None:
        while not self._over():
            begun = time.monotonic()
            size = stage_size(self._progress(), self._config.stages, self._config.input.size)
            loss, count = self._one_epoch(size)
            trained = time.monotonic()
            values = self._validated()
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
            self._team.lead(partial(self._tell_epoch, values))

    def _over(self) -> bool:
        idle = self._now.epoch - self._now.best_epoch
        tired = self._config.patience > 0 and idle >= self._config.patience
        return tired or self._now.epoch >= self._config.epochs or self._progress() >= 1.0

    def _validated(self) -> dict[str, Any]:
        # Batch statistics differ from process to process: all must validate what rank 0 keeps.
        names = [name for name, _ in self._network.named_buffers()]
        self._team.level(self._network.get_buffer(name) for name in names)
        self._team.level(self._average.state[name] for name in names if name in self._average.state)
        with self._average.applied():
            return validate(
                self._network, self._val, self._config, self._precision, self._scale, self._team
            )

    def _tell_epoch(self, values: dict[str, Any]) -> None:
        self._log.write("epoch", epoch=self._now.epoch, step=self._now.step, values=values)
        names = ("loss", "dice_mean", "dice_by_image_mean", "balanced_accuracy", "accuracy")
        figures = [f"{n} {values[n]:.4f}" for n in names if values.get(n) is not None]
        best = " (best so far)" if self._now.best_epoch == self._now.epoch else ""
        self._say(
            f"epoch {self._now.epoch} of {self._config.epochs}: {', '.join(figures)}, "
            f"{values['seconds']:.0f} s{best}"
        )

    def _one_epoch(self, size: tuple[int, int]) -> tuple[float, int]:
        to_training(self._network, self._config.optimiser)
        self._sampler.epoch = self._now.epoch
        torch.manual_seed(self._config.seed * 100_003 + self._now.epoch * 101 + self._team.rank)
        loader = DataLoader(
            Slices(self._train, train_transform(self._config.augment, size)),
            batch_size=self._config.batch_size,
            sampler=self._sampler,
            num_workers=self._config.workers,
            drop_last=len(self._sampler) >= self._config.batch_size,
        )
        total, count = 0.0, 0
        for images, targets in loader:
            self._check_stop()
            progress = self._progress()
            loss = self._one_step(images, targets, progress)
            total, count = total + loss * len(images), count + len(images)
            self._now.step += 1
            self._tell_step(loss, progress)
        return total / max(1, count), count

    def _tell_step(self, loss: float, progress: float) -> None:
        if time.monotonic() - self._told > _STEP_EVENT_S:
            self._told = time.monotonic()
            values = {"loss": loss, "progress": progress}
            self._log.write("step", epoch=self._now.epoch, step=self._now.step, values=values)

    def _wrapped(self) -> nn.Module:
        """The network as it is called in training; made once, for each wrapping adds hooks."""
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

    def _one_step(self, images: torch.Tensor, targets: torch.Tensor, progress: float) -> float:
        config = self._config.optimiser
        factor = rate_factor(progress, config, self._now.plateau)
        for group in self._optimiser.param_groups:
            group["lr"] = config.rate * factor
        with self._precision.autocast():
            logits = self._model(self._scale(images))
        loss = self._loss(logits, targets.to(self._precision.device))
        value = float(loss.detach())
        if self._team.any(not math.isfinite(value)):
            raise self._diverged("The loss is", self._now.epoch + 1)
        self._optimiser.zero_grad(set_to_none=True)
        self._grad_scaler.scale(loss).backward()
        if config.gradient_clip:
            self._grad_scaler.unscale_(self._optimiser)
            nn.utils.clip_grad_norm_(self._network.parameters(), config.gradient_clip)
        self._grad_scaler.step(self._optimiser)
        self._grad_scaler.update()
        self._average.update()
        return value

    def _diverged(self, what: str, epoch: int) -> DataError:
        return DataError(
            f"{what} no longer a number in epoch {epoch} (step {self._now.step}): "
            "the training went astray.",
            "Start again with a smaller learning rate, or with precision 'float32'.",
        )

    def _keep(self, value: float) -> None:
        """Remember how it stands; write last, and best where this is the best so far.

        Raises:
            DataError: the weights are not numbers any more; nothing is written then.
        """
        if not all(bool(p.detach().isfinite().all()) for p in self._network.parameters()):
            raise self._diverged("The weights are", self._now.epoch)
        better = value > self._now.best
        if better:
            self._now.best, self._now.best_epoch = value, self._now.epoch
        since = self._now.epoch - max(self._now.best_epoch, self._now.plateau_epoch)
        if self._config.optimiser.schedule == "plateau" and since >= PLATEAU_PATIENCE:
            self._now.plateau *= PLATEAU_FACTOR
            self._now.plateau_epoch = self._now.epoch
        self._team.lead(lambda: self._write(value if better else None))

    def _write(self, best: float | None) -> None:
        folder = self._folder / CHECKPOINTS
        if best is not None:
            state = {"model": self._average.current(), "epoch": self._now.epoch, "score": best}
            checkpoints.save(folder / checkpoints.BEST, state)
        checkpoints.save(folder / checkpoints.LAST, self._state())

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
        checkpoints.fit(self._network, state["model"], path.name)
        self._average.state = {k: v.to(self._precision.device) for k, v in state["average"].items()}
        self._average.steps = state["average_steps"]
        try:
            self._optimiser.load_state_dict(state["optimiser"])
        except ValueError as error:
            raise DataError(
                f"{path.name} was made with another optimiser, or with other layers frozen.",
                "Put back the config.json that the run began with.",
            ) from error
        self._grad_scaler.load_state_dict(state["grad_scaler"])
        torch.set_rng_state(state["random"])
        self._now = Standing(**state["standing"])
        self._messages = (f"Resumed after epoch {self._now.epoch}.",)
