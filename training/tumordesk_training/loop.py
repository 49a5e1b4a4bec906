"""The training loop: epochs, validation, checkpoints, stop, pause, resume."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from tumordesk.core.errors import DataError, WriteError
from tumordesk.core.jsonio import to_plain
from tumordesk.core.training_run import (
    CHECKPOINTS,
    EVENTS_NAME,
    RunState,
    TrainingConfig,
    read_run,
)
from tumordesk_training import checkpoints
from tumordesk_training.control import Control, StopAsked
from tumordesk_training.dataset import Cache, EpochSampler, Slices
from tumordesk_training.distributed import Team
from tumordesk_training.ema import Average
from tumordesk_training.events import EventLog
from tumordesk_training.failures import diverged, in_plain_words
from tumordesk_training.losses import Loss, weights_for
from tumordesk_training.metrics import score
from tumordesk_training.presets import train_transform
from tumordesk_training.samples import Samples
from tumordesk_training.schedule import (
    PLATEAU_FACTOR,
    PLATEAU_PATIENCE,
    stage_size,
)
from tumordesk_training.setup import (
    choose_precision,
    freeze_backbone,
    is_frozen,
    loader_workers,
    make_network,
    make_optimiser,
    set_threads,
    to_training,
)
from tumordesk_training.speed import Speed, memory_mb
from tumordesk_training.standing import Learner, Standing
from tumordesk_training.step import Stepper
from tumordesk_training.validate import Scaler, validate

_STEP_EVENT_S = 1.0


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
        self._optimiser = make_optimiser(self._network, config.optimiser)
        self._average = Average(self._network, config.ema)
        self._grad_scaler = torch.amp.GradScaler(
            self._precision.device.type, enabled=self._precision.dtype is torch.float16
        )
        self._learner = Learner(self._network, self._average, self._optimiser, self._grad_scaler)
        weights = weights_for(config.loss, train.targets, len(config.classes))
        self._loss = Loss(config.loss, weights).to(self._precision.device)
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
        self._kept = 0
        self._control = Control(folder, team)
        self._speed = Speed(team.world)
        self._samples = Samples(val, config)
        self._started = 0.0
        self._frozen = config.optimiser.freeze_backbone

    def run(self) -> RunState:
        """Train to the end, to the STOP file or Ctrl+C, or until nothing gets better.

        Raises:
            DataError: the loss is not a number any more, memory does not suffice, or another
                process of the run has gone.
            WriteError: the run folder cannot be written any more.
            KeyboardInterrupt: Ctrl+C a second time, which does not wait for the next step.
        """
        try:
            with self._control.interruptible():
                return self._run()
        except KeyboardInterrupt:
            self._log.write("stopped", epoch=self._now.epoch, step=self._now.step)
            raise
        except Exception as error:
            # Whoever follows the run must learn that it is over, whatever ended it.
            plain = in_plain_words(error, self._team.world, self._kept)
            with suppress(WriteError):
                self._log.write("failed", epoch=self._now.epoch, message=str(plain))
            if plain is error:
                raise
            raise plain from error

    def _run(self) -> RunState:
        last = self._folder / CHECKPOINTS / checkpoints.LAST
        if last.is_file():
            self._now = self._learner.restore(last, self._precision.device)
            self._now.step = self._now.epoch * self._steps  # maybe with other processes now
            self._kept = self._now.epoch
            self._messages = (f"Resumed after epoch {self._now.epoch}.",)
            self._team.lead(self._tell_what_was_kept)
        stepper = self._stepper()
        self._started = time.monotonic() - self._now.elapsed_s
        facts = self._facts()
        self._team.lead(lambda: self._tell_start(facts))
        try:
            self._epochs(stepper)
        except StopAsked:
            self._control.obeyed()
            self._log.write("stopped", epoch=self._now.epoch, step=self._now.step)
            return RunState.STOPPED
        self._tell_end()
        return RunState.FINISHED

    def _tell_what_was_kept(self) -> None:
        """Tell of the last epoch where the run was killed after it was kept, before it was told."""
        events = read_run(self._folder).events
        told = any(event.kind == "epoch" and event.epoch == self._now.epoch for event in events)
        if self._now.values and not told:
            self._tell_epoch(self._now.values)

    def _tell_start(self, facts: dict[str, Any]) -> None:
        message = " ".join(self._messages)
        self._log.write("start", epoch=self._now.epoch, values=facts, message=message)
        self._say(", ".join(f"{k.replace('_', ' ')} {v}" for k, v in facts.items()))
        self._say(message)
        for note in self._notes:
            self._warn(note)

    def _warn(self, message: str) -> None:
        self._log.write("warning", epoch=self._now.epoch, step=self._now.step, message=message)
        self._say(f"warning: {message}")

    def _tell_end(self) -> None:
        values = {"best": self._now.best, "best_epoch": self._now.best_epoch}
        message = ""
        if self._tired() and self._now.epoch < self._config.epochs:
            message = (
                f"Ended after epoch {self._now.epoch}: nothing got better in "
                f"{self._config.patience} epochs. The best was epoch {self._now.best_epoch}."
            )
            self._say(message)
        self._log.write(
            "finished",
            epoch=self._now.epoch,
            step=self._now.step,
            values=values,
            message=message,
        )

    def _facts(self) -> dict[str, Any]:
        return {
            "device": str(self._precision.device),
            "precision": str(self._precision.dtype).removeprefix("torch."),
            "processes": self._team.world,
            "train": len(self._train),
            "validation": len(self._val),
            "batch_size": self._config.batch_size,
            "steps_per_epoch": self._steps,
        }

    def _progress(self) -> float:
        total = self._steps * self._config.epochs
        progress = self._now.step / total
        if self._config.budget_minutes:
            elapsed = self._team.same(time.monotonic() - self._started)
            progress = max(progress, elapsed / 60.0 / self._config.budget_minutes)
        return min(progress, 1.0)

    def _epochs(self, stepper: Stepper) -> None:
        while not self._over():
            begun = time.monotonic()
            size = stage_size(self._progress(), self._config.stages, self._config.input.size)
            self._thaw()
            loss, count = self._one_epoch(size, stepper)
            trained = max(1e-6, time.monotonic() - begun)
            values = self._validated()
            self._now.epoch += 1
            self._now.elapsed_s = time.monotonic() - self._started
            value = score(self._config.task, values, volumes=self._config.data.volumes)
            better = self._judge(value)
            values |= {
                "loss": loss,
                "size": list(size),
                "rate": self._optimiser.param_groups[0]["lr"],
                "images_per_s": count * self._team.world / trained,
                "ms_per_image": 1000.0 * trained / max(1, count),
                "seconds": time.monotonic() - begun,
                "memory_mb": memory_mb(self._precision.device),
                "best": self._now.best,
            }
            self._now.values = to_plain(values)
            self._keep(value if better else None)
            self._team.lead(partial(self._tell_epoch, values))

    def _tired(self) -> bool:
        idle = self._now.epoch - self._now.best_epoch
        return self._config.patience > 0 and idle >= self._config.patience

    def _over(self) -> bool:
        return self._tired() or self._now.epoch >= self._config.epochs or self._progress() >= 1.0

    def _thaw(self) -> None:
        """Freeze the backbone for the first epochs, and let it learn from then on."""
        config, epoch = self._config.optimiser, self._now.epoch
        frozen = is_frozen(config, epoch)
        if not frozen and 0 < config.freeze_epochs == epoch:
            self._team.lead(lambda: self._warn("All layers are trained from here on."))
        self._frozen = frozen
        if self._team.world == 1:  # several processes compute all gradients, and drop these
            freeze_backbone(self._network, frozen=frozen)

    def _validated(self) -> dict[str, Any]:
        # Batch statistics differ from process to process: all must validate what rank 0 keeps.
        names = [name for name, _ in self._network.named_buffers()]
        self._team.level(self._network.get_buffer(name) for name in names)
        self._team.level(self._average.state[name] for name in names if name in self._average.state)
        with self._average.applied():
            if self._team.leader and len(self._samples):
                self._samples.look(self._network, self._precision, self._scale)
            return validate(
                self._network, self._val, self._config, self._precision, self._scale, self._team
            )

    def _tell_epoch(self, values: dict[str, Any]) -> None:
        self._log.write("epoch", epoch=self._now.epoch, step=self._now.step, values=values)
        folder = self._samples.write(self._folder, self._now.epoch)
        if folder:
            where = {"epoch": self._now.epoch, "folder": folder}
            self._log.write("samples", epoch=self._now.epoch, values=where)
        names = (
            *("loss", "dice_classes_mean", "dice_mean", "dice_by_image_mean"),
            *("balanced_accuracy", "accuracy"),
        )
        figures = [f"{n} {values[n]:.4f}" for n in names if values.get(n) is not None]
        best = " (best so far)" if self._now.best_epoch == self._now.epoch else ""
        self._say(
            f"epoch {self._now.epoch} of {self._config.epochs}: {', '.join(figures)}, "
            f"{values['seconds']:.0f} s{best}"
        )

    def _one_epoch(self, size: tuple[int, int], stepper: Stepper) -> tuple[float, int]:
        to_training(self._network, frozen=self._frozen)
        self._sampler.epoch = self._now.epoch
        torch.manual_seed(self._config.seed * 100_003 + self._now.epoch * 101 + self._team.rank)
        loader = DataLoader(
            Slices(
                self._train,
                train_transform(self._config.augment, size),
                self._config.input.neighbours,
                self._config.augment.alone,
            ),
            batch_size=self._config.batch_size,
            sampler=self._sampler,
            num_workers=loader_workers(self._config, self._precision.device, self._team),
            drop_last=len(self._sampler) >= self._config.batch_size,
            pin_memory=self._precision.device.type == "cuda",
        )
        total, count = 0.0, 0
        self._speed.begin(self._progress())
        for images, targets in loader:
            self._check()
            progress = self._progress()
            loss = stepper.step(images, targets, progress, frozen=self._frozen)
            total, count = total + loss * len(images), count + len(images)
            self._now.step += 1
            self._tell_step(loss, len(images), progress)
            if self._config.budget_minutes and self._progress() >= 1.0:
                break  # the time is up: what was learned is validated, and kept if it is the best
        return total / max(1, count), count

    def _tell_step(self, loss: float, images: int, progress: float) -> None:
        self._speed.add(images, loss)
        if self._speed.due(_STEP_EVENT_S):
            values: dict[str, Any] = self._speed.look(progress)
            values |= {
                "progress": progress,
                "rate": self._optimiser.param_groups[0]["lr"],
                "memory_mb": memory_mb(self._precision.device),
            }
            self._log.write("step", epoch=self._now.epoch, step=self._now.step, values=values)

    def _stepper(self) -> Stepper:
        """Made once, for each wrapping of the network for several processes adds hooks."""
        model: nn.Module = self._network
        if self._team.world > 1:
            ids = [self._precision.device.index] if self._precision.device.type == "cuda" else None
            model = DistributedDataParallel(model, device_ids=ids)
        return Stepper(
            self._learner,
            model,
            self._loss,
            self._scale,
            self._precision,
            self._config.optimiser,
            self._team,
            self._now,
            self._warn,
        )

    def _check(self) -> None:
        begun = time.monotonic()

        def paused() -> None:
            self._log.write("paused", epoch=self._now.epoch, step=self._now.step)
            self._say("paused; goes on when the file PAUSE is gone")

        def resumed() -> None:
            waited = time.monotonic() - begun
            self._started += waited
            self._speed.waited(waited)
            self._log.write(
                "start",
                epoch=self._now.epoch,
                step=self._now.step,
                values=self._facts(),
                message="Goes on after a pause.",
            )

        self._control.check(paused, resumed)

    def _judge(self, value: float) -> bool:
        """Remember how it stands; whether this is the best so far.

        Raises:
            DataError: the weights are not numbers any more.
        """
        if not self._learner.healthy():
            now = self._now
            raise diverged("The weights are", now.epoch, now.step, now.best_epoch)
        better = value > self._now.best
        if better:
            self._now.best, self._now.best_epoch = value, self._now.epoch
        since = self._now.epoch - max(self._now.best_epoch, self._now.plateau_epoch)
        if self._config.optimiser.schedule == "plateau" and since >= PLATEAU_PATIENCE:
            self._now.plateau *= PLATEAU_FACTOR
            self._now.plateau_epoch = self._now.epoch
        return better

    def _keep(self, best: float | None) -> None:
        """Write last, and best where this is the best so far; ``best``: its score then."""
        self._team.lead(lambda: self._learner.write(self._folder / CHECKPOINTS, self._now, best))
        self._kept = self._now.epoch
