"""Class-activation maps: where a classification network looked (Grad-CAM).

Selvaraju et al. 2017, arXiv 1610.02391: the last feature maps, each weighted by how much the
class's logit grows with it, negative sums cut off. All networks of the catalogue take the mean of
their feature maps before the head, so a weight is the same at every place; with a head of one
linear layer this is the class-activation map of Zhou et al. 2016 (arXiv 1512.04150).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from tumordesk.core.activation import ActivationMap
from tumordesk.core.errors import InputMismatch, ModelError
from tumordesk.core.finding import Classification
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Series
from tumordesk.core.volume import Volume
from tumordesk.imaging.preprocess import Preparer
from tumordesk.inference import cache
from tumordesk.inference.devices import choose_device
from tumordesk.inference.engine import Engine
from tumordesk.inference.grey import grey_for
from tumordesk.networks.parts import feature_grid, last_feature_layer
from tumordesk.zoo import ModelEntry

Float32 = npt.NDArray[np.float32]

METHOD = "Grad-CAM, last feature maps"
MAX_SLICES = 64
"""Of a longer reading only the slices that spoke most for the class are mapped."""
MAX_VOXELS = 32_000_000
"""A map takes at most 128 MB."""


def activation_map(
    volume: Volume,
    series: Series,
    entry: ModelEntry,
    classification: Classification,
    context: JobContext,
    *,
    device: str = "auto",
    class_index: int | None = None,
) -> ActivationMap:
    """Where a classifier looked, in the series' own pixels.

    Args:
        volume: the decoded series.
        series: what it was read from.
        entry: the model that made ``classification``.
        classification: its answer on this series; the slices it read are mapped.
        context: progress, and cancel between batches.
        device: "auto", "cuda", "mps" or "cpu".
        class_index: for which class; None: the one that was found most probable.

    Returns:
        A map of 0..1 over all its slices together; all 0 where nothing spoke for the class.

    Raises:
        Cancelled: the person cancelled.
        ModelError: the model cannot be loaded, or has no feature maps.
        InputMismatch: the answer belongs to another model or series, or memory is short.
    """
    card = entry.card
    number = classification.winner if class_index is None else class_index
    _check(card, volume, series, classification, number)
    context.progress(None, f"Loading {card.name}")
    network = cache.get_model(entry)
    features, head = _parts(network, card)
    chosen = mapped_slices(classification, number, volume.geometry.shape)
    context.progress(None, "Preparing slices")
    preparer = Preparer(grey_for(volume, card, []), volume.geometry, card.input)
    array = np.zeros((len(chosen), *volume.geometry.shape[1:]), dtype=np.float32)
    grid = feature_grid(network)
    # Only the feature layers go to the device; the head is small and needs gradients.
    with Engine(features, choose_device(device).device, card.input.size) as engine:
        done = 0
        while done < len(chosen):
            context.progress(done / len(chosen), f"Mapping slice {done + 1} of {len(chosen)}")
            chunk = chosen[done : done + engine.batch_size]
            found = engine.forward(preparer.batch(chunk), context)
            raw, _ = _weighted(torch.from_numpy(found), head, number)
            wide = spread(raw, card.input.size, grid)
            array[done : done + len(chunk)] = preparer.restore(chunk, wide)
            done += len(chunk)
    context.progress(1.0, "Done")
    spec = card.classes[number]
    return ActivationMap(card.id, spec.name, spec.label, METHOD, chosen, _unit(array))


def mapped_slices(
    classification: Classification, number: int, shape: tuple[int, int, int]
) -> tuple[int, ...]:
    """The slices that were read, in order; of very many those most for class ``number``."""
    read = classification.slices
    limit = max(1, min(MAX_SLICES, MAX_VOXELS // (shape[1] * shape[2])))
    if len(read) > limit:
        order = sorted(read, key=lambda s: -s.probabilities[number])
        read = tuple(order[:limit])
    return tuple(sorted(s.slice_index for s in read))


def class_activation(
    network: nn.Module, inputs: Float32, wanted: int | None = None
) -> tuple[Float32, Float32]:
    """The map of one class for one picture, on the network's own grid.

    Args:
        network: a classification network in eval mode.
        inputs: network input, float32 (1, channels, H, W).
        wanted: class number; None: the class that the network says.

    Returns:
        Map (H, W), 0..1 (all 0 where nothing speaks for the class), and probabilities (classes,).

    Raises:
        ModelError: the network has no feature maps.
    """
    layer, head = _parts(network, None)
    device = next(network.parameters()).device
    with torch.inference_mode():
        found = layer(torch.from_numpy(np.ascontiguousarray(inputs)).to(device)).cpu()
    head_device = next(head.parameters()).device
    raw, shares = _weighted(found.to(head_device), head, wanted)
    wide = spread(raw, (inputs.shape[2], inputs.shape[3]), feature_grid(network))
    return _unit(wide[0]), shares[0]


def spread(raw: Float32, size: tuple[int, int], grid: tuple[float, float] | None) -> Float32:
    """Maps (n, h, w) of the feature grid as (n, H, W) of the network's input, bilinear.

    ``grid`` is (step, start) of :func:`tumordesk.networks.parts.feature_grid`: where in the input
    the middle of each feature lies. None: features tile the input evenly.
    """
    down = _lerp(size[0], raw.shape[1], grid)
    across = _lerp(size[1], raw.shape[2], grid)
    return np.asarray(np.einsum("Hh,nhw,Ww->nHW", down, raw, across, optimize=True), np.float32)


def _lerp(length: int, count: int, grid: tuple[float, float] | None) -> npt.NDArray[np.float64]:
    """Weights (length, count) that interpolate ``count`` features at each pixel."""
    step, start = (length / count, (length / count - 1) / 2) if grid is None else grid
    place = np.clip((np.arange(length) - start) / step, 0, count - 1)
    low = np.minimum(np.floor(place).astype(int), max(count - 2, 0))
    share = place - low
    weights = np.zeros((length, count))
    weights[np.arange(length), low] = 1.0 - share
    weights[np.arange(length), np.minimum(low + 1, count - 1)] += share
    return weights


def _weighted(
    features: torch.Tensor, head: nn.Module, wanted: int | None
) -> tuple[Float32, Float32]:
    """Grad-CAM (n, h, w), not yet scaled, and probabilities (n, classes)."""
    kept = features.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        logits = head(kept)
        numbers = logits.argmax(dim=1) if wanted is None else torch.full((len(kept),), wanted)
        picked = logits.gather(1, numbers.to(logits.device)[:, None]).sum()
        (slopes,) = torch.autograd.grad(picked, kept)
    weights = slopes.mean(dim=(2, 3), keepdim=True)
    raw = (weights * kept).sum(dim=1).clamp(min=0.0).detach().cpu().numpy()
    shares = logits.detach().softmax(dim=1).cpu().numpy()
    return np.asarray(raw, dtype=np.float32), np.asarray(shares, dtype=np.float32)


def _unit(raw: Float32) -> Float32:
    top = float(raw.max(initial=0.0))
    return np.asarray(raw / top if top > 0 else np.zeros_like(raw), dtype=np.float32)


def _parts(network: nn.Module, card: ModelCard | None) -> tuple[nn.Module, nn.Module]:
    """The layers that make the feature maps, and the head."""
    head = getattr(network, "head", None)
    try:
        return last_feature_layer(network), _module(head)
    except ValueError as error:
        name = card.name if card is not None else type(network).__name__
        raise ModelError(
            f"{name} has no feature maps, so where it looks cannot be shown.",
            "Choose one of the classifiers of the catalogue.",
        ) from error


def _module(head: object) -> nn.Module:
    if not isinstance(head, nn.Module):
        raise ValueError("no head")
    return head


def _check(
    card: ModelCard,
    volume: Volume,
    series: Series,
    classification: Classification,
    number: int,
) -> None:
    fits = (
        card.task == "classification"
        and classification.classes == tuple(c.name for c in card.classes)
        and 0 <= number < len(card.classes)
    )
    slices = _indices(classification)
    inside = bool(slices) and min(slices) >= 0 and max(slices) < volume.geometry.shape[0]
    if not fits or not inside or volume.series_uid != series.uid:
        raise InputMismatch(
            f"This answer is not one of {card.name} on this series.", "Run the classifier again."
        )


def _indices(classification: Classification) -> Sequence[int]:
    return [s.slice_index for s in classification.slices]
