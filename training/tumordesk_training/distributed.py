"""Several processes (torchrun): who am I, and talking to the others. One process needs nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch.distributed.rendezvous import rendezvous

from tumordesk.core.errors import ConfigError, TumorDeskError
from tumordesk_training.meeting import own_corner

T = TypeVar("T")
TOLD = "Process 0 tells this error."
"""Note on an error of rank 0 where it is raised on another rank, which need not repeat it."""


@dataclass(frozen=True)
class Team:
    """This process among the others. ``local_rank`` picks the GPU of this machine."""

    rank: int = 0
    world: int = 1
    local_rank: int = 0
    local_world: int = 1

    @property
    def leader(self) -> bool:
        """True for the one process that writes files."""
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        """True on all ranks as soon as one says so."""
        return bool(self.most(int(flag)))

    def most(self, value: int) -> int:
        """The highest value of all ranks, on all ranks."""
        if self.world == 1:
            return value
        box = torch.tensor([value], device=_device())
        dist.all_reduce(box, op=dist.ReduceOp.MAX)
        return int(box.item())

    def same(self, value: Any) -> Any:
        """Rank 0's plain value, on all ranks."""
        if self.world == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def lead(self, work: Callable[[], T]) -> T:
        """Let rank 0 alone do ``work``, and give its plain result to all ranks.

        What rank 0 raises (TumorDeskError) is raised on all ranks, so that none waits for one
        that has gone.
        """
        if self.world == 1:
            return work()
        answer: tuple[T | None, TumorDeskError | None] = (None, None)
        if self.leader:
            try:
                answer = (work(), None)
            except TumorDeskError as error:
                answer = (None, _portable(error))
        result, failure = self.same(answer)
        if failure is not None:
            if not self.leader:
                failure.add_note(TOLD)
            raise failure
        return result  # type: ignore[no-any-return]

    def gather(self, value: Any) -> list[Any]:
        """The values of all ranks, in rank order, on all ranks."""
        if self.world == 1:
            return [value]
        box: list[Any] = [None] * self.world
        dist.all_gather_object(box, value)
        return box

    def level(self, tensors: Iterable[torch.Tensor]) -> None:
        """Give all ranks rank 0's values of ``tensors``, in place."""
        if self.world > 1:
            for tensor in tensors:
                dist.broadcast(tensor, src=0)

    def average(self, tensors: Iterable[torch.Tensor]) -> None:
        """Give all ranks the mean of ``tensors`` over the ranks, in place."""
        if self.world > 1:
            for tensor in tensors:
                dist.all_reduce(tensor.div_(self.world))

    def wait(self) -> None:
        """Until all ranks are here."""
        if self.world > 1:
            dist.barrier()


def _portable(error: TumorDeskError) -> TumorDeskError:
    """The error without its traceback and cause, which cannot travel."""
    return type(error)(error.message, error.hint)


def _device() -> torch.device:
    if dist.get_backend() == "nccl":
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def join(device: str) -> Team:
    """Join the processes that torchrun started; alone where it did not.

    NCCL with one GPU for each process; gloo on the CPU.

    Raises:
        ConfigError: there are GPUs, but fewer than processes on this machine; or one of them is
            named, for several processes.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Team()
    if ":" in device:
        raise ConfigError(
            f"Device {device} is one graphics card, for {world} processes.",
            "Use device 'cuda': each process then takes a card of its own.",
        )
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    local_world = int(os.environ.get("LOCAL_WORLD_SIZE", str(world)))
    team = Team(int(os.environ["RANK"]), world, local_rank, local_world)
    count = torch.cuda.device_count() if device != "cpu" else 0
    if 0 < count < local_world:
        raise ConfigError(
            f"{local_world} processes were started on a machine with {count} GPU(s).",
            f"Start {count} (torchrun --nproc_per_node {count}), or use --device cpu.",
        )
    if count:
        torch.cuda.set_device(local_rank)
    _meet("nccl" if count else "gloo", team)
    return team


def _meet(backend: str, team: Team) -> None:
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        dist.init_process_group(backend)
        return
    store, rank, world = next(iter(rendezvous("env://", team.rank, team.world)))
    corner = own_corner(store, rank, world)
    dist.init_process_group(backend, store=corner, rank=rank, world_size=world)


def leave() -> None:
    """Leave the group, where one was joined."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
