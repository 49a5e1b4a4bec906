"""How quick a run is, how long it still takes, and how much memory it holds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import torch

_STATM = Path("/proc/self/statm")


def memory_mb(device: torch.device) -> int | None:
    """Memory of this process in MiB: the most on the GPU, or now in the machine (None: unknown)."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device)) // 2**20
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


class Speed:
    """Counts pictures and losses between two looks; pauses do not count.

    ``clock`` gives seconds and never runs backwards.
    """

    def __init__(self, world: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._world, self._clock = world, clock
        self._begun: float | None = None
        self._first = 0.0
        self._since = clock()
        self._images = self._steps = 0
        self._loss = 0.0

    def begin(self, progress: float) -> None:
        """The first step begins now, at this progress (0..1) of the run."""
        if self._begun is None:
            self._begun, self._first = self._clock(), progress
        self._restart()

    def add(self, images: int, loss: float) -> None:
        """One step is done: pictures of this process, and its loss."""
        self._images += images
        self._steps += 1
        self._loss += loss

    def waited(self, seconds: float) -> None:
        """The run stood still for so long."""
        if self._begun is not None:
            self._begun += seconds
        self._since += seconds

    def due(self, seconds: float) -> bool:
        """Whether the last look was so long ago and anything was done since."""
        return self._steps > 0 and self._clock() - self._since >= seconds

    def look(self, progress: float) -> dict[str, float | None]:
        """loss (mean since the last look), images_per_s (all processes) and eta_s."""
        now = self._clock()
        passed = max(1e-6, now - self._since)
        values = {
            "loss": self._loss / max(1, self._steps),
            "images_per_s": self._images * self._world / passed,
            "eta_s": self._eta(now, progress),
        }
        self._restart()
        return values

    def _eta(self, now: float, progress: float) -> float | None:
        done = progress - self._first
        if self._begun is None or done <= 0:
            return None
        return (now - self._begun) / done * (1.0 - progress)

    def _restart(self) -> None:
        self._since = self._clock()
        self._images = self._steps = 0
        self._loss = 0.0
