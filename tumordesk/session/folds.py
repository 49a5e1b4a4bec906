"""A cross-validation as a folder: the order, a run folder for each fold, and what came of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.evaluation import Evaluation
from tumordesk.core.fold_names import fold_folders, fold_number
from tumordesk.core.jsonio import from_plain, read_json
from tumordesk.core.run_warnings import told_together
from tumordesk.core.training_run import (
    CONFIG_NAME,
    EVALUATION,
    EVENTS_NAME,
    RunState,
    TrainingConfig,
    read_config,
    read_run,
)

SUMMARY_NAME = "kfold.json"


@dataclass(frozen=True)
class FoldSummary:
    """What all folds together came to. ``figures``: name -> (mean, standard deviation, folds that
    have this figure); ``warnings``: what must stand beside them."""

    folds: int
    finished: int
    figures: dict[str, tuple[float, float, int]]
    warnings: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether all folds are finished."""
        return self.finished == self.folds


def series_of(run: Path) -> Path | None:
    """The folder of the cross-validation that a run is a fold of; None for any other run."""
    whole = run.parent
    known = fold_number(run) is not None and (whole / CONFIG_NAME).is_file()
    return whole if known else None


def folds_in(series: Path) -> tuple[Path, ...]:
    """The folds that were begun, in order; none where the folder is no cross-validation."""
    return fold_folders(series, CONFIG_NAME)


def begun_folds(run: Path) -> tuple[Path, ...]:
    """The folds of the cross-validation that ``run`` belongs to, or is, which have begun."""
    folds = folds_in(series_of(run) or run)
    return tuple(one for one in folds if (one / EVENTS_NAME).exists())


def fold_words(run: Path, config: TrainingConfig) -> str:
    """'fold 2 of 5' where ``run`` is one of all folds; "" for any other run."""
    return f"fold {_number(run) + 1} of {config.split.folds}" if series_of(run) is not None else ""


def is_last(run: Path, config: TrainingConfig) -> bool:
    """Whether no other fold is trained after this one."""
    return _number(run) + 1 >= config.split.folds


def folds_left(run: Path) -> int:
    """How many folds beside ``run`` are not finished; 0 where it is no fold.

    Raises:
        ConfigError: the order is damaged.
    """
    series = series_of(run)
    if series is None:
        return 0
    finished = [one for one in folds_in(series) if read_run(one).state is RunState.FINISHED]
    return max(0, read_config(series / CONFIG_NAME).split.folds - len(finished))


def _number(run: Path) -> int:
    number = fold_number(run)
    return -1 if number is None else number


def order_of(run: Path) -> TrainingConfig:
    """The order of a run, of a fold that has not begun yet that of the whole.

    Raises:
        ConfigError: there is none, or it is damaged.
    """
    series = series_of(run)
    path = run / CONFIG_NAME
    return read_config(path if series is None or path.is_file() else series / CONFIG_NAME)


def read_summary(run: Path) -> FoldSummary | None:
    """What the folds beside ``run`` came to; None where it is no fold, or they are too few yet.

    Raises:
        ConfigError: the file is damaged.
    """
    series = series_of(run)
    if series is None or not (series / SUMMARY_NAME).is_file():
        return None
    document = read_json(series / SUMMARY_NAME)
    try:
        told = document["warnings"] if "warnings" in document else _told_by_folds(series)
        warnings = tuple(str(sentence) for sentence in told)
        runs: list[Any] = document["runs"]
        finished = sum(1 for one in runs if one["figures"])
        figures = {
            str(name): (
                float(value["mean"]),
                float(value.get("deviation", 0.0)),  # of one fold there is none
                int(value["runs"]),
            )
            for name, value in document["summary"].items()
        }
        if not all(math.isfinite(value) for three in figures.values() for value in three):
            raise ValueError("no number")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"{SUMMARY_NAME} is damaged.", "Train the folds again.") from error
    if finished < 2:
        return None
    folds = read_config(series / CONFIG_NAME).split.folds
    return FoldSummary(folds, finished, figures, warnings)


def _told_by_folds(series: Path) -> tuple[str, ...]:
    """The warnings of the folds' own evaluations: summaries once held none. Raises ConfigError."""
    told = []
    for run in folds_in(series):
        files = [run / EVALUATION / f"{part}.json" for part in ("test", "val")]
        path = next((file for file in files if file.is_file()), None)
        if path is not None:
            found = from_plain(Evaluation, read_json(path), f"{run.name}/{path.name}")
            told.append((run.name, found.warnings))
    return told_together(told)
