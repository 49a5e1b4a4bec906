"""What the results page shows of an evaluation: figures in words, cases behind a cell. No Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.evaluation import CLASS_DICE, CaseResult, Evaluation, Interval
from tumordesk.core.jsonio import from_plain, read_json
from tumordesk.core.training_run import CHECKPOINTS, CONFIG_NAME, EVALUATION, read_config
from tumordesk.session.folds import FoldSummary, read_summary
from tumordesk.session.training_progress import network_words

NAMES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "F1, mean",
    "auc": "AUC",
    "ece": "Calibration error",
    "dice_mean": "Dice per patient",
    "dice_classes_mean": "Dice of classes",
    "dice_by_image_mean": "Dice per picture",
    "iou_mean": "IoU per patient",
    "hd95_px_median": "HD95, median",
    "hd95_mm_median": "HD95, median",
    "false_positive_share": "Empty, outlined",
}
_HD95 = (
    "95 % of the outline lies nearer to the truth than this; smaller is better. Tumours that were "
    "missed altogether, and outlines where there is none, do not count in it"
)
TIPS = {
    "accuracy": "Share of pictures whose class was said right",
    "balanced_accuracy": "Mean over the classes of the share that was said right: rare classes "
    "count as much as common ones",
    "macro_f1": "Mean over the classes of F1, which joins precision and recall",
    "auc": "Chance that a picture of a class gets a higher probability than one of another class",
    "ece": "How far the stated probabilities are from the share that is right; smaller is better",
    "dice_mean": "Overlap of outline and truth over all pictures of a patient (1: the same), "
    "mean over patients",
    "dice_classes_mean": "Mean over the classes of their Dice: a class taken for another one is "
    "wrong here, and right in the figures of all classes together",
    "dice_by_image_mean": "Overlap of outline and truth in single pictures, mean over pictures "
    "with tumour",
    "iou_mean": "Shared area by joint area, mean over patients",
    "hd95_px_median": _HD95,
    "hd95_mm_median": _HD95,
    "false_positive_share": "Share of pictures without tumour in which more than 50 pixels were "
    "outlined",
}
HEADLINES = {
    "classification": ("accuracy", "balanced_accuracy", "macro_f1", "auc", "ece"),
    "segmentation": (
        "dice_mean",
        "dice_classes_mean",
        "dice_by_image_mean",
        "iou_mean",
        "hd95_px_median",
        "hd95_mm_median",
        "false_positive_share",
    ),
}
PARTS = {"train": "training", "val": "validation", "test": "test"}
UNKNOWN = "–"
MOST_RUNS = 40
"""More runs than this are not put side by side."""


@dataclass(frozen=True)
class Figure:
    """A headline figure in words. ``unit`` may be empty; ``range_text`` too."""

    key: str
    name: str
    value: str
    unit: str
    range_text: str
    tip: str


@dataclass(frozen=True)
class ComparedRun:
    """One row of ``tumordesk-train compare``. Figures are missing where it was not evaluated.

    ``run``: its folder; ``warnings`` must stand beside the figures; ``note``: why there are none;
    ``split``: how the data were split, in words; ``split_id``: the same for the same split;
    ``copies``: what became of copies of pictures, in a word.
    """

    run: str
    name: str
    architecture: str
    parameters: int | None
    input: Any
    epochs: int | None
    seconds_per_epoch: float | None
    device: str
    split_method: str
    figures: dict[str, Interval | None]
    warnings: tuple[str, ...] = ()
    note: str = ""
    split: str = ""
    split_id: str = ""
    copies: str = ""


@dataclass(frozen=True)
class Comparison:
    """What ``tumordesk-train compare --json`` prints; ``reason`` says why runs are not ranked.

    ``side_by_side``: only their splits differ.
    """

    same_split: bool
    reason: str
    rows: tuple[ComparedRun, ...]
    side_by_side: bool = False


def evaluation_file(run: Path, part: str = "test") -> Path:
    """Where the evaluation of a run lies."""
    return run / EVALUATION / f"{part}.json"


def read_fresh(run: Path, part: str = "test") -> Evaluation | None:
    """The evaluation of a run; None where there is none or the checkpoint is newer.

    Raises:
        ConfigError: the file is damaged.
    """
    path, best = evaluation_file(run, part), run / CHECKPOINTS / "best.pt"
    try:
        made = path.stat().st_mtime
        stale = best.is_file() and best.stat().st_mtime > made
    except OSError:
        return None
    return None if stale else read_evaluation(path)


def read_evaluation(path: Path) -> Evaluation:
    """Read one evaluation. Raises ConfigError naming the file."""
    return from_plain(Evaluation, read_json(path), path.name)


def headline(found: Evaluation) -> tuple[Figure, ...]:
    """The figures to show first, in words; of several outlined classes each one's Dice last."""
    keys = [key for key in HEADLINES[found.task] if key in found.figures]
    keys += [key for key in found.figures if key.startswith(CLASS_DICE)]
    return tuple(figure_of(key, found.figures[key]) for key in keys)


def figure_of(key: str, figure: Interval) -> Figure:
    """One figure in words: as many digits as it has meaning."""
    value, unit = shown(key, figure.value)
    low, high = figure.low, figure.high
    known = low is not None and high is not None
    text = f"{shown(key, low)[0]} to {shown(key, high)[0]}" if known else ""
    if key.startswith(CLASS_DICE):
        tip = "Overlap of outline and truth of this class alone, mean over patients who have it"
        return Figure(key, f"Dice, {key.removeprefix(CLASS_DICE)}", value, unit, text, tip)
    return Figure(key, NAMES.get(key, key), value, unit, text, TIPS.get(key, ""))


def shown(key: str, value: float | None) -> tuple[str, str]:
    """(number, unit) of a figure. Shares as percent, Dice and AUC as three digits."""
    if value is None:
        return UNKNOWN, ""
    if key.startswith("hd95"):
        return f"{value:.1f}", "mm" if "_mm" in key else "px"
    if key in ("accuracy", "balanced_accuracy", "false_positive_share"):
        return f"{100 * value:.1f}", "%"
    return f"{value:.3f}", ""


def percent(value: float | None) -> str:
    """A share as percent without a decimal, or a dash."""
    return UNKNOWN if value is None else f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


def subject(found: Evaluation) -> str:
    """One line: what was measured on what."""
    groups = found.group_count
    whose = "patient or group" if groups == 1 else "patients or groups"
    of = f" of {groups} {whose}" if groups and groups != found.pictures else ""
    part = PARTS.get(found.part, found.part)
    slices = found.task == "segmentation" and len(found.cases) < found.pictures
    pictures = "slice" if slices else "picture"
    pictures += "" if found.pictures == 1 else "s"
    network = network_words(found.architecture)
    return f"{found.model} · {network} · {found.pictures} {pictures}{of}, {part} part"


def cell_cases(found: Evaluation, truth: int, said: int) -> tuple[CaseResult, ...]:
    """Cases behind a cell of the confusion matrix, the surest answers first."""
    wanted, answer = found.classes[truth], found.classes[said]
    cases = [c for c in found.cases if c.truth == wanted and c.said == answer]
    return tuple(sorted(cases, key=lambda case: (-_sureness(case, said), case.key)))


def _sureness(case: CaseResult, index: int) -> float:
    return case.probabilities[index] if index < len(case.probabilities) else 0.0


def mistakes(found: Evaluation) -> tuple[CaseResult, ...]:
    """Wrong answers of a classifier, the surest first."""
    places = {name: i for i, name in enumerate(found.classes)}
    wrong = [c for c in found.cases if c.said != c.truth]
    return tuple(sorted(wrong, key=lambda c: (-_sureness(c, places.get(c.said, -1)), c.key)))


def worst_outlines(found: Evaluation) -> tuple[CaseResult, ...]:
    """Cases of a segmentation with the lowest Dice first; equal ones by size of the error."""
    known = [c for c in found.cases if c.dice is not None]
    return tuple(sorted(known, key=lambda c: (c.dice or 0.0, -_error_px(c), c.key)))


def best_outlines(found: Evaluation) -> tuple[CaseResult, ...]:
    """Cases of a segmentation with the highest Dice first, of those with tumour."""
    known = [c for c in found.cases if c.dice is not None and c.true_px]
    return tuple(sorted(known, key=lambda c: (-(c.dice or 0.0), c.key)))


def _error_px(case: CaseResult) -> int:
    return abs((case.found_px or 0) - (case.true_px or 0))


def group_cases(found: Evaluation, group: str) -> tuple[CaseResult, ...]:
    """All cases of a group, in the order of their keys."""
    return tuple(sorted((c for c in found.cases if c.group == group), key=lambda c: c.key))


def group_values(found: Evaluation, figure: str = "dice") -> tuple[tuple[str, float], ...]:
    """(group, value) where it is known, the lowest first."""
    values = [(name, one.get(figure)) for name, one in found.groups.items()]
    known = [(name, value) for name, value in values if value is not None]
    return tuple(sorted(known, key=lambda pair: (pair[1], pair[0])))


GROUP_FIGURES = (("dice", "Dice"), ("iou", "IoU"), ("hd95_px", "HD95"), ("hd95_mm", "HD95"))


def group_figures(found: Evaluation) -> tuple[tuple[str, str], ...]:
    """(key, name) of the figures that patients have; HD95 in mm where it is known, else in px."""
    there = {key for one in found.groups.values() for key, v in one.items() if v is not None}
    keys = [(key, name) for key, name in GROUP_FIGURES if key in there]
    if "hd95_mm" in there:
        keys = [pair for pair in keys if pair[0] != "hd95_px"]
    return tuple(keys)


def axis_top(values: Sequence[float]) -> float:
    """A round number that no value is above: 1, 2 or 5 times a power of ten."""
    most = max(values, default=1.0)
    step = 10.0 ** math.floor(math.log10(most)) if most > 0 else 1.0
    return next(factor * step for factor in (1.0, 2.0, 5.0, 10.0) if most <= factor * step)


def case_title(case: CaseResult) -> str:
    """The picture's file name, after the patient's where it does not say whose it is."""
    name = case.key.rsplit("/", 1)[-1]
    alone = not case.group or case.group == case.key or case.group in name
    return name if alone else f"{case.group} {name}"


def case_line(found: Evaluation, case: CaseResult) -> str:
    """What was found on a case, in one short line."""
    if found.task == "classification":
        sure = _sureness(case, found.classes.index(case.said)) if case.said in found.classes else 0
        return f"{case.said} {percent(sure)}"
    if case.dice is not None:
        return f"{case_dice(found)} {case.dice:.2f}"
    return "Empty, and right"


def case_dice(found: Evaluation) -> str:
    """What a case's Dice is called: several outlined classes count as one in it."""
    return "Dice, all as one" if len(found.classes) > 2 else "Dice"


def case_facts(found: Evaluation, case: CaseResult) -> tuple[tuple[str, str], ...]:
    """(name, value) of everything known of a case."""
    facts = [("Group", case.group)] if case.group and case.group != case.key else []
    if found.task == "classification":
        facts += [("Truth", case.truth), ("Said", case.said)]
        pairs = zip(found.classes, case.probabilities, strict=False)
        return (*facts, *((f"p({name})", percent(p)) for name, p in pairs))
    hd95 = (f"{case.hd95_px:.1f} px",) if case.hd95_px is not None else ()
    if case.hd95_mm is not None:
        hd95 = (f"{case.hd95_mm:.1f} mm",)
    for name, value in ((case_dice(found), case.dice), ("IoU", case.iou)):
        facts.append((name, UNKNOWN if value is None else f"{value:.3f}"))
    facts += [("HD95", text) for text in hd95]
    for name, count in (("True area", case.true_px), ("Outlined", case.found_px)):
        if count is not None:
            facts.append((name, f"{count} px"))
    return tuple(facts)


def quartiles(values: Sequence[float]) -> tuple[float, float, float, float, float]:
    """Lowest within 1.5 box lengths, lower quartile, median, upper quartile, highest within.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("a box needs at least one value")
    ordered = sorted(values)
    low, middle, high = (_quantile(ordered, q) for q in (0.25, 0.5, 0.75))
    reach = 1.5 * (high - low)
    inside = [v for v in ordered if low - reach <= v <= high + reach]
    return min(inside[0], low), low, middle, high, max(inside[-1], high)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def read_comparison(document: Any) -> Comparison:
    """Take what ``compare --json`` printed. Raises ConfigError where it is something else."""
    if not isinstance(document, dict) or not isinstance(document.get("rows"), list):
        raise ConfigError("The comparison cannot be read.", "Try again.")
    rows = tuple(_compared(row) for row in document["rows"] if isinstance(row, dict))
    return Comparison(
        bool(document.get("same_split")),
        str(document.get("reason", "")),
        rows,
        bool(document.get("side_by_side")),
    )


def _compared(row: dict[str, Any]) -> ComparedRun:
    known = {name: row[name] for name in ComparedRun.__dataclass_fields__ if name in row}
    figures = row.get("figures") or {}
    texts = (
        *("run", "name", "architecture", "device", "note"),
        *("split_method", "split", "split_id", "copies"),
    )
    words = {name: str(row.get(name) or "") for name in texts}
    unknown = dict.fromkeys(("parameters", "input", "epochs", "seconds_per_epoch"))
    return from_plain(ComparedRun, unknown | known | words | {"figures": figures}, "comparison")


def comparable_runs(run: Path) -> tuple[Path, ...]:
    """``run`` and all other runs beside it that have a best epoch and the same task."""
    found = [run]
    try:
        task = read_config(run / CONFIG_NAME).task
        folders = sorted(path.parent for path in run.parent.glob(f"*/{CONFIG_NAME}"))
    except (ConfigError, OSError):
        return (run,)
    for folder in folders:
        if folder == run or not (folder / CHECKPOINTS / "best.pt").is_file():
            continue
        with suppress(ConfigError):
            if read_config(folder / CONFIG_NAME).task == task:
                found.append(folder)
    return tuple(found[:MOST_RUNS])


def folds_words(run: Path) -> str:
    """What all folds beside ``run`` came to, in a sentence; "" where it is no fold.

    Raises:
        ConfigError: their summary is damaged.
    """
    found = read_summary(run)
    if found is None:
        return ""
    rows = fold_rows(found, read_config(run / CONFIG_NAME).task)
    told = "; ".join(f"{name} {value}" for name, value in rows)
    all_of = "All" if found.whole else f"{found.finished} of"
    return f"{all_of} {found.folds} folds, mean ± standard deviation: {told}."


def folds_warnings(run: Path) -> tuple[str, ...]:
    """What must stand beside the means of all folds beside ``run``; nothing where it is no fold.

    Raises:
        ConfigError: their summary is damaged.
    """
    found = read_summary(run)
    return found.warnings if found is not None else ()


def fold_rows(found: FoldSummary, task: str) -> tuple[tuple[str, str], ...]:
    """(name, mean ± standard deviation) of the headline figures of a cross-validation."""
    rows = []
    for key in HEADLINES[task]:
        if key in found.figures:
            mean, deviation, runs = found.figures[key]
            value, unit = shown(key, mean)
            spread = f" ± {shown(key, deviation)[0]}" if runs > 1 else ""
            few = f" ({runs} of them)" if runs < found.finished else ""
            rows.append((NAMES[key], f"{value}{spread} {unit}".rstrip() + few))
    return tuple(rows)


def figure_columns(rows: Iterable[ComparedRun]) -> tuple[str, ...]:
    """Figures that any of the rows has, in the order of the headline."""
    there = {key for row in rows for key, value in row.figures.items() if value is not None}
    order = [*HEADLINES["segmentation"], *HEADLINES["classification"]]
    return tuple(key for key in order if key in there)
