"""From a volume to class probabilities for each slice and for the study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumordesk.core.finding import Classification, SliceProbabilities
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import NO_TUMOUR_CLASSES, ModelCard
from tumordesk.core.segmentation import Segmentation
from tumordesk.imaging.preprocess import Preparer
from tumordesk.inference.engine import Engine
from tumordesk.inference.passes import run_batches

DRIVING_SLICES = 3


@dataclass(frozen=True)
class Reading:
    """Which slices a classifier reads, the weight of each (sum 1), and a warning or ''."""

    indices: tuple[int, ...]
    weights: tuple[float, ...]
    warning: str = ""


def every_slice(usable: Sequence[int]) -> Reading:
    """All slices, each counting as much: for a model that looks for tumours."""
    return Reading(tuple(usable), tuple(1.0 / len(usable) for _ in usable))


def choose_slices(usable: Sequence[int], outline: Segmentation | None, *, picture: bool) -> Reading:
    """The slices on which ``outline`` has tumour, weighted by its area; all without one.

    A classifier is trained on single slices, most of them through a tumour, so reading a whole
    series dilutes its answer: that is warned of, except for a single picture.
    """
    if outline is not None:
        areas = np.count_nonzero(outline.array, axis=(1, 2))
        hit = [i for i in usable if areas[i] > 0]
        if hit:
            total = float(sum(int(areas[i]) for i in hit))
            return Reading(tuple(hit), tuple(int(areas[i]) / total for i in hit))
    everything = every_slice(usable)
    if picture or len(usable) == 1:
        return everything
    why = "there is no outline" if outline is None else "the outline holds no tumour"
    warning = (
        f"All {len(usable)} slices were read, because {why}: the model was trained on slices "
        "through a tumour, so slices without one dilute the answer."
    )
    return Reading(everything.indices, everything.weights, warning)


def classify_slices(
    preparer: Preparer,
    reading: Reading,
    card: ModelCard,
    engine: Engine,
    context: JobContext,
) -> Classification:
    """Run a classification network over the slices of ``reading``.

    The study's probabilities are the mean of the slices' probabilities, weighted by the tumour
    area on each slice (equally without an outline). A mean of probabilities, not of their
    logarithms: one slice that excludes a class must not rule it out for the study. A model that
    detects gives the mean of the three slices on which a tumour seemed most likely: most slices
    of a study with tumour show none.
    """
    slices: list[SliceProbabilities] = []
    for batch in run_batches(
        engine, preparer, reading.indices, context, verb="Classifying", until=0.95
    ):
        (probabilities,) = batch.probabilities
        slices += [
            SliceProbabilities(index, tuple(float(p) for p in row))
            for index, row in zip(batch.indices, probabilities, strict=True)
        ]
    table = np.array([s.probabilities for s in slices], dtype=np.float64)
    usual = np.asarray(reading.weights) @ table
    study = _most_likely(table, card) if card.detects else usual
    study = study / study.sum()
    return Classification(
        classes=tuple(c.name for c in card.classes),
        labels=tuple(c.label for c in card.classes),
        probabilities=tuple(float(p) for p in study),
        slices=tuple(slices),
        driving_slices=_driving(slices, table[:, int(study.argmax())]),
    )


def _most_likely(table: npt.NDArray[np.float64], card: ModelCard) -> npt.NDArray[np.float64]:
    tumour = next(i for i, c in enumerate(card.classes) if c.name.lower() not in NO_TUMOUR_CLASSES)
    order = np.argsort(-table[:, tumour], kind="stable")[:DRIVING_SLICES]
    mean: npt.NDArray[np.float64] = table[order].mean(axis=0)
    return mean


def _driving(
    slices: list[SliceProbabilities], of_winner: npt.NDArray[np.float64]
) -> tuple[int, ...]:
    order = np.argsort(-of_winner, kind="stable")[:DRIVING_SLICES]
    return tuple(slices[int(i)].slice_index for i in order)
