"""Several runs one after the other, on one data folder: networks of a recipe, or folds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from tumordesk.core.errors import ConfigError, TumorDeskError, WriteError
from tumordesk.core.fold_names import with_fold
from tumordesk.core.jsonio import write_json
from tumordesk.core.run_warnings import told_together
from tumordesk.core.training_run import (
    CONFIG_NAME,
    EVENTS_NAME,
    SPLIT_NAME,
    STOP_NAME,
    RunState,
    TrainingConfig,
    read_config,
    read_run,
)
from tumordesk_training.evaluation.files import read_evaluation, write_evaluation
from tumordesk_training.evaluation.of_run import evaluate_run
from tumordesk_training.lock import only_one
from tumordesk_training.run import start
from tumordesk_training.run_model import open_run

Say = Callable[[str], None]


@dataclass(frozen=True)
class Planned:
    """One run of a series: folder name and configuration."""

    name: str
    config: TrainingConfig


@dataclass(frozen=True)
class Done:
    """How one run of a series ended. ``figures``: of its test part (of validation without one);
    ``warnings``: what must stand beside them."""

    name: str
    architecture: str
    state: str
    message: str = ""
    best: float | None = None
    best_epoch: int = 0
    epochs: int = 0
    seconds_per_epoch: float | None = None
    part: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Series:
    """All runs of a series, of so many that are ``planned``.

    ``summary``: of each figure its "mean", in how many "runs", and (of several) their standard
    "deviation"; ``warnings``: those of all runs, each once, to stand beside figures and means.
    """

    kind: str
    runs: tuple[Done, ...]
    summary: dict[str, dict[str, float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    planned: int = 0
    schema: int = 1


def by_network(config: TrainingConfig, networks: Sequence[str]) -> tuple[Planned, ...]:
    """The same order for several architectures, each with those of its options it knows."""
    from tumordesk.networks import ARCHITECTURES

    def one(network: str) -> TrainingConfig:
        known = ARCHITECTURES[network].options
        options = {name: value for name, value in config.options.items() if name in known}
        return replace(config, architecture=network, options=options)

    return tuple(Planned(network, one(network)) for network in networks)


def by_fold(config: TrainingConfig, folds: int) -> tuple[Planned, ...]:
    """The same order with each of so many folds as the test part. Raises ConfigError."""
    if folds < 2:
        raise ConfigError(f"--folds {folds} is not a number from 2.")
    return tuple(
        Planned(
            f"fold-{k}",
            replace(
                config,
                name=with_fold(config.name, k, folds),
                split=replace(config.split, folds=folds, fold=k),
            ),
        )
        for k in range(folds)
    )


def run_series(
    kind: str,
    planned: Sequence[Planned],
    out: Path,
    *,
    resume: bool = False,
    same_split: bool = False,
    say: Say = lambda _: None,
) -> tuple[Series, RunState]:
    """Train and evaluate one after the other; ``<out>/<kind>.json`` tells how they stand.

    A run that fails is told and does not stop the others. ``same_split``: all use the split of
    the first. With ``resume``, finished runs are left as they are and the rest goes on.

    Returns:
        The series, and STOPPED where a person stopped it, else FINISHED.

    Raises:
        ConfigError: ``out`` holds a series already and ``resume`` is False, or another process
            is at it.
        WriteError: ``out`` cannot be written.
    """
    path = out / f"{kind}.json"
    if path.exists() and not resume:
        raise ConfigError(f"{out.name} already holds a {kind}.", "Go on with it with --resume.")
    with only_one(out):
        return _run_all(kind, planned, out, path, same_split, say)


def _run_all(
    kind: str, planned: Sequence[Planned], out: Path, path: Path, same_split: bool, say: Say
) -> tuple[Series, RunState]:
    _prepare(out)
    done: list[Done] = []
    series = Series(kind, (), planned=len(planned))
    for index, item in enumerate(planned):
        if (out / STOP_NAME).exists():
            return series, RunState.STOPPED
        say(f"{item.name} ({index + 1} of {len(planned)})")
        done.append(_one(_on_split(item, out, done) if same_split else item, out, say))
        series = _series(kind, done, len(planned))
        write_json(path, series)
        if done[-1].state == RunState.STOPPED:
            return series, RunState.STOPPED
    return series, RunState.FINISHED


def _series(kind: str, done: Sequence[Done], planned: int) -> Series:
    summary = _summary(done) if kind == "kfold" else {}
    warnings = told_together([(run.name, run.warnings) for run in done if run.figures])
    return Series(kind, tuple(done), summary, warnings, planned)


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / STOP_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(f"{out.name} cannot be written: {error.strerror}.") from error


def _on_split(item: Planned, out: Path, done: Sequence[Done]) -> Planned:
    """With the split file of the first run that has one."""
    files = (out / earlier.name / SPLIT_NAME for earlier in done)
    first = next((str(f.absolute()) for f in files if f.is_file()), "")
    if not first or item.config.split.file:
        return item
    split = replace(item.config.split, file=first)
    return replace(item, config=replace(item.config, split=split))


def _one(item: Planned, out: Path, say: Say) -> Done:
    folder = out / item.name
    try:
        state = _train(item, folder, say)
        if state is RunState.FINISHED:
            _evaluate(folder)
    except TumorDeskError as error:
        say(f"{item.name}: {error}")
        return Done(item.name, item.config.architecture, RunState.FAILED, str(error))
    return _told(item, folder, state)


def _train(item: Planned, folder: Path, say: Say) -> RunState:
    if not (folder / EVENTS_NAME).exists():
        return start(folder, item.config, resume=False, say=say)
    if read_run(folder).state is RunState.FINISHED:
        return RunState.FINISHED
    config = read_config(folder / CONFIG_NAME)
    # The data may lie elsewhere now than when this run began.
    data = replace(config.data, root=item.config.data.root)
    return start(folder, replace(config, data=data), resume=True, say=say)


def _part(folder: Path) -> Literal["test", "val"]:
    return "test" if open_run(folder).split.parts.get("test") else "val"


def _evaluate(folder: Path) -> None:
    write_evaluation(folder, evaluate_run(open_run(folder), _part(folder)))


def _told(item: Planned, folder: Path, state: RunState) -> Done:
    epochs = [event for event in read_run(folder).events if event.kind == "epoch"]
    seconds = [float(event.values["seconds"]) for event in epochs]
    best = epochs[-1].values.get("best") if epochs else None
    figures: dict[str, float] = {}
    warnings: tuple[str, ...] = ()
    part = ""
    if state is RunState.FINISHED:
        part = _part(folder)
        found = read_evaluation(folder, part)
        figures = {name: figure.value for name, figure in found.figures.items()}
        warnings = found.warnings
    return Done(
        item.name,
        item.config.architecture,
        state.value,
        best=best,
        best_epoch=next((e.epoch for e in epochs if e.values.get("best") == best), 0),
        epochs=epochs[-1].epoch if epochs else 0,
        seconds_per_epoch=statistics.fmean(seconds) if seconds else None,
        part=part,
        figures=figures,
        warnings=warnings,
    )


def _summary(done: Sequence[Done]) -> dict[str, dict[str, float]]:
    """See :class:`Series`. One run says nothing of how far the figure varies: no deviation."""
    names = sorted({name for run in done for name in run.figures})
    result = {}
    for name in names:
        values = [run.figures[name] for run in done if name in run.figures]
        result[name] = {"mean": statistics.fmean(values), "runs": float(len(values))}
        if len(values) > 1:
            result[name]["deviation"] = statistics.stdev(values)
    return result


def table(series: Series) -> list[str]:
    """The series as lines for a person: figures, means, and the warnings of both."""
    lines = []
    for run in series.runs:
        figures = ", ".join(f"{k} {v:.4f}" for k, v in run.figures.items())
        rest = run.message or f"{run.epochs} epochs, {run.seconds_per_epoch or 0:.1f} s each"
        part = f" on {run.part}: {figures}" if figures else ""
        lines.append(f"{run.name:22} {run.state}{part}; {rest}")
    for name, value in series.summary.items():
        spread = f" +- {value['deviation']:.4f}" if "deviation" in value else ""
        of = f"{value['runs']:.0f} of {series.planned} folds"
        lines.append(f"{name}: {value['mean']:.4f}{spread} (mean over {of})")
    lines += [f"Note: {sentence}" for sentence in series.warnings]
    return lines
