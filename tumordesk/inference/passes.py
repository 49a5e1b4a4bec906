"""One pass of a network over some slices of a volume: batches, progress, time left, flips."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumordesk.core.job import JobContext
from tumordesk.imaging.preprocess import Preparer
from tumordesk.inference.engine import Engine

Float32 = npt.NDArray[np.float32]

NO_FLIPS: tuple[tuple[int, ...], ...] = ((),)
MIRRORED: tuple[tuple[int, ...], ...] = ((), (-1,))
"""As is and mirrored left-right: axes to flip. Networks are not trained on heads upside down."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Probabilities of some slices. ``probabilities[flip]`` is (n, classes[, H, W]), unflipped."""

    indices: tuple[int, ...]
    probabilities: tuple[Float32, ...]


def softmax(logits: Float32) -> Float32:
    """Probabilities over axis 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


def run_batches(
    engine: Engine,
    preparer: Preparer,
    indices: Sequence[int],
    context: JobContext,
    *,
    verb: str,
    flips: Sequence[tuple[int, ...]] = NO_FLIPS,
    until: float = 1.0,
) -> Iterator[Batch]:
    """Yield the probabilities of all slices, batch by batch; stops between two batches.

    Reports "Segmenting slice 14 of 26, 3 s left" (``verb`` is its first word) with a fraction
    that ends at ``until``.

    Raises:
        Cancelled: asked for between two batches.
        InputMismatch, ModelError: see :meth:`Engine.forward`.
    """
    started_s, done = time.monotonic(), 0
    while done < len(indices):
        left = _time_left(started_s, done, len(indices))
        message = f"{verb} slice {done + 1} of {len(indices)}{left}"
        context.progress(until * done / len(indices), message)
        chunk = tuple(indices[done : done + engine.batch_size])
        inputs = preparer.batch(chunk)
        probabilities = tuple(
            _unflip(softmax(engine.forward(_flip(inputs, axes), context)), axes) for axes in flips
        )
        yield Batch(chunk, probabilities)
        done += len(chunk)


def _time_left(started_s: float, done: int, total: int) -> str:
    if done == 0:
        return ""
    seconds = (time.monotonic() - started_s) / done * (total - done)
    if seconds < 90:
        return f", {max(1, round(seconds))} s left"
    return f", {round(seconds / 60)} min left"


def _flip(inputs: Float32, axes: tuple[int, ...]) -> Float32:
    return np.ascontiguousarray(np.flip(inputs, axes)) if axes else inputs


def _unflip(maps: Float32, axes: tuple[int, ...]) -> Float32:
    """Turn maps back; class probabilities without rows and columns stay as they are."""
    return np.flip(maps, axes) if axes and maps.ndim == 4 else maps
