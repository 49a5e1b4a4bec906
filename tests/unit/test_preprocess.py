"""The one transform between slices and network input, both ways."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.model_card import InputSpec, Normalisation
from tumordesk.imaging.preprocess import (
    InPlane,
    Preparer,
    canonical_in_plane,
    foreground_range,
    letterbox,
    neighbour_offsets,
    prepare,
)

SPEC = InputSpec(size=(64, 64))
VOLUME = Normalisation()


def brain(shape: tuple[int, int, int] = (5, 60, 48), scale: float = 1.0) -> np.ndarray:
    """Air, tissue of two levels, and one very bright voxel."""
    slices, rows, columns = shape
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:rows, 0:columns]
    disc = ((y - rows / 2) / (rows * 0.4)) ** 2 + ((x - columns / 2) / (columns * 0.4)) ** 2 < 1
    grey = np.repeat(disc[None] * 400.0, slices, axis=0)
    grey[:, rows // 3 : rows // 2, columns // 3 : columns // 2] = 800.0
    grey += rng.normal(0, 8, shape)
    grey[0, 0, 0] = 30000.0
    return np.clip(grey * scale, 0, None)


def geometry(
    shape: tuple[int, int, int],
    directions: list[list[float]],
    spacing: tuple[float, float] = (1.0, 1.0),
) -> Geometry:
    columns = np.asarray(directions, dtype=np.float64).T
    affine = affine_from((0.0, 0.0, 0.0), columns, (5.0, *spacing))
    return Geometry(shape, spacing, 5.0, affine, None, Verdict.OK)


# slice, row and column direction in LPS
AXIAL = [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
SAGITTAL = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
CORONAL = [[0, 1, 0], [0, 0, -1], [1, 0, 0]]


@pytest.mark.parametrize("directions", [AXIAL, SAGITTAL, CORONAL])
def test_canonical_slices_are_left_as_they_are(directions: list[list[float]]) -> None:
    assert canonical_in_plane(geometry((2, 4, 4), directions)) == InPlane()


@pytest.mark.parametrize("directions", [AXIAL, SAGITTAL, CORONAL])
@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("rows", [1, -1])
@pytest.mark.parametrize("columns", [1, -1])
def test_any_way_of_lying_is_turned_to_the_canonical_one(
    directions: list[list[float]], transpose: bool, rows: int, columns: int
) -> None:
    normal, row, column = (np.array(d, dtype=float) for d in directions)
    wanted = np.arange(24.0).reshape(4, 6)
    stored = wanted[::rows, ::columns]
    down, right = row * rows, column * columns
    if transpose:
        stored, down, right = stored.T, right, down
    turn = canonical_in_plane(geometry((1, *stored.shape), [list(normal), list(down), list(right)]))
    np.testing.assert_array_equal(turn.apply(stored), wanted)
    np.testing.assert_array_equal(turn.undo(wanted), stored)


def test_slices_that_lie_askew_are_turned_to_the_nearest_view() -> None:
    tilt = np.deg2rad(25)
    row = [0.0, np.cos(tilt), np.sin(tilt)]
    normal = [0.0, -np.sin(tilt), np.cos(tilt)]
    assert canonical_in_plane(geometry((1, 4, 4), [normal, row, [1, 0, 0]])) == InPlane()


def test_an_unknown_orientation_is_left_alone() -> None:
    assert canonical_in_plane(None) == InPlane()
    assert canonical_in_plane(Geometry((1, 4, 4))) == InPlane()


def test_the_range_is_that_of_the_tissue() -> None:
    low, high = foreground_range(brain(), VOLUME)
    assert 350 < low < 400
    assert 800 < high < 850


@given(st.sampled_from([1e-3, 0.3, 7.0, 1000.0]), st.sampled_from([-1000.0, 0.0, 5000.0]))
def test_scale_and_offset_of_the_scanner_do_not_matter(scale: float, offset: float) -> None:
    grey = brain((3, 40, 32))
    plain = Preparer(grey.astype(np.float32), None, SPEC).unit(1)
    other = Preparer((grey * scale + offset).astype(np.float32), None, SPEC).unit(1)
    np.testing.assert_allclose(plain, other, atol=0.01)


def test_eight_bits_and_scanner_values_look_alike() -> None:
    grey = brain()
    grey[0, 0, 0] = 0
    eight = np.clip(grey / grey.max() * 255, 0, 255).astype(np.uint8)
    scanner = Preparer(grey.astype(np.uint16), None, SPEC).unit(2)
    picture = Preparer(eight, None, SPEC).unit(2)
    assert np.abs(scanner - picture).mean() < 0.01


@pytest.mark.parametrize("value", [0, 7, -3])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_a_constant_picture_is_no_trouble(value: int, dtype: type) -> None:
    grey = np.full((2, 8, 8), value, dtype=dtype)
    low, high = foreground_range(grey, VOLUME)
    assert high > low
    unit = Preparer(grey, None, SPEC).unit(0)
    assert np.isfinite(unit).all()


def test_values_that_are_no_numbers_are_no_trouble() -> None:
    grey = brain().astype(np.float32)
    grey[1, :4] = np.nan
    grey[2, :4] = np.inf
    grey[3, :4] = -np.inf
    preparer = Preparer(grey, None, SPEC)
    for index in range(5):
        unit = preparer.unit(index)
        assert unit.min() >= 0.0
        assert unit.max() <= 1.0
    assert foreground_range(np.full((1, 2, 2), np.nan, np.float32), VOLUME) == (0.0, 1.0)


def test_one_range_for_a_volume_or_one_for_each_picture() -> None:
    bright = brain((1, 40, 32))
    bright[0, 0, 0] = 0
    grey = np.concatenate([bright, bright * 0.1])
    volume = Preparer(grey, None, SPEC)
    assert volume.unit(1).max() < 0.3
    picture = Preparer(
        grey, None, InputSpec(size=(64, 64), normalisation=Normalisation(scope="picture"))
    )
    np.testing.assert_allclose(picture.unit(0), picture.unit(1), atol=0.02)


def test_asking_for_some_slices_changes_nothing() -> None:
    grey = brain()
    some = prepare(grey, None, SPEC, [3, 1])
    assert some.indices == (3, 1)
    np.testing.assert_array_equal(some.inputs, prepare(grey, None, SPEC).inputs[[3, 1]])


def test_a_large_volume_is_sampled_evenly() -> None:
    rng = np.random.default_rng(1)
    grey = np.zeros((40, 320, 400), np.float32)
    grey[:, 40:280, 50:350] = rng.normal(500, 60, (40, 240, 300))
    exact = np.percentile(grey[grey > 100], (0.5, 99.5))
    np.testing.assert_allclose(foreground_range(grey, VOLUME), exact, rtol=0.02)


@given(
    st.integers(1, 700),
    st.integers(1, 700),
    st.floats(0.2, 6.0),
    st.floats(0.2, 6.0),
    st.sampled_from([(64, 64), (256, 256), (96, 160)]),
)
def test_slices_are_placed_whole_square_and_in_the_middle(
    rows: int, columns: int, row_mm: float, column_mm: float, size: tuple[int, int]
) -> None:
    where = letterbox((rows, columns), (row_mm, column_mm), size)
    assert 1 <= where.height <= size[0]
    assert 1 <= where.width <= size[1]
    assert where.height == size[0] or where.width == size[1]
    assert abs(2 * where.top + where.height - size[0]) <= 1
    assert abs(2 * where.left + where.width - size[1]) <= 1
    height, width = rows * row_mm, columns * column_mm
    scale = min(size[0] / height, size[1] / width)
    assert abs(where.height - height * scale) <= 1
    assert abs(where.width - width * scale) <= 1


@pytest.mark.parametrize("directions", [None, AXIAL, SAGITTAL, [[0, 0, 1], [-1, 0, 0], [0, -1, 0]]])
@pytest.mark.parametrize("shape", [(3, 60, 48), (3, 300, 200), (2, 17, 90)])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 1.4)])
@pytest.mark.parametrize("fit", ["pad", "stretch"])
def test_maps_come_back_to_where_they_were(
    directions: list[list[float]] | None,
    shape: tuple[int, int, int],
    spacing: tuple[float, float],
    fit: Literal["pad", "stretch"],
) -> None:
    _, rows, columns = shape
    mask = np.zeros(shape, np.float32)
    mask[:, rows // 4 : rows // 2, columns // 5 : columns // 2] = 1.0
    where = None if directions is None else geometry(shape, directions, spacing)
    preparer = Preparer(mask, where, InputSpec(size=(128, 128), fit=fit))
    maps = np.stack([preparer.place(m) for m in mask])
    back = preparer.restore(range(len(mask)), maps) >= 0.5
    both = np.count_nonzero(back & (mask > 0))
    assert 2 * both / (np.count_nonzero(back) + np.count_nonzero(mask)) > 0.9
    assert back.shape == mask.shape


def test_pictures_of_the_size_of_the_network_pass_unchanged() -> None:
    grey = np.random.default_rng(0).integers(0, 255, (1, 64, 64)).astype(np.uint8)
    low, high = foreground_range(grey, VOLUME)
    expected = np.clip((grey[0] - np.float32(low)) / np.float32(high - low), 0, 1)
    np.testing.assert_array_equal(Preparer(grey, None, SPEC).unit(0), expected)


def test_a_stretched_picture_fills_the_network_s_input() -> None:
    grey = np.full((1, 20, 80), 200, np.uint8)
    grey[:, :, :4] = 0
    stretched = Preparer(grey, None, InputSpec(size=(64, 64), fit="stretch")).unit(0)
    padded = Preparer(grey, None, InputSpec(size=(64, 64))).unit(0)
    assert stretched[:, 8:].min() > 0.9
    assert padded[:20].max() == padded[-20:].max() == 0.0


def test_mean_and_spread_of_each_channel() -> None:
    spec = InputSpec(
        channels=3, size=(32, 32), normalisation=Normalisation(mean=(0.1, 0.2, 0.3), std=(0.5,))
    )
    preparer = Preparer(brain(), None, spec)
    batch = preparer.batch([0, 4])
    assert batch.shape == (2, 3, 32, 32)
    assert batch.dtype == np.float32
    for channel, mean in enumerate((0.1, 0.2, 0.3)):
        np.testing.assert_allclose(batch[1, channel], (preparer.unit(4) - mean) / 0.5, atol=1e-6)


def test_wrong_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="slices, rows, columns"):
        Preparer(np.zeros((4, 4)), None, SPEC)
    preparer = Preparer(brain(), None, SPEC)
    with pytest.raises(ValueError, match="2 maps for 1 slices"):
        preparer.restore([0], np.zeros((2, 64, 64), np.float32))
    two = InputSpec(channels=3, normalisation=Normalisation(mean=(0.0, 0.0), std=(1.0,)))
    with pytest.raises(ValueError, match="2 values of mean or std for 3 channels"):
        Preparer(brain(), None, two).batch([0])


def test_the_transform_is_the_same_every_time() -> None:
    first, second = (prepare(brain(), None, SPEC).inputs for _ in range(2))
    np.testing.assert_array_equal(first, second)


def _steps(slices: int = 6) -> np.ndarray:
    """Slices that are told apart by one bright column each, on the same range."""
    grey = np.zeros((slices, 8, 8), dtype=np.float32)
    grey[:, :, -1] = 50.0
    for index in range(slices):
        grey[index, :, index] = 100.0
    return grey


def _seen(channel: np.ndarray) -> int:
    """Which of :func:`_steps` a channel shows."""
    return int(np.argmax(channel[0, :-1]))


def test_neighbouring_slices_fill_the_channels_and_repeat_at_the_ends() -> None:
    spec = InputSpec(channels=3, size=(8, 8), neighbours=1)
    made = prepare(_steps(), None, spec, [0, 3, 5])
    assert made.inputs.shape == (3, 3, 8, 8)
    seen = [[_seen(channel) for channel in item] for item in made.inputs]
    assert seen == [[0, 0, 1], [2, 3, 4], [4, 5, 5]]


def test_a_single_picture_is_its_own_neighbour() -> None:
    spec = InputSpec(channels=3, size=(8, 8), neighbours=1)
    made = prepare(_steps(1), None, spec)
    np.testing.assert_array_equal(made.inputs[0, 0], made.inputs[0, 1])
    np.testing.assert_array_equal(made.inputs[0, 2], made.inputs[0, 1])


@pytest.mark.parametrize(
    ("slice_mm", "wanted"), [(5.0, (-1, 0, 1)), (1.0, (-5, 0, 5)), (8.0, (-1, 0, 1))]
)
def test_thin_series_are_stepped_through_as_the_training_data_were(
    slice_mm: float, wanted: tuple[int, ...]
) -> None:
    known = Geometry((6, 8, 8), (1.0, 1.0), slice_mm)
    spec = InputSpec(channels=3, neighbours=1, neighbour_mm=5.0)
    assert neighbour_offsets(spec, known) == wanted
    assert neighbour_offsets(spec, None) == (-1, 0, 1)


def test_several_sequences_have_a_channel_and_a_range_each() -> None:
    spec = InputSpec(channels=3, size=(32, 32), sequence="T1", sequences=("T1", "FLAIR", "T1C"))
    one = brain()
    made = Preparer((one, one * 40 - 7, one[:, ::-1]), None, spec).batch([0, 2])
    assert made.shape == (2, 3, 32, 32)
    np.testing.assert_allclose(made[:, 1], made[:, 0], atol=1e-5)
    alone = InputSpec(size=(32, 32))
    np.testing.assert_array_equal(made[:, :1], Preparer(one, None, alone).batch([0, 2]))
    np.testing.assert_array_equal(made[:, 2:], Preparer(one[:, ::-1], None, alone).batch([0, 2]))
    with pytest.raises(ValueError, match="2 sequences for 3 channels"):
        Preparer((one, one), None, spec)
    with pytest.raises(ValueError, match="of one shape"):
        Preparer((one, one, one[:, 1:]), None, spec)
