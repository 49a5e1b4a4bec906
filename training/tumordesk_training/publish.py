"""``tumordesk-train publish``: from the best checkpoint of a run to a model of the zoo."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from tumordesk.core.calibration import Calibration
from tumordesk.core.errors import ConfigError, DataError, ModelError, WriteError, plain_reason
from tumordesk.core.job import JobContext
from tumordesk.core.jsonio import from_plain, read_json, to_plain
from tumordesk.core.model_card import CARD_NAME, Metric, ModelCard, TrainingData, write_card
from tumordesk.core.training_run import SPLIT_NAME, TrainingConfig
from tumordesk.networks.weights import save_weights
from tumordesk.zoo import ModelEntry, Zoo
from tumordesk.zoo.archive import pack
from tumordesk.zoo.install import install
from tumordesk_training.dataset import build_cache
from tumordesk_training.evaluate import Order, evaluate
from tumordesk_training.evaluation.caveats import caveats
from tumordesk_training.evaluation.of_run import Part
from tumordesk_training.layouts import scan
from tumordesk_training.provenance import (
    method_words,
    software_words,
    split_words,
    write_provenance,
)
from tumordesk_training.reference import ERROR_NAME, calibration_of, make_reference
from tumordesk_training.run_model import Run, best_network, open_run, run_card
from tumordesk_training.split import Split, select
from tumordesk_training.tune import tune
from tumordesk_training.usable import usable

_TEXTS = ("name", "version", "summary", "licence", "limits", "training_data", "classes")
_FIGURES = (
    "dice_mean",
    "dice_by_image_mean",
    "false_positive_share",
    "accuracy",
    "balanced_accuracy",
    "ece",
)
_NAMES = {
    "dice_mean": "Dice, mean over groups",
    "dice_by_image_mean": "Dice, mean over pictures with tumour",
    "false_positive_share": "Share of empty pictures with more than 50 px outlined",
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "ece": ERROR_NAME,
}


@dataclass(frozen=True)
class Publication:
    """What to make of a run. ``texts``: entries of the card written by people.

    ``out``: folder that gets ``<model_id>/``; None publishes into the user's models.
    ``tuned``: choose threshold and smallest outline on the validation part first.
    ``archive``: also write the model as this one file.
    """

    run: Path
    model_id: str
    texts: dict[str, Any]
    out: Path | None = None
    data_root: Path | None = None
    tuned: bool = False
    replace: bool = False
    archive: Path | None = None


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
    _refuse_taken(order)
    card = _with_texts(_described(run_card(config, order.model_id), config, split), order.texts)
    network = best_network(run)
    if order.tuned and config.task == "segmentation":
        context.progress(0.0, "Choosing the threshold on validation")
        card = _tuned(card, network, config, split, say)
    with _staging(order) as folder:
        staged = folder / order.model_id
        staged.mkdir()
        card = replace(card, weights_sha256=save_weights(network, staged / card.weights_file))
        write_card(staged / CARD_NAME, card)
        entry = ModelEntry(card, staged, "user")
        card = _measured(entry, run, say, context)
        if card.task == "classification":
            card = _with_reference(ModelEntry(card, staged, "user"), run, say, context)
        if not card.limits:
            card = replace(card, limits=_limits(run))
        write_card(staged / CARD_NAME, card)
        write_provenance(order.run, config, split, staged)
        context.progress(1.0, "Publishing")
        published = _install(staged, order)
    if order.archive is not None:
        pack(published.folder, order.archive, overwrite=order.replace)
    return published


@contextmanager
def _staging(order: Publication) -> Iterator[Path]:
    """A folder for the model while it is made, gone afterwards whatever happens."""
    try:
        if order.out is not None:
            order.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="tumordesk-publish-") as folder:
            yield Path(folder)
    except OSError as error:
        raise WriteError(
            f"{order.model_id} could not be written: {plain_reason(error)}.",
            "Check free space and that the folder can be written, then try again.",
        ) from error


def _refuse_taken(order: Publication) -> None:
    """Before anything is measured, which takes minutes. The last word has the installation."""
    if order.out is None:
        taken = any(e.card.id == order.model_id for e in Zoo().entries(verify=False))
    else:
        taken = (order.out / order.model_id).exists()
    if taken and not order.replace:
        raise ModelError(
            f"A model named {order.model_id} is already there.",
            "Give another --id, or --replace to exchange one of yours.",
        )
    if order.archive is not None and order.archive.exists() and not order.replace:
        raise WriteError(
            f"{order.archive.name} is already there.", "Choose another name, or give --replace."
        )


def _install(staged: Path, order: Publication) -> ModelEntry:
    if order.out is None:
        return Zoo().add(staged, replace=order.replace)
    card, folder = install(staged, order.out, replace=order.replace)
    return ModelEntry(card, folder, "user")


def _described(card: ModelCard, config: TrainingConfig, split: Split) -> ModelCard:
    """Facts that no person needs to type."""
    pictures = sum(split.counts.get("train", {}).values())
    images = min(pictures, config.limit or pictures)  # of a trial, what it took
    groups = len(split.parts.get("train", ()))
    data = TrainingData(
        name=Path(config.data.root).resolve().name,
        licence="",
        citation="",
        patients=groups if config.data.volumes and images == pictures else None,
        images=images,
        note=split_words(split),
    )
    return replace(
        card,
        training_data=(data,),
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        software=software_words(),
    )


def _limits(run: Run) -> tuple[str, ...]:
    """What the split and the data themselves say against the figures."""
    data, _ = usable(scan(run.root, run.config.data), run.config)
    part: Part = "test" if run.split.parts.get("test") else "val"
    told = caveats(data, select(data, run.split, part), run.split, part, run.config)
    return (*told, f"Measured on pictures of the data set {run.root.resolve().name} alone.")


def _with_texts(card: ModelCard, texts: dict[str, Any]) -> ModelCard:
    unknown = sorted(set(texts) - set(_TEXTS))
    if unknown:
        raise ConfigError(
            f"The card texts hold unknown entries: {', '.join(unknown)}.",
            f"Allowed are: {', '.join(_TEXTS)}.",
        )
    result = from_plain(ModelCard, {**to_plain(card), **texts}, "card texts")
    names, own = [c.name for c in result.classes], [c.name for c in card.classes]
    if names != own:
        raise ConfigError(
            f"The card texts name the classes {', '.join(names)}.",
            f"Names and order must be those of the run: {', '.join(own)}. Labels are free.",
        )
    return result


def _tuned(
    card: ModelCard,
    network: nn.Module,
    config: TrainingConfig,
    split: Split,
    say: Callable[[str], None],
) -> ModelCard:
    data, _ = usable(scan(Path(config.data.root), config.data), config)
    cases = select(data, split, "val")
    cache = build_cache(cases, config.data, config.input, config.classes, config.task)
    setting, figures = tune(network, cache, config)
    say(
        f"Chosen on validation: threshold {setting.threshold}, islands from "
        f"{setting.min_area_px} px, outlines of a slice from {setting.min_slice_mass_px} px "
        f"({_text(figures)})"
    )
    return replace(card, postprocess=setting)


def _order(run: Run, part: str) -> Order:
    return Order(
        run.root, run.config.data, run.folder / SPLIT_NAME, part, volumes=run.config.data.volumes
    )


def _with_reference(
    entry: ModelEntry, run: Run, say: Callable[[str], None], context: JobContext
) -> ModelCard:
    """The card with the reference of the training pictures, where there are enough of them."""
    try:
        name = run.root.resolve().name
        command = f"tumordesk-train reference {entry.card.id} {name} --split split.json"
        return make_reference(entry, _order(run, "train"), command=command, context=context)
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
        figures = evaluate(entry, _order(run, part), context)
        command = (
            f"tumordesk-train evaluate {entry.card.id} {name} --split split.json --part {part}"
        )
        described = (
            f"{words}, split {method_words(run.split)} "
            f"(seed {run.split.seed}, {figures['groups']} groups)"
        )
        for key in _FIGURES:
            value = figures.get(key)
            if value is not None:
                rounded = round(float(value), 4)
                metrics.append(
                    Metric(_NAMES[key], rounded, described, name, int(figures["n"]), command)
                )
        if figures["ece"] is not None:
            found = calibration_of(figures, part, name, command)
        say(f"{words}: {_text(figures)}")
    return replace(entry.card, metrics=tuple(metrics), calibration=found)


def _text(figures: dict[str, Any]) -> str:
    known = [(k, figures.get(k)) for k in _FIGURES]
    return ", ".join(f"{k} {v:.4f}" for k, v in known if v is not None)


def read_texts(path: Path) -> dict[str, Any]:
    """Card texts from a JSON file. Raises ConfigError naming the file."""
    texts = read_json(path)
    if not isinstance(texts, dict):
        raise ConfigError(f"{path.name} must hold an object with card entries.")
    return texts
