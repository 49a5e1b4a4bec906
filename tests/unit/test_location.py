"""Rough places in a head: right in every orientation, unknown where the head is not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.job import JobContext
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.volume import Volume
from tumordesk.imaging.location import estimate_head
from tumordesk.imaging.measure import measure
from tumordesk.session.use_cases import measure_layer, open_paths, read_volume

# Columns: LPS directions of the slice, row and column index.
AXIAL = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
SAGITTAL = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
CORONAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
SPACING = (5.0, 3.0, 3.0)
CENTRE_MM = np.array([12.0, -8.0, 30.0])
RADII_MM = np.array([75.0, 95.0, 90.0])


def tilted(degrees: float) -> np.ndarray:
    """Axial slices tilted about the left-right axis."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ AXIAL


def stack(directions, shape=(48, 80, 80)) -> Geometry:
    """Slices round the head, which lies off the origin."""
    affine = affine_from((0.0, 0.0, 0.0), directions, SPACING)
    affine[:3, 3] = CENTRE_MM - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Geometry(shape, SPACING[1:], SPACING[0], affine, verdict=Verdict.OK)


def inside(geometry, centre_mm, radii_mm) -> np.ndarray:
    """Voxels whose middle lies in an ellipsoid along the patient's axes."""
    step = geometry.affine[:3, :3] / np.reshape(radii_mm, (3, 1))
    first = (geometry.affine[:3, 3] - centre_mm) / radii_mm
    grid = np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij", sparse=True)
    axes = [
        sum(s * g for s, g in zip(row, grid, strict=True)) + f
        for row, f in zip(step, first, strict=True)
    ]
    return sum(axis**2 for axis in axes) <= 1.0


def head(geometry, radii_mm=RADII_MM) -> Volume:
    """An egg with noise, in air."""
    grey = inside(geometry, CENTRE_MM, radii_mm) * 500.0
    grey += np.random.default_rng(3).uniform(0.0, 25.0, geometry.shape)
    return Volume(grey.astype(np.float32), geometry, "1.2.3")


def found(geometry, at_mm, volume=None, radius_mm=12.0):
    """The lesion of a ball at ``at_mm`` from the head's centre."""
    ball = inside(geometry, CENTRE_MM + np.array(at_mm), (radius_mm,) * 3)
    outline = Segmentation(ball.astype(np.uint8), geometry, (Segment(1, "Tumour"),), "1.2.3")
    known = estimate_head(volume if volume is not None else head(geometry))
    measured = measure(outline, midline_x_mm=known.midline_x_mm, head_box_mm=known.box_mm)
    assert measured.head_box_mm == known.box_mm
    return measured.lesions[0]


@pytest.mark.parametrize(
    ("at_mm", "side", "place"),
    [
        ((35, -40, 40), "left", "Left, front, upper"),
        ((-35, -40, 40), "right", "Right, front, upper"),
        ((35, 40, 40), "left", "Left, back, upper"),
        ((-35, 40, -25), "right", "Right, back, lower"),
        ((0, 40, 40), "both", "Both sides, back, upper"),
        ((35, 0, 40), "left", "Left, upper"),
    ],
)
@pytest.mark.parametrize(
    "directions",
    [AXIAL, SAGITTAL, CORONAL, AXIAL * [1, 1, -1], AXIAL * [-1, -1, 1], tilted(20)],
    ids=["axial", "sagittal", "coronal", "right to left", "from the top, turned", "tilted"],
)
def test_places_follow_the_patient_whatever_the_slices(directions, at_mm, side, place) -> None:
    lesion = found(stack(directions), at_mm)
    assert lesion.side == side
    assert lesion.location == place


def test_the_box_is_the_heads_and_ends_where_the_brain_does() -> None:
    box = estimate_head(head(stack(AXIAL))).box_mm
    assert box is not None
    (right, left), (front, back), (low, high) = box
    assert (right, left) == pytest.approx((12 - 75, 12 + 75), abs=8.0)
    assert (front, back) == pytest.approx((-8 - 95, -8 + 95), abs=8.0)
    assert high == pytest.approx(30 + 90, abs=8.0)
    assert high - low == pytest.approx(0.82 * (back - front))


def test_nothing_is_told_of_a_slab() -> None:
    """Ten slices through the middle: no top, so no upper or lower; the side is known."""
    slab = stack(AXIAL, shape=(10, 80, 80))
    lesion = found(slab, (35, -40, 5))
    assert lesion.side == "left"
    assert lesion.location is None
    narrow = stack(SAGITTAL, shape=(12, 80, 80))
    lesion = found(narrow, (5, -40, 40))
    assert lesion.side is None
    assert lesion.location is None


@pytest.mark.parametrize(
    "radii_mm",
    [(30.0, 30.0, 30.0), (180.0, 110.0, 90.0), (60.0, 60.0, 300.0), (300.0, 300.0, 300.0)],
    ids=["small phantom", "trunk", "leg", "fills the picture"],
)
def test_nothing_is_told_of_what_is_no_head(radii_mm) -> None:
    geometry = stack(AXIAL, shape=(48, 130, 130))
    lesion = found(geometry, (10, -10, 10), head(geometry, np.array(radii_mm)))
    assert lesion.location is None


def test_nothing_is_told_without_orientation() -> None:
    geometry = Geometry((10, 40, 40), (3.0, 3.0), 5.0, verdict=Verdict.GAP)
    volume = Volume(np.ones(geometry.shape, np.float32), geometry, "1.2.3")
    assert estimate_head(volume).box_mm is None
    array = np.zeros(geometry.shape, np.uint8)
    array[4, 4:20, 4:20] = 1
    outline = Segmentation(array, geometry, (Segment(1, "Tumour"),), "1.2.3")
    box = ((-75.0, 75.0), (-95.0, 95.0), (-60.0, 90.0))
    (lesion,) = measure(outline, midline_x_mm=0.0, head_box_mm=box).lesions
    assert lesion.side is None
    assert lesion.location is None


def test_a_correction_is_measured_with_the_runs_head_or_else_with_the_volumes() -> None:
    geometry = stack(AXIAL)
    ball = inside(geometry, CENTRE_MM + np.array((35, -40, 40)), (12.0,) * 3)
    outline = Segmentation(ball.astype(np.uint8), geometry, (Segment(1, "Tumour"),), "1.2.3")
    volume = head(geometry)
    known = estimate_head(volume)
    alone = measure_layer(JobContext(), outline, volume=volume)
    assert alone.lesions[0].location == "Left, front, upper"
    again = measure_layer(
        JobContext(), outline, known.midline_x_mm, head_box_mm=known.box_mm, volume=volume
    )
    assert again == alone
    nowhere = measure_layer(JobContext(), outline)
    assert replace(nowhere.lesions[0], side="left").location is None


def test_the_head_of_the_sample_study(repository) -> None:
    """A whole head of an adult: its brain lies in the box, and the box has a head's measures."""
    scan = open_paths(JobContext(), [repository / "resources" / "samples"])
    assert len(scan.series) == 2
    for series in scan.series:
        known = estimate_head(read_volume(JobContext(), series))
        assert known.box_mm is not None
        widths = [high - low for low, high in known.box_mm]
        assert 140 < widths[0] < 170
        assert 165 < widths[1] < 205
        assert 130 < widths[2] < 170
        assert abs(known.midline_x_mm) < 10
