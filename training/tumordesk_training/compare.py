"""``tumordesk-train compare``: runs side by side, and whether they may be compared at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch

from tumordesk.core.errors import ConfigError
from tumordesk.core.evaluation import Evaluation, Interval
from tumordesk.core.model_card import InputSpec
from tumordesk.core.training_run import read_run
from tumordesk.networks import build
from tumordesk_training.evaluation.files import (
    evaluation_path,
    is_outdated,
    read_evaluation,
)
from tumordesk_training.history import device_of, epochs_of, seconds_per_epoch
from tumordesk_training.run_model import Run, open_run, run_card
from tumordesk_training.split_id import split_id

Part = Literal["train", "val", "test"]


@dataclass(frozen=True)
class Row:
    """One run. ``run``: its folder; ``figures`` is empty where it was not evaluated (``note``)."""

    run: str
    name: str
    architecture: str
    parameters: int
    input: str
    epochs: int
    seconds_per_epoch: float | None
    device: str
    split_method: str
    pictures: int = 0
    groups: int = 0
    figures: dict[str, Interval] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """All runs. ``same_split``: the figures were measured on the same pictures; else ``reason``."""

    part: Part
    same_split: bool
    reason: str
    rows: tuple[Row, ...]
    schema: int = 1


def compare(folders: Sequence[Path], part: Part = "test") -> Comparison:
    """Read what is known of runs; nothing is measured here.

    Raises:
        ConfigError: one of them is no run folder, or is named twice.
    """
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise ConfigError("One run is named twice.")
    runs = [open_run(folder) for folder in folders]
    found = [_evaluation(run, part) for run in runs]
    rows = tuple(_row(run, item, part) for run, item in zip(runs, found, strict=True))
    reason = _difference(runs, found)
    return Comparison(part, not reason, reason, rows)


def _evaluation(run: Run, part: Part) -> Evaluation | None:
    return (
        read_evaluation(run.folder, part) if evaluation_path(run.folder, part).is_file() else None
    )


def _row(run: Run, found: Evaluation | None, part: Part) -> Row:
    config, events = run.config, read_run(run.folder).events
    epochs = epochs_of(events)
    return Row(
        run=str(run.folder),
        name=config.name,
        architecture=config.architecture,
        parameters=parameter_count(run),
        input=input_text(config.input),
        epochs=len(epochs),
        seconds_per_epoch=seconds_per_epoch(epochs),
        device=device_of(events),
        split_method=run.split.method,
        pictures=found.pictures if found else 0,
        groups=found.group_count if found else 0,
        figures=found.figures if found else {},
        warnings=found.warnings if found else (),
        note=_note(run, found, part),
    )


def input_text(spec: InputSpec) -> str:
    """Size of the network's input in a few words: '256 x 256, 3 channels'."""
    channels = f", {spec.channels} channels" if spec.channels > 1 else ""
    return f"{spec.size[0]} x {spec.size[1]}{channels}"


def parameter_count(run: Run) -> int:
    """How many weights the run's network has (trained or frozen; no running statistics)."""
    with torch.device("meta"):
        network = build(run.config.architecture, run_card(run.config))
    return sum(parameter.numel() for parameter in network.parameters())


def _note(run: Run, found: Evaluation | None, part: Part) -> str:
    if found is None:
        return f"Not evaluated on its {part} part yet."
    if is_outdated(run.folder, part):
        return "Trained on since it was evaluated: evaluate it again."
    return ""


def _difference(runs: Sequence[Run], found: Sequence[Evaluation | None]) -> str:
    """Why the figures may not be compared, or ''."""
    first = runs[0]
    for run in runs[1:]:
        names = f"{first.folder.name} and {run.folder.name}"
        if run.config.task != first.config.task:
            return f"{names} do different things ({first.config.task}, {run.config.task})."
        if split_id(run.split) != split_id(first.split):
            return f"{names} were split differently: their figures are of different pictures."
        if run.config.classes != first.config.classes:
            return f"{names} know different classes."
    measured = [(run, item) for run, item in zip(runs, found, strict=True) if item is not None]
    for run, item in measured:
        if item.split_id != split_id(run.split):
            return f"{run.folder.name} was evaluated on another split: evaluate it again."
        if item.pictures != measured[0][1].pictures:
            return (
                f"{measured[0][0].folder.name} was measured on {measured[0][1].pictures} pictures, "
                f"{run.folder.name} on {item.pictures}."
            )
    return ""


FIGURES = (
    "accuracy", "balanced_accuracy", "macro_f1", "auc", "ece",
    "dice_mean", "dice_by_image_mean", "iou_mean", "hd95_px_median", "false_positive_share",
)  # fmt: skip
"""In the order of tables."""


def table_text(comparison: Comparison) -> str:
    """The comparison for a terminal."""
    names = [n for n in FIGURES if any(n in row.figures for row in comparison.rows)]
    header = ["run", "architecture", "parameters", "input", "epochs", "s/epoch", *names]
    lines = [header, *(_cells(row, names) for row in comparison.rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    text = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in lines]
    same = f"All measured on the same {comparison.part} part of the same split."
    notes = [f"{Path(row.run).name}: {row.note}" for row in comparison.rows if row.note]
    sentences = list(dict.fromkeys(w for row in comparison.rows for w in row.warnings))
    warning = f"NOT COMPARABLE: {comparison.reason}"
    told = same if comparison.same_split else warning
    return "\n".join(line.rstrip() for line in [*text, told, *notes, *sentences])


def _cells(row: Row, names: Sequence[str]) -> list[str]:
    seconds = "" if row.seconds_per_epoch is None else f"{row.seconds_per_epoch:.0f}"
    figures = [_figure(row.figures.get(name)) for name in names]
    size = f"{row.parameters / 1e6:.2f} M"
    return [
        Path(row.run).name,
        row.architecture,
        size,
        row.input,
        str(row.epochs),
        seconds,
        *figures,
    ]


def _figure(figure: Interval | None) -> str:
    if figure is None:
        return ""
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
