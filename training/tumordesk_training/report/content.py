"""What a report tells: read from the run folder, pictures made with the run's network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tumordesk.core.errors import ConfigError, DataError
from tumordesk.core.evaluation import CaseResult, Evaluation
from tumordesk.core.job import JobContext
from tumordesk.core.jsonio import read_json, to_plain
from tumordesk.core.training_run import read_run
from tumordesk_training.drawing import png_bytes
from tumordesk_training.environment import ENVIRONMENT_NAME
from tumordesk_training.explain import explain
from tumordesk_training.history import Epoch, device_of, epochs_of, warnings_of
from tumordesk_training.metrics import EMPTY_LIMIT_PX
from tumordesk_training.run_model import Run

Part = Literal["train", "val", "test"]
SHOWN = 6
_SIZE = 224


@dataclass(frozen=True)
class Picture:
    """One case to look at; ``png`` is empty where it could not be drawn."""

    case: CaseResult
    png: bytes = b""


@dataclass(frozen=True)
class Content:
    """All that a report shows."""

    run: Run
    found: Evaluation
    epochs: tuple[Epoch, ...]
    device: str
    run_warnings: tuple[str, ...]
    environment: dict[str, Any]
    worst: tuple[Picture, ...] = ()
    best: tuple[Picture, ...] = ()
    note: str = ""
    names: dict[str, str] = field(default_factory=dict)
    """What to write instead of names of pictures and groups; empty: write the names."""

    def name(self, text: str) -> str:
        """A picture's or group's name as the report shows it."""
        return self.names.get(text, text) if self.names else text


def gather(
    run: Run,
    found: Evaluation,
    *,
    names: bool = True,
    pictures: bool = True,
    context: JobContext | None = None,
) -> Content:
    """Read the run and draw its best and worst cases.

    Args:
        names: write names of pictures and groups; False writes numbers instead.
        pictures: draw cases; where the data have gone the report says so instead.

    Raises:
        ConfigError: a file of the run is damaged.
        Cancelled: the user stopped it.
    """
    events = read_run(run.folder).events
    worst, best = worst_cases(found), best_cases(found)
    drawn: dict[str, bytes] = {}
    note = ""
    if pictures:
        try:
            drawn = _drawn(run, [case.key for case in (*worst, *best)], context)
        except (DataError, ConfigError) as error:
            note = f"Pictures could not be drawn: {error.message}"
    return Content(
        run,
        found,
        epochs_of(events),
        device_of(events),
        warnings_of(events),
        _environment(run.folder),
        tuple(Picture(case, drawn.get(case.key, b"")) for case in worst),
        tuple(Picture(case, drawn.get(case.key, b"")) for case in best),
        note,
        {} if names else _numbers(found),
    )


def _drawn(run: Run, keys: Sequence[str], context: JobContext | None) -> dict[str, bytes]:
    unique = list(dict.fromkeys(keys))
    if not unique:
        return {}
    found = explain(run, unique, size=_SIZE, context=context)
    return {item.key: png_bytes(item.image) for item in found if item.image is not None}


def _environment(folder: Path) -> dict[str, Any]:
    path = folder / ENVIRONMENT_NAME
    if not path.is_file():
        return {}
    found = read_json(path)
    return found if isinstance(found, dict) else {}


def _numbers(found: Evaluation) -> dict[str, str]:
    keys = {case.key: f"picture {i}" for i, case in enumerate(found.cases, start=1)}
    groups = dict.fromkeys(case.group for case in found.cases)
    return {g: f"group {i}" for i, g in enumerate(groups, start=1)} | keys


def worst_cases(found: Evaluation, limit: int = SHOWN) -> tuple[CaseResult, ...]:
    """Classification: wrong answers, the surest first. Segmentation: the lowest Dice first, and
    with them pictures without tumour on which one was found."""
    if found.task == "classification":
        wrong = [case for case in found.cases if case.said != case.truth]
        return _spread(sorted(wrong, key=lambda c: -max(c.probabilities)), limit)
    measured = [c for c in found.cases if c.dice is not None and _counts(c)]
    return _spread(sorted(measured, key=lambda c: (c.dice or 0.0, -(c.true_px or 0))), limit)


def best_cases(found: Evaluation, limit: int = SHOWN) -> tuple[CaseResult, ...]:
    """Classification: right answers, the surest first. Segmentation: the highest Dice first."""
    if found.task == "classification":
        right = [case for case in found.cases if case.said == case.truth]
        return _spread(sorted(right, key=lambda c: -max(c.probabilities)), limit)
    measured = [c for c in found.cases if c.dice is not None and c.true_px]
    return _spread(sorted(measured, key=lambda c: -(c.dice or 0.0)), limit)


def _counts(case: CaseResult) -> bool:
    return bool(case.true_px) or (case.found_px or 0) > EMPTY_LIMIT_PX


def _spread(cases: Iterable[CaseResult], limit: int) -> tuple[CaseResult, ...]:
    """The first of each group, then the others, in the order given; at most ``limit``."""
    listed = list(cases)
    by_group: dict[str, CaseResult] = {}
    for case in listed:
        by_group.setdefault(case.group, case)
    first = list(by_group.values())
    chosen = {case.key for case in [*first, *(c for c in listed if c not in first)][:limit]}
    return tuple(case for case in listed if case.key in chosen)


def config_rows(run: Run) -> list[tuple[str, str]]:
    """The configuration as (entry, value); of folders only the last name is told."""
    rows = list(_flat(to_plain(run.config), ""))
    return [(name, Path(value).name if name in _FOLDERS else value) for name, value in rows]


_FOLDERS = ("data.root", "split.file", "initial_weights")


def _flat(value: Any, name: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        yield name, ", ".join(str(item) for item in value) or "(none)"
    elif not isinstance(value, dict):
        yield name, "(none)" if value in (None, "") else str(value)
