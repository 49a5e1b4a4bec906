"""Where a run stands: what the status bar and the Run button show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Phase = Literal["idle", "running", "cancelling"]
MIN_FRACTION_FOR_ETA = 0.05
MIN_SECONDS_FOR_ETA = 1.0


@dataclass(frozen=True)
class RunState:
    """``fraction`` 0..1 or None when unknown; ``started_s`` is a monotonic time."""

    phase: Phase = "idle"
    stage: str = ""
    fraction: float | None = None
    started_s: float = 0.0
    series_key: str = ""

    @property
    def busy(self) -> bool:
        """True while a run goes on or is being stopped."""
        return self.phase != "idle"

    def eta_s(self, now_s: float) -> float | None:
        """Seconds left, from the share done so far; None while that would be a guess."""
        elapsed_s = now_s - self.started_s
        if self.phase != "running" or self.fraction is None or elapsed_s < MIN_SECONDS_FOR_ETA:
            return None
        if self.fraction < MIN_FRACTION_FOR_ETA:
            return None
        return elapsed_s * (1.0 - self.fraction) / self.fraction

    def advanced(self, fraction: float | None, stage: str) -> RunState:
        """The same run, further on; a run being cancelled stays 'cancelling'."""
        if self.phase != "running":
            return self
        return replace(self, fraction=fraction, stage=stage or self.stage)


IDLE = RunState()


def shown_eta(seconds: float | None) -> str:
    """'8 s left', '2 min left' or empty."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{max(1, round(seconds))} s left"
    return f"{round(seconds / 60)} min left"
