"""Whether the folder of a cross-validation holds all of it, as its card will say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.fold_names import fold_folders, fold_number
from tumordesk.core.model_card import MAX_MEMBERS
from tumordesk.core.training_run import CONFIG_NAME, RunState, read_run
from tumordesk_training.run_model import Run, open_run


def finished_folds(series: Path, data_root: Path | None) -> tuple[Run, ...]:
    """All folds in order.

    Raises:
        ConfigError: they are no whole cross-validation, so that the card would not be true.
    """
    runs = [open_run(one, data_root) for one in fold_folders(series, CONFIG_NAME)]
    wanted = runs[0].config.split.folds
    done = [run for run in runs if read_run(run.folder).state is RunState.FINISHED]
    if wanted < 2:
        raise _refused(series, "its folders hold runs that are no folds")
    if len(done) < wanted:
        raise ConfigError(
            f"Of {wanted} folds {len(done)} are finished.",
            "Train the others first (kfold --resume), or publish one fold alone.",
        )
    if wanted > MAX_MEMBERS:
        raise _refused(series, f"a model holds at most {MAX_MEMBERS} networks, not {wanted}")
    numbers = [(fold_number(run.folder), run.config.split.fold) for run in runs]
    if numbers != [(number, number) for number in range(wanted)]:
        raise _refused(
            series, f"its folders are not fold-0 to fold-{wanted - 1}, each with its fold"
        )
    if any(_alone(run) != _alone(runs[0]) for run in runs):
        raise _refused(series, "its folds were not trained by the same order")
    _check_parts(series, runs)
    return tuple(runs)


def _check_parts(series: Path, runs: Sequence[Run]) -> None:
    """Every group is in the test part of one fold, and in no other part of that fold."""
    whole = [{name for part in run.split.parts.values() for name in part} for run in runs]
    tested = [name for run in runs for name in run.split.parts.get("test", ())]
    torn = any(
        len({name for part in run.split.parts.values() for name in part})
        < sum(len(part) for part in run.split.parts.values())
        for run in runs
    )
    if torn or any(one != whole[0] for one in whole) or sorted(tested) != sorted(whole[0]):
        raise _refused(
            series, "its folds do not split the same data, each part of which is tested once"
        )


def _refused(series: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{series.name} is no whole cross-validation: {why}.",
        "Train it anew with kfold, or publish one fold alone.",
    )


def _alone(run: Run) -> Any:
    """The order of a fold without its number, and without what only says where it was trained."""
    config = run.config
    return replace(
        config,
        name="",
        split=replace(config.split, fold=0, file=""),
        data=replace(config.data, root="", cache_mb=0),
        batch_size=0,
        device="auto",
        threads=0,
        workers=0,
        samples=0,
    )
