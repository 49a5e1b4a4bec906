"""``tumordesk-train compare``: runs side by side, and whether they may be compared at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch

from tumordesk.core.errors import ConfigError
from tumordesk.core.evaluation import Evaluation, Interval
from tumordesk.core.label_numbers import BACKGROUND
from tumordesk.core.model_card import InputSpec
from tumordesk.core.training_run import DataConfig, TrainingConfig, read_run
from tumordesk.networks import build
from tumordesk_training.evaluation.files import (
    evaluation_path,
    is_outdated,
    read_evaluation,
)
from tumordesk_training.history import device_of, epochs_of, seconds_per_epoch
from tumordesk_training.run_model import Run, open_run, run_card
from tumordesk_training.split import Split
from tumordesk_training.split_id import split_id

Part = Literal["train", "val", "test"]


@dataclass(frozen=True)
class Row:
    """One run. ``run``: its folder; ``figures`` is empty where it was not evaluated (``note``).

    ``split``: how its data were split, in words; ``split_id``: the same for the same split;
    ``copies``: what became of copies of pictures, "kept", "dropped" or "together" in one part.
    """

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
    split: str = ""
    split_id: str = ""
    copies: str = ""


@dataclass(frozen=True)
class Comparison:
    """All runs. ``same_split``: the figures were measured on the same pictures; else ``reason``.

    ``side_by_side``: only the splits differ, so that the runs may stand beside each other ('as
    published' beside 'by patient'), but not be ranked.
    """

    part: Part
    same_split: bool
    reason: str
    rows: tuple[Row, ...]
    side_by_side: bool = False
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
    worse = _other_work(runs)
    apart = "" if worse else _other_split(runs)
    reason = worse or apart or _other_pictures(runs, found)
    return Comparison(part, not reason, reason, rows, bool(apart))


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
        split=split_text(run.split),
        split_id=split_id(run.split),
        copies=copies_text(config.data),
    )


_METHODS = {"stratified": "by picture, classes balanced", "random": "by picture, at random"}


def split_text(split: Split) -> str:
    """How data were split, in a few words."""
    if split.origin == "given":
        return "as the folder gives it"
    if split.by_picture:
        return _METHODS.get(split.method, split.method)
    if any(warning.startswith("Patients are not known") for warning in split.warnings):
        return "by file, patients not known"
    return "by patient or group"


def copies_text(data: DataConfig) -> Literal["kept", "dropped", "together"]:
    """What became of copies; "kept" where exact or near ones may lie in several parts."""
    both = (data.duplicates, data.near_duplicates)
    if "keep" in both:
        return "kept"
    return "dropped" if "drop" in both else "together"


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
    if found.split_id != split_id(run.split):
        return "Evaluated on another split than it has now: evaluate it again."
    return ""


def _other_work(runs: Sequence[Run]) -> str:
    """Why the runs cannot even stand side by side, or ''."""
    first = runs[0]
    for run in runs[1:]:
        names = f"{first.folder.name} and {run.folder.name}"
        if run.config.task != first.config.task:
            return f"{names} do different things ({first.config.task}, {run.config.task})."
        if run.config.classes != first.config.classes:
            return f"{names} know different classes."
        if _outlined(run.config) != _outlined(first.config):
            return f"{names} take the numbers of the label maps for different parts."
    return ""


def _outlined(config: TrainingConfig) -> set[tuple[int, str]]:
    """Numbers of label maps and the parts that they stand for; nothing where all are one."""
    named = {(one.number, one.name) for one in config.data.labels if one.name != BACKGROUND}
    counted = config.task == "segmentation" and len(config.classes) > 2
    return named or (set(list(enumerate(config.classes))[1:]) if counted else set())


def _other_split(runs: Sequence[Run]) -> str:
    """Which runs were split differently, or ''."""
    first = runs[0]
    for run in runs[1:]:
        if split_id(run.split) != split_id(first.split):
            names = f"{first.folder.name} and {run.folder.name}"
            return f"{names} were split differently: their figures are of different pictures."
    return ""


def _other_pictures(runs: Sequence[Run], found: Sequence[Evaluation | None]) -> str:
    """Which runs of one split were not measured on the same pictures of it, or ''."""
    measured = [(run, item) for run, item in zip(runs, found, strict=True) if item is not None]
    for run, item in measured:
        if item.split_id != split_id(run.split):
            return f"{run.folder.name} was evaluated on another split: evaluate it again."
        first = measured[0][1]
        if item.pictures == first.pictures and _measured(item) != _measured(first):
            return (
                f"{measured[0][0].folder.name} and {run.folder.name} were measured on different "
                f"pictures of the {item.part} part (trials that take some of them?)."
            )
        if item.pictures != first.pictures:
            return (
                f"{measured[0][0].folder.name} was measured on {measured[0][1].pictures} pictures, "
                f"{run.folder.name} on {item.pictures}."
            )
    return ""


def _measured(found: Evaluation) -> frozenset[str]:
    return frozenset(case.key for case in found.cases)
