"""Measurements against a ruler: bodies whose size follows from their equation, in slices that lie
askew and in voxels that are not cubes; lesions that touch, have dents, holes, or one slice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tumordesk.core.finding import Diameter, Lesion, Measurements
from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.imaging.chords import filled, islands
from tumordesk.imaging.components import label_components
from tumordesk.imaging.measure import measure

ALONG = np.eye(3)
AXIAL = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
SAGITTAL = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


def turned(seed: int) -> np.ndarray:
    """A rotation (3x3, determinant +1) in no direction in particular."""
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q


def stack(shape, spacing, directions, *, shear_deg=0.0) -> Geometry:
    """Slices in ``directions`` whose middle is the origin; leaning by ``shear_deg``."""
    affine = affine_from((0.0, 0.0, 0.0), directions, spacing)
    lean = np.tan(np.deg2rad(shear_deg)) * spacing[0]
    affine[:3, 0] += lean * np.asarray(directions)[:, 1]
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    verdict = Verdict.SHEARED if shear_deg else Verdict.OK
    return Geometry(shape, spacing[1:], spacing[0], affine, verdict=verdict)


def body(geometry, centre_mm, radii_mm, axes=ALONG) -> np.ndarray:
    """uint8 voxels whose middle lies in an ellipsoid; ``axes`` are its axes as columns, LPS."""
    to_unit = np.diag(1.0 / np.asarray(radii_mm)) @ axes.T
    step, first = to_unit @ geometry.affine[:3, :3], to_unit @ (geometry.affine[:3, 3] - centre_mm)
    grid = np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij", sparse=True)
    away = sum((sum(s * g for s, g in zip(row, grid, strict=True)) + f) ** 2
               for row, f in zip(step, first, strict=True))  # fmt: skip
    return (away <= 1.0).astype(np.uint8)


def section_mm(geometry, slice_index, centre_mm, radii_mm, axes=ALONG) -> tuple[float, float]:
    """Both diameters of the ellipse in which a slice cuts an ellipsoid (from its equation)."""
    form = axes @ np.diag(1.0 / np.square(radii_mm)) @ axes.T
    directions = geometry.directions[:, 1:]
    away = geometry.affine[:3, 3] + slice_index * geometry.affine[:3, 0] - centre_mm
    flat = directions.T @ form @ directions
    middle = -np.linalg.solve(flat, directions.T @ form @ away)
    nearest = away + directions @ middle
    left = 1.0 - nearest @ form @ nearest
    radii = np.sqrt(left / np.linalg.eigvalsh(flat))
    return 2.0 * float(radii[0]), 2.0 * float(radii[1])


def measured(array, geometry, names=("Tumour",)) -> Measurements:
    segments = tuple(Segment(n, name) for n, name in enumerate(names, start=1))
    return measure(Segmentation(array.copy(), geometry, segments, "1.2.3"))


def vector_mm(diameter: Diameter, geometry: Geometry) -> np.ndarray:
    """From one end to the other in the patient."""
    ends = [(diameter.slice_index, *end) for end in (diameter.start, diameter.end)]
    start, end = geometry.to_patient(ends)
    return end - start


def check_lines(lesion: Lesion, geometry: Geometry) -> None:
    """Lines are as long as they say, on one slice, at right angles, in the patient too."""
    long, short = lesion.longest, lesion.perpendicular
    assert long.slice_index == short.slice_index == lesion.largest_slice
    a, b = vector_mm(long, geometry), vector_mm(short, geometry)
    assert np.linalg.norm(a) == pytest.approx(long.length_mm, rel=1e-6)
    assert np.linalg.norm(b) == pytest.approx(short.length_mm, rel=1e-6)
    assert abs(a @ b) < 1e-4 * np.linalg.norm(a) * np.linalg.norm(b)
    assert short.length_mm <= long.length_mm + 1e-6


PLANES = {
    "axial": AXIAL,
    "sagittal": SAGITTAL,
    "oblique": turned(1),
    "very oblique": turned(5),
}
SPACINGS = {
    "even": ((1.0, 1.0, 1.0), (80, 80, 80)),
    "thick": ((4.0, 0.8, 0.8), (22, 104, 104)),
    "not square": ((2.0, 0.6, 1.1), (40, 130, 76)),
}


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("kind", SPACINGS)
@pytest.mark.parametrize("seed", [2, 3])
def test_a_turned_ellipsoid_in_turned_slices(plane, kind, seed) -> None:
    spacing, shape = SPACINGS[kind]
    geometry = stack(shape, spacing, PLANES[plane])
    radii, axes = (30.0, 21.0, 25.0), turned(seed)
    centre = np.array([1.3, -0.7, 0.9])
    found = measured(body(geometry, centre, radii, axes), geometry)
    (lesion,) = found.lesions
    expected_mm3 = 4.0 / 3.0 * np.pi * np.prod(radii)
    assert lesion.volume_mm3 == pytest.approx(expected_mm3, rel=0.01)
    assert found.volume_mm3 == lesion.volume_mm3
    long, short = section_mm(geometry, lesion.largest_slice, centre, radii, axes)
    pixel = max(spacing[1:])
    assert lesion.longest.length_mm == pytest.approx(long, abs=pixel)
    assert lesion.perpendicular.length_mm == pytest.approx(short, abs=pixel)
    sections = []
    for index in range(lesion.slice_range[0] + 1, lesion.slice_range[1]):
        sections.append(section_mm(geometry, index, centre, radii, axes)[0])
    assert max(sections) - long <= pixel
    check_lines(lesion, geometry)
    assert geometry.to_patient(lesion.centroid) == pytest.approx(centre, abs=0.5)


@pytest.mark.parametrize("shear_deg", [8.0, 20.0])
def test_a_ball_in_slices_of_a_tilted_gantry(shear_deg) -> None:
    geometry = stack((36, 120, 120), (2.0, 0.8, 0.8), AXIAL, shear_deg=shear_deg)
    centre = np.array([0.5, 0.3, 0.2])
    found = measured(body(geometry, centre, (26.0,) * 3), geometry)
    (lesion,) = found.lesions
    assert lesion.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * 26.0**3, rel=0.01)
    assert lesion.longest.length_mm == pytest.approx(52.0, abs=0.8)
    assert lesion.perpendicular.length_mm == pytest.approx(52.0, abs=0.8)
    check_lines(lesion, geometry)


@pytest.mark.parametrize("degrees", [0, 30, 45, 60, 90, 131])
def test_a_bar_at_any_angle(degrees) -> None:
    """60 x 14 mm: ends of a bar are its corners, so the longest line is its diagonal."""
    spacing, shape = (1.0, 0.5, 0.8), (1, 180, 120)
    geometry = stack(shape, spacing, AXIAL)
    y = (np.arange(shape[1]) - 89.5)[:, None] * spacing[1]
    x = (np.arange(shape[2]) - 59.5)[None, :] * spacing[2]
    angle = np.deg2rad(degrees)
    along, across = y * np.cos(angle) + x * np.sin(angle), x * np.cos(angle) - y * np.sin(angle)
    array = ((abs(along) <= 30.0) & (abs(across) <= 7.0)).astype(np.uint8)[None]
    (lesion,) = measured(array, geometry).lesions
    assert lesion.longest.length_mm == pytest.approx(np.hypot(60.0, 14.0), abs=0.8)
    # At a right angle to the diagonal, from one long side to the other.
    assert lesion.perpendicular.length_mm == pytest.approx(14.0 * np.hypot(60, 14) / 60, abs=0.8)


@pytest.mark.parametrize("directions", [AXIAL, turned(4)])
def test_two_lesions_that_touch(directions) -> None:
    """They are one lesion, as long as both; two labels are its parts, with a volume each."""
    geometry = stack((30, 80, 120), (2.0, 1.0, 1.0), directions)
    columns = geometry.affine[:3, 2]
    first = body(geometry, -20.0 * columns, (20.0, 20.0, 20.0))
    second = body(geometry, 15.5 * columns, (16.0, 16.0, 16.0))
    joined = np.maximum(first, second)
    (lesion,) = measured(joined, geometry).lesions
    assert lesion.voxels == np.count_nonzero(joined)
    whole_mm3 = 4.0 / 3.0 * np.pi * (20.0**3 + 16.0**3)
    assert lesion.volume_mm3 == pytest.approx(whole_mm3, rel=0.01)
    assert lesion.longest.length_mm == pytest.approx(71.5, abs=1.0)
    # The waist between them is no part of a diameter: the wider ball gives the perpendicular.
    assert lesion.perpendicular.length_mm == pytest.approx(40.0, abs=1.0)
    apart = np.where(second > first, 2, first).astype(np.uint8)
    (both,) = measured(apart, geometry, ("Core", "Oedema")).lesions
    assert replace(both, segment=1, parts=()) == lesion
    core, oedema = both.parts
    assert (core.segment, oedema.segment) == (1, 2)
    assert core.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * 20.0**3, rel=0.01)
    assert core.volume_mm3 + oedema.volume_mm3 == pytest.approx(lesion.volume_mm3)


def test_one_voxel_parts_two_lesions_and_a_corner_joins_them() -> None:
    geometry = stack((6, 40, 40), (3.0, 1.0, 1.0), AXIAL)
    array = np.zeros(geometry.shape, np.uint8)
    array[1:3, 10:20, 10:20] = 1
    array[1:3, 10:20, 21:31] = 1
    assert len(measured(array, geometry).lesions) == 2
    array[2, 20, 20] = 1  # touches both at a corner
    (lesion,) = measured(array, geometry).lesions
    assert lesion.longest.length_mm == pytest.approx(np.hypot(21.0, 10.0), abs=1.0)


def test_parts_that_join_on_another_slice_are_not_measured_across_the_gap() -> None:
    """A horseshoe standing upright: its two legs are apart where they are cut."""
    geometry = stack((5, 60, 60), (3.0, 1.0, 1.0), AXIAL)
    array = np.zeros(geometry.shape, np.uint8)
    array[1:4, 20:40, 5:15] = 1
    array[1:4, 20:40, 45:55] = 1
    array[0, 29:31, 13:47] = 1  # joins the legs
    (lesion,) = measured(array, geometry).lesions
    assert lesion.longest.length_mm == pytest.approx(34.0, abs=1.0)
    assert lesion.longest.slice_index == 0
    array[0] = 0
    legs = measured(array, geometry).lesions
    assert [round(leg.longest.length_mm) for leg in legs] == [22, 22]


def test_a_lesion_on_one_slice_of_many() -> None:
    """An ellipse of 40 x 24 mm on one slice: its volume is its area times the slice distance."""
    geometry = stack((24, 150, 150), (5.5, 0.9, 0.9), turned(6))
    array = np.zeros(geometry.shape, np.uint8)
    y, x = (np.indices(geometry.shape[1:]) - 74.2) * 0.9
    u, v = y * np.cos(0.6) + x * np.sin(0.6), x * np.cos(0.6) - y * np.sin(0.6)
    array[17] = (u / 20.0) ** 2 + (v / 12.0) ** 2 <= 1.0
    found = measured(array, geometry)
    (lesion,) = found.lesions
    assert lesion.volume_mm3 == pytest.approx(np.pi * 20.0 * 12.0 * 5.5, rel=0.01)
    assert lesion.longest.length_mm == pytest.approx(40.0, abs=0.9)
    assert lesion.perpendicular.length_mm == pytest.approx(24.0, abs=0.9)
    assert lesion.slice_range == (17, 17)
    assert lesion.largest_slice == 17
    assert found.tumour_slices == (17,)
    check_lines(lesion, geometry)


def test_the_only_slice_there_is_has_diameters_and_no_volume() -> None:
    geometry = Geometry((1, 100, 100), (0.8, 0.8), verdict=Verdict.SINGLE)
    y, x = (np.indices((100, 100)) - 49.5) * 0.8
    array = (np.hypot(y, x) <= 25.0).astype(np.uint8)[None]
    (lesion,) = measured(array, geometry).lesions
    assert lesion.volume_mm3 is None
    assert "one slice" in lesion.refused[0]
    assert lesion.longest.length_mm == pytest.approx(50.0, abs=0.8)
    assert lesion.perpendicular.length_mm == pytest.approx(50.0, abs=0.8)


def test_the_perpendicular_is_a_chord_that_stays_in_the_lesion() -> None:
    """A sickle: across its dent the hull is 40 mm wide, the lesion itself about half."""
    geometry = stack((1, 120, 120), (1.0, 1.0, 1.0), AXIAL)
    y, x = np.indices((120, 120)) - 59.5
    outer, inner = np.hypot(y, x) <= 40.0, np.hypot(y, x - 14.0) <= 40.0
    array = (outer & ~inner).astype(np.uint8)[None]
    (lesion,) = measured(array, geometry).lesions
    across = lesion.perpendicular
    assert 14.0 <= across.length_mm <= 24.0
    start, end = np.array(across.start), np.array(across.end)
    for share in np.linspace(0.05, 0.95, 19):
        row, column = np.round(start + share * (end - start)).astype(int)
        assert array[0, row, column]


def test_of_equal_chords_the_one_in_the_middle_is_drawn() -> None:
    geometry = stack((1, 40, 60), (1.0, 1.0, 1.0), AXIAL)
    array = np.zeros(geometry.shape, np.uint8)
    array[0, 10:20, 10:50] = 1
    (lesion,) = measured(array, geometry).lesions
    middle = np.mean([lesion.perpendicular.start, lesion.perpendicular.end], axis=0)
    assert middle == pytest.approx(
        np.mean([lesion.longest.start, lesion.longest.end], axis=0), 0.02
    )


def test_a_rim_is_measured_from_rim_to_rim() -> None:
    geometry = stack((1, 100, 100), (1.0, 0.7, 0.7), AXIAL)
    y, x = (np.indices((100, 100)) - 49.5) * 0.7
    ring = ((np.hypot(y, x) <= 24.0) & (np.hypot(y, x) > 19.0)).astype(np.uint8)[None]
    (lesion,) = measured(ring, geometry).lesions
    assert lesion.longest.length_mm == pytest.approx(48.0, abs=0.7)
    assert lesion.perpendicular.length_mm == pytest.approx(48.0, abs=0.7)


def test_missing_slices_give_an_estimate_that_is_called_so() -> None:
    """A ball of which every slice but one is there, the gap counted from its neighbours."""
    even = stack((40, 70, 70), (2.0, 1.0, 1.0), AXIAL)
    ball = body(even, np.array([0.2, 0.1, 0.3]), (28.0,) * 3)
    keep = [i for i in range(40) if i != 17]
    positions = tuple(2.0 * i for i in keep)
    geometry = Geometry(
        (39, 70, 70), (1.0, 1.0), 2.0, verdict=Verdict.GAP, slice_positions_mm=positions
    )
    found = measured(ball[keep], geometry)
    assert found.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * 28.0**3, rel=0.01)
    assert "estimate" in found.notes[0]
    assert found.lesions[0].side is None


def test_parts_and_holes_match_a_slow_search() -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        mask = rng.random(rng.integers(1, 22, size=2)) < rng.uniform(0.1, 0.8)
        labels = label_components(mask)
        parts = islands(mask)
        assert len(parts) == labels.max()
        for part, corner in parts:
            top, left = corner.astype(int)
            inside = labels[top : top + part.shape[0], left : left + part.shape[1]][part]
            assert len(set(inside.tolist())) == 1
            assert np.count_nonzero(labels == inside[0]) == np.count_nonzero(part)
        outside, air = np.pad(mask, 1) & False, ~np.pad(mask, 1)
        outside[0, 0] = True
        while True:
            grown = outside.copy()
            grown[1:] |= outside[:-1]
            grown[:-1] |= outside[1:]
            grown[:, 1:] |= outside[:, :-1]
            grown[:, :-1] |= outside[:, 1:]
            grown &= air
            if (grown == outside).all():
                break
            outside = grown
        assert (filled(mask) == ~outside[1:-1, 1:-1]).all()
