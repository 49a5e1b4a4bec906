"""Several processes (torchrun): who am I, and talking to the others. One process needs nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist


@dataclass(frozen=True)
class Team:
    """This process among the others. ``local_rank`` picks the GPU."""

    rank: int = 0
    world: int = 1
    local_rank: int = 0

    @property
    def leader(self) -> bool:
        """True for the one process that writes files."""
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        """True on all ranks as soon as one says so."""
        if self.world == 1:
            return flag
        value = torch.tensor([int(flag)], device=_device())
        dist.all_reduce(value, op=dist.ReduceOp.MAX)
        return bool(value.item())

    def same(self, value: Any) -> Any:
        """Rank 0's plain value, on all ranks."""
        if self.world == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def gather(self, value: Any) -> list[Any]:
        """The values of all ranks, in rank order, on all ranks."""
        if self.world == 1:
            return [value]
        box: list[Any] = [None] * self.world
        dist.all_gather_object(box, value)
        return box

    def wait(self) -> None:
        """Until all ranks are here."""
        if self.world > 1:
            dist.barrier()


def _device() -> torch.device:
    if dist.get_backend() == "nccl":
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def join(device: str) -> Team:
    """Join the processes that torchrun started; alone where it did not.

    NCCL where every process has a GPU, else gloo.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Team()
    team = Team(int(os.environ["RANK"]), world, int(os.environ.get("LOCAL_RANK", "0")))
    cuda = device != "cpu" and torch.cuda.device_count() > team.local_rank
    if cuda:
        torch.cuda.set_device(team.local_rank)
    dist.init_process_group("nccl" if cuda else "gloo")
    return team


def leave() -> None:
    """Leave the group, where one was joined."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
