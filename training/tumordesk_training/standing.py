"""Where a run stands, and how that is kept in its last checkpoint."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tumordesk.core.errors import DataError
from tumordesk_training import checkpoints
from tumordesk_training.ema import Average


@dataclass
class Standing:
    """What a resume needs besides weights: all plain numbers.

    ``parts``: into how many a batch is divided because the memory does not hold it whole.
    ``values``: the figures of the epoch, of which a run that was killed may not have told.
    """

    epoch: int = 0
    step: int = 0
    elapsed_s: float = 0.0
    best: float = -math.inf
    best_epoch: int = 0
    plateau: float = 1.0
    plateau_epoch: int = 0
    parts: int = 1
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Learner:
    """What learns: network, moving average, optimiser, and the scale of fp16 gradients."""

    network: nn.Module
    average: Average
    optimiser: torch.optim.Optimizer
    grad_scaler: torch.amp.GradScaler

    def healthy(self) -> bool:
        """Whether all weights are numbers."""
        return all(bool(p.detach().isfinite().all()) for p in self.network.parameters())

    def write(self, folder: Path, now: Standing, best: float | None) -> None:
        """Write last.pt, and best.pt before it where ``best`` is the score of the best so far.

        Raises:
            WriteError: full disk, folder gone; what was there before stays whole.
        """
        if best is not None:
            state = {"model": self.average.current(), "epoch": now.epoch, "score": best}
            checkpoints.save(folder / checkpoints.BEST, state)
        checkpoints.save(folder / checkpoints.LAST, self._state(now))

    def _state(self, now: Standing) -> dict[str, Any]:
        return {
            "model": self.network.state_dict(),
            "average": self.average.state,
            "average_steps": self.average.steps,
            "optimiser": self.optimiser.state_dict(),
            "grad_scaler": self.grad_scaler.state_dict(),
            "random": torch.get_rng_state(),
            "standing": dict(vars(now)),
        }

    def restore(self, path: Path, device: torch.device) -> Standing:
        """Take up a last.pt.

        Raises:
            DataError: damaged, or of another network or optimiser than config.json describes.
        """
        state = checkpoints.load(path)
        checkpoints.fit(self.network, state["model"], path.name)
        self.average.state = {k: v.to(device) for k, v in state["average"].items()}
        self.average.steps = state["average_steps"]
        try:
            self.optimiser.load_state_dict(state["optimiser"])
        except ValueError as error:
            raise DataError(
                f"{path.name} was made with another optimiser, or with other layers frozen.",
                "Put back the config.json that the run began with.",
            ) from error
        self.grad_scaler.load_state_dict(state["grad_scaler"])
        torch.set_rng_state(state["random"])
        return Standing(**state["standing"])
