"""Moving average of the weights: what is validated, kept and published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Average:
    """Exponential moving average of all floating point entries of a module's state.

    Early on the average follows quickly: decay is the smaller of ``decay`` and
    (1 + steps) / (10 + steps).
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._module = module
        self._decay = decay
        self.steps = 0
        self.state = {k: v.detach().clone() for k, v in module.state_dict().items()}

    def update(self) -> None:
        """Take in the module's present weights."""
        self.steps += 1
        if self._decay == 0.0:
            return
        decay = min(self._decay, (1 + self.steps) / (10 + self.steps))
        pairs = [(self.state[k], v.detach()) for k, v in self._module.state_dict().items()]
        floats = [p for p in pairs if p[0].is_floating_point()]
        torch._foreach_lerp_([p[0] for p in floats], [p[1] for p in floats], 1.0 - decay)
        for old, new in pairs:
            if not old.is_floating_point():
                old.copy_(new)

    def current(self) -> dict[str, torch.Tensor]:
        """The state to validate, keep and publish."""
        return self.state if self._decay else self._module.state_dict()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within, the module holds the average (the weights themselves where it is off)."""
        if self._decay == 0.0:
            yield
            return
        kept = {k: v.detach().clone() for k, v in self._module.state_dict().items()}
        self._module.load_state_dict(self.state)
        try:
            yield
        finally:
            self._module.load_state_dict(kept)
