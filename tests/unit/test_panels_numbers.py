"""Numbers on the screen: right units, no digit too many, slices counted from 1."""

from __future__ import annotations

import pytest

from tumordesk.core.finding import Diameter, Lesion
from tumordesk.gui.panels import numbers


def _lesion(longest_mm: float | None, perpendicular_mm: float | None) -> Lesion:
    def diameter(length_mm: float | None) -> Diameter:
        return Diameter(3, (0.0, 10.0), (4.0, 20.0), 21.4, length_mm)

    return Lesion(
        1,
        1,
        100,
        None,
        diameter(longest_mm),
        diameter(perpendicular_mm),
        (2, 4),
        3,
        (3.0, 2.0, 15.0),
        None,
    )


@pytest.mark.parametrize(
    ("ml", "shown"),
    [
        (24.31, "24.3"),
        (131.4, "131"),
        (0.424, "0.42"),
        (0.004, "< 0.01"),
        (0, "0.00"),
        (99.97, "100"),
    ],
)
def test_volume_has_no_digit_too_many(ml: float, shown: str) -> None:
    assert numbers.volume(ml) == numbers.Quantity(shown, "mL")


def test_diameters_are_whole_millimetres_side_by_side() -> None:
    assert str(numbers.diameters(_lesion(41.3, 32.4))).replace("\xa0", " ") == "41 × 32 mm"


def test_small_diameters_keep_one_decimal() -> None:
    assert str(numbers.diameters(_lesion(6.24, 3.97))).replace("\xa0", " ") == "6.2 × 4.0 mm"


def test_diameters_without_spacing_are_pixels() -> None:
    found = numbers.diameters(_lesion(None, None))
    assert found == numbers.Quantity("21 × 21", "px")


@pytest.mark.parametrize(
    ("part", "shown"), [(0.384, "38"), (0.0421, "4.2"), (0.0004, "< 0.1"), (0.0, "0"), (1.0, "100")]
)
def test_share(part: float, shown: str) -> None:
    assert numbers.share(part).value == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.873, "87"), (0.004, "< 1"), (0.9991, "> 99"), (0.0, "0"), (1.0, "100")]
)
def test_probability_never_claims_certainty(value: float, shown: str) -> None:
    assert numbers.probability(value).value == shown


def test_slices_are_counted_from_one_and_runs_are_joined() -> None:
    assert numbers.slice_list([8, 9, 10, 11, 2]) == "3, 9–12"


@pytest.mark.parametrize(
    ("value_s", "shown"), [(4.21, "4.2 s"), (37.2, "37 s"), (125.0, "2 min 5 s"), (120.0, "2 min")]
)
def test_seconds(value_s: float, shown: str) -> None:
    assert numbers.seconds(value_s).replace("\xa0", " ") == shown


def test_side_in_words() -> None:
    assert numbers.side("both") == "Both sides"
    assert numbers.side(None) == ""


def test_counts_agree_with_their_noun() -> None:
    assert numbers.counted(1, "slice") == "1 slice"
    assert numbers.counted(12480, "pixel").replace("\xa0", " ") == "12 480 pixels"


def test_middle_of_a_diameter() -> None:
    assert numbers.middle(Diameter(3, (0.0, 10.0), (4.0, 20.0), 1.0, None)) == (2.0, 15.0)
