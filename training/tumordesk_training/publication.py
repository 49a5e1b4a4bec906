"""What publishing a run and publishing a cross-validation share: order, texts, staging."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError, ModelError, WriteError, plain_reason
from tumordesk.core.jsonio import from_plain, read_json, to_plain
from tumordesk.core.model_card import ModelCard, Postprocess
from tumordesk.core.training_run import SPLIT_NAME
from tumordesk.zoo import ModelEntry, Zoo
from tumordesk.zoo.install import install
from tumordesk_training.dataset import Cache, build_cache
from tumordesk_training.evaluate import Order
from tumordesk_training.layouts import scan
from tumordesk_training.reference import ERROR_NAME
from tumordesk_training.run_model import Run
from tumordesk_training.split import select
from tumordesk_training.usable import usable

_TEXTS = ("name", "version", "summary", "licence", "limits", "training_data", "classes")
FIGURES = (
    "dice_mean",
    "dice_classes_mean",
    "dice_by_image_mean",
    "hd95_mm_median",
    "hd95_px_median",
    "false_positive_share",
    "accuracy",
    "balanced_accuracy",
    "ece",
)
FIGURE_NAMES = {
    "dice_mean": "Dice, mean over groups",
    "dice_classes_mean": "Dice, mean over classes",
    "dice_by_image_mean": "Dice, mean over pictures with tumour",
    "hd95_mm_median": "HD95 in mm, median over groups",
    "hd95_px_median": "HD95 in pixels, median over groups",
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
    ``archive``: also write the model as this one file. ``recorded``: the model gets a record of the
    pictures it learned from.
    """

    run: Path
    model_id: str
    texts: dict[str, Any]
    out: Path | None = None
    data_root: Path | None = None
    tuned: bool = False
    replace: bool = False
    archive: Path | None = None
    recorded: bool = True


@contextmanager
def staging(order: Publication) -> Iterator[Path]:
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


def refuse_taken(order: Publication) -> None:
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


def install_staged(staged: Path, order: Publication) -> ModelEntry:
    """Move the finished model to where it was ordered. Raises ModelError, WriteError."""
    if order.out is None:
        return Zoo().add(staged, replace=order.replace)
    card, folder = install(staged, order.out, replace=order.replace)
    return ModelEntry(card, folder, "user")


def with_texts(card: ModelCard, texts: dict[str, Any]) -> ModelCard:
    """The card with what people wrote. Raises ConfigError: entries or classes that it has not."""
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


def part_order(run: Run, part: str) -> Order:
    """How one part of a run's own split is measured."""
    return Order(
        run.root, run.config.data, run.folder / SPLIT_NAME, part, volumes=run.config.data.volumes
    )


def validation_part(run: Run) -> Cache:
    """The pictures on which a threshold is chosen. Raises DataError where they are gone."""
    config = run.config
    data, _ = usable(scan(run.root, config.data), config)
    cases = select(data, run.split, "val")
    return build_cache(cases, config.data, config.input, config.classes, config.task)


def setting_words(setting: Postprocess, figures: dict[str, Any]) -> str:
    """What was chosen there, for the person who watches."""
    return (
        f"threshold {setting.threshold}, islands from {setting.min_area_px} px, outlines of a "
        f"slice from {setting.min_slice_mass_px} px ({figures_words(figures)})"
    )


def figures_words(figures: dict[str, Any]) -> str:
    """'dice_mean 0.8123, …', of those that were measured."""
    known = [(k, figures.get(k)) for k in FIGURES]
    return ", ".join(f"{k} {v:.4f}" for k, v in known if v is not None)


def read_texts(path: Path) -> dict[str, Any]:
    """Card texts from a JSON file. Raises ConfigError naming the file."""
    texts = read_json(path)
    if not isinstance(texts, dict):
        raise ConfigError(f"{path.name} must hold an object with card entries.")
    return texts
