"""From a cross-validation to one model: the networks of all folds, their probabilities averaged.

Each picture was learned from by some of these networks, so nothing is left to measure them on
together. The figures on the card are those of each network alone, on the part it did not see.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt
from torch import nn

from tumordesk.core.fold_names import fold_folders, without_fold
from tumordesk.core.job import JobContext
from tumordesk.core.jsonio import write_json
from tumordesk.core.model_card import (
    CARD_NAME,
    Metric,
    ModelCard,
    Postprocess,
    write_card,
)
from tumordesk.core.training_run import CONFIG_NAME, SPLIT_NAME
from tumordesk.networks.ensemble import Ensemble
from tumordesk.networks.weights import save_weights
from tumordesk.zoo import ModelEntry
from tumordesk.zoo.archive import pack
from tumordesk_training.dataset import Cache
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
    setting_words,
    staging,
    validation_part,
    with_texts,
)
from tumordesk_training.publish import (
    described,
    limits_of,
    record_learned,
    start_limits,
    with_reference,
)
from tumordesk_training.run_model import Run, best_network, run_card
from tumordesk_training.split import select
from tumordesk_training.tune import probabilities, tune_all
from tumordesk_training.usable import usable
from tumordesk_training.whole_folds import finished_folds
from tumordesk_training.work import Share

_MEASURING = 0.9


@dataclass(frozen=True, eq=False)
class _Fold:
    """A fold with the network of its best epoch. ``found``: what that says of the validation part,
    where a threshold is chosen on it."""

    run: Run
    network: nn.Module
    found: tuple[npt.NDArray[Any], Cache] | None = None


def is_cross_validation(folder: Path) -> bool:
    """Whether a folder holds the folds of one, and is no run itself."""
    return not (folder / SPLIT_NAME).exists() and bool(fold_folders(folder, CONFIG_NAME))


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
    runs = finished_folds(order.run, order.data_root)
    refuse_taken(order)
    first = runs[0]
    tuned = order.tuned and first.config.task == "segmentation"
    folds = [_opened(run, tuned, context) for run in runs]
    card = run_card(replace(first.config, name=without_fold(first.config.name)), order.model_id)
    card = with_texts(_of_all(described(card, first.config, first.split)), order.texts)
    card = _filled(card, runs)
    with staging(order) as folder:
        card = replace(card, metrics=_means(folds, _measured(folds, card, folder, say, context)))
        if tuned:
            card = replace(card, postprocess=_chosen(folds, say))
        staged = folder / order.model_id
        staged.mkdir()
        whole = Ensemble([fold.network for fold in folds])
        sha256 = save_weights(whole, staged / card.weights_file)
        card = replace(card, members=len(folds), weights_sha256=sha256)
        write_card(staged / CARD_NAME, card)
        if card.task == "classification":
            card = with_reference(ModelEntry(card, staged, "user"), first, say, context)
        limits = (*(card.limits or _limits(runs)), *_of_starts(runs, context))
        card = replace(card, limits=(*limits, _not_measured(len(folds))))
        write_card(staged / CARD_NAME, card)
        write_provenance(first.folder, first.config, first.split, staged)
        write_json(staged / SPLIT_NAME, _splits(runs))
        if order.recorded:
            record_learned(runs, staged, say, context)
        context.progress(1.0, "Publishing")
        published = install_staged(staged, order)
    if order.archive is not None:
        pack(published.folder, order.archive, overwrite=order.replace)
    return published


def _not_measured(count: int) -> str:
    return (
        f"What its {count} networks say together was not measured: some of them learned from any "
        "picture of these data, so no figure on these data is a test of this model."
    )


def _limits(runs: Sequence[Run]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(limit for run in runs for limit in limits_of(run)))


def _of_starts(runs: Sequence[Run], context: JobContext) -> tuple[str, ...]:
    return tuple(
        f"{run.folder.name}: {sentence}" for run in runs for sentence in start_limits(run, context)
    )


# What goes on the card ------------------------------------------------------------------------


def _opened(run: Run, tuned: bool, context: JobContext) -> _Fold:
    network = best_network(run)
    if not tuned:
        return _Fold(run, network)
    context.progress(0.0, "Choosing the threshold on validation")
    cache = validation_part(run)
    return _Fold(run, network, (probabilities(network, cache, run.config), cache))


def _of_all(card: ModelCard) -> ModelCard:
    """A card that says nothing yet of how much all folds learned from together."""
    (data,) = card.training_data
    return replace(card, training_data=(replace(data, images=None, patients=None, note=""),))


def _filled(card: ModelCard, runs: Sequence[Run]) -> ModelCard:
    """With what the training parts of all folds hold together, where nobody wrote anything else.

    A person may have listed several data sets: how much each of them gave is then not known here.
    """
    if not card.training_data:
        return card
    first, several = runs[0], len(card.training_data) > 1
    data, _ = usable(scan(first.root, first.config.data), first.config)
    parts = [select(data, run.split, "train") for run in runs]
    learned = {case.key: case.group for part in parts for case in part}
    limit = first.config.limit
    whole = not several and (not limit or all(len(part) <= limit for part in parts))
    groups = len(set(learned.values()))
    known = first.split.method == "group" and groups < len(learned)
    told = card.training_data[0]
    note = (
        f"Cross-validation, split {method_words(first.split)} (seed {first.split.seed}): "
        f"{len(runs)} networks, each trained without another part; the mean of their "
        "probabilities counts."
    )
    told = replace(
        told,
        images=len(learned) if told.images is None and whole else told.images,
        patients=groups if told.patients is None and whole and known else told.patients,
        note=told.note or note,
    )
    return replace(card, training_data=(told, *card.training_data[1:]))


def _chosen(folds: Sequence[_Fold], say: Callable[[str], None]) -> Postprocess:
    """Threshold and smallest outline by the validation parts of all folds."""
    found = [fold.found for fold in folds if fold.found is not None]
    setting, figures = tune_all(found, folds[0].run.config)
    say(f"Chosen on the validation parts: {setting_words(setting, figures)}")
    return setting


def _measured(
    folds: Sequence[_Fold],
    card: ModelCard,
    folder: Path,
    say: Callable[[str], None],
    context: JobContext,
) -> list[dict[str, Any]]:
    """Figures of each network on its own test part, with weights as they are stored.

    Where thresholds are chosen, each is measured with the one of its own validation part: that of
    all folds was chosen on pictures which other folds test.
    """
    figures = []
    for number, fold in enumerate(folds):
        staged = folder / f"fold-{number}"
        staged.mkdir()
        own = replace(card, weights_sha256=save_weights(fold.network, staged / card.weights_file))
        if fold.found is not None:
            own = replace(own, postprocess=tune_all([fold.found], fold.run.config)[0])
        write_card(staged / CARD_NAME, own)
        share = _MEASURING / len(folds)
        part = Share(context, number * share, (number + 1) * share)
        entry = ModelEntry(own, staged, "user")
        figures.append(evaluate(entry, part_order(fold.run, "test"), part))
        say(f"fold {number + 1} of {len(folds)}, test: {figures_words(figures[-1])}")
    return figures


def _means(folds: Sequence[_Fold], figures: Sequence[dict[str, Any]]) -> tuple[Metric, ...]:
    """Mean over the folds, with its standard deviation in words."""
    first = folds[0].run
    how = ", thresholds of its own validation part" if folds[0].found is not None else ""
    pictures = sum(int(found["n"]) for found in figures)
    metrics = []
    for key in FIGURES:
        values = [float(found[key]) for found in figures if found.get(key) is not None]
        if len(values) < 2:
            continue
        words = (
            f"cross-validation, {len(values)} folds, each network on the part it did not see{how}; "
            f"standard deviation {statistics.stdev(values):.4f}; split "
            f"{method_words(first.split)} (seed {first.split.seed})"
        )
        mean, name = round(statistics.fmean(values), 4), first.root.resolve().name
        command = "tumordesk-train evaluate RUN/fold-K"
        metrics.append(Metric(FIGURE_NAMES[key], mean, words, name, pictures, command))
    return tuple(metrics)


def _splits(runs: Sequence[Run]) -> dict[str, Any]:
    return {"schema": 1, "folds": [split_summary(run.split) for run in runs]}
