"""Activation maps lie on the pixels that spoke, whatever the geometry of the series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import inference_fakes
from model_factories import make_card as make_network_card
from tumordesk.core.activation import ActivationMap
from tumordesk.core.errors import Cancelled, InputMismatch, ModelError
from tumordesk.core.finding import Classification, SliceProbabilities
from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import InputSpec
from tumordesk.core.volume import Volume
from tumordesk.inference import activation, cache
from tumordesk.inference.activation import activation_map, mapped_slices, spread
from tumordesk.inference.run import run_model
from tumordesk.networks import ARCHITECTURES, build
from tumordesk.networks.ensemble import Ensemble
from tumordesk.networks.parts import map_layer
from tumordesk.zoo import ModelEntry

CLASSIFIERS = [info.id for info in ARCHITECTURES.values() if info.task == "classification"]
BLOCK = (slice(12, 30), slice(40, 60))
AXIAL = ((0, 0, 1), (0, 1, 0), (1, 0, 0))
"""Directions of slices, rows and columns in LPS."""
TURNED = ((0, 0, -1), (-1, 0, 0), (0, -1, 0))
SAGITTAL = ((1, 0, 0), (0, 0, -1), (0, 1, 0))


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    """What every classifier turns out to be: one that fires on what is bright."""
    made = inference_fakes.BlobDecides().eval()
    monkeypatch.setattr(cache, "get_model", lambda _: made)
    return made


def entry(**changes: object) -> ModelEntry:
    """A classifier that reads single channels of 64 x 64."""
    spec = InputSpec(sequence="T1C", channels=1, size=(64, 64))
    return inference_fakes.make_entry(
        inference_fakes.make_card("classification", **({"input": spec} | changes))
    )


def scan(
    rows: int = 90,
    columns: int = 120,
    spacing: tuple[float, float] | None = (1.0, 1.0),
    towards: tuple[tuple[int, ...], ...] | None = AXIAL,
    bright: tuple[int, ...] = (0, 900, 1000, 0),
) -> Volume:
    """Grey slices with a block of that brightness on each (0: none)."""
    array = np.full((len(bright), rows, columns), 200, np.int16)
    array[:, :3] = 0
    for one, value in zip(array, bright, strict=True):
        if value:
            one[BLOCK] = value
    affine = None
    if towards is not None and spacing is not None:
        affine = affine_from((0.0, 0.0, 0.0), np.array(towards, float).T, (5.0, *spacing))
    geometry = Geometry(array.shape, spacing, 5.0 if spacing else None, affine, verdict=Verdict.OK)
    return Volume(array, geometry, "1.2.3")


def mapped(volume: Volume, model: ModelEntry | None = None) -> ActivationMap:
    """The map after a run of the classifier on a series."""
    model = model or entry()
    series = inference_fakes.make_series(volume.geometry)
    made = run_model(volume, series, model, JobContext(), device="cpu").classification
    return activation_map(volume, series, model, made, JobContext(), device="cpu")


@pytest.mark.parametrize(
    ("rows", "columns", "spacing", "towards"),
    [
        (90, 90, (1.0, 1.0), AXIAL),
        (90, 150, (1.0, 1.0), AXIAL),
        (150, 90, (1.0, 1.0), AXIAL),
        (120, 100, (0.5, 2.0), AXIAL),
        (101, 99, (2.0, 0.7), AXIAL),
        (90, 120, (1.0, 1.5), TURNED),
        (90, 120, (1.0, 1.5), SAGITTAL),
        (64, 64, None, None),
        (200, 77, None, None),
    ],
)
def test_the_map_lies_on_the_pixels_that_spoke(
    network: nn.Module,
    rows: int,
    columns: int,
    spacing: tuple[float, float] | None,
    towards: tuple[tuple[int, ...], ...] | None,
) -> None:
    found = mapped(scan(rows, columns, spacing, towards))
    assert found.array.shape == (4, rows, columns)
    there = found.array[2] > 0.5
    # One pixel of the network is this many of the source.
    blur = np.array([rows, columns]) / 64 * max(1.0, rows / columns, columns / rows)
    if spacing is not None:
        long = max(rows * spacing[0], columns * spacing[1]) / 64
        blur = np.array([long / spacing[0], long / spacing[1]])
    for axis, part in enumerate(BLOCK):
        hit = np.flatnonzero(there.any(axis=1 - axis))
        middle = (hit[0] + hit[-1] + 1) / 2
        assert abs(middle - (part.start + part.stop) / 2) <= 1.0
        # What is only partly bright in the network's pixel may fall on either side.
        assert abs(len(hit) - (part.stop - part.start)) <= 1.5 * blur[axis] + 1


def test_the_map_is_scaled_over_the_whole_series(network: nn.Module) -> None:
    found = mapped(scan(bright=(0, 850, 1000, 0)))
    assert found.array.max() == 1.0
    assert 0.1 < found.array[1].max() < 0.9
    assert found.array[0].max() == 0.0
    assert not found.array.flags.writeable
    assert (found.class_name, found.label) == ("glioma", "Glioma")
    assert found.method == activation.METHOD


def test_of_several_networks_the_maps_are_added_up(
    monkeypatch: pytest.MonkeyPatch, network: nn.Module
) -> None:
    alone = mapped(scan())
    silent = inference_fakes.BlobDecides().eval()
    for parameter in silent.parameters():
        parameter.data.zero_()
    both = Ensemble([network, silent]).eval()
    monkeypatch.setattr(cache, "get_model", lambda _: both)
    together = mapped(scan())
    np.testing.assert_allclose(together.array, alone.array, atol=1e-6)


def test_only_slices_that_were_read_have_a_map(network: nn.Module) -> None:
    volume = scan()
    series = inference_fakes.make_series(volume.geometry)
    outline = np.zeros(volume.geometry.shape, np.uint8)
    outline[1:3, 12:30, 40:60] = 1
    from tumordesk.core.segmentation import Segment, Segmentation

    mask = Segmentation(outline, volume.geometry, (Segment(1, "Tumour"),), "1.2.3")
    made = run_model(volume, series, entry(), JobContext(), device="cpu", outline=mask)
    found = activation_map(volume, series, entry(), made.classification, JobContext(), device="cpu")
    assert found.slices == (1, 2)
    assert found.on_slice(0) is None


def test_a_class_that_nothing_speaks_for_has_an_empty_map(network: nn.Module) -> None:
    volume = scan()
    series = inference_fakes.make_series(volume.geometry)
    made = run_model(volume, series, entry(), JobContext(), device="cpu").classification
    found = activation_map(volume, series, entry(), made, JobContext(), device="cpu", class_index=3)
    assert found.label == "No tumour"
    assert found.array.max() == 0.0


def test_of_very_many_slices_those_that_spoke_most_are_mapped() -> None:
    slices = tuple(SliceProbabilities(i, (i / 200, 1 - i / 200)) for i in range(200))
    made = Classification(("a", "b"), ("A", "B"), (0.5, 0.5), slices, (199,))
    chosen = mapped_slices(made, 0, (200, 64, 64))
    assert chosen == tuple(range(200 - activation.MAX_SLICES, 200))
    assert mapped_slices(made, 1, (200, 64, 64))[0] == 0
    assert len(mapped_slices(made, 0, (200, 4096, 4096))) == 1


def test_cancel_stops_between_batches(network: nn.Module) -> None:
    volume = scan(bright=(900,) * 200)
    series = inference_fakes.make_series(volume.geometry)
    made = run_model(volume, series, entry(), JobContext(), device="cpu").classification
    context = JobContext(lambda report: context.cancel() if report.fraction is not None else None)
    with pytest.raises(Cancelled):
        activation_map(volume, series, entry(), made, context, device="cpu")


def test_an_answer_of_another_model_or_series_is_refused(network: nn.Module) -> None:
    volume = scan()
    series = inference_fakes.make_series(volume.geometry)
    made = run_model(volume, series, entry(), JobContext(), device="cpu").classification
    two = inference_fakes.TUMOUR_TYPES[:2]
    for model, one in (
        (entry(classes=two), series),
        (entry(), replace(series, uid="9.9")),
        (inference_fakes.make_entry(), series),
    ):
        with pytest.raises(InputMismatch, match="not one of"):
            activation_map(volume, one, model, made, JobContext(), device="cpu")


def test_a_network_without_features_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "get_model", lambda _: inference_fakes.MeanDecides())
    with pytest.raises(ModelError, match="Fake classifier has no feature maps"):
        mapped(scan())


def test_features_are_spread_where_they_lie() -> None:
    raw = np.zeros((1, 4, 4), np.float32)
    raw[0, 1, 2] = 1.0
    wide = spread(raw, (64, 64), (16.0, 0.0))[0]
    assert np.unravel_index(wide.argmax(), wide.shape) == (16, 32)
    assert wide[24, 32] == pytest.approx(0.5)
    tiled = spread(raw, (64, 64), None)[0]
    rows, columns = np.indices(tiled.shape)
    assert (tiled * rows).sum() / tiled.sum() == pytest.approx(23.5)
    assert (tiled * columns).sum() / tiled.sum() == pytest.approx(39.5)
    ones = spread(np.ones((1, 4, 4), np.float32), (64, 64), (16.0, 0.0))[0]
    assert ones[:57, :57].min() == pytest.approx(1.0)
    assert ones[63, 0] < 0.2  # beyond the last feature the picture was not looked at


@pytest.mark.parametrize("architecture", CLASSIFIERS)
def test_features_lie_where_the_network_says(architecture: str) -> None:
    """With all weights equal and nothing cut off, a feature's slopes are centred on it."""
    net = build(architecture, make_network_card(architecture, "classification", 1, 2)).eval()
    _make_linear(net)
    layer, grid = map_layer(net)
    kept: list[torch.Tensor] = []
    layer.register_forward_hook(lambda *args: kept.append(args[2]))
    picture = torch.ones(1, 1, 256, 224, requires_grad=True)
    net.backbone(picture)
    row, column = kept[0].shape[2] // 2, kept[0].shape[3] // 2
    (slopes,) = torch.autograd.grad(kept[0][0, :, row, column].sum(), picture)
    weights = slopes[0, 0].abs().double()
    total = weights.sum()
    assert grid is not None
    at_row = float((weights.sum(dim=1) * torch.arange(256)).sum() / total)
    at_column = float((weights.sum(dim=0) * torch.arange(224)).sum() / total)
    assert at_row == pytest.approx(grid[1] + grid[0] * row, abs=1.0)
    assert at_column == pytest.approx(grid[1] + grid[0] * column, abs=1.0)


def _make_linear(net: nn.Module) -> None:
    for module in list(net.modules()):
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1.0 / module.weight[0].numel())
        for name, child in list(module.named_children()):
            if isinstance(child, nn.MaxPool2d):
                mean = nn.AvgPool2d(child.kernel_size, child.stride, child.padding)
                setattr(module, name, mean)
            if isinstance(child, nn.ReLU | nn.ReLU6):
                setattr(module, name, nn.Identity())
