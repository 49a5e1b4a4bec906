"""How a run is stopped and paused: signals, and the files STOP and PAUSE in its folder."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tumordesk.core.training_run import PAUSE_NAME, STOP_NAME
from tumordesk_training.distributed import Team

PAUSE_POLL_S = 0.5


class StopAsked(Exception):
    """Ctrl+C or a STOP file: quiet, the best checkpoint is kept."""


class Control:
    """Looks between steps whether a person asked for a stop or a pause, on all ranks alike."""

    def __init__(self, folder: Path, team: Team) -> None:
        self._folder, self._team = folder, team
        self._interrupted = threading.Event()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Ctrl+C and a polite kill ask for a stop; only the main thread may catch signals."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        names = (signal.SIGINT, signal.SIGTERM)
        kept = [signal.signal(name, self._on_signal) for name in names]
        try:
            yield
        finally:
            for name, handler in zip(names, kept, strict=True):
                signal.signal(name, handler)

    def _on_signal(self, number: int, _: object) -> None:
        again = self._interrupted.is_set()
        self._interrupted.set()
        if again and number == signal.SIGINT and self._team.world == 1:
            raise KeyboardInterrupt

    def check(self, paused: Callable[[], None], resumed: Callable[[], None]) -> None:
        """Go on, wait while there is a PAUSE file, or raise StopAsked.

        ``paused`` and ``resumed`` are called around a wait, which a stop ends as well.
        """
        if self._any_stop():
            raise StopAsked
        if not self._any_file(PAUSE_NAME):
            return
        paused()
        while self._any_file(PAUSE_NAME):
            if self._any_stop():
                raise StopAsked
            self._interrupted.wait(PAUSE_POLL_S)
        resumed()

    def obeyed(self) -> None:
        """Take away the files: what they asked for is done."""
        if self._team.leader:
            for name in (STOP_NAME, PAUSE_NAME):
                with suppress(OSError):
                    (self._folder / name).unlink(missing_ok=True)

    def _any_stop(self) -> bool:
        own = self._interrupted.is_set() or self._has(STOP_NAME)
        return self._team.any(own)

    def _any_file(self, name: str) -> bool:
        return self._team.any(self._has(name))

    def _has(self, name: str) -> bool:
        return self._team.leader and (self._folder / name).exists()
