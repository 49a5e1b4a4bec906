"""``tumordesk-train publish``: from the best checkpoint of a run to a model of the zoo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from torch import nn

from tumordesk.core.calibration import Calibration
from tumordesk.core.errors import DataError
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import CARD_NAME, Metric, ModelCard, TrainingData, write_card
from tumordesk.core.training_run import TrainingConfig
from tumordesk.networks.weights import save_weights
from tumordesk.zoo import ModelEntry
from tumordesk.zoo.archive import pack
from tumordesk.zoo.learned import write_record
from tumordesk_training.data import Case, DataSet
from tumordesk_training.evaluate import evaluate
from tumordesk_training.evaluation.caveats import caveats
from tumordesk_training.evaluation.of_run import Part
from tumordesk_training.layouts import scan
from tumordesk_training.learned_of_run import known_before, learned_by, told_of_start
from tumordesk_training.provenance import (
    method_words,
    software_words,
    split_words,
    write_provenance,
)
from tumordesk_training.publication import (
    FIGURE_NAMES,
    FIGURES,
    Publication,
    figures_words,
    install_staged,
    part_order,
    read_texts,
    refuse_taken,
    setting_words,
    staging,
    validation_part,
    with_texts,
)
from tumordesk_training.reference import calibration_of, make_reference
from tumordesk_training.run_model import Run, best_network, open_run, run_card
from tumordesk_training.split import Split, select
from tumordesk_training.tune import tune
from tumordesk_training.usable import limited, usable


def publish(
    order: Publication,
    say: Callable[[str], None] = lambda _: None,
    context: JobContext | None = None,
) -> ModelEntry:
    """Write, evaluate and install a model; what is on the card was measured on these weights.

    Figures come from the run's own split: 'validation' (used to choose the checkpoint) and
    'test' (never seen, never chosen on). The model folder gets config.json, split.json and
    environment.json without names of patients. ``say`` gets progress lines.

    Raises:
        ConfigError: not a run folder, or a text entry is not one of the card's.
        DataError: no checkpoint, or the data have gone.
        ModelError: the name is taken, or the weights are not numbers.
        WriteError: the files cannot be written; nothing partial is left.
        Cancelled: the user stopped it; nothing is left.
    """
    context = context or JobContext()
    run = open_run(order.run, order.data_root)
    config, split = run.config, run.split
    refuse_taken(order)
    card = with_texts(described(run_card(config, order.model_id), config, split), order.texts)
    network = best_network(run)
    if order.tuned and config.task == "segmentation":
        context.progress(0.0, "Choosing the threshold on validation")
        card = _tuned(card, network, run, say)
    with staging(order) as folder:
        staged = folder / order.model_id
        staged.mkdir()
        card = replace(card, weights_sha256=save_weights(network, staged / card.weights_file))
        write_card(staged / CARD_NAME, card)
        entry = ModelEntry(card, staged, "user")
        card = _measured(entry, run, say, context)
        if card.task == "classification":
            card = with_reference(ModelEntry(card, staged, "user"), run, say, context)
        limits = (*(card.limits or limits_of(run)), *start_limits(run, context))
        card = replace(card, limits=tuple(dict.fromkeys(limits)))
        write_card(staged / CARD_NAME, card)
        write_provenance(order.run, config, split, staged)
        if order.recorded:
            record_learned((run,), staged, say, context)
        context.progress(1.0, "Publishing")
        published = install_staged(staged, order)
    if order.archive is not None:
        pack(published.folder, order.archive, overwrite=order.replace)
    return published


def described(card: ModelCard, config: TrainingConfig, split: Split) -> ModelCard:
    """Facts that no person needs to type."""
    pictures = sum(split.counts.get("train", {}).values())
    patients = len(split.parts.get("train", ())) if _of_patients(config, split) else None
    images = min(pictures, config.limit or pictures)  # of a trial, what it took
    data = TrainingData(
        name=Path(config.data.root).resolve().name,
        licence="",
        citation="",
        patients=patients if images == pictures else None,
        images=images,
        note=split_words(split),
    )
    return replace(
        card,
        training_data=(data,),
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        software=software_words(),
    )


def _of_patients(config: TrainingConfig, split: Split) -> bool:
    """Whether the names in the parts of the split stand for patients, not for pictures."""
    unknown = any(sentence.startswith("Patients are not known") for sentence in split.warnings)
    return config.data.volumes and not split.by_picture and not unknown


def record_learned(
    runs: Sequence[Run], folder: Path, say: Callable[[str], None], context: JobContext
) -> None:
    """Write into a model ``folder`` which pictures the network, or those of all folds, know."""
    if not write_record(folder, learned_by(runs, context)):
        say("Which pictures it learned from is not recorded: there are too many.")


def limits_of(run: Run) -> tuple[str, ...]:
    """What the split and the data themselves say against the figures."""
    data, part, cases = _tested(run)
    return (
        *caveats(data, cases, run.split, part, run.config),
        f"Measured on pictures of the data set {run.root.resolve().name} alone.",
    )


def start_limits(run: Run, context: JobContext) -> tuple[str, ...]:
    """What the start of the run knew of the pictures that its figures come from."""
    _, part, cases = _tested(run)
    known = known_before(run.folder, run.config, cases, context)
    return told_of_start(run.config, part, cases, known)


def _tested(run: Run) -> tuple[DataSet, Part, tuple[Case, ...]]:
    data, _ = usable(scan(run.root, run.config.data), run.config)
    part: Part = "test" if run.split.parts.get("test") else "val"
    return data, part, limited(select(data, run.split, part), run.config)


def _tuned(card: ModelCard, network: nn.Module, run: Run, say: Callable[[str], None]) -> ModelCard:
    setting, figures = tune(network, validation_part(run), run.config)
    say(f"Chosen on validation: {setting_words(setting, figures)}")
    return replace(card, postprocess=setting)


def with_reference(
    entry: ModelEntry, run: Run, say: Callable[[str], None], context: JobContext
) -> ModelCard:
    """The card with the reference of the training pictures, where there are enough of them."""
    split = "split.json" if entry.card.members == 1 else "RUN/fold-0/split.json"
    try:
        name = run.root.resolve().name
        command = f"tumordesk-train reference {entry.card.id} {name} --split {split}"
        return make_reference(entry, part_order(run, "train"), command=command, context=context)
    except DataError as error:
        say(f"No reference: {error.message}")
        return entry.card


def _measured(
    entry: ModelEntry, run: Run, say: Callable[[str], None], context: JobContext
) -> ModelCard:
    """The card with its figures; calibration is that of the test part where there is one."""
    metrics: list[Metric] = []
    found: Calibration | None = None
    name = run.root.resolve().name
    for part, words in (("val", "validation"), ("test", "test")):
        if not run.split.parts.get(part):
            continue
        figures = evaluate(entry, part_order(run, part), context)
        command = (
            f"tumordesk-train evaluate {entry.card.id} {name} --split split.json --part {part}"
        )
        described = (
            f"{words}, split {method_words(run.split)} "
            f"(seed {run.split.seed}, {figures['groups']} groups)"
        )
        for key in FIGURES:
            value = figures.get(key)
            if value is not None:
                rounded = round(float(value), 4)
                metrics.append(
                    Metric(FIGURE_NAMES[key], rounded, described, name, int(figures["n"]), command)
                )
        if figures["ece"] is not None:
            found = calibration_of(figures, part, name, command)
        say(f"{words}: {figures_words(figures)}")
    return replace(entry.card, metrics=tuple(metrics), calibration=found)


__all__ = ["Publication", "publish", "read_texts"]
