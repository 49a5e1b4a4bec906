"""A training run as data: what is asked for, what happens, where it stands. No torch here.

A run folder holds config.json, split.json, events.jsonl, checkpoints/ and evaluation files;
whoever writes it (one process, torchrun) or follows it (a window) uses these types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from tumordesk.core.errors import ConfigError, plain_reason
from tumordesk.core.jsonio import from_plain, read_json, to_plain, write_json
from tumordesk.core.label_numbers import LabelNumber, label_names, refuse_doubles
from tumordesk.core.model_card import COLOURS, HeadSpec, InputSpec, Postprocess, Task
from tumordesk.core.study import MR_SEQUENCES

SCHEMA = 1
_SHOWN = 60
CONFIG_NAME = "config.json"
SPLIT_NAME = "split.json"
EVENTS_NAME = "events.jsonl"
STOP_NAME = "STOP"
PAUSE_NAME = "PAUSE"
SAMPLES = "samples"
EVALUATION = "evaluation"
CHECKPOINTS = "checkpoints"
DEVICE = re.compile(r"auto|cpu|mps|cuda(:(0|[1-9]\d?))?")
"""What ``TrainingConfig.device`` may be: torch takes neither 'cuda:01' nor a long number."""

Layout = Literal["auto", "classes", "masks", "coco", "index", "nifti", "dicom"]


@dataclass(frozen=True)
class IndexSpec:
    """A CSV that names groups: ``key`` column = file stem, ``group`` column = patient or run."""

    file: str
    key: str
    group: str


@dataclass(frozen=True)
class SequenceSource:
    """Where one of several sequences of a case lies.

    ``sequence``: as ``core.study.Sequence``. ``channel``: of colour pictures that hold a sequence
    in each colour. Without it every sequence is a scan of its own: ``mark`` is how its file name
    ends ("_0001"); "" goes by what the name, or the DICOM header, says of the sequence.
    """

    sequence: str
    channel: int | None = None
    mark: str = ""

    def __post_init__(self) -> None:
        known = [one.value for one in MR_SEQUENCES]
        if self.sequence not in known:
            raise ValueError(f"sequence must be one of {', '.join(known)}")
        if self.channel not in (None, 0, 1, 2):
            raise ValueError("channel must be 0, 1 or 2, or null")
        if set(",=") & set(self.mark) or self.mark.casefold() in COLOURS:
            raise ValueError("mark must be the ending of a file name, without , and =")


@dataclass(frozen=True)
class Decision:
    """What a person decided on a finding: its code, the action taken, the reason given."""

    finding: str
    action: str
    reason: str = ""


@dataclass(frozen=True)
class DataConfig:
    """Which pictures, and how they belong together.

    ``channel`` picks one channel of colour pictures (None: luma). Groups (patients) come from
    ``indexes``, else from ``group_pattern`` (a regular expression on the file stem, or else on
    the path; its first group, or all of it; default: TCGA names), else from sub-folders that are
    named like patients ('P07', 'case 3', '0012'), else every file is its own group. With
    ``volumes`` the slices of one group are one volume: intensity range and Dice are over all of
    it. ``empty_classes``: class folders whose pictures have no mask because nothing is there.
    ``cache_mb`` bounds the memory for decoded pictures; beyond it they lie in a memory map.
    ``duplicates`` (the same pixels) and ``near_duplicates`` (nearly the same): "together" puts
    all of a set in one part of the split, "drop" keeps the first of each set, "keep" leaves them
    where they fall, and the figures then carry a warning. ``exclude``: keys left out by a person;
    ``decisions``: what a person decided on a finding of check-data, and why.
    ``label_from_mask``: classes are made from the masks: a picture whose mask is not empty is
    "tumour", any other "no_tumour". ``sequences``: several sequences of each case are the channels
    of the network's input, in this order; a single one only chooses: scans of other sequences are
    not listed. Empty: every scan is a case of its own, whatever it shows. ``labels``: what the
    numbers of label maps stand for, where they are more than the one object or do not follow each
    other; a number that has no entry is an error of its file.
    """

    root: str = ""
    layout: Layout = "auto"
    channel: int | None = None
    indexes: tuple[IndexSpec, ...] = ()
    group_pattern: str = ""
    volumes: bool = False
    empty_classes: tuple[str, ...] = ("no_tumor", "no_tumour", "no")
    empty_share: float | None = None
    cache_mb: int = 2048
    duplicates: Literal["together", "drop", "keep"] = "together"
    near_duplicates: Literal["together", "drop", "keep"] = "together"
    exclude: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    label_from_mask: bool = False
    sequences: tuple[SequenceSource, ...] = ()
    labels: tuple[LabelNumber, ...] = ()

    def __post_init__(self) -> None:
        refuse_doubles(self.labels)
        names = [source.sequence for source in self.sequences]
        colours = [source for source in self.sequences if source.channel is not None]
        if len(set(names)) < len(names):
            raise ValueError("sequences must hold each of them once")
        if len(names) == 1 and colours:
            raise ValueError("one sequence in a colour is chosen by channel, not by sequences")
        if len(colours) not in (0, len(names)):
            raise ValueError("either all of sequences have a channel, or none")
        places = [one.channel if one.channel is not None else one.mark for one in self.sequences]
        if any(place != "" and places.count(place) > 1 for place in places):
            raise ValueError("each of sequences must lie at a place of its own")
        if self.empty_share is not None and not 0.0 <= self.empty_share < 1.0:
            raise ValueError("empty_share must be 0 or more, and below 1")
        if self.cache_mb < 0:
            raise ValueError("cache_mb must be 0 or more")

    @property
    def channel_sources(self) -> tuple[SequenceSource, ...]:
        """The sequences that are channels of the network; none where it sees one sequence."""
        return self.sequences if len(self.sequences) > 1 else ()

    def is_empty_class(self, label: str) -> bool:
        """Whether pictures of that class hold nothing to be outlined, however it is written."""
        return _letters(label) in map(_letters, self.empty_classes)


def _letters(label: str) -> str:
    """'No Tumor', 'no_tumor' and 'notumor' are the same."""
    return "".join(letter for letter in label.casefold() if letter.isalnum())


@dataclass(frozen=True)
class SplitConfig:
    """Shares of the groups; ``given`` keeps train/val/test folders where the data has them.

    ``method``: "group" never tears a group (patient) apart; "stratified" and "random" split single
    pictures, balanced over the classes or not: development figures of such splits are flattered.
    With ``folds`` above 1, part ``fold`` (from 0) of so many is the test part, whatever ``test``.
    """

    validation: float = 0.1
    test: float = 0.1
    seed: int = 1
    given: bool = True
    file: str = ""
    method: Literal["group", "stratified", "random"] = "group"
    folds: int = 0
    fold: int = 0

    def __post_init__(self) -> None:
        if self.folds == 1 or self.folds < 0 or not 0 <= self.fold < max(1, self.folds):
            raise ValueError("folds must be 0 or at least 2, and fold one of them, from 0")
        if min(self.validation, self.test) < 0 or self.validation + self.test >= 1.0:
            raise ValueError("validation and test must be 0 or more, and together below 1")


@dataclass(frozen=True)
class AugmentConfig:
    """Chance of flips and turns, strength of the rest; all zero means none.

    ``alone``: chance that a network which sees neighbouring slices is shown a slice without them,
    as it will see a single picture.
    """

    flip: float = 0.5
    flip_vertical: float = 0.0
    quarter_turn: float = 0.0
    rotation_deg: float = 15.0
    scale: tuple[float, float] = (0.8, 1.25)
    shift: float = 0.06
    brightness: float = 0.2
    contrast: float = 0.25
    gamma: float = 0.3
    noise: float = 0.03
    blur: float = 0.1
    erase: float = 0.0
    alone: float = 0.0

    def __post_init__(self) -> None:
        for name in ("flip", "flip_vertical", "quarter_turn", "blur", "erase", "alone"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is a chance and must be 0 to 1")
        for name in ("rotation_deg", "shift", "brightness", "contrast", "gamma", "noise"):
            if getattr(self, name) < 0.0:
                raise ValueError(f"{name} must be 0 or more")
        if not 0.0 < self.scale[0] <= self.scale[1]:
            raise ValueError("scale must hold the smallest and the largest factor, above 0")


@dataclass(frozen=True)
class LossConfig:
    """``dice_ce``: Dice + cross entropy; ``ce``: cross entropy. ``balanced`` weighs classes.

    ``dice_over`` "batch" counts Dice over all pixels of a batch, so that large lesions decide it;
    "picture" takes the mean over the pictures that hold the class, so that small ones count too.
    """

    name: Literal["dice_ce", "ce"] = "dice_ce"
    balanced: bool = False
    label_smoothing: float = 0.0
    dice_weight: float = 1.0
    dice_over: Literal["batch", "picture"] = "batch"

    def __post_init__(self) -> None:
        if self.dice_over not in ("batch", "picture"):
            raise ValueError('dice_over must be "batch" or "picture"')


@dataclass(frozen=True)
class OptimiserConfig:
    """Optimiser and how the learning rate runs. ``warmup`` is a share of the whole run.

    ``freeze_backbone`` keeps the backbone as it is for the whole run, ``freeze_epochs`` for the
    first epochs only. ``backbone_rate``: the backbone's share of the learning rate.
    """

    name: Literal["adamw", "adam", "sgd"] = "adamw"
    rate: float = 1e-3
    weight_decay: float = 1e-2
    momentum: float = 0.9
    schedule: Literal["cosine", "plateau", "none"] = "cosine"
    warmup: float = 0.05
    gradient_clip: float = 1.0
    freeze_backbone: bool = False
    freeze_epochs: int = 0
    backbone_rate: float = 1.0

    def __post_init__(self) -> None:
        if self.freeze_epochs < 0 or not 0.0 < self.backbone_rate <= 1.0:
            raise ValueError("freeze_epochs must be 0 or more, backbone_rate above 0 and at most 1")
        if self.rate <= 0.0:
            raise ValueError("rate must be above 0")
        if not 0.0 <= self.warmup < 1.0:
            raise ValueError("warmup must be 0 or more, and below 1")
        if min(self.weight_decay, self.momentum, self.gradient_clip) < 0.0:
            raise ValueError("weight_decay, momentum and gradient_clip must be 0 or more")


@dataclass(frozen=True)
class Stage:
    """Up to this share of the run (0..1], train at this many rows and columns."""

    until: float
    size: tuple[int, int]

    def __post_init__(self) -> None:
        if not 0.0 < self.until <= 1.0 or min(self.size) < 1:
            raise ValueError("until must be above 0 and at most 1, size above 0")


@dataclass(frozen=True)
class TrainingConfig:
    """One complete order for a run; the same file works on a laptop and under torchrun.

    ``initial_weights``: a model id, a model folder or a safetensors file; "" is from scratch.
    ``budget_minutes`` ends the run in time: the schedule then follows whichever is further,
    epochs or minutes. ``stages`` train at smaller sizes first; the last stage, and validation,
    use ``input.size``. ``batch_size`` 0 chooses one that fits the memory; a batch that does not
    fit is halved either way. ``patience``: stop after so many epochs without a better validation
    figure (0: never). ``samples``: validation cases drawn after each epoch for whoever watches.
    ``recipe``: the recipe that the numbers came from, if any. ``limit``: use at most so many
    pictures of each part, for a trial (0: all). ``initial_weights`` may also be "auto" (a model of
    the same architecture that is at hand, else from scratch), a folder of pretrained weights, or
    "imagenet" (downloaded by the library; only where a person asks for it).
    """

    name: str
    task: Task
    architecture: str
    classes: tuple[str, ...]
    schema: int = SCHEMA
    input: InputSpec = field(default_factory=InputSpec)
    head: HeadSpec | None = None
    options: dict[str, Any] = field(default_factory=dict)
    postprocess: Postprocess = field(default_factory=Postprocess)
    initial_weights: str = ""
    data: DataConfig = field(default_factory=DataConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    epochs: int = 20
    batch_size: int = 16
    budget_minutes: float | None = None
    stages: tuple[Stage, ...] = ()
    patience: int = 0
    precision: Literal["auto", "bf16", "fp16", "float32"] = "auto"
    channels_last: bool = True
    ema: float = 0.0
    seed: int = 1
    workers: int = 0
    threads: int = 0
    device: str = "auto"
    samples: int = 4
    recipe: str = ""
    limit: int = 0

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ValueError(f"schema {self.schema} is not supported (this program reads {SCHEMA})")
        if len(self.classes) < 2:
            raise ValueError("classes must hold at least two entries")
        if self.epochs < 1 or self.batch_size < 0 or self.samples < 0:
            raise ValueError("epochs must be at least 1, batch_size and samples 0 or more")
        if not DEVICE.fullmatch(self.device):
            raise ValueError("device must be 'auto', 'cpu', 'cuda', 'cuda:1' or 'mps'")
        if not 0.0 <= self.ema < 1.0:
            raise ValueError("ema must be 0 (off) or below 1")
        if min(self.patience, self.workers, self.threads, self.limit) < 0:
            raise ValueError("patience, workers, threads and limit must be 0 or more")
        if self.budget_minutes is not None and self.budget_minutes <= 0.0:
            raise ValueError("budget_minutes must be above 0, or null")
        if self.data.sequences:
            self._check_sequences([source.sequence for source in self.data.sequences])
        if self.data.labels:
            self._check_labels(label_names(self.data.labels))

    def _check_labels(self, names: tuple[str, ...]) -> None:
        if self.task != "segmentation":
            raise ValueError("only the label maps of a segmentation have data.labels")
        if set(names) != set(self.classes[1:]):
            raise ValueError(
                "data.labels must name each of the classes behind the first, and no other: "
                f"{', '.join(self.classes[1:])}"
            )

    def _check_sequences(self, names: list[str]) -> None:
        several = len(names) > 1
        if several and self.task != "segmentation":
            raise ValueError("only a segmentation can see several sequences")
        if several and (self.input.channels != len(names) or self.input.neighbours):
            raise ValueError(f"{len(names)} sequences need channels {len(names)}, neighbours 0")
        if self.input.sequence not in names:
            raise ValueError("input.sequence must be one of data.sequences")


def read_config(path: Path) -> TrainingConfig:
    """Read a TrainingConfig. Raises ConfigError naming the file and the entry."""
    return from_plain(TrainingConfig, read_json(path), path.name)


def write_config(path: Path, config: TrainingConfig) -> None:
    """Write a TrainingConfig atomically. Raises WriteError."""
    write_json(path, config)


class RunState(StrEnum):
    """Where a run stands, as its events tell."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


EventKind = Literal[
    "start", "step", "epoch", "samples", "warning", "paused", "stopped", "finished", "failed"
]
_STATES = {
    "paused": RunState.PAUSED,
    "stopped": RunState.STOPPED,
    "finished": RunState.FINISHED,
    "failed": RunState.FAILED,
}


@dataclass(frozen=True)
class TrainingEvent:
    """One line of events.jsonl. ``time`` is seconds since the epoch (UTC)."""

    kind: EventKind
    time: float
    epoch: int = 0
    step: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    schema: int = SCHEMA

    def line(self) -> str:
        """The event as one line of JSON, with its line end. Refuses NaN."""
        return json.dumps(to_plain(self), ensure_ascii=False, allow_nan=False) + "\n"


def is_run_folder(names: Collection[str]) -> bool:
    """Whether a folder with files of these names is that of a run: its pictures are no data."""
    return CONFIG_NAME in names and EVENTS_NAME in names


def read_event(line: str) -> TrainingEvent:
    """Decode one line of events.jsonl. Raises ConfigError."""
    try:
        return from_plain(TrainingEvent, json.loads(line), "event")
    except (json.JSONDecodeError, RecursionError) as error:
        raise ConfigError(
            f"A line of {EVENTS_NAME} is not JSON: '{line.strip()[:_SHOWN]}'.",
            "It was damaged or changed by hand: take that line out of a copy of the run folder.",
        ) from error


@dataclass(frozen=True)
class TrainingRun:
    """A run folder and what is known of it."""

    folder: Path
    config: TrainingConfig
    events: tuple[TrainingEvent, ...] = ()

    @property
    def state(self) -> RunState:
        """From the last event that says so."""
        for event in reversed(self.events):
            if event.kind in _STATES:
                return _STATES[event.kind]
            if event.kind in ("start", "epoch", "step"):
                return RunState.RUNNING
        return RunState.CREATED


def read_run(folder: Path) -> TrainingRun:
    """Read config and events of a run folder; a half-written last line is left for later.

    Raises:
        ConfigError: there is no config.json, or a line is damaged.
    """
    config = read_config(folder / CONFIG_NAME)
    path = folder / EVENTS_NAME
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{EVENTS_NAME} cannot be read: {plain_reason(error)}.") from error
    whole = text[: text.rfind("\n") + 1]
    # Not splitlines(): a message may hold other line breaks of Unicode than the one that counts.
    lines = whole.split("\n")[:-1]
    return TrainingRun(folder, config, tuple(read_event(line) for line in lines))
