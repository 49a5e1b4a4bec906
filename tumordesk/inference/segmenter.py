"""From a volume to a label map in its own geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard, Postprocess
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.imaging.components import remove_small_islands
from tumordesk.imaging.preprocess import Preparer
from tumordesk.inference.engine import Engine
from tumordesk.inference.passes import MIRRORED, NO_FLIPS, Batch, run_batches

Float32 = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LabelMaker:
    """Turns probabilities on the source grid into labels, as the card's ``postprocess`` says.

    ``area_scale``: pixels of the network's grid that one source pixel covers; the card's areas
    count pixels of the network's grid.
    """

    postprocess: Postprocess
    area_scale: float

    def labels(self, probabilities: Float32) -> Labels:
        """uint8 (rows, columns) from (classes - 1, rows, columns) without the background.

        A pixel is outlined where the classes together reach the threshold; it gets the most
        probable of them. Islands and slices that are too small are cleared.
        """
        mask = probabilities.sum(axis=0) >= self.postprocess.threshold
        mask = remove_small_islands(mask, self.postprocess.min_area_px / self.area_scale)
        if np.count_nonzero(mask) * self.area_scale < self.postprocess.min_slice_mass_px:
            mask = np.zeros_like(mask)
        return np.where(mask, probabilities.argmax(axis=0) + 1, 0).astype(np.uint8)


def segment_slices(
    preparer: Preparer,
    geometry: Geometry,
    indices: Sequence[int],
    card: ModelCard,
    engine: Engine,
    context: JobContext,
    *,
    series_uid: str,
    flips: bool = False,
) -> Segmentation:
    """Run a segmentation network over ``indices``; other slices stay empty.

    With ``flips`` (or where the card asks for it) the slices are also run mirrored left-right:
    the mask comes from the mean probability, and ``agreement`` is the share of the runs that put
    the pixel where the mask has it (inside or outside): 1 where both agree, 0.5 where they differ.
    """
    flips = flips or card.postprocess.flips
    placed = preparer.placement.height * preparer.placement.width
    maker = LabelMaker(card.postprocess, placed / (geometry.shape[1] * geometry.shape[2]))
    array = np.zeros(geometry.shape, dtype=np.uint8)
    agreement = np.ones(geometry.shape, dtype=np.float32) if flips else None
    batches = run_batches(
        engine,
        preparer,
        indices,
        context,
        verb="Segmenting",
        flips=MIRRORED if flips else NO_FLIPS,
        until=0.95,
    )
    for batch in batches:
        per_flip = _restored(preparer, batch)
        for position, index in enumerate(batch.indices):
            array[index] = maker.labels(per_flip[:, position].mean(axis=0))
            if agreement is not None:
                agreement[index] = _agreement(
                    per_flip[:, position], array[index] > 0, card.postprocess.threshold
                )
    return Segmentation(array, geometry, _segments(card), series_uid, agreement)


def _restored(preparer: Preparer, batch: Batch) -> Float32:
    """(flips, slices, classes - 1, rows, columns) on the source grid, without background."""
    return np.stack(
        [
            np.stack(
                [preparer.restore(batch.indices, maps[:, c]) for c in range(1, maps.shape[1])],
                axis=1,
            )
            for maps in batch.probabilities
        ]
    )


def _agreement(per_flip: Float32, mask: npt.NDArray[np.bool_], threshold: float) -> Float32:
    inside = per_flip.sum(axis=1) >= threshold
    return np.asarray((inside == mask[None]).mean(axis=0), dtype=np.float32)


def _segments(card: ModelCard) -> tuple[Segment, ...]:
    name = f"{card.name} {card.version}"
    return tuple(
        Segment(number, spec.label, spec.code, "AUTOMATIC", name)
        for number, spec in enumerate(card.classes[1:], start=1)
    )
