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

from tumordesk import __version__
from tumordesk.core.errors import ConfigError, ModelError, WriteError
from tumordesk.core.jsonio import from_plain, read_json, to_plain
from tumordesk.core.model_card import CARD_NAME, Metric, ModelCard, TrainingData, write_card
from tumordesk.core.training_run import (
    CHECKPOINTS,
    CONFIG_NAME,
    SPLIT_NAME,
    TrainingConfig,
    read_config,
)
from tumordesk.networks import build
from tumordesk.networks.weights import save_weights
from tumordesk.zoo import ModelEntry, Zoo
from tumordesk.zoo.install import install
from tumordesk_training import checkpoints
from tumordesk_training.dataset import build_cache
from tumordesk_training.evaluate import Order, evaluate
from tumordesk_training.layouts import scan
from tumordesk_training.run import usable
from tumordesk_training.setup import card_of
from tumordesk_training.split import Split, read_split, select
from tumordesk_training.tune import tune

_TEXTS = ("name", "version", "summary", "licence", "limits", "training_data", "classes")
_FIGURES = (
    "dice_mean",
    "dice_by_image_mean",
    "false_positive_share",
    "accuracy",
    "balanced_accuracy",
)
_NAMES = {
    "dice_mean": "Dice, mean over groups",
    "dice_by_image_mean": "Dice, mean over pictures with tumour",
    "false_positive_share": "Share of empty pictures with more than 50 px outlined",
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
}


@dataclass(frozen=True)
class Publication:
    """What to make of a run. ``texts``: entries of the card written by people.

    ``out``: folder that gets ``<model_id>/``; None publishes into the user's models.
    ``tuned``: choose threshold and smallest outline on the validation part first.
    """

    run: Path
    model_id: str
    texts: dict[str, Any]
    out: Path | None = None
    data_root: Path | None = None
    tuned: bool = False
    replace: bool = False


def publish(order: Publication, say: Callable[[str], None] = lambda _: None) -> ModelEntry:
    """Write, evaluate and install a model; what is on the card was measured on these weights.

    Figures come from the run's own split: 'validation' (used to choose the checkpoint) and
    'test' (never seen, never chosen on), both grouped. ``say`` gets progress lines.

    Raises:
        ConfigError: not a run folder, or a text entry is not one of the card's.
        DataError: no checkpoint, or the data have gone.
        ModelError: the name is taken, or the weights are not numbers.
        WriteError: the files cannot be written; nothing partial is left.
    """
    config = read_config(order.run / CONFIG_NAME)
    if order.data_root is not None:
        config = replace(config, data=replace(config.data, root=str(order.data_root)))
    split = read_split(order.run / SPLIT_NAME)
    _refuse_taken(order)
    state = checkpoints.load(order.run / CHECKPOINTS / checkpoints.BEST)
    card = _with_texts(_described(_card(config, order.model_id), config, split), order.texts)
    network = build(config.architecture, card)
    checkpoints.fit(network, state.get("model"), checkpoints.BEST)
    if order.tuned and config.task == "segmentation":
        card = _tuned(card, network, config, split, say)
    with _staging(order) as folder:
        staged = folder / order.model_id
        staged.mkdir()
        card = replace(card, weights_sha256=save_weights(network, staged / card.weights_file))
        write_card(staged / CARD_NAME, card)
        entry = ModelEntry(card, staged, "user")
        card = replace(card, metrics=_measure(entry, order, config, say))
        write_card(staged / CARD_NAME, card)
        return _install(staged, order)


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
            f"{order.model_id} could not be written: {error.strerror or type(error).__name__}.",
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


def _card(config: TrainingConfig, model_id: str) -> ModelCard:
    try:
        return card_of(config, model_id)
    except ValueError as error:
        raise ConfigError(f"The model cannot be published so: {error}.") from error


def _install(staged: Path, order: Publication) -> ModelEntry:
    if order.out is None:
        return Zoo().add(staged, replace=order.replace)
    card, folder = install(staged, order.out, replace=order.replace)
    return ModelEntry(card, folder, "user")


def _described(card: ModelCard, config: TrainingConfig, split: Split) -> ModelCard:
    """Facts that no person needs to type."""
    images = sum(split.counts.get("train", {}).values())
    data = TrainingData(
        name=Path(config.data.root).resolve().name,
        licence="",
        citation="",
        patients=len(split.parts.get("train", ())) if config.data.volumes else None,
        images=images,
    )
    return replace(
        card,
        input=replace(card.input, source_channel=config.data.channel),
        training_data=(data,),
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        software=f"tumordesk {__version__}",
    )


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


def _measure(
    entry: ModelEntry, order: Publication, config: TrainingConfig, say: Callable[[str], None]
) -> tuple[Metric, ...]:
    metrics: list[Metric] = []
    for part, split_name in (("val", "validation"), ("test", "test")):
        split = read_split(order.run / SPLIT_NAME)
        if not split.parts.get(part):
            continue
        figures = evaluate(
            entry,
            Order(
                Path(config.data.root),
                config.data,
                order.run / SPLIT_NAME,
                part,
                volumes=config.data.volumes,
            ),
        )
        command = (
            f"tumordesk-train evaluate {order.model_id} {Path(config.data.root).name} "
            f"--split split.json --part {part}"
        )
        described = f"{split_name}, split by group (seed {split.seed}, {figures['groups']} groups)"
        for key in _FIGURES:
            value = figures.get(key)
            if value is not None:
                metrics.append(
                    Metric(
                        _NAMES[key],
                        round(float(value), 4),
                        described,
                        Path(config.data.root).name,
                        int(figures["n"]),
                        command,
                    )
                )
        say(f"{split_name}: {_text(figures)}")
    return tuple(metrics)


def _text(figures: dict[str, Any]) -> str:
    known = [(k, figures.get(k)) for k in _FIGURES]
    return ", ".join(f"{k} {v:.4f}" for k, v in known if v is not None)


def read_texts(path: Path) -> dict[str, Any]:
    """Card texts from a JSON file. Raises ConfigError naming the file."""
    texts = read_json(path)
    if not isinstance(texts, dict):
        raise ConfigError(f"{path.name} must hold an object with card entries.")
    return texts
