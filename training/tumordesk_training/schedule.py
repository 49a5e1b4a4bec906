"""How the learning rate and the picture size run over a training."""

from __future__ import annotations

import math

from tumordesk.core.training_run import OptimiserConfig, Stage

FLOOR = 0.01
"""The cosine ends at this share of the learning rate."""
PLATEAU_PATIENCE = 3
PLATEAU_FACTOR = 0.3


def rate_factor(progress: float, config: OptimiserConfig, plateau: float = 1.0) -> float:
    """Share of the learning rate at ``progress`` (0..1) of the run: warm-up, then the schedule."""
    if config.warmup > 0 and progress < config.warmup:
        return max(FLOOR, progress / config.warmup)
    if config.schedule == "plateau":
        return plateau
    if config.schedule == "none":
        return 1.0
    rest = (min(progress, 1.0) - config.warmup) / max(1e-9, 1.0 - config.warmup)
    return FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + math.cos(math.pi * rest))


def stage_size(
    progress: float, stages: tuple[Stage, ...], final: tuple[int, int]
) -> tuple[int, int]:
    """Rows and columns to train at; ``final`` once all stages are over."""
    return next((stage.size for stage in stages if progress < stage.until), final)
