"""What a person has chosen in the training wizard so far, and the runs there are. No Qt."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from tumordesk.core.data_report import CHANNELS, READ_ANEW, DataFinding, DataReport
from tumordesk.core.errors import ConfigError
from tumordesk.core.label_numbers import LabelNumber, label_classes
from tumordesk.core.model_card import Task
from tumordesk.core.paths import data_dir
from tumordesk.core.recipes import find_recipe, with_settings
from tumordesk.core.training_run import (
    CHECKPOINTS,
    CONFIG_NAME,
    DataConfig,
    Decision,
    RunState,
    SplitConfig,
    TrainingConfig,
    read_run,
)
from tumordesk.session.folds import folds_in
from tumordesk.session.model_choices import MASK_CLASSES, from_masks, several_settings, usual

Goal = Literal["outline", "classes", "presence"]
"""What is learnt: where the tumour is, which class a picture is of, whether there is a tumour."""
StageName = Literal["data", "check", "split", "model", "train", "results", "use"]
STAGES: tuple[StageName, ...] = ("data", "check", "split", "model", "train", "results", "use")
SEGMENTATION_CLASSES = ("background", "tumour")
_OVER = (RunState.FINISHED, RunState.STOPPED, RunState.FAILED)


@dataclass(frozen=True)
class SplitReport:
    """What ``tumordesk-train split --json`` prints.

    ``origin``: where the split comes from, in words; ``counts``: part -> class -> pictures;
    ``groups``: part -> patients (or pictures that stand alone);
    ``left_out``: copies that were dropped.
    """

    method: str
    origin: str
    split_id: str
    counts: dict[str, dict[str, int]]
    groups: dict[str, int]
    warnings: tuple[str, ...] = ()
    left_out: int = 0
    schema: int = 1


@dataclass
class Draft:
    """Everything chosen so far; pages change it, :meth:`config` makes the order for a run.

    ``data`` holds the folder, how it is read and the decisions on findings; ``report`` and
    ``split_report`` are what the trainer said of it (None: not asked yet). ``recipe`` and
    ``variant`` name a recipe ("" is none); ``settings`` are entries of a TrainingConfig put over
    it, nested as there. ``goal``: what is learnt, None for the usual of these data (see
    :meth:`learns`). ``model_problem``: what keeps the model from being trained, "" is nothing.
    ``run``: the run folder, once the training was started. ``all_folds``: where the split has
    folds, all of them are trained, one after the other (see :attr:`folds`). ``channel_chosen``: a
    person chose what of coloured pictures is read (also their brightness), whatever a recipe does.
    """

    data: DataConfig = field(default_factory=DataConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    report: DataReport | None = None
    split_report: SplitReport | None = None
    name: str = ""
    recipe: str = ""
    variant: str = ""
    architecture: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    goal: Goal | None = None
    model_problem: str = ""
    run: Path | None = None
    run_state: RunState | None = None
    all_folds: bool = True
    channel_chosen: bool = False
    _about: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    """The classes that a finding was about when it was decided, by its code."""
    _kept: tuple[DataReport, frozenset[str], DataReport] | None = field(default=None, repr=False)

    # Data ----------------------------------------------------------------------------------

    def use_folder(self, folder: Path) -> None:
        """Take another folder; what was known of the old one is forgotten."""
        if self.data.root and Path(self.data.root) == folder:
            return
        self.data = DataConfig(root=str(folder))
        self.split = SplitConfig()
        self.all_folds = True
        self.channel_chosen = False
        self._about = {}
        self.report = None
        self.split_report = None
        self.goal = None
        self.name = ""
        self.forget_model()

    def forget_model(self) -> None:
        """Go back to the usual model of the task."""
        self.recipe = self.variant = self.architecture = self.model_problem = ""
        self.settings = {}

    def use_report(self, report: DataReport) -> None:
        """Take what the check found; the split then starts from the safest choice.

        What was decided on some classes is forgotten where the finding is about others now, and
        what label numbers stand for where there are others.
        """
        self.report = report
        self.split_report = None
        kept = tuple(d for d in self.data.decisions if self._same_classes(d.finding))
        self.data = replace(self.data, decisions=kept)
        if self.goal not in goals(self.kept or report):
            self.goal = None
        if {str(one.number) for one in self.data.labels} != set(report.labels):
            self.data = replace(self.data, labels=())
        self._act_on_decisions()

    def decide(self, finding: str, action: str, reason: str = "") -> None:
        """Record what a person decided on a finding, and do it; the last word counts.

        After an action of ``READ_ANEW`` the folder must be checked again.
        """
        kept = tuple(d for d in self.data.decisions if d.finding != finding)
        if action == "pattern":
            reason = self._found(finding).pattern
        if action and action != "forget":
            kept = (*kept, Decision(finding, action, reason))
        if action == "forget":
            kept = tuple(d for d in kept if d.action != "pattern")
        self.data = replace(self.data, decisions=kept)
        self._about[finding] = frozenset(self._found(finding).classes)
        if action in READ_ANEW:
            self._read_otherwise(action, reason)
        self._act_on_decisions()
        self.split_report = None

    def _read_otherwise(self, action: str, pattern: str) -> None:
        if action in CHANNELS:
            self.data = replace(self.data, channel=CHANNELS[action])
        else:
            pattern = pattern if action == "pattern" else ""
            self.data = replace(self.data, group_pattern=pattern)

    def name_labels(self, labels: tuple[LabelNumber, ...]) -> None:
        """Learn the parts of these names; none is one outline of all numbers."""
        if labels != self.data.labels:
            self.data = replace(self.data, labels=labels)
            self.split_report = None

    def read_as(self, data: DataConfig) -> None:
        """Read the folder as ``data`` says; decisions that said something else are forgotten."""

        def holds(decision: Decision) -> bool:
            if decision.action in CHANNELS:
                return CHANNELS[decision.action] == data.channel
            return decision.action != "pattern" or decision.reason == data.group_pattern

        self.data = replace(data, decisions=tuple(filter(holds, data.decisions)))

    def decision(self, finding: str) -> Decision | None:
        """What was decided on a finding."""
        return next((d for d in self.data.decisions if d.finding == finding), None)

    def _act_on_decisions(self) -> None:
        """Make ``duplicates``, ``near_duplicates`` and ``exclude`` follow the decisions."""
        codes = [f.code for f in self.report.findings] if self.report is not None else []
        near = "together" if any(c.startswith("near_duplicates") for c in codes) else "keep"
        copies: dict[str, str] = {}
        excluded: list[str] = []
        for decision in self.data.decisions:
            kind = copy_kind(decision.finding)
            if decision.action == "exclude":
                excluded += self._excluded_by(decision.finding)
            elif kind and decision.action in ("drop", "together", "keep", "ignore"):
                action = "keep" if decision.action == "ignore" else decision.action
                copies[kind] = _stricter(copies.get(kind, ""), action)
        self.data = replace(
            self.data,
            duplicates=copies.get("duplicates", "together"),  # type: ignore[arg-type]
            near_duplicates=copies.get("near_duplicates", near),  # type: ignore[arg-type]
            exclude=tuple(sorted(set(excluded))),
        )

    def _excluded_by(self, code: str) -> tuple[str, ...]:
        return self._found(code).exclude

    def _same_classes(self, code: str) -> bool:
        """Whether a finding is about no other classes than when it was decided."""
        now = frozenset(self._found(code).classes)
        return now <= self._about.get(code, now)

    def _found(self, code: str) -> DataFinding:
        """The finding of that code; one that says nothing where there is none."""
        findings = self.report.findings if self.report is not None else ()
        nothing = DataFinding(code, "info", "", "", 0)
        return next((f for f in findings if f.code == code), nothing)

    @property
    def kept(self) -> DataReport | None:
        """The report, without the classes that are left out; another one only where it changed."""
        left = frozenset(
            name
            for decision in self.data.decisions
            if decision.action == "exclude"
            for name in self._found(decision.finding).classes
        )
        if self.report is None or not left:
            return self.report
        if self._kept is None or self._kept[0] is not self.report or self._kept[1] != left:
            self._kept = (self.report, left, without_classes(self.report, left))
        return self._kept[2]

    @property
    def task(self) -> Task:
        """What kind of network is trained."""
        return "segmentation" if self.learns == "outline" else "classification"

    @property
    def learns(self) -> Goal:
        """What is learnt: as chosen, else an outline where there are masks, else the classes."""
        if self.goal is not None:
            return self.goal
        masks = self.report is None or self.report.task == "segmentation"
        return "outline" if masks else "classes"

    def learn(self, goal: Goal) -> None:
        """Choose what is learnt; the model is then chosen anew."""
        if goal != self.learns:
            self.goal = goal
            self.split_report = None
            self.forget_model()

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the data, in the order of the model's outputs."""
        report = self.kept
        if report is None or self.learns == "outline":
            return label_classes(self.data.labels) if self.data.labels else SEGMENTATION_CLASSES
        return MASK_CLASSES if self.learns == "presence" else named_classes(report)

    # Order ---------------------------------------------------------------------------------

    def config(self) -> TrainingConfig:
        """The complete order for a run.

        Raises:
            ConfigError: no folder or fewer than two classes yet, an unknown recipe, or settings
                that make no sense.
        """
        if not self.data.root:
            raise ConfigError("No data folder has been chosen.", "Choose one on the first page.")
        if len(self.classes) < 2:
            raise ConfigError(
                f"{Path(self.data.root).name} has pictures of one class only.",
                "A classification needs at least two class folders.",
            )
        base = self._base()
        sources = self.data.sequences or base.data.sequences
        outlines = self.task == "segmentation" and base.task == "segmentation"
        settings = several_settings(self.settings, base.input, sources if outlines else ())
        config = with_settings(base, settings)
        return replace(config, name=self.title, data=self._data(config.data), split=self.split)

    def _base(self) -> TrainingConfig:
        if self.recipe:
            recipe = find_recipe(self.recipe)
            classes = MASK_CLASSES if from_masks(recipe) else self.classes
            return recipe.config(classes, architecture=self.architecture, variant=self.variant)
        architecture, settings = usual(self.task)
        base = TrainingConfig(
            name=self.title,
            task=self.task,
            architecture=self.architecture or architecture,
            classes=self.classes,
        )
        return base if self.architecture else with_settings(base, settings)

    def _data(self, recipe: DataConfig) -> DataConfig:
        """The recipe's way to read pictures, with this folder and these decisions."""
        own = self.data
        known = self.report is not None and self.report.patients.known
        outlines = self.task == "segmentation" and not recipe.label_from_mask
        return replace(
            recipe,
            root=own.root,
            layout=own.layout,
            channel=own.channel if self._own_channel else recipe.channel,
            indexes=own.indexes,
            group_pattern=own.group_pattern,
            volumes=recipe.volumes or (outlines and known),
            label_from_mask=recipe.label_from_mask or self.learns == "presence",
            labels=own.labels if outlines else (),
            duplicates=own.duplicates,
            near_duplicates=own.near_duplicates,
            exclude=own.exclude,
            decisions=own.decisions,
        )

    @property
    def _own_channel(self) -> bool:
        """Whether a person chose what of coloured pictures is read, also their brightness."""
        grey = any(decision.action == "grey" for decision in self.data.decisions)
        return self.channel_chosen or grey or self.data.channel is not None

    @property
    def folds(self) -> int:
        """How many trainings make the whole: the folds, or 0 for a single training."""
        return self.split.folds if self.all_folds else 0

    @property
    def title(self) -> str:
        """The run's name as people read it."""
        return self.name or (Path(self.data.root).name if self.data.root else "") or "Training"

    @property
    def started(self) -> bool:
        """True once a training was started, or one was attached to."""
        return self.run is not None

    @property
    def kept_best(self) -> bool:
        """True where a training failed, but left a best epoch that can be measured and used."""
        if self.run is None or self.run_state is not RunState.FAILED:
            return False
        return (self.run / CHECKPOINTS / "best.pt").is_file()

    @property
    def busy(self) -> bool:
        """True while it trains: data, split and model are then fixed."""
        return self.started and self.run_state not in _OVER

    # Stages --------------------------------------------------------------------------------

    def reachable(self) -> frozenset[StageName]:
        """The stages that can be visited now."""
        if self.busy:
            return frozenset({"train"})
        stages: list[StageName] = ["data"]
        if self.started:
            stages.append("train")
            if self.run_state in (RunState.FINISHED, RunState.STOPPED) or self.kept_best:
                stages += ["results", "use"]
        if self.data.root:
            stages.append("check")
        if self.report is not None and len(self.classes) > 1 and self.report.pictures:
            stages.append("split")
            if self.split_report is not None:
                stages += ["model"] if self.model_problem else ["model", "train"]
        return frozenset(stages)


def goals(report: DataReport) -> tuple[Goal, ...]:
    """What these data can teach, the usual first."""
    found: list[Goal] = []
    if report.task == "segmentation":
        found.append("outline")
    if len(named_classes(report)) > 1:
        found.append("classes")
    if report.task == "segmentation" and _both(report) and not report.volumes:
        found.append("presence")
    return tuple(found)


def named_classes(report: DataReport) -> tuple[str, ...]:
    """The classes that pictures are labelled with."""
    return tuple(name for name in report.classes if name and name != "(none)")


def without_classes(report: DataReport, left_out: Collection[str]) -> DataReport:
    """``report`` as if these classes were not there; findings and sizes stay."""
    parts = {
        part: {name: n for name, n in counts.items() if name not in left_out}
        for part, counts in report.class_parts.items()
    }
    classes = {name: n for name, n in report.classes.items() if name not in left_out}
    return replace(
        report,
        classes=classes,
        class_parts={part: counts for part, counts in parts.items() if counts},
        parts={part: sum(counts.values()) for part, counts in parts.items() if counts}
        or report.parts,
        pictures=sum(classes.values()),
    )


def _both(report: DataReport) -> bool:
    """Whether some masks are empty and others are not."""
    return 0 < report.masks.get("empty", 0) < report.masks.get("with", 0)


def copy_kind(code: str) -> str:
    """Which setting a finding about copies is decided by: duplicates, near_duplicates or ""."""
    for kind in ("near_duplicates", "duplicates"):
        if code.startswith(kind):
            return kind
    return "duplicates" if code == "conflicting_masks" else ""


def _stricter(first: str, second: str) -> str:
    order = ("", "keep", "together", "drop")
    return max(first, second, key=order.index)


# Runs ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KnownRun:
    """A run folder as a list shows it. ``state`` is None where it cannot be read."""

    folder: Path
    name: str
    state: RunState | None
    changed: float
    best: bool


def runs_dir() -> Path:
    """Where the wizard keeps training runs (not created here)."""
    return data_dir() / "runs"


def new_run_folder(title: str, root: Path | None = None) -> Path:
    """A folder for a new run that is not there yet: date and title, safe as a file name."""
    words = re.sub(r"[^\w-]+", "-", title, flags=re.UNICODE).strip("-").lower()[:40] or "run"
    stem = f"{time.strftime('%Y-%m-%d')}-{words}"
    parent = root or runs_dir()
    names = (stem, *(f"{stem}-{number}" for number in range(2, 10_000)))
    return next(parent / name for name in names if not (parent / name).exists())


def known_runs(root: Path | None = None) -> tuple[KnownRun, ...]:
    """The runs of the wizard, the newest first. Damaged ones are listed without a state, of a
    cross-validation the fold that was begun last stands for all."""
    parent = root or runs_dir()
    if not parent.is_dir():
        return ()
    folders = [path.parent for path in parent.glob(f"*/{CONFIG_NAME}")]
    found = [_known_run(one) for folder in folders for one in folds_in(folder)[-1:] or (folder,)]
    return tuple(sorted(found, key=lambda run: -run.changed))


def _known_run(folder: Path) -> KnownRun:
    best = (folder / CHECKPOINTS / "best.pt").is_file()
    changed = max(path.stat().st_mtime for path in (folder, folder / CONFIG_NAME))
    try:
        run = read_run(folder)
    except ConfigError:
        return KnownRun(folder, folder.name, None, changed, best)
    last = run.events[-1].time if run.events else changed
    return KnownRun(folder, run.config.name, run.state, last, best)
