"""The same thing done to many files, on a few threads, with progress and cancel. No torch."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from tumordesk.core.job import JobContext

S = TypeVar("S")
T = TypeVar("T")

_THREADS = max(2, min(8, os.cpu_count() or 2))
_AHEAD = 4 * _THREADS


class Share(JobContext):
    """A part of a job: its 0..1 is ``start``..``end`` of the whole."""

    def __init__(self, whole: JobContext, start: float, end: float) -> None:
        super().__init__()
        self._whole, self._start, self._end = whole, start, end

    @property
    def cancelled(self) -> bool:
        """True once the user asked to stop the whole."""
        return self._whole.cancelled

    def cancel(self) -> None:
        """Ask the whole job to stop."""
        self._whole.cancel()

    def check(self) -> None:
        """Raise Cancelled if the user asked to stop."""
        self._whole.check()

    def progress(self, fraction: float | None, message: str = "") -> None:
        """Report progress of the whole. Raises Cancelled."""
        if fraction is not None:
            fraction = self._start + fraction * (self._end - self._start)
        self._whole.progress(fraction, message)


def for_each(
    items: Sequence[S], function: Callable[[S], T], context: JobContext, message: str
) -> Iterator[T]:
    """Results of ``function``, in order; at most a few are waited for, so memory stays small.

    Raises:
        Cancelled: the user stopped it; what is under way is finished, nothing more is begun.
    """
    waiting: deque[Future[T]] = deque()
    done = 0
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
                    done += 1
                    context.progress(done / len(items), message)
            while waiting:
                yield waiting.popleft().result()
                done += 1
                context.progress(done / len(items), message)
        finally:
            for future in waiting:
                future.cancel()
