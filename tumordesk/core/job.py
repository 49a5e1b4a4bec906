"""What a background job is given: a way to tell its progress and to learn that it was cancelled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tumordesk.core.errors import Cancelled


@dataclass(frozen=True)
class Progress:
    """One progress report: ``fraction`` 0..1 or None when unknown, and what is being done."""

    fraction: float | None
    message: str


class JobContext:
    """Given to every background function; knows nothing of windows.

    ``on_progress`` is called on the job's own thread, at most ``max_rate_hz`` times a second
    (a report with another message, or one that completes, always goes through).
    """

    def __init__(
        self,
        on_progress: Callable[[Progress], None] | None = None,
        *,
        max_rate_hz: float = 10.0,
    ) -> None:
        self._on_progress = on_progress
        self._cancel = threading.Event()
        self._min_interval_s = 1.0 / max_rate_hz
        self._last_time = float("-inf")
        self._last_message: str | None = None

    @property
    def cancelled(self) -> bool:
        """True once the user asked to stop."""
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Ask the job to stop; it will, at its next check. Callable from any thread."""
        self._cancel.set()

    def check(self) -> None:
        """Raise :class:`Cancelled` if the user asked to stop."""
        if self._cancel.is_set():
            raise Cancelled

    def progress(self, fraction: float | None, message: str = "") -> None:
        """Report progress and check for cancellation in one go.

        Raises:
            Cancelled: the user asked to stop.
        """
        self.check()
        if self._on_progress is None:
            return
        now = time.monotonic()
        due = now - self._last_time >= self._min_interval_s
        finished = fraction is not None and fraction >= 1.0
        if due or finished or message != self._last_message:
            self._last_time, self._last_message = now, message
            self._on_progress(Progress(fraction, message))
