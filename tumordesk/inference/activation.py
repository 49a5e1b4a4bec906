"""Class-activation maps: where a classification network looked (HiResCAM).

Draelos and Carin 2020, arXiv 2011.08891: features times how much the class grows with each of
them, summed over the channels, negative sums cut off. Taken at the last features of 1/16 of the
input's resolution: those of 1/32, where Grad-CAM is usual, each see nearly the whole picture, and
their maps say little of places (measured: docs/activation-maps.md). "The class" is its logit less
the mean of the others, because only differences of logits decide.
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
from tumordesk.networks.ensemble import members_of
from tumordesk.networks.parts import map_layer
from tumordesk.zoo import ModelEntry

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

METHOD = "HiResCAM, features of 16 pixels"
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

    Of a model of several networks the maps are added up.

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
    networks = members_of(cache.get_model(entry))
    chosen = mapped_slices(classification, number, volume.geometry.shape)
    context.progress(None, "Preparing slices")
    preparer = Preparer(grey_for(volume, card, []), volume.geometry, card.input)
    array = np.zeros((len(chosen), *volume.geometry.shape[1:]), dtype=np.float32)
    for turn, network in enumerate(networks):
        looking = _Looking(network, number, card.name)
        with Engine(looking, choose_device(device).device, card.input.size) as engine:
            done = 0
            while done < len(chosen):
                share = (turn + done / len(chosen)) / len(networks)
                context.progress(share, f"Mapping slice {done + 1} of {len(chosen)}")
                chunk = chosen[done : done + engine.batch_size]
                raw = engine.forward(preparer.batch(chunk), context)
                wide = spread(raw, card.input.size, looking.grid)
                array[done : done + len(chunk)] += preparer.restore(chunk, wide)
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
    looking = _Looking(network, wanted, type(network).__name__)
    device = next(network.parameters()).device
    raw, logits = looking.look(torch.from_numpy(np.ascontiguousarray(inputs)).to(device))
    wide = spread(raw.cpu().numpy(), (inputs.shape[2], inputs.shape[3]), looking.grid)
    shares = logits[0].softmax(dim=0).cpu().numpy()
    return _unit(wide[0]), np.asarray(shares, dtype=np.float32)


def spread(raw: Float32, size: tuple[int, int], grid: tuple[float, float] | None) -> Float32:
    """Maps (n, h, w) of the feature grid as (n, H, W) of the network's input, bilinear.

    ``grid`` is (step, start) of :func:`tumordesk.networks.parts.map_layer`: where in the input
    the middle of each feature lies. None: features tile the input evenly.
    """
    down = _weights(size[0], raw.shape[1], grid)
    across = _weights(size[1], raw.shape[2], grid)
    return np.asarray(np.einsum("Hh,nhw,Ww->nHW", down, raw, across, optimize=True), np.float32)


def _weights(length: int, count: int, grid: tuple[float, float] | None) -> Float64:
    """Weights (length, count) that interpolate ``count`` features at each pixel.

    Beyond the outermost features their value holds for half a step and then fades: what they saw
    lies around them, and the picture may go on further than they do.
    """
    step, start = (length / count, (length / count - 1) / 2) if grid is None else grid
    place = (np.arange(length) - start) / step
    kept = np.clip(place, 0, count - 1)
    low = np.minimum(np.floor(kept).astype(int), max(count - 2, 0))
    fade = np.clip(2.0 * (1.0 - np.abs(place - kept)), 0.0, 1.0)
    weights = np.zeros((length, count))
    weights[np.arange(length), low] = (1.0 - (kept - low)) * fade
    weights[np.arange(length), np.minimum(low + 1, count - 1)] += (kept - low) * fade
    return weights


class _Looking(nn.Module):
    """A classifier whose answer is not its logits but where they come from.

    ``wanted``: class number, None for each picture's own answer. ``grid``: see :func:`spread`.

    Raises:
        ModelError: ``network`` has no feature maps to look at.
    """

    def __init__(self, network: nn.Module, wanted: int | None, name: str) -> None:
        super().__init__()
        try:
            self._layer, self.grid = map_layer(network)
        except ValueError as error:
            raise ModelError(
                f"{name} has no feature maps, so where it looks cannot be shown.",
                "Choose one of the classifiers of the catalogue.",
            ) from error
        self._network = network
        self._wanted = wanted

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """(n, channels, H, W) -> maps (n, h, w), not yet scaled; see :func:`look`."""
        return self.look(pictures)[0]

    def look(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Maps (n, h, w) and logits (n, classes); gradients only from the layer on."""
        kept: list[torch.Tensor] = []

        def catch(_module: nn.Module, _inputs: object, output: torch.Tensor) -> torch.Tensor:
            kept.append(output.detach().requires_grad_(True))
            torch.set_grad_enabled(True)
            return kept[0].clone()

        handle = self._layer.register_forward_hook(catch)
        try:
            # An engine calls this in inference mode, which knows no gradients.
            with torch.inference_mode(False), torch.no_grad():
                logits = self._network(pictures)
                (slopes,) = torch.autograd.grad(self._lead(logits).sum(), kept[0])
        finally:
            handle.remove()
        found = (slopes * kept[0].detach()).sum(dim=1).clamp(min=0.0)
        return found, logits.detach()

    def _lead(self, logits: torch.Tensor) -> torch.Tensor:
        """How far the class is ahead of the mean of the others, for each picture."""
        count = logits.shape[1]
        wanted = logits.argmax(dim=1) if self._wanted is None else None
        numbers = torch.full_like(logits[:, 0], self._wanted or 0, dtype=torch.long)
        own = logits.gather(1, (numbers if wanted is None else wanted)[:, None])[:, 0]
        return own - (logits.sum(dim=1) - own) / max(count - 1, 1)


def _unit(raw: Float32) -> Float32:
    top = float(raw.max(initial=0.0))
    return np.asarray(raw / top if top > 0 else np.zeros_like(raw), dtype=np.float32)


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
