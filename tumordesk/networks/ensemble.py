"""Several networks of one architecture as one: their probabilities are averaged.

What a cross-validation leaves behind; see Isensee et al., Nat Methods 2021;18:203-211 (nnU-Net),
who predict with the five networks of their five folds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

PREFIX = "members."
"""Weights of the networks are stored as 'members.0.…', 'members.1.…'."""


class Ensemble(nn.Module):
    """``members`` read the same picture; the answer is the logarithm of their mean probabilities.

    So the softmax of what comes out is that mean, and whatever reads logits can read it.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, H, W) -> log of mean probabilities, shaped as the members' logits."""
        shares = torch.stack([member(x).float().log_softmax(dim=1) for member in self.members])
        return shares.logsumexp(dim=0) - math.log(len(self.members))


def members_of(model: nn.Module) -> tuple[nn.Module, ...]:
    """The networks that a model consists of: itself alone, where it is no ensemble."""
    return tuple(model.members) if isinstance(model, Ensemble) else (model,)


def first_member(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights of an ensemble's first network under its own names; others stay as they are."""
    own = f"{PREFIX}0."
    found = {n.removeprefix(own): value for n, value in state.items() if n.startswith(own)}
    return found or state
