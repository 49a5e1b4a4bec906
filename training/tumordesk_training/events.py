"""events.jsonl of a run: one line for each thing that happened, written by rank 0 alone."""

from __future__ import annotations

import math
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
    """Appends events; does nothing where ``active`` is False (ranks above 0)."""

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
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(event.line())
        except OSError as error:
            raise WriteError(
                f"{self._path.name} could not be written: {error.strerror}.",
                "Check free space and that the run folder can be written.",
            ) from error
