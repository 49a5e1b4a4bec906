"""Which cases of a data set a task can learn from. No torch."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import TrainingConfig
from tumordesk_training.data import Case, DataSet


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


def limited(cases: tuple[Case, ...], config: TrainingConfig) -> tuple[Case, ...]:
    """At most ``config.limit`` of the cases, taken evenly from all classes (0: all of them)."""
    if not config.limit or len(cases) <= config.limit:
        return cases
    order = list(cases)
    random.Random(f"{config.seed}/limit").shuffle(order)
    counts: Counter[str] = Counter()
    ranked = []
    for case in order:
        ranked.append((counts[case.label], case.key))
        counts[case.label] += 1
    kept = {key for _, key in sorted(ranked)[: config.limit]}
    return tuple(case for case in cases if case.key in kept)
