"""Which cases of a data set a task can learn from. No torch."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import TrainingConfig
from tumordesk_training.data import DataSet


def usable(data: DataSet, config: TrainingConfig) -> tuple[DataSet, tuple[str, ...]]:
    """The cases that this task can learn from, and sentences about those it cannot.

    Raises:
        ConfigError: a class of the configuration has no picture.
    """
    told = tuple(f"{r.title}." for r in data.remarks if r.severity == "problem")
    if config.task == "segmentation":
        kept = tuple(c for c in data.cases if c.has_mask)
        left = len(data.cases) - len(kept)
        notes = (f"{left} pictures without a mask are left out.",) if left else ()
        return replace(data, cases=kept), (*told, *notes)
    kept = tuple(c for c in data.cases if c.label in config.classes)
    found = Counter(c.label for c in data.cases)
    missing = [name for name in config.classes if not found[name]]
    if missing:
        raise ConfigError(
            f"There is no picture of the class {missing[0]!r} in {data.root.name}.",
            f"The classes there are: {', '.join(sorted(filter(None, found))) or 'none'}.",
        )
    others = [f"{n} of {k or '(none)'!r}" for k, n in found.items() if k not in config.classes]
    notes = (f"Pictures of other classes are left out: {', '.join(others)}.",) if others else ()
    return replace(data, cases=kept), (*told, *notes)
