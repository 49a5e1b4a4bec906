"""Measurements against shapes whose size is known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.volume import Volume
from tumordesk.imaging.components import components, label_components, remove_small_islands
from tumordesk.imaging.measure import estimate_midline_mm, measure

# Columns of an axial stack in radiological order: slice index to the head, rows to posterior,
# columns to the patient's left.
AXIAL = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


def axial(shape, spacing, *, x_first_mm=None, verdict=Verdict.OK, positions=None) -> Geometry:
    """Axial geometry whose columns run from the patient's right (negative x) to the left."""
    x = -spacing[2] * (shape[2] - 1) / 2 if x_first_mm is None else x_first_mm
    return Geometry(
        shape=shape,
        pixel_spacing_mm=spacing[1:],
        slice_spacing_mm=spacing[0],
        affine=affine_from((x, 0.0, 0.0), AXIAL, spacing),
        verdict=verdict,
        slice_positions_mm=positions,
    )


def ellipsoid(shape, spacing, centre, radii_mm) -> np.ndarray:
    """uint8 mask of the voxels whose centre lies in an ellipsoid (centre in voxels)."""
    grid = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij", sparse=True)
    terms = [
        ((g - c) * s / r) ** 2 for g, c, s, r in zip(grid, centre, spacing, radii_mm, strict=True)
    ]
    return (sum(terms) <= 1.0).astype(np.uint8)


def labelled(array, geometry) -> Segmentation:
    return Segmentation(array, geometry, (Segment(1, "Tumour"),), "1.2.3")


@pytest.mark.parametrize(
    ("spacing", "shape"),
    [
        ((1.0, 1.0, 1.0), (64, 96, 96)),
        ((2.0, 0.5, 0.9), (40, 160, 120)),
        ((1.0, 0.9, 0.4), (70, 100, 220)),
    ],
)
def test_ellipsoid_has_its_volume_and_diameters(spacing, shape) -> None:
    centre = tuple((n - 1) / 2 + 0.3 for n in shape)
    radii = (24.0, 30.0, 18.0)
    found = measure(labelled(ellipsoid(shape, spacing, centre, radii), axial(shape, spacing)))
    (lesion,) = found.lesions
    expected_mm3 = 4 / 3 * np.pi * np.prod(radii)
    assert lesion.volume_mm3 == pytest.approx(expected_mm3, rel=0.01)
    assert found.volume_ml == pytest.approx(expected_mm3 / 1000, rel=0.01)
    assert lesion.longest.length_mm == pytest.approx(60.0, abs=spacing[1])
    assert lesion.perpendicular.length_mm == pytest.approx(36.0, abs=spacing[2])
    assert lesion.largest_slice == lesion.longest.slice_index
    assert abs(lesion.largest_slice - centre[0]) <= 1.0
    assert lesion.centroid == pytest.approx(centre, abs=0.3)
    assert found.refused == ()


@pytest.mark.parametrize("angle_deg", [0, 17, 45, 73])
def test_turned_ellipse_in_pixels_that_are_not_square(angle_deg) -> None:
    spacing, shape = (1.0, 0.7, 1.1), (1, 200, 140)
    angle = np.deg2rad(angle_deg)
    y = (np.arange(200) - 99.5)[:, None] * spacing[1]
    x = (np.arange(140) - 69.5)[None, :] * spacing[2]
    u, v = y * np.cos(angle) + x * np.sin(angle), -y * np.sin(angle) + x * np.cos(angle)
    array = (((u / 45.0) ** 2 + (v / 20.0) ** 2) <= 1.0).astype(np.uint8)[None]
    (lesion,) = measure(labelled(array, axial(shape, spacing))).lesions
    assert lesion.longest.length_mm == pytest.approx(90.0, abs=1.1)
    assert lesion.perpendicular.length_mm == pytest.approx(40.0, abs=1.1)
    long = (np.subtract(lesion.longest.end, lesion.longest.start)) * spacing[1:]
    short = (np.subtract(lesion.perpendicular.end, lesion.perpendicular.start)) * spacing[1:]
    assert abs(long @ short) < 1e-6 * np.linalg.norm(long) * np.linalg.norm(short)


def test_one_pixel_and_a_bar() -> None:
    array = np.zeros((1, 9, 9), np.uint8)
    array[0, 4, 4] = 1
    geometry = axial((1, 9, 9), (1.0, 0.5, 0.5))
    (lesion,) = measure(labelled(array, geometry)).lesions
    assert (lesion.longest.length_px, lesion.longest.length_mm) == (1.0, 0.5)
    assert lesion.perpendicular.length_px == pytest.approx(1.0)
    array = np.zeros((1, 9, 9), np.uint8)
    array[0, 4, 1:8] = 1
    (lesion,) = measure(labelled(array, geometry)).lesions
    assert lesion.longest.length_px == 7.0
    assert lesion.longest.start == (4.0, 0.5)
    assert lesion.longest.end == (4.0, 7.5)


def test_lesions_are_components_touching_at_corners_too_and_ordered_by_size() -> None:
    array = np.zeros((6, 40, 40), np.uint8)
    array[0:2, 2:5, 2:5] = 1
    array[2, 5:9, 5:9] = 1  # touches the first only at a corner in 3-D
    array[4:6, 20:35, 20:35] = 1
    array[5, 2, 38] = 1  # a speck
    found = measure(labelled(array, axial((6, 40, 40), (1.0, 1.0, 1.0))))
    assert [lesion.voxels for lesion in found.lesions] == [450, 34]
    assert [lesion.number for lesion in found.lesions] == [1, 2]
    assert found.lesions[1].slice_range == (0, 2)
    assert found.voxels == 485
    assert found.volume_mm3 == pytest.approx(485.0)
    assert found.tumour_slices == (0, 1, 2, 4, 5)
    assert found.share_of_slices == pytest.approx(5 / 6)
    assert found.share_of_pixels == pytest.approx(485 / array.size)
    assert any("1 small area is outlined" in note for note in found.notes)


def test_something_tiny_is_still_listed_when_it_is_all_there_is() -> None:
    array = np.zeros((2, 8, 8), np.uint8)
    array[1, 3, 3:5] = 1
    assert measure(labelled(array, axial((2, 8, 8), (1.0, 1.0, 1.0)))).lesions[0].voxels == 2


def test_segments_that_touch_are_parts_of_one_lesion() -> None:
    array = np.zeros((3, 20, 20), np.uint8)
    array[0, 2:8, 2:8], array[0, 8:12, 2:8] = 1, 3
    array[0, 15:18, 15:19] = 3
    geometry = axial((3, 20, 20), (2.0, 1.0, 1.0))
    names = (Segment(1, "Core"), Segment(2, "Cyst"), Segment(3, "Oedema"))
    found = measure(Segmentation(array, geometry, names, "1.2.3"))
    large, small = found.lesions
    assert (large.segment, large.voxels, large.volume_mm3) == (0, 60, 120.0)
    assert [(p.segment, p.voxels, p.volume_mm3) for p in large.parts] == [
        (1, 36, 72.0),
        (3, 24, 48.0),
    ]
    assert (small.segment, small.voxels, small.parts) == (3, 12, ())
    assert [(p.segment, p.voxels, p.volume_ml) for p in found.parts] == [
        (1, 36, 0.072),
        (2, 0, 0.0),
        (3, 36, 0.072),
    ]
    assert found.volume_mm3 == 144.0


def test_an_outline_of_one_segment_has_no_parts() -> None:
    array = np.zeros((1, 20, 20), np.uint8)
    array[0, 2:8, 2:8] = 1
    found = measure(labelled(array, axial((1, 20, 20), (1.0, 1.0, 1.0))))
    assert (found.parts, found.lesions[0].parts, found.lesions[0].segment) == ((), (), 1)


def test_nothing_outlined() -> None:
    found = measure(labelled(np.zeros((3, 8, 8), np.uint8), axial((3, 8, 8), (1.0, 1.0, 1.0))))
    assert found.lesions == ()
    assert (found.voxels, found.volume_mm3, found.tumour_slices) == (0, 0.0, ())


@pytest.mark.parametrize("verdict", [Verdict.FLAT, Verdict.NO_MM, Verdict.SINGLE])
def test_volume_is_refused_with_a_reason(verdict) -> None:
    array = np.ones((2, 8, 8), np.uint8)
    spacing = None if verdict is Verdict.NO_MM else (1.0, 1.0)
    geometry = Geometry((2, 8, 8), pixel_spacing_mm=spacing, verdict=verdict)
    found = measure(labelled(array, geometry))
    assert found.volume_mm3 is None
    assert found.volume_ml is None
    assert found.refused
    (lesion,) = found.lesions
    assert lesion.volume_ml is None
    assert lesion.refused == found.refused
    assert lesion.longest.length_px > 8
    assert (lesion.longest.length_mm is None) == (verdict is Verdict.NO_MM)
    assert lesion.side is None


def test_uneven_slices_count_with_their_own_thickness_and_say_so() -> None:
    array = np.zeros((4, 4, 4), np.uint8)
    array[1] = array[2] = 1
    geometry = axial(
        (4, 4, 4), (5.0, 1.0, 1.0), verdict=Verdict.IRREGULAR, positions=(0.0, 5.0, 13.0, 18.0)
    )
    found = measure(labelled(array, geometry))
    assert found.volume_mm3 == pytest.approx(16 * 6.5 * 2)
    assert "estimate" in found.notes[0]
    unknown = axial((4, 4, 4), (5.0, 1.0, 1.0), verdict=Verdict.GAP)
    assert measure(labelled(array, unknown)).volume_mm3 is None


def test_sheared_stack_uses_the_distance_along_the_normal() -> None:
    array = np.ones((2, 4, 4), np.uint8)
    geometry = axial((2, 4, 4), (4.83, 1.0, 1.0), verdict=Verdict.SHEARED)
    found = measure(labelled(array, geometry))
    assert found.volume_mm3 == pytest.approx(32 * 4.83)
    assert "normal" in found.notes[0]


@pytest.mark.parametrize(
    ("columns", "side"), [((10, 60), "right"), ((140, 190), "left"), ((70, 130), "both")]
)
def test_side_follows_the_patient_not_the_picture(columns, side) -> None:
    shape, spacing = (2, 50, 200), (5.0, 1.0, 1.0)
    array = np.zeros(shape, np.uint8)
    array[:, 10:20, columns[0] : columns[1]] = 1
    assert measure(labelled(array, axial(shape, spacing))).lesions[0].side == side
    runs_to_the_right = affine_from((99.5, 0.0, 0.0), AXIAL * [1, 1, -1], spacing)
    mirrored = Geometry(shape, (1.0, 1.0), 5.0, runs_to_the_right, verdict=Verdict.OK)
    swapped = {"right": "left", "left": "right", "both": "both"}[side]
    assert measure(labelled(array, mirrored)).lesions[0].side == swapped


def test_no_side_without_position_or_with_a_narrow_slab() -> None:
    array = np.zeros((2, 50, 60), np.uint8)
    array[:, 10:20, 2:10] = 1
    geometry = axial((2, 50, 60), (5.0, 1.0, 1.0))
    assert measure(labelled(array, geometry)).lesions[0].side is None
    found = measure(labelled(array, geometry), midline_x_mm=0.0)
    assert found.lesions[0].side == "right"
    assert found.midline_x_mm == 0.0


def test_midline_is_the_middle_of_the_head_not_of_the_picture() -> None:
    shape, spacing = (4, 200, 240), (5.0, 1.0, 1.0)
    head = ellipsoid(shape, spacing, (1.5, 100, 90), (40.0, 80.0, 70.0)).astype(np.int16) * 400
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 20, shape).astype(np.int16)
    geometry = axial(shape, spacing, x_first_mm=-100.0)
    volume = Volume(head + noise, geometry, "1.2.3")
    assert estimate_midline_mm(volume) == pytest.approx(-10.0, abs=2.0)
    empty = Volume(np.zeros(shape, np.int16), geometry, "1.2.3")
    assert estimate_midline_mm(empty) is None
    nan = Volume(np.full(shape, np.nan, np.float32), geometry, "1.2.3")
    assert estimate_midline_mm(nan) is None
    unknown = Volume(head + noise, Geometry(shape), "1.2.3")
    assert estimate_midline_mm(unknown) is None


def test_components_match_a_slow_search() -> None:
    rng = np.random.default_rng(7)
    mask = rng.random((7, 9, 8)) < 0.12
    found, total = components(mask)
    seen = np.zeros_like(mask)
    sizes = []
    for start in np.argwhere(mask):
        if seen[tuple(start)]:
            continue
        stack, size = [tuple(start)], 0
        seen[tuple(start)] = True
        while stack:
            at = stack.pop()
            size += 1
            for step in np.ndindex(3, 3, 3):
                to = tuple(np.add(at, step) - 1)
                inside = all(0 <= i < n for i, n in zip(to, mask.shape, strict=True))
                if inside and mask[to] and not seen[to]:
                    seen[to] = True
                    stack.append(to)
        sizes.append(size)
    assert total == len(sizes)
    assert [c.voxels for c in found] == sorted(sizes, reverse=True)
    rebuilt = np.zeros_like(mask)
    for component in found:
        rebuilt[component.box] |= component.mask
    assert (rebuilt == mask).all()


def test_small_islands_go_and_large_ones_stay() -> None:
    mask = np.zeros((30, 30), bool)
    mask[2:4, 2:4] = True
    mask[4, 4] = True  # joined at a corner: five pixels
    mask[20:26, 20:26] = True
    assert label_components(mask).max() == 2
    assert remove_small_islands(mask, 5).sum() == 41
    assert remove_small_islands(mask, 6).sum() == 36
    assert remove_small_islands(mask, 0) is mask
    assert not remove_small_islands(mask, 37).any()
