"""Index to patient and back, planes and letters, and honesty where the file does not say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumordesk.core.geometry import Geometry, affine_from

# Columns: LPS direction of the slice, row and column index axes.
AXIAL = np.array([[0.0, 0, 1], [0, 1, 0], [1, 0, 0]])
CORONAL = np.array([[0.0, 0, 1], [1, 0, 0], [0, -1, 0]])
SAGITTAL = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])

lengths = st.floats(0.05, 20.0)
angles = st.floats(-np.pi, np.pi)
positions = st.tuples(*[st.floats(-500, 500)] * 3)


def rotation(x: float, y: float, z: float) -> np.ndarray:
    """A rotation about the three patient axes, one after the other."""
    cx, sx, cy, sy, cz, sz = np.cos(x), np.sin(x), np.cos(y), np.sin(y), np.cos(z), np.sin(z)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def geometry(directions, spacing=(5.0, 0.9, 0.9), origin=(0.0, 0.0, 0.0)) -> Geometry:
    return Geometry((4, 6, 8), spacing[1:], spacing[0], affine_from(origin, directions, spacing))


@given(angles, angles, angles, st.tuples(lengths, lengths, lengths), positions, positions)
def test_index_to_patient_and_back(x, y, z, spacing, origin, index):
    place = geometry(rotation(x, y, z) @ AXIAL, spacing, origin)
    assert np.allclose(place.to_index(place.to_patient(index)), index, atol=1e-6)


@given(angles, angles, angles, st.tuples(lengths, lengths, lengths))
def test_neighbours_are_one_spacing_apart(x, y, z, spacing):
    place = geometry(rotation(x, y, z) @ SAGITTAL, spacing)
    for axis in range(3):
        step = place.to_patient(np.eye(3)[axis]) - place.to_patient((0, 0, 0))
        assert np.linalg.norm(step) == pytest.approx(spacing[axis])


@given(angles, angles, angles, st.tuples(lengths, lengths, lengths))
def test_directions_come_back_out_of_the_affine(x, y, z, spacing):
    directions = rotation(x, y, z) @ CORONAL
    assert np.allclose(geometry(directions, spacing).directions, directions, atol=1e-9)


def test_many_points_keep_their_shape():
    place = geometry(AXIAL, origin=(1.0, 2.0, 3.0))
    index = np.arange(24, dtype=float).reshape(2, 4, 3)
    assert place.to_patient(index).shape == (2, 4, 3)
    assert np.allclose(place.to_index(place.to_patient(index)), index)
    assert place.to_index(place.to_patient((1, 2, 3))).shape == (3,)


def test_the_first_voxel_lies_at_the_origin():
    place = geometry(AXIAL, origin=(1.0, -2.0, 3.0))
    assert place.to_patient((0, 0, 0)).tolist() == [1.0, -2.0, 3.0]
    # One column further is towards the patient's left (+x), one row to posterior (+y).
    assert place.to_patient((0, 0, 1)).tolist() == pytest.approx([1.9, -2.0, 3.0])
    assert place.to_patient((0, 1, 0)).tolist() == pytest.approx([1.0, -1.1, 3.0])
    assert place.to_patient((1, 0, 0)).tolist() == pytest.approx([1.0, -2.0, 8.0])


@pytest.mark.parametrize(
    ("directions", "plane", "letters"),
    [
        (AXIAL, "axial", (("F", "H"), ("A", "P"), ("R", "L"))),
        (CORONAL, "coronal", (("A", "P"), ("H", "F"), ("R", "L"))),
        (SAGITTAL, "sagittal", (("R", "L"), ("H", "F"), ("A", "P"))),
        (-AXIAL, "axial", (("H", "F"), ("P", "A"), ("L", "R"))),
    ],
)
def test_plane_and_letters(directions, plane, letters):
    place = geometry(directions)
    assert place.plane == plane
    assert tuple(place.axis_letters(axis) for axis in range(3)) == letters


@pytest.mark.parametrize(
    ("degrees", "plane"), [(0, "axial"), (17, "axial"), (34, "axial"), (36, "oblique"),
                           (54, "oblique"), (56, "coronal"), (90, "coronal")]
)  # fmt: skip
def test_a_tilted_slice_keeps_its_name_up_to_35_degrees(degrees, plane):
    tilted = rotation(np.deg2rad(degrees), 0.0, 0.0) @ AXIAL
    assert geometry(tilted).plane == plane


def test_letters_are_known_from_orientation_alone():
    place = Geometry((1, 4, 4), orientation=AXIAL)
    assert place.plane == "axial"
    assert place.axis_letters(2) == ("R", "L")
    assert place.spacing_mm is None


def test_what_is_unknown_stays_unknown():
    place = Geometry((1, 4, 4))
    assert place.spacing_mm is None
    assert place.plane is None
    assert place.directions is None
    assert place.axis_letters(0) is None
    with pytest.raises(ValueError, match="no affine"):
        place.to_patient((0, 0, 0))
    with pytest.raises(ValueError, match="no affine"):
        place.to_index((0, 0, 0))


def test_pixel_spacing_without_slice_spacing_is_not_a_spacing():
    assert Geometry((1, 4, 4), (0.5, 0.5)).spacing_mm is None
    assert Geometry((2, 4, 4), (0.5, 0.6), 3.0).spacing_mm == (3.0, 0.5, 0.6)
