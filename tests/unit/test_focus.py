"""Map and outline: the numbers, the verdict, and the map's region with its mark."""

from __future__ import annotations

import numpy as np
import pytest

from tumordesk.core.activation import ActivationMap, map_mark
from tumordesk.core.errors import InputMismatch
from tumordesk.core.geometry import Geometry
from tumordesk.core.job import JobContext
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.volume import Volume
from tumordesk.imaging.focus import focus
from tumordesk.imaging.map_outline import map_outline
from tumordesk.session.layers import own_copy
from tumordesk.session.mapping import find_foci, region_of
from tumordesk.session.session import Session
from tumordesk.session.use_cases import measure_layer

SHAPE = (4, 40, 50)
GEOMETRY = Geometry(SHAPE, (1.0, 1.0), 5.0)
BOX = (slice(10, 20), slice(10, 20))


def outline(*slices: int, box: tuple[slice, slice] = BOX) -> Segmentation:
    """100 pixels on these slices."""
    array = np.zeros(SHAPE, np.uint8)
    for index in slices:
        array[index][box] = 1
    return Segmentation(array, GEOMETRY, (Segment(1, "Tumour"),), "1.2")


def spot(
    box: tuple[slice, slice] = BOX, slices: tuple[int, ...] = (1, 2), rest: float = 0.0
) -> ActivationMap:
    """1 in the box and ``rest`` elsewhere."""
    array = np.full((len(slices), *SHAPE[1:]), rest, np.float32)
    for one in array:
        one[box] = 1.0
    return ActivationMap("types", "glioma", "Glioma", "HiResCAM", slices, array)


def head() -> Volume:
    """A head of 1000 pixels on every slice: rows 0 to 19; air below."""
    array = np.zeros(SHAPE, np.int16)
    array[:, :20] = 800
    return Volume(array, GEOMETRY, "1.2")


def test_a_map_in_the_outline_is_inside() -> None:
    found = focus(spot(), outline(0, 1, 2), head())
    assert found.inside_share == pytest.approx(1.0)
    assert found.overlap == pytest.approx(1.0)
    assert found.expected_share == pytest.approx(0.1)
    assert found.verdict == "inside"
    assert "100 %" in found.text
    assert "10 %" in found.text


def test_a_map_beside_the_outline_is_elsewhere() -> None:
    found = focus(spot((slice(0, 8), slice(30, 45))), outline(1), head())
    assert found.inside_share == 0.0
    assert found.overlap == 0.0
    assert found.verdict == "elsewhere"
    assert found.text.startswith("The classifier looked elsewhere")


def test_an_even_map_is_neither() -> None:
    even = ActivationMap("types", "a", "A", "m", (1,), (head().array[1:2] > 0).astype(np.float32))
    found = focus(even, outline(1), head())
    assert found.inside_share == pytest.approx(found.expected_share)
    assert found.verdict == "partly"


@pytest.mark.parametrize(("rest", "verdict"), [(0.2, "inside"), (0.35, "partly"), (0.9, "partly")])
def test_three_times_as_much_as_by_chance_is_inside(rest: float, verdict: str) -> None:
    values = np.where(head().array[1:2] > 0, rest, 0.0).astype(np.float32)
    values[0][BOX] = 1.0
    found = focus(ActivationMap("t", "a", "A", "m", (1,), values), outline(1), head())
    assert found.inside_share == pytest.approx(100 / (100 + 900 * rest), rel=1e-4)
    assert found.verdict == verdict


def test_half_of_the_map_is_inside_where_the_outline_is_large() -> None:
    large = (slice(0, 20), slice(0, 20))
    values = np.zeros((1, *SHAPE[1:]), np.float32)
    values[0, :20] = 0.3
    values[0][large] = 0.5
    found = focus(ActivationMap("t", "a", "A", "m", (1,), values), outline(1, box=large), head())
    assert found.expected_share == pytest.approx(0.4)
    assert found.inside_share == pytest.approx(200 / 380)
    assert found.verdict == "inside"


def test_only_slices_with_both_count() -> None:
    array = np.zeros((2, *SHAPE[1:]), np.float32)
    array[0][BOX] = 1.0
    array[1, :5] = 1.0  # on a slice without outline
    found = focus(ActivationMap("t", "a", "A", "m", (1, 3), array), outline(1), head())
    assert found.inside_share == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("given", "words"),
    [(None, "no outline"), (outline(), "read no slice"), (outline(0), "read no slice")],
)
def test_without_an_outline_nothing_is_said(given: Segmentation | None, words: str) -> None:
    found = focus(spot(), given, head())
    assert found.verdict == "unknown"
    assert found.inside_share is None
    assert words in found.text


def test_a_map_of_nothing_and_its_own_region_say_nothing() -> None:
    empty = ActivationMap("t", "a", "Glioma", "m", (1,), np.zeros((1, *SHAPE[1:]), np.float32))
    assert focus(empty, outline(1), head()).verdict == "unknown"
    region = map_outline(spot(), GEOMETRY, "1.2")
    assert focus(spot(), region, head()).verdict == "unknown"


def test_map_and_outline_of_two_series_are_refused() -> None:
    other = ActivationMap("t", "a", "A", "m", (1,), np.zeros((1, 10, 10), np.float32))
    with pytest.raises(InputMismatch, match="same series"):
        focus(other, outline(1), head())


def test_the_region_is_where_the_map_is_high_and_says_what_it_is() -> None:
    region = map_outline(spot(rest=0.4), GEOMETRY, "1.2")
    expected = np.zeros(SHAPE, bool)
    expected[1:3, 10:20, 10:20] = True
    assert np.array_equal(region.array > 0, expected)
    (segment,) = region.segments
    assert segment.label == "Map region"
    assert segment.algorithm_name == "activation map of types, not an outline of the tumour"
    assert map_mark(region.segments).startswith("Activation map of types")
    assert map_mark(outline(1).segments) == ""


def test_no_region_without_a_map_or_on_another_series() -> None:
    empty = ActivationMap("t", "a", "Glioma", "m", (1,), np.zeros((1, *SHAPE[1:]), np.float32))
    with pytest.raises(InputMismatch, match="spoke for Glioma"):
        map_outline(empty, GEOMETRY, "1.2")
    with pytest.raises(InputMismatch, match="this series"):
        map_outline(spot(slices=(1, 4)), GEOMETRY, "1.2")


def test_measures_and_copies_of_the_region_keep_the_mark() -> None:
    session = Session()
    region = region_of(JobContext(), spot(), GEOMETRY, "1.2")
    layer = session.add_map_region("s", region, "types", 0.4)
    assert session.results("s").active is layer
    assert session.outline("s") is None  # no classifier reads where it looked itself
    measured = measure_layer(JobContext(), layer.segmentation())
    assert "not an outline of the tumour" in measured.notes[0]
    copy = own_copy(layer, 1, 1)
    assert map_mark(copy.segments)
    again = session.add_map_region("s", region, "types", 0.4)
    assert session.results("s").layers == [again]


def test_foci_belong_to_the_active_layer() -> None:
    session = Session()
    session.set_map("s", spot())
    session.set_foci("s", find_foci(JobContext(), {"types": spot()}, outline(1), head()))
    assert session.results("s").foci["types"].verdict == "inside"
    session.add_own("s", GEOMETRY, "1.2")
    assert session.results("s").foci == {}
    assert list(session.results("s").maps) == ["types"]
