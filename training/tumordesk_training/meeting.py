"""How the processes of one start find each other, and nobody of an earlier start.

torchrun keeps its store when it starts all processes again after the death of one. What the dead
have left there (their addresses) would be taken for the living: connecting to them fails, and the
restart with it. So each start agrees on a name of its own first, below which all else is kept.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from torch.distributed.distributed_c10d import PrefixStore

from tumordesk.core.errors import DataError

_POLL_S = 0.05
TIMEOUT_S = 600.0


def own_corner(store: Any, rank: int, world: int, *, timeout_s: float = TIMEOUT_S) -> PrefixStore:
    """The part of a store that belongs to this start of ``world`` processes alone.

    Every process tells a new word. Process 0 publishes a name with all words it has seen, again
    and again; a process knows the name to be new where its own word is in it, and says so.

    Raises:
        DataError: the others did not come in time.
    """
    end = time.monotonic() + timeout_s
    word = uuid.uuid4().hex
    store.set(f"word/{rank}", word)
    name = _lead(store, world, word, end) if rank == 0 else _follow(store, rank, word, end)
    return PrefixStore(name, store)


def _lead(store: Any, world: int, name: str, end: float) -> str:
    others = range(1, world)
    while True:
        words = [_read(store, f"word/{rank}") for rank in range(world)]
        store.set("start", json.dumps({"name": name, "words": words}))
        if all(_read(store, f"heard/{rank}") == name for rank in others):
            return name
        _wait(end)


def _follow(store: Any, rank: int, word: str, end: float) -> str:
    while True:
        found = json.loads(_read(store, "start") or "{}")
        words = found.get("words", ())
        if rank < len(words) and words[rank] == word:
            name: str = found["name"]
            store.set(f"heard/{rank}", name)
            return name
        _wait(end)


def _read(store: Any, key: str) -> str | None:
    return store.get(key).decode() if store.check([key]) else None


def _wait(end: float) -> None:
    if time.monotonic() > end:
        raise DataError(
            "The other processes of this run did not come in time.",
            "See what they say; all must reach the machine that torchrun names as the first.",
        )
    time.sleep(_POLL_S)
