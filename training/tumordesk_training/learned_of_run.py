"""The record of what a run learned from, and what the model it started from had learned from.

A run that starts from a model keeps that model's record in its folder: later, when the model may
be gone, it still tells which of its test pictures were no test.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from tumordesk.core.errors import DataError, ModelError, WriteError
from tumordesk.core.evaluation import CaseResult
from tumordesk.core.job import JobContext
from tumordesk.core.training_run import DataConfig, TrainingConfig
from tumordesk.zoo import ModelEntry
from tumordesk.zoo.learned import Learned, no_codes, read_learned, union, write_learned
from tumordesk_training.data import Case
from tumordesk_training.layouts import scan
from tumordesk_training.learned import SLICES, codes_of, match
from tumordesk_training.run_model import Run
from tumordesk_training.split import read_split, select
from tumordesk_training.starts import model_of
from tumordesk_training.usable import limited, usable
from tumordesk_training.words import many

BEFORE_NAME = "learned_before.safetensors"


def keep_before(folder: Path, config: TrainingConfig) -> None:
    """Keep in the run ``folder`` what the model learned from that ``config`` starts from.

    Raises:
        WriteError: it cannot be written.
    """
    path = folder / BEFORE_NAME
    path.unlink(missing_ok=True)
    try:
        entry = model_of(config.initial_weights)
    except ModelError:
        return  # told when the weights are loaded
    found = read_learned(entry.folder) if entry is not None else None
    if found is not None:
        write_learned(path, found.as_start())


def known_before(
    folder: Path,
    config: TrainingConfig,
    cases: Sequence[Case],
    context: JobContext | None = None,
) -> frozenset[str] | None:
    """Keys of the cases that the start of the run in ``folder`` had learned from; None: unknown.

    Raises:
        Cancelled: the user stopped it.
    """
    before = read_learned(folder / BEFORE_NAME)
    if before is None:
        return None if _from_model(config) else frozenset()
    codes = codes_of(Path(config.data.root), cases, config.data, context=context)
    return frozenset(match(codes, Learned(before=before.before), context))


def _from_model(config: TrainingConfig) -> bool:
    try:
        return model_of(config.initial_weights) is not None
    except ModelError:
        return True  # it has gone


def told_of_start(
    config: TrainingConfig, part: str, total: int, known: Collection[str] | None
) -> tuple[str, ...]:
    """A sentence on pictures of ``part`` ("val", "test") that the start of a run knew already.

    Args:
        total: cases of the part. known: as :func:`known_before` gives them.
    """
    if part == "train" or (known is not None and not known):
        return ()
    start = Path(config.initial_weights).name
    if known is None:
        return (
            f"What {start} learned from, the model that this training started from, is not "
            f"recorded: where it knew pictures of {part}, the figures flatter.",
        )
    return (
        f"{len(known)} of {total} pictures of {part} were known before: {start}, the model that "
        f"this training started from, had learned from them or from nearly the same. Figures on "
        f"{part} flatter; start from scratch or from other weights for a fair test.",
    )


def told_of_others(results: Sequence[CaseResult], known: Collection[str] | None) -> tuple[str, ...]:
    """A sentence with the figure of the pictures that the start of a run did not know."""
    others = [one for one in results if one.key not in (known or ())]
    if not known or not others:
        return ()
    if others[0].truth:
        right = sum(one.said == one.truth for one in others)
        return (
            f"On the {many(len(others), 'picture')} that it did not know: accuracy "
            f"{right / len(others):.3f}.",
        )
    dice = [one.dice for one in others if one.true_px and one.dice is not None]
    if not dice:
        return ()
    return (
        f"On the {many(len(dice), 'picture')} with tumour that it did not know: Dice "
        f"{sum(dice) / len(dice):.3f}.",
    )


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
    cases = {**chosen["val"], **chosen["train"]}
    codes = codes_of(
        first.root, tuple(cases.values()), first.config.data, slices=SLICES, context=context
    )
    train = union(no_codes(), *(codes[key] for key in chosen["train"] if key in codes))
    others = [codes[key] for key in chosen["val"] if key in codes and key not in chosen["train"]]
    before = read_learned(first.folder / BEFORE_NAME) or Learned()
    return before.joined(Learned(train, union(no_codes(), *others)))


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

    Raises:
        ConfigError, DataError: no such data or split, or nothing of it is there.
        WriteError: it cannot be written, or is too large.
        Cancelled: the user stopped it.
    """
    channel = config.channel if config.channel is not None else entry.card.input.source_channel
    config = replace(config, root=str(root), channel=channel)
    data = scan(root, config)
    parts = read_split(split) if split is not None else None
    tables = {}
    for part in ("train", "val"):
        chosen = data.cases if part == "train" else ()
        cases = chosen if parts is None else select(data, parts, part)
        codes = codes_of(root, cases, config, slices=SLICES, context=context)
        tables[part] = union(no_codes(), *codes.values())
    if not len(tables["train"]):
        raise DataError(
            f"Nothing of {root.name} is in the training part.", "Is this the split of this folder?"
        )
    found = Learned(**tables)
    found = (read_learned(entry.folder) or Learned()).joined(found.as_start() if before else found)
    if not write_learned(entry.folder, found):
        raise WriteError("There are too many pictures for a record.")
    return found
