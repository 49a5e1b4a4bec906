"""Is a picture unlike those a classifier learned from? A score from its reference. No torch.

A classifier answers whatever it is shown. Its reference holds where the training pictures lie
among the network's last features and among plain traits of a picture: a mean for each class, the
directions in which the pictures vary, and how far they scatter. What is far from all of them is
told (class-wise Mahalanobis distance, Lee et al. 2018, arXiv 1807.03888, with what lies outside
the leading directions as in probabilistic PCA, Tipping and Bishop 1999).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.activation import Unlikeness
from tumordesk.core.errors import ModelError
from tumordesk.core.model_card import ModelCard
from tumordesk.imaging.preprocess import Preparer
from tumordesk.imaging.traits import traits_of
from tumordesk.zoo.reference import verify_reference

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

METHOD = "Mahalanobis distance in the network's last features and in traits of the picture"
NAMES = ("means", "axes", "spread", "rest", "scale", "limit")
_REMAKE = "Make it again with 'tumordesk-train reference'."


@dataclass(frozen=True, eq=False)
class Cloud:
    """Where the training pictures lie among ``d`` numbers of one kind.

    ``scale`` (d,): what the numbers are divided by first. ``means`` (classes, d); ``axes``
    (k, d), orthonormal; ``spread`` (k,): variance along each; ``rest``: mean variance along each
    direction outside the axes; ``limit``: distance that familiar pictures stay below.
    """

    means: Float32
    axes: Float32
    spread: Float32
    scale: Float32
    rest: float
    limit: float

    @property
    def width(self) -> int:
        """How many numbers describe a picture."""
        return int(self.means.shape[1])

    def distances(self, values: npt.NDArray[Any]) -> Float64:
        """(n, d) -> (n,): distance to the nearest class, about 1 for training pictures."""
        table = np.asarray(values, dtype=np.float64) / self.scale
        axes = self.axes.astype(np.float64)
        outside = max(self.width - len(axes), 1)
        found = np.full(len(table), np.inf)
        for mean in self.means.astype(np.float64):
            away = table - mean
            along = away @ axes.T
            left = np.maximum((away**2).sum(axis=1) - (along**2).sum(axis=1), 0.0)
            inner = (along**2 / self.spread).mean(axis=1)
            found = np.minimum(found, (inner + left / (self.rest * outside)) / 2.0)
        return np.asarray(np.sqrt(found), dtype=np.float64)

    def tensors(self, kind: str) -> dict[str, npt.NDArray[Any]]:
        """What is stored of it; the axes in half precision."""
        return {
            f"{kind}.means": self.means.astype(np.float32),
            f"{kind}.axes": self.axes.astype(np.float16),
            f"{kind}.spread": self.spread.astype(np.float32),
            f"{kind}.scale": self.scale.astype(np.float32),
            f"{kind}.rest": np.array([self.rest], np.float32),
            f"{kind}.limit": np.array([self.limit], np.float32),
        }


@dataclass(frozen=True, eq=False)
class Familiar:
    """A reference, read: clouds of the network's ``features`` and of the picture's ``traits``."""

    features: Cloud
    traits: Cloud

    def scores(self, features: npt.NDArray[Any], traits: npt.NDArray[Any]) -> Float64:
        """(n, d) and (n, t) -> (n,): the larger of both distances, as a share of its limit.

        Raises:
            ModelError: the features are those of another network.
        """
        if features.shape[1] != self.features.width or traits.shape[1] != self.traits.width:
            raise ModelError("The reference was made for another network.", _REMAKE)
        one = self.features.distances(features) / self.features.limit
        other = self.traits.distances(traits) / self.traits.limit
        return np.asarray(np.maximum(one, other), dtype=np.float64)

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """What reference.safetensors holds."""
        return {**self.features.tensors("features"), **self.traits.tensors("traits")}


def read_reference(folder: Path, card: ModelCard) -> Familiar | None:
    """The reference of a model folder, or None where its card names none.

    Raises:
        ModelError: missing, damaged, or not the one its card describes.
    """
    path = verify_reference(folder, card)
    if path is None:
        return None
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
        return Familiar(_cloud(tensors, "features"), _cloud(tensors, "traits"))
    except (KeyError, ValueError, TypeError, OSError) as error:  # TypeError: bfloat16
        raise ModelError(f"The reference of model {card.id} makes no sense.", _REMAKE) from error


def _cloud(tensors: dict[str, npt.NDArray[Any]], kind: str) -> Cloud:
    """Raises KeyError, ValueError where the parts are missing or do not fit each other."""
    means, axes, spread, rest, scale, limit = (
        np.asarray(tensors[f"{kind}.{name}"], dtype=np.float32) for name in NAMES
    )
    fits = (
        means.ndim == axes.ndim == 2
        and means.shape[1:] == axes.shape[1:] == scale.shape
        and spread.shape == axes.shape[:1]
        and rest.shape == limit.shape == (1,)
        and all(np.isfinite(part).all() for part in (means, axes, spread, rest, scale, limit))
        and all(part.size and part.min() > 0 for part in (spread, rest, scale, limit))
    )
    if not fits:
        raise ValueError(kind)
    return Cloud(means, axes, spread, scale, float(rest[0]), float(limit[0]))


class FeatureTap:
    """Collects what a network's head is fed: the mean of each feature map, float32 (n, d)."""

    def __init__(self) -> None:
        self._parts: list[Float32] = []
        self._last: Float32 | None = None

    def hear(self, _module: Any, inputs: Any, _output: Any) -> None:
        """Forward hook of the head."""
        self._last = inputs[0].detach().mean(dim=(2, 3)).float().cpu().numpy()

    def keep(self, _module: Any, _inputs: Any, _output: Any) -> None:
        """Forward hook of the whole network: only now the batch did fit in memory, and is not run
        again."""
        if self._last is not None:
            self._parts.append(self._last)
            self._last = None

    def features(self) -> Float32:
        """All collected so far, in the order of the slices; (0, 0) where there is nothing."""
        return np.concatenate(self._parts) if self._parts else np.zeros((0, 0), np.float32)


@contextmanager
def tapped(network: Any) -> Iterator[FeatureTap]:
    """Listen to a classification network (of several, the first); without a head there is nothing
    to hear."""
    tap = FeatureTap()
    head = getattr(getattr(network, "members", (network,))[0], "head", None)
    handles = []
    if head is not None:
        handles = [head.register_forward_hook(tap.hear), network.register_forward_hook(tap.keep)]
    try:
        yield tap
    finally:
        for handle in handles:
            handle.remove()


def slice_traits(preparer: Preparer, indices: Sequence[int]) -> Float32:
    """Traits (n, t) of slices as the network gets them."""
    return np.stack([traits_of(preparer.unit(index)) for index in indices])


def judge(
    folder: Path,
    card: ModelCard,
    preparer: Preparer,
    features: Float32,
    indices: Sequence[int],
    weights: Sequence[float],
) -> Unlikeness:
    """How unlike its training pictures a classifier found the slices it read.

    The study's score is the mean of its slices' scores, weighted as their probabilities are.
    Never raises for a missing or damaged reference: ``text`` then says that nothing can be told.

    Args:
        features: (n, d), from :func:`tapped`, one row for each of ``indices``.
        weights: (n,), sum 1.
    """
    try:
        reference = read_reference(folder, card)
        if reference is None or card.reference is None:
            return _unknown("it has no reference of its training pictures")
        if len(features) != len(indices):
            return _unknown("its features could not be read")
        scores = reference.scores(features, slice_traits(preparer, indices))
    except ModelError as error:
        return _unknown(error.message[:1].lower() + error.message[1:].rstrip("."))
    limit = card.reference.threshold
    score = float(scores @ np.asarray(weights))
    by_slice = tuple((int(i), float(s)) for i, s in zip(indices, scores, strict=True))
    return Unlikeness(score, limit, METHOD, _words(card, score, scores, limit), by_slice)


def _unknown(why: str) -> Unlikeness:
    text = f"Whether this is unlike the pictures it learned from cannot be told: {why}."
    return Unlikeness(None, None, METHOD, text)


def _words(card: ModelCard, score: float, scores: Float64, limit: float) -> str:
    one = len(scores) == 1
    if score <= limit:
        seen = "The picture looks" if one else "The slices read look"
        return f"{seen} like those {card.id} learned from ({score / limit:.1f} of the limit)."
    many = int(np.count_nonzero(scores > limit))
    which = "This picture is" if one else f"{many} of {len(scores)} slices read are"
    ratio = score / limit
    by = f"{ratio:.1f} times the limit" if ratio >= 1.05 else "just over the limit"
    return f"{which} unlike those {card.id} learned from ({by}): its answer may mean nothing here."
