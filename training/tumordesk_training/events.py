"""events.jsonl of a run: one line for each thing that happened, written by rank 0 alone."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Any

from tumordesk.core.errors import WriteError
from tumordesk.core.training_run import EventKind, TrainingEvent


def _finite(value: Any) -> Any:
    """NaN and infinity have no JSON form: they become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, (list, tuple)) else value


class EventLog:
    """Appends events; does nothing where ``active`` is False (ranks above 0).

    A half-written last line (a kill, a full disk) is cut off before the next event, so that the
    file always is lines of whole JSON.
    """

    def __init__(self, path: Path, *, active: bool = True) -> None:
        self._path = path
        self._active = active

    def write(
        self,
        kind: EventKind,
        *,
        epoch: int = 0,
        step: int = 0,
        values: dict[str, Any] | None = None,
        message: str = "",
    ) -> None:
        """Append one event as one whole line. Raises WriteError (full disk, folder gone)."""
        if not self._active:
            return
        event = TrainingEvent(kind, time.time(), epoch, step, _finite(values or {}), message)
        try:
            with self._path.open("ab+") as stream:
                _cut_half_line(stream)
                stream.write(event.line().encode("utf-8"))
        except OSError as error:
            raise WriteError(
                f"{self._path.name} could not be written: {error.strerror}.",
                "Check free space and that the run folder can be written.",
            ) from error


def _cut_half_line(stream: Any) -> None:
    end = stream.seek(0, os.SEEK_END)
    if end == 0:
        return
    stream.seek(end - 1)
    if stream.read(1) == b"\n":
        return
    stream.seek(0)
    stream.truncate(stream.read().rfind(b"\n") + 1)
