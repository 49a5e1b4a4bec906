"""Helper processes for decoders that keep Python's lock, so that no window stalls for them.

Started when first needed, kept for half a minute after, ended with the program. A helper that
crashes or hangs costs its slice, never the program.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from pathlib import Path
from typing import Any

import numpy as np

from tumordesk.core.errors import ReadError
from tumordesk.io.pixels import Array
from tumordesk.io.records import Slice
from tumordesk.io.slices import decoding_seconds, finished_or_reason, isolated

WORKERS = max(1, min(8, os.cpu_count() or 1))
LINGER_S = 30.0
STALL_S = 30.0
MAX_BREAKS = 3
LOCAL_LIMIT_S = 0.015
_MEMORY_CAP = 4 * 2**30
_Result = Array | str
Results = Generator[tuple[int, _Result]]


def _prepare_helper() -> None:
    """In a new helper: leave Ctrl+C to the parent, end with it, be silent, and cap the memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Codecs in C write to the console themselves; what is wrong comes back as a sentence.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    if sys.platform == "linux":
        import resource

        # What the program's own imports reserved does not count.
        reserved = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        cap = reserved * resource.getpagesize() + _MEMORY_CAP
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard == resource.RLIM_INFINITY or cap < hard:
            resource.setrlimit(resource.RLIMIT_AS, (cap, hard))


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _decode_in_helper(item: Slice, dtype: str) -> _Result:
    """Runs in a helper: the slice, or what is wrong with it."""
    return finished_or_reason(item, np.dtype(dtype))


class _Pool:
    """The one process pool of the program."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._executor: ProcessPoolExecutor | None = None
        self._users = 0
        self._timer: threading.Timer | None = None

    def acquire(self) -> ProcessPoolExecutor:
        with self._lock:
            self._users += 1
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._executor is None:
                self._executor = ProcessPoolExecutor(
                    WORKERS,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_prepare_helper,
                )
            return self._executor

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._executor is not None:
                self._timer = threading.Timer(LINGER_S, self.shutdown)
                self._timer.name, self._timer.daemon = "decode-linger", True
                self._timer.start()

    def fresh(self) -> ProcessPoolExecutor:
        """A working pool for one who holds a broken one already (counted as the same user)."""
        executor = self.acquire()
        with self._lock:
            self._users -= 1
        return executor

    def discard(self, broken: ProcessPoolExecutor) -> None:
        """Forget a pool that broke or hangs, and end its processes."""
        with self._lock:
            if self._executor is broken:
                self._executor = None
        for process in list((getattr(broken, "_processes", None) or {}).values()):
            process.kill()
        broken.shutdown(wait=False, cancel_futures=True)

    def shutdown(self) -> None:
        """End the helpers unless they are in use."""
        with self._lock:
            if self._users:
                return
            executor, self._executor = self._executor, None
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)


_pool = _Pool()


def shutdown() -> None:
    """End the helper processes now, unless a volume is being read."""
    _pool.shutdown()


def decode_in_processes(
    items: Sequence[Slice],
    order: Sequence[int],
    dtype: np.dtype[Any],
    closed: Callable[[], bool],
) -> Results:
    """Decode slices in helpers, as they come: (index, array or what was wrong).

    While the helpers start, one thread of this process works as well.
    """
    return _Run(items, order, dtype, closed).results()


def warm_up() -> None:
    """Start the helpers in the background: slices that need them were found."""
    executor = _pool.acquire()
    try:
        for _ in range(WORKERS):
            executor.submit(os.getpid)
    except RuntimeError:
        _pool.discard(executor)
    finally:
        _pool.release()


def decode_one(item: Slice, dtype: np.dtype[Any]) -> _Result:
    """One slice in a helper, or what is wrong with it."""
    executor = _pool.acquire()
    try:
        return executor.submit(_decode_in_helper, item, dtype.str).result(STALL_S)
    except (BrokenExecutor, RuntimeError, TimeoutError):
        _pool.discard(executor)
    finally:
        _pool.release()
    return _alone(item, dtype)


def _alone(item: Slice, dtype: np.dtype[Any]) -> _Result:
    """One slice in a helper of its own; if no helper starts at all, in this process."""
    context = multiprocessing.get_context("spawn")
    name = item.file.path.name
    with ProcessPoolExecutor(1, mp_context=context, initializer=_prepare_helper) as own:
        try:
            own.submit(os.getpid).result(STALL_S)
        except (BrokenExecutor, TimeoutError):
            return finished_or_reason(item, dtype)
        job = own.submit(_decode_in_helper, item, dtype.str)
        try:
            return job.result(STALL_S)
        except BrokenExecutor:
            return f"{name}: its decoder crashed; the file is damaged."
        except TimeoutError:
            _pool.discard(own)
            return f"{name}: decoding took more than {STALL_S:.0f} s; the file is damaged."


class _Run:
    def __init__(
        self,
        items: Sequence[Slice],
        order: Sequence[int],
        dtype: np.dtype[Any],
        closed: Callable[[], bool],
    ) -> None:
        self._items, self._dtype, self._closed = items, dtype, closed
        self._queue = deque(order)
        self._remote: dict[Future[_Result], int] = {}
        self._local: dict[Future[_Result], int] = {}
        # A thread of this process helps until the helpers are up, where that stalls no window.
        self._isolated = any(map(isolated, items))
        self._help = not self._isolated and max(map(decoding_seconds, items)) <= LOCAL_LIMIT_S
        self._suspects: list[int] = []
        self._breaks = 0
        self._executor: ProcessPoolExecutor | None = None

    def results(self) -> Results:
        self._executor = _pool.acquire()
        try:
            with ThreadPoolExecutor(1, thread_name_prefix="decode") as thread:
                while self._queue or self._remote or self._local:
                    if self._closed():
                        raise ReadError("The series was closed while it was being read.")
                    self._submit(thread)
                    yield from self._collect()
            for index in self._suspects:
                if self._closed():
                    raise ReadError("The series was closed while it was being read.")
                yield index, _alone(self._items[index], self._dtype)
        finally:
            for future in (*self._remote, *self._local):
                future.cancel()
            _pool.release()

    def _submit(self, thread: ThreadPoolExecutor) -> None:
        if self._queue and not self._local and (self._help or self._executor is None):
            index = self._queue.popleft()
            work = _alone if self._isolated else finished_or_reason
            self._local[thread.submit(work, self._items[index], self._dtype)] = index
        while self._executor and self._queue and len(self._remote) < 2 * WORKERS:
            index = self._queue[0]
            try:
                job = self._executor.submit(_decode_in_helper, self._items[index], self._dtype.str)
            except (BrokenExecutor, RuntimeError):
                self._broke()
                return
            self._queue.popleft()
            self._remote[job] = index

    def _collect(self) -> Results:
        waiting = {**self._remote, **self._local}
        if not waiting:
            return
        done, _ = wait(waiting, STALL_S, return_when=FIRST_COMPLETED)
        if not done and self._remote:
            self._broke()
        for future in done:
            if future in self._local:
                yield self._local.pop(future), future.result()
                continue
            index = self._remote.get(future)
            if index is None:
                continue
            try:
                result = future.result()
            except BrokenExecutor:
                self._broke()
                continue
            self._help = False
            del self._remote[future]
            yield index, result

    def _broke(self) -> None:
        """Helpers crashed or hang: the slices they had are tried one at a time at the end."""
        if self._executor is not None:
            _pool.discard(self._executor)
        self._suspects.extend(self._remote.values())
        self._remote.clear()
        self._breaks += 1
        self._executor = _pool.fresh() if self._breaks < MAX_BREAKS else None
