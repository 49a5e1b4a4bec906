"""``tumordesk-train explain``: what the best checkpoint of a run made of single pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tumordesk.core.errors import DataError
from tumordesk.core.geometry import Geometry
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard
from tumordesk.imaging.preprocess import Preparer
from tumordesk.inference.activation import class_activation
from tumordesk.inference.devices import choose_device
from tumordesk.inference.engine import Engine
from tumordesk.inference.segmenter import segment_slices
from tumordesk_training.data import Case
from tumordesk_training.dataset import Stack, Unread, read_stack
from tumordesk_training.drawing import FOUND_COLOUR, TRUE_COLOUR, with_heat, with_outlines
from tumordesk_training.label_map import label_map
from tumordesk_training.layouts import scan
from tumordesk_training.run_model import Run, best_network, run_card
from tumordesk_training.usable import usable

SIZE = 224


@dataclass(frozen=True)
class Explained:
    """One picture: ``image`` to look at, or ``error`` that says why there is none."""

    key: str
    image: Image.Image | None = None
    error: str = ""


def explain(
    run: Run,
    keys: Sequence[str],
    *,
    size: int = SIZE,
    device: str = "auto",
    context: JobContext | None = None,
) -> Iterator[Explained]:
    """Pictures for ``keys``, in their order, as the network saw them.

    Classification: the picture with the activation map of the class that was said. Segmentation:
    the picture with its true outline (sky blue) and the one that was found (orange); of a volume
    the slice with the most of both.

    Args:
        size: pixels of the longer side.

    Raises:
        DataError: no data folder, or no checkpoint.
        Cancelled: the user stopped it.
    """
    context = context or JobContext()
    context.progress(0.0, "Looking at the pictures")
    data, _ = usable(scan(run.root, run.config.data), run.config)
    cases = {case.key: case for case in data.cases}
    card = run_card(run.config)
    network = best_network(run)
    with Engine(network, choose_device(device).device, card.input.size) as engine:
        for number, key in enumerate(keys):
            context.progress(number / len(keys), f"Picture {number + 1} of {len(keys)}")
            if key not in cases:
                yield Explained(key, error=f"There is no picture {key} in {run.root.name}.")
                continue
            try:
                stack, index = _stack_of(cases[key], data.cases, run, card)
            except DataError as error:
                yield Explained(key, error=error.message)
                continue
            if run.config.task == "segmentation":
                image = _outlines(stack, index, card, engine, size)
            else:
                image = _activation(stack, index, network, size)
            yield Explained(key, image)
    context.progress(1.0, "Done")


def _stack_of(case: Case, cases: Sequence[Case], run: Run, card: ModelCard) -> tuple[Stack, int]:
    """The stack that holds ``case`` (the whole group where groups are volumes), and its place."""
    together: tuple[Case, ...] = (case,)
    if run.config.data.volumes and not case.volume:
        together = tuple(other for other in cases if other.group == case.group)
    unread: Unread = []
    config = run.config
    masked = config.task == "segmentation"
    labels = label_map(config.data.labels, config.classes) if masked else None
    for stack in read_stack(together, config.data, card.input, labels, unread):
        keys = [other.key for other in stack.cases]
        if case.key in keys:
            return stack, len(keys) // 2 if case.volume else keys.index(case.key)
    raise DataError(next((text for key, text in unread if key == case.key), "It cannot be read."))


def _activation(stack: Stack, index: int, network: Any, size: int) -> Image.Image:
    heat, _ = class_activation(network, stack.preparer.batch([index]))
    unit = stack.unit(index)
    return with_heat(_inner(unit, stack.preparer), _inner(heat, stack.preparer), size)


def _outlines(stack: Stack, index: int, card: ModelCard, engine: Engine, size: int) -> Image.Image:
    masks = [mask for mask in stack.masks if mask is not None]
    chosen = range(len(masks)) if stack.cases[0].volume else [index]
    geometry = Geometry((len(masks), *masks[0].shape))
    found = segment_slices(
        stack.preparer, geometry, list(chosen), card, engine, JobContext(), series_uid=""
    ).array
    best = max(chosen, key=lambda i: np.count_nonzero(masks[i]) + np.count_nonzero(found[i]))
    preparer = stack.preparer
    placed = [
        (_inner(preparer.place(mask == number), preparer) >= 0.5, colour)
        for mask, colour in ((masks[best], TRUE_COLOUR), (found[best], FOUND_COLOUR))
        for number in np.unique(mask[mask > 0])
    ]
    return with_outlines(_inner(stack.unit(best), preparer), placed, size)


def _inner(image: npt.NDArray[Any], preparer: Preparer) -> npt.NDArray[Any]:
    """Without the bars that fill the network's input."""
    where = preparer.placement
    return image[where.top : where.top + where.height, where.left : where.left + where.width]
