"""From a cross-validation to one model: the networks of all folds, their probabilities averaged.

Each case was seen by all of these networks but one, so nothing is left to measure them on together.
The figures on the card are those of each network alone, on the part that it did not see.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from tumordesk.core.errors import ConfigError
from tumordesk.core.job import JobContext
from tumordesk.core.jsonio import write_json
from tumordesk.core.model_card import (
    CARD_NAME,
    MAX_MEMBERS,
    Metric,
    ModelCard,
    Postprocess,
    write_card,
)
from tumordesk.core.training_run import CONFIG_NAME, SPLIT_NAME, RunState, read_run
from tumordesk.networks.ensemble import Ensemble
from tumordesk.networks.weights import save_weights
from tumordesk.zoo import ModelEntry
from tumordesk.zoo.archive import pack
from tumordesk_training.dataset import build_cache
from tumordesk_training.evaluate import evaluate
from tumordesk_training.layouts import scan
from tumordesk_training.provenance import method_words, split_summary, write_provenance
from tumordesk_training.publication import (
    FIGURE_NAMES,
    FIGURES,
    Publication,
    figures_words,
    install_staged,
    part_order,
    refuse_taken,
    staging,
    with_texts,
)
from tumordesk_training.publish import described, limits_of, with_reference
from tumordesk_training.run_model import Run, best_network, open_run, run_card
from tumordesk_training.split import select
from tumordesk_training.tune import probabilities, tune_all
from tumordesk_training.usable import usable
from tumordesk_training.work import Share

_FOLD = re.compile(r"fold-(\d+)")
_NAME = re.compile(r", fold \d+ of \d+$")
_MEASURING = 0.9


@dataclass(frozen=True, eq=False)
class _Fold:
    run: Run
    network: nn.Module


def is_cross_validation(folder: Path) -> bool:
    """Whether a folder holds the folds of one, and is no run itself."""
    return not (folder / SPLIT_NAME).exists() and any(_begun(folder))


def publish_folds(
    order: Publication,
    say: Callable[[str], None] = lambda _: None,
    context: JobContext | None = None,
) -> ModelEntry:
    """Write and install one model of all folds of the cross-validation ``order.run``.

    With ``order.tuned``, threshold and smallest outline are chosen on the validation parts of all
    folds, each outlined by the network of its fold.

    Raises:
        ConfigError: folds are missing or not finished, or their orders differ.
        DataError, ModelError, WriteError, Cancelled: as :func:`tumordesk_training.publish.publish`.
    """
    context = context or JobContext()
    runs = _finished(order.run, order.data_root)
    refuse_taken(order)
    first = runs[0]
    folds = [_Fold(run, best_network(run)) for run in runs]
    card = run_card(replace(first.config, name=_NAME.sub("", first.config.name)), order.model_id)
    card = with_texts(_of_all(card, runs), order.texts)
    if order.tuned and card.task == "segmentation":
        context.progress(0.0, "Choosing the threshold on validation")
        card = replace(card, postprocess=_tuned(folds, say))
    with staging(order) as folder:
        card = replace(card, metrics=_metrics(folds, card, folder, say, context))
        staged = folder / order.model_id
        staged.mkdir()
        whole = Ensemble([fold.network for fold in folds])
        sha256 = save_weights(whole, staged / card.weights_file)
        card = replace(card, members=len(folds), weights_sha256=sha256)
        write_card(staged / CARD_NAME, card)
        if card.task == "classification":
            card = with_reference(ModelEntry(card, staged, "user"), first, say, context)
        limits = card.limits or limits_of(first)
        told = f"What its {len(folds)} networks say together was not measured: {_SEEN}."
        card = replace(card, limits=(*limits, told))
        write_card(staged / CARD_NAME, card)
        write_provenance(first.folder, first.config, first.split, staged)
        write_json(staged / SPLIT_NAME, _splits(runs))
        context.progress(1.0, "Publishing")
        published = install_staged(staged, order)
    if order.archive is not None:
        pack(published.folder, order.archive, overwrite=order.replace)
    return published


_SEEN = "each picture was shown to all of them but one while they learned"


def _begun(folder: Path) -> Iterator[Path]:
    return (
        one.parent for one in folder.glob(f"fold-*/{CONFIG_NAME}") if _FOLD.match(one.parent.name)
    )


def _finished(series: Path, data_root: Path | None) -> tuple[Run, ...]:
    """All folds in order. Raises ConfigError where one is missing: its part would be measured by
    nobody, and the model would have seen less than it says."""
    numbered = sorted(_begun(series), key=lambda one: int(one.name.removeprefix("fold-")))
    runs = [open_run(one, data_root) for one in numbered]
    wanted = runs[0].config.split.folds
    done = [run for run in runs if read_run(run.folder).state is RunState.FINISHED]
    if len(done) < wanted:
        raise ConfigError(
            f"Of {wanted} folds {len(done)} are finished.",
            "Train the others first (kfold --resume), or publish one fold alone.",
        )
    if wanted > MAX_MEMBERS:
        raise ConfigError(
            f"A model holds at most {MAX_MEMBERS} networks; there are {wanted} folds.",
            "Publish one fold alone.",
        )
    if any(_alone(run) != _alone(runs[0]) for run in runs):
        raise ConfigError(
            f"The folds of {series.name} were not trained by the same order.",
            "Publish one fold alone.",
        )
    return tuple(runs)


def _alone(run: Run) -> Any:
    """The order of a fold without what tells it from the others."""
    split = replace(run.config.split, fold=0, file="")
    return replace(run.config, name="", split=split, batch_size=0)


def _of_all(card: ModelCard, runs: Sequence[Run]) -> ModelCard:
    """With the facts of all folds: together they learned from everything that was split."""
    first = runs[0]
    (data,) = described(card, first.config, first.split).training_data
    counts = first.split.counts
    images = sum(sum(labels.values()) for labels in counts.values())
    groups = sum(len(groups) for groups in first.split.parts.values())
    note = (
        f"Cross-validation, split {method_words(first.split)} (seed {first.split.seed}): "
        f"{len(runs)} networks, each trained without another part; the mean of their "
        "probabilities counts."
    )
    whole = replace(
        data,
        images=None if first.config.limit else images,
        patients=groups if data.patients is not None else None,
        note=note,
    )
    return replace(described(card, first.config, first.split), training_data=(whole,))


def _tuned(folds: Sequence[_Fold], say: Callable[[str], None]) -> Postprocess:
    found = []
    for fold in folds:
        config = fold.run.config
        data, _ = usable(scan(fold.run.root, config.data), config)
        cases = select(data, fold.run.split, "val")
        cache = build_cache(cases, config.data, config.input, config.classes, config.task)
        found.append((probabilities(fold.network, cache, config), cache))
    setting, figures = tune_all(found, folds[0].run.config)
    say(
        f"Chosen on the validation parts: threshold {setting.threshold}, islands from "
        f"{setting.min_area_px} px, outlines of a slice from {setting.min_slice_mass_px} px "
        f"({figures_words(figures)})"
    )
    return setting


def _metrics(
    folds: Sequence[_Fold],
    card: ModelCard,
    folder: Path,
    say: Callable[[str], None],
    context: JobContext,
) -> tuple[Metric, ...]:
    """Mean over the folds, each network on its own test part, with weights as they are stored."""
    figures = []
    for number, fold in enumerate(folds):
        staged = folder / f"fold-{number}"
        staged.mkdir()
        own = replace(card, weights_sha256=save_weights(fold.network, staged / card.weights_file))
        write_card(staged / CARD_NAME, own)
        share = _MEASURING / len(folds)
        part = Share(context, number * share, (number + 1) * share)
        figures.append(
            evaluate(ModelEntry(own, staged, "user"), part_order(fold.run, "test"), part)
        )
        say(f"fold {number + 1} of {len(folds)}, test: {figures_words(figures[-1])}")
    first = folds[0].run
    pictures = sum(int(found["n"]) for found in figures)
    metrics = []
    for key in FIGURES:
        values = [float(found[key]) for found in figures if found.get(key) is not None]
        if len(values) < 2:
            continue
        described_as = (
            f"cross-validation, {len(values)} folds, each network on the part it did not see; "
            f"standard deviation {statistics.stdev(values):.4f}; split "
            f"{method_words(first.split)} (seed {first.split.seed})"
        )
        metrics.append(
            Metric(
                FIGURE_NAMES[key], round(statistics.fmean(values), 4), described_as,
                first.root.resolve().name, pictures, "tumordesk-train evaluate RUN/fold-K",
            )
        )  # fmt: skip
    return tuple(metrics)


def _splits(runs: Sequence[Run]) -> dict[str, Any]:
    return {"schema": 1, "folds": [split_summary(run.split) for run in runs]}
