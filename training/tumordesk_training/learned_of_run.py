"""The record of what a run learned from, and what the model it started from had learned from.

A run that starts from a model keeps that model's record in its folder: later, when the model may
be gone, it still tells which of its test pictures were no test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tumordesk.core.errors import ConfigError, DataError, ModelError, WriteError
from tumordesk.core.evaluation import CaseResult
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import LEARNED_NAME
from tumordesk.core.training_run import CONFIG_NAME, DataConfig, TrainingConfig, read_config
from tumordesk.zoo import ModelEntry
from tumordesk.zoo.learned import (
    Codes,
    Learned,
    read_learned,
    record_of,
    write_learned,
    write_record,
)
from tumordesk_training.data import Case, DataSet
from tumordesk_training.layouts import scan
from tumordesk_training.learned import codes_of, match, used
from tumordesk_training.run_model import Run
from tumordesk_training.split import Split, read_split, select
from tumordesk_training.starts import knowledge_of
from tumordesk_training.usable import limited, usable
from tumordesk_training.words import many

BEFORE_NAME = "learned_before.safetensors"


@dataclass(frozen=True)
class Known:
    """Keys of the cases that the start of a run had learned from; with ``gaps``, maybe of more."""

    keys: frozenset[str] = frozenset()
    gaps: bool = False


def keep_before(folder: Path, config: TrainingConfig, *, resume: bool = False) -> None:
    """Keep in the run ``folder`` what that had learned from which ``config`` starts from.

    What a run that is resumed kept at its start stays.

    Raises:
        WriteError: it cannot be written.
    """
    if not config.initial_weights or (resume and (folder / BEFORE_NAME).exists()):
        return
    found = knowledge_of(config.initial_weights) or Learned(gaps=True)
    if not write_learned(folder / BEFORE_NAME, found.as_start()):
        write_learned(folder / BEFORE_NAME, Learned(gaps=True))


def known_before(
    folder: Path,
    config: TrainingConfig,
    cases: Sequence[Case],
    context: JobContext | None = None,
) -> Known:
    """The ``cases`` that the start of the run in ``folder`` had learned from.

    Raises:
        Cancelled: the user stopped it.
    """
    before = _before(folder, config)
    if not len(before.before):
        return Known(gaps=before.gaps)
    codes = codes_of(Path(config.data.root), cases, context)
    return Known(frozenset(match(cases, codes, before, context)), before.gaps)


def _before(folder: Path, config: TrainingConfig) -> Learned:
    """What the run kept; of a run that kept nothing, what its start knows by now."""
    if not config.initial_weights:
        return Learned()
    kept = read_learned(folder / BEFORE_NAME)
    if kept is None:
        kept = knowledge_of(config.initial_weights)
    return Learned(gaps=True) if kept is None else kept.as_start()


def told_of_start(
    config: TrainingConfig, part: str, cases: Sequence[Case], known: Known
) -> tuple[str, ...]:
    """Sentences on ``cases`` of ``part`` ("val", "test") that the start of a run knew already."""
    if part == "train":
        return ()
    told, start = [], Path(config.initial_weights).name
    if known.keys:
        told.append(
            f"{len(known.keys)} of {many(len(cases), _noun(cases))} of {part} were known before: "
            f"{start}, from which this training started, had learned from them, from nearly the "
            f"same or from others of the same patients. Figures on {part} flatter; start from "
            "scratch or from ImageNet weights for a fair test."
        )
    if known.gaps:
        more = "more than that" if known.keys else f"pictures of {part}"
        told.append(
            f"What {start}, from which this training started, had learned from is not recorded, or "
            f"not all of it: where it knew {more}, the figures flatter."
        )
    return tuple(told)


def told_of_others(
    config: TrainingConfig, cases: Sequence[Case], results: Sequence[CaseResult], known: Known
) -> tuple[str, ...]:
    """A sentence with the figure of the cases that the start of a run is not known to know."""
    others = [one for one in results if one.key not in known.keys]
    if not known.keys or not others:
        return ()
    start, noun = Path(config.initial_weights).name, _noun(cases)
    if others[0].truth:
        right = sum(one.said == one.truth for one in others)
        return (
            f"On the {many(len(others), noun)} not found among what {start} had learned from: "
            f"accuracy {right / len(others):.3f}.",
        )
    dice = [one.dice for one in others if one.true_px and one.dice is not None]
    if not dice:
        return ()
    return (
        f"On the {many(len(dice), noun)} with tumour not found among what {start} had learned "
        f"from: Dice {sum(dice) / len(dice):.3f}.",
    )


def _noun(cases: Sequence[Case]) -> str:
    return "volume" if cases and all(case.volume for case in cases) else "picture"


def learned_by(runs: Sequence[Run], context: JobContext | None = None) -> Learned:
    """What the network of a run learned from, or those of all folds of a cross-validation.

    Raises:
        ConfigError, DataError: the data have gone.
        Cancelled: the user stopped it.
    """
    first = runs[0]
    data, _ = usable(scan(first.root, first.config.data), first.config)
    chosen = {
        part: {
            case.key: case
            for run in runs
            for case in limited(select(data, run.split, part), run.config)
        }
        for part in ("train", "val")
    }
    train = tuple(chosen["train"].values())
    others = tuple(case for key, case in chosen["val"].items() if key not in chosen["train"])
    codes = codes_of(first.root, (*train, *others), context)
    config = first.config.data
    gaps = _unread(train, codes) or any(_gone(data, run.split) for run in runs)
    own = Learned(used(train, codes, config), used(others, codes, config), gaps=gaps)
    return own.joined(_before(first.folder, first.config))


def _gone(data: DataSet, split: Split) -> bool:
    """Whether pictures that were learned from are no longer in the data folder."""
    return len(select(data, split, "train")) < sum(split.counts.get("train", {}).values())


def _unread(cases: Sequence[Case], codes: Mapping[str, tuple[Codes, ...]]) -> bool:
    return not all(any(len(rows) for rows in codes[case.key]) for case in cases)


def _started(entry: ModelEntry) -> bool:
    """Whether the configuration that travels with a model names weights which know scans."""
    try:
        wish = read_config(entry.folder / CONFIG_NAME).initial_weights
    except ConfigError:
        return False
    known = knowledge_of(wish)
    return known is None or bool(len(known.as_start().before))


def add_to_model(
    entry: ModelEntry,
    root: Path,
    config: DataConfig,
    split: Path | None,
    *,
    before: bool = False,
    context: JobContext | None = None,
) -> Learned:
    """Add to the record of a model that is there already; the record as it is then.

    Args:
        split: whose parts "train" and "val" count; None: all of the data were learned from.
        before: not this model learned from them, but the one that its training started from.

    The record has gaps where nothing tells what the model's start knew, or it itself.

    Raises:
        ConfigError, DataError: no such data or split, or nothing of it is there.
        ModelError: the record that is there is damaged.
        WriteError: it cannot be written, or is too large.
        Cancelled: the user stopped it.
    """
    old = record_of(entry.folder)
    if old is None and (entry.folder / LEARNED_NAME).exists():
        raise ModelError(
            f"{LEARNED_NAME} of {entry.card.id} is damaged, or not the one its card describes.",
            "Delete it, and record all that the model learned from anew.",
        )
    channel = config.channel if config.channel is not None else entry.card.input.source_channel
    config = replace(config, root=str(root), channel=channel)
    data = scan(root, config)
    parts = read_split(split) if split is not None else None
    chosen = {
        part: select(data, parts, part) if parts else (data.cases if part == "train" else ())
        for part in ("train", "val")
    }
    codes = codes_of(root, (*chosen["train"], *chosen["val"]), context)
    new = Learned(
        used(chosen["train"], codes, config),
        used(chosen["val"], codes, config),
        gaps=_unread(chosen["train"], codes),
    )
    if not len(new.train) and not len(new.val):
        raise DataError(
            f"Nothing of {root.name} is in the training or validation part.",
            "Is this the split of this folder?",
        )
    if before:
        new = new.as_start()
    found = new if old is None else old.joined(new)
    lost = old is None and (entry.card.learned_sha256 != "" or _started(entry))
    if lost or not len(found.train):
        found = replace(found, gaps=True)  # of its own pictures, or of its start, nothing is known
    if not write_record(entry.folder, found):
        raise WriteError("There are too many pictures for a record.")
    return found
