"""One series in the voxels of another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tumordesk.core.errors import InputMismatch
from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.io.aligned import onto_grid

TURN = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Slices to the head, rows to posterior, columns to the left."""


def grid(
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float],
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0),
    axes: npt.NDArray[np.float64] = TURN,
) -> Geometry:
    affine = affine_from(origin, axes, spacing)
    return Geometry(shape, spacing[1:], spacing[0], affine, None, Verdict.OK)


def ramp(geometry: Geometry) -> npt.NDArray[np.float32]:
    """A value that depends on the place in the patient alone: linear, so interpolation is exact."""
    index = np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), axis=-1)
    x, y, z = np.moveaxis(geometry.to_patient(index), -1, 0)
    return np.asarray(100 + 2 * x - y + 0.5 * z, dtype=np.float32)


@pytest.mark.parametrize("turned", [False, True])
def test_every_value_lies_where_it_was_in_the_patient(turned: bool) -> None:
    fine = grid((40, 50, 60), (1.0, 1.0, 1.0), (-30.0, -25.0, -20.0))
    if turned:  # sagittal slices, from left to right, rows to the feet
        axes = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
        fine = grid((60, 40, 50), (1.0, 1.0, 1.0), (29.0, -25.0, 19.0), axes)
    tilt = np.deg2rad(10.0)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    thick = grid((5, 16, 20), (5.0, 1.5, 1.3), (-12.0, -11.0, -9.0), turn @ TURN)
    found = onto_grid(ramp(fine), fine, thick)
    assert found.resampled
    assert found.array.shape == thick.shape
    np.testing.assert_allclose(found.covered, 1.0)
    np.testing.assert_allclose(found.array, ramp(thick), atol=1e-3)


def test_the_same_voxels_are_passed_on_as_they_are() -> None:
    where = grid((4, 8, 9), (5.0, 1.0, 1.0))
    values = np.arange(4 * 8 * 9, dtype=np.int16).reshape(where.shape)
    found = onto_grid(values, where, grid((4, 8, 9), (5.0, 1.0, 1.0), (0.0, 0.005, 0.0)))
    assert found.array is values
    assert not found.resampled


def test_what_is_not_reached_is_told_and_dark() -> None:
    upper = grid((4, 8, 8), (5.0, 1.0, 1.0), (0.0, 0.0, 10.0))
    whole = grid((6, 8, 8), (5.0, 1.0, 1.0))
    found = onto_grid(np.full(upper.shape, 7.0), upper, whole)
    np.testing.assert_allclose(found.covered, [0, 0, 1, 1, 1, 1])
    assert (found.array[2:] == 7).all()
    assert onto_grid(ramp(upper), upper, whole).array[0].max() == ramp(upper).min()


def test_unknown_places_are_refused_unless_nobody_knows_any() -> None:
    known, unknown = grid((4, 8, 8), (5.0, 1.0, 1.0)), Geometry((4, 8, 8))
    values = np.zeros((4, 8, 8))
    for pair in ((known, unknown), (unknown, known), (unknown, Geometry((4, 8, 9)))):
        with pytest.raises(InputMismatch, match="where in the patient"):
            onto_grid(np.zeros(pair[0].shape), *pair)
    assert onto_grid(values, unknown, Geometry((4, 8, 8))).array is values
