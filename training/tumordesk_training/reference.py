"""``tumordesk-train reference``: what a classifier's training pictures look like to it.

From the pictures it learned from come their clouds (see :mod:`tumordesk.inference.unlike`), from
pictures of the same data that it did not learn from the limit that 99 of 100 stay below, and from
the test part how often it is right when it is so sure. The weights are not touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.calibration import Calibration, CalibrationBin
from tumordesk.core.errors import DataError, ModelError
from tumordesk.core.job import JobContext
from tumordesk.core.jsonio import atomic_write, from_plain
from tumordesk.core.model_card import (
    CARD_NAME,
    REFERENCE_NAME,
    Metric,
    ModelCard,
    Reference,
    write_card,
)
from tumordesk.core.training_run import DataConfig
from tumordesk.inference.devices import choose_device
from tumordesk.inference.engine import Engine
from tumordesk.inference.unlike import METHOD, Cloud, Familiar, slice_traits, tapped
from tumordesk.networks.weights import load_model
from tumordesk.zoo import ModelEntry
from tumordesk_training.data import Case
from tumordesk_training.dataset import stacks_of
from tumordesk_training.evaluate import (
    Order,
    Work,
    config_for,
    evaluate,
    labelled_cases,
    stacks_for,
)
from tumordesk_training.split import read_split

FEWEST_TRAINING = 20
FEWEST_VALIDATION = 10
MOST = 6000
"""Pictures that are looked at: more do not make the clouds much better."""
QUANTILE = 0.99
ERROR_NAME = "Expected calibration error"
_AXES = {"features": 128, "traits": 24}
_WORDS = {"train": "training", "val": "validation", "test": "test"}


@dataclass(frozen=True, eq=False)
class Seen:
    """Pictures as the network sees them: features (n, d), traits (n, t), class numbers (n,)."""

    features: npt.NDArray[np.float32]
    traits: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]


def look(entry: ModelEntry, order: Order, context: JobContext | None = None) -> Seen:
    """Run a classifier over one part of labelled data, through the code of inference.

    Raises:
        DataError: nothing usable is there.
        ModelError: the model is no classifier, or its weights do not match its card.
        Cancelled: the user stopped it.
    """
    context = context or JobContext()
    card = _classifier(entry.card)
    config = config_for(order, card)
    cases, _ = labelled_cases(order, config, card)
    config = replace(config, volumes=bool(order.volumes))
    cases = thinned(cases, config)
    names = [spec.name for spec in card.classes]
    network = load_model(entry.folder, card)
    traits: list[npt.NDArray[np.float32]] = []
    labels: list[int] = []
    choice = choose_device(order.device)
    with Engine(network, choice.device, card.input.size) as engine, tapped(network) as tap:
        work = Work(card, engine, False, context, [])
        for stack in stacks_for(cases, config, work, None):
            indices = range(len(stack.cases))
            for first in range(0, len(indices), engine.batch_size):
                chunk = indices[first : first + engine.batch_size]
                engine.forward(stack.preparer.batch(chunk), JobContext())
            traits.append(slice_traits(stack.preparer, indices))
            labels += [names.index(case.label) for case in stack.cases]
        features = tap.features()
    if not labels or len(features) != len(labels):
        raise DataError(f"Nothing of the {_WORDS[order.part]} part can be read.")
    return Seen(features, np.concatenate(traits), np.array(labels, dtype=np.int64))


def thinned(cases: Sequence[Case], config: DataConfig, most: int = MOST) -> tuple[Case, ...]:
    """Every so many-th picture (or volume), so that about ``most`` pictures are left."""
    step = -(-len(cases) // most)
    return tuple(case for group in stacks_of(cases, config)[::step] for case in group)


def _classifier(card: ModelCard) -> ModelCard:
    if card.task != "classification":
        raise ModelError(
            f"{card.id} is no classifier.", "Only classifiers have a reference of their pictures."
        )
    return card


def fit(training: Seen, validation: Seen) -> tuple[Familiar, float]:
    """Clouds of the training pictures, and the limit of familiar scores.

    Raises:
        DataError: too few pictures for either.
    """
    if len(training.labels) < FEWEST_TRAINING or len(validation.labels) < FEWEST_VALIDATION:
        raise DataError(
            f"A reference needs {FEWEST_TRAINING} training and {FEWEST_VALIDATION} validation "
            f"pictures; there are {len(training.labels)} and {len(validation.labels)}.",
            "Without it the model works, but cannot tell unlike pictures.",
        )
    clouds = {}
    for kind in ("features", "traits"):
        cloud = _cloud(getattr(training, kind), training.labels, _AXES[kind], kind == "traits")
        limit = _familiar(cloud.distances(getattr(validation, kind)))
        clouds[kind] = replace(cloud, limit=limit)
    found = Familiar(clouds["features"], clouds["traits"])
    return found, _familiar(found.scores(validation.features, validation.traits))


def _familiar(values: npt.NDArray[Any]) -> float:
    return max(float(np.quantile(values, QUANTILE)), 1e-6)


def _cloud(
    values: npt.NDArray[Any], labels: npt.NDArray[np.int64], axes: int, scaled: bool
) -> Cloud:
    """Means of the classes that occur; directions and spread of what is left around them."""
    table = np.asarray(values, dtype=np.float64)
    scale = table.std(axis=0) + 1e-3 if scaled else np.ones(table.shape[1])
    table = table / scale
    occurring, place = np.unique(labels, return_inverse=True)
    means = np.stack([table[labels == number].mean(axis=0) for number in occurring])
    _, sizes, directions = np.linalg.svd(table - means[place], full_matrices=False)
    variance = sizes**2 / max(len(table) - len(occurring), 1)
    count = min(axes, max(1, len(variance) // 2), table.shape[1] - 1)
    floor = 1e-6 * float(variance[0]) + 1e-12
    rest = float(variance[count:].sum()) / (table.shape[1] - count)
    return Cloud(
        means=means.astype(np.float32),
        # As they are stored: scores are the same when it is read again.
        axes=directions[:count].astype(np.float16).astype(np.float32),
        spread=np.maximum(variance[:count], floor).astype(np.float32),
        scale=scale.astype(np.float32),
        rest=max(rest, floor),
        limit=1.0,
    )


def write_reference(folder: Path, found: Familiar) -> str:
    """Write reference.safetensors atomically; its sha256. Raises WriteError."""
    import safetensors.numpy

    data = safetensors.numpy.save(found.tensors(), metadata={"format": "np"})
    atomic_write(folder / REFERENCE_NAME, lambda temporary: _write(temporary, data))
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def make_reference(
    entry: ModelEntry, order: Order, *, command: str = "", context: JobContext | None = None
) -> ModelCard:
    """Write the reference of a model into its folder; the card that describes it, not written.

    Args:
        order: data and split; its ``part`` does not count.

    Raises:
        DataError: the data are gone or too few.
        ModelError: no classifier, or its weights do not match its card.
        WriteError: it cannot be written.
        Cancelled: the user stopped it.
    """
    training = look(entry, replace(order, part="train"), context)
    validation = look(entry, replace(order, part="val"), context)
    found, threshold = fit(training, validation)
    reference = Reference(
        sha256=write_reference(entry.folder, found),
        threshold=round(threshold, 4),
        pictures=len(training.labels),
        validation=len(validation.labels),
        data=order.root.resolve().name,
        method=METHOD,
        command=command,
    )
    return replace(entry.card, reference=reference)


def calibration_of(figures: dict[str, Any], part: str, data: str, command: str) -> Calibration:
    """What :func:`tumordesk_training.evaluate.evaluate` measured of a classifier, for its card."""
    bins = tuple(
        replace(one, confidence=round(one.confidence, 4), accuracy=round(one.accuracy, 4))
        for one in (from_plain(CalibrationBin, b, "calibration") for b in figures["calibration"])
    )
    error = round(float(figures["ece"]), 4)
    return Calibration(bins, error, _WORDS[part], data, int(figures["n"]), command)


def _with_error(
    card: ModelCard, found: Calibration, figures: dict[str, Any], order: Order
) -> tuple[Metric, ...]:
    """The card's figures with the calibration error, in place of an older one of that part."""
    seed = read_split(order.split_file).seed if order.split_file is not None else 0
    metric = Metric(
        ERROR_NAME,
        found.error,
        f"{found.part} (seed {seed}, {figures['groups']} groups)",
        found.data,
        found.n,
        found.command,
    )
    kept = (m for m in card.metrics if m.name != ERROR_NAME or not m.split.startswith(found.part))
    return (*kept, metric)


def update_model(
    entry: ModelEntry, order: Order, *, command: str = "", context: JobContext | None = None
) -> ModelCard:
    """Make the reference, measure calibration on ``order.part``, and write both into the model.

    A model of several networks gets a reference only, which is that of its first network.

    Raises:
        DataError, ModelError, WriteError, Cancelled: as :func:`make_reference`.
    """
    card = make_reference(entry, order, command=command, context=context)
    if card.members > 1:
        # Folds of a cross-validation: its other networks learned from the test part of any of them.
        write_card(entry.folder / CARD_NAME, card)
        return card
    figures = evaluate(entry, order, context)
    found = calibration_of(figures, order.part, order.root.resolve().name, command)
    card = replace(card, calibration=found, metrics=_with_error(card, found, figures, order))
    write_card(entry.folder / CARD_NAME, card)
    return card
