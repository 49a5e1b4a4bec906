"""A head that moved between two series is found where it is."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from several_factories import AXIAL, SAGITTAL, Grid
from tumordesk.core.errors import Cancelled
from tumordesk.core.geometry import Geometry, Verdict
from tumordesk.core.job import JobContext
from tumordesk.io.aligned import onto_grid
from tumordesk.io.registered import find_motion, lay


def geometry(grid: Grid) -> Geometry:
    return Geometry(grid.shape, grid.spacing[1:], grid.spacing[0], grid.affine, None, Verdict.OK)


def flair() -> np.ndarray:
    """Other greys than the T1: fluid is brightest, the rest the other way round."""
    plain = AXIAL.scene(lesion=False).astype(np.float32)
    return np.where(plain > 0, 900 - plain * 0.8, 0)


@pytest.mark.parametrize("grid", [AXIAL, SAGITTAL], ids=["same plane", "another plane"])
@pytest.mark.parametrize("moved", [(0, 0, 4), (12, -7, 9), (-15, 3, -4)])
def test_the_motion_is_found_whatever_the_greys(
    grid: Grid, moved: tuple[float, float, float]
) -> None:
    found = find_motion(
        flair(), geometry(AXIAL), grid.scene(lesion=False, moved=moved), geometry(grid)
    )
    assert found.motion is not None
    np.testing.assert_allclose(found.motion.matrix[:3, 3], moved, atol=2.0)
    assert found.motion.moved_mm == pytest.approx(np.linalg.norm(moved), abs=1.5)
    assert found.motion.turned_deg < 2


def test_heads_that_lie_still_are_left_alone() -> None:
    for grid in (AXIAL, SAGITTAL):
        values = grid.scene(lesion=False)
        assert find_motion(flair(), geometry(AXIAL), values, geometry(grid)).motion is None
    placed, found = lay(values, geometry(SAGITTAL), flair(), geometry(AXIAL), scanner=True)
    assert found.doubt == ""
    plain = onto_grid(values, geometry(SAGITTAL), geometry(AXIAL))
    np.testing.assert_array_equal(placed.array, plain.array)


def test_the_same_series_give_the_same_motion() -> None:
    values = AXIAL.scene(lesion=False, moved=(5, 4, -6))
    order = (flair(), geometry(AXIAL), values, geometry(AXIAL))
    first, second = find_motion(*order).motion, find_motion(*order).motion
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.matrix, second.matrix)


def test_slices_that_are_missing_move_nothing() -> None:
    values = AXIAL.scene(lesion=False).copy()
    values[10:] = 0
    where = geometry(AXIAL)
    _, found = lay(values, where, flair(), where, scanner=True, gaps=(10, 11))
    assert found.motion is None


def test_files_that_share_their_voxels_are_taken_as_they_are() -> None:
    values, where = AXIAL.scene(lesion=False, moved=(9, 9, 9)), geometry(AXIAL)
    placed, found = lay(values, where, flair(), where, scanner=False)
    assert found.trusted
    assert placed.array is values


def test_what_cannot_be_compared_is_told() -> None:
    where = geometry(AXIAL)
    thin = geometry(Grid(shape=(3, 64, 64)))
    cases = (
        (flair()[:3], thin, flair(), where, "too few slices"),
        (flair(), where, np.zeros(AXIAL.shape), where, "nothing to see"),
        (flair(), where, flair(), Geometry(AXIAL.shape), "unevenly spaced"),
    )
    for fixed, grid, moving, of, words in cases:
        found = find_motion(fixed, grid, moving, of)
        assert found.motion is None
        assert words in found.doubt


@pytest.mark.parametrize("seed", range(4))
def test_noise_against_a_head_is_no_motion(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(300, 50, AXIAL.shape)
    found = find_motion(flair(), geometry(AXIAL), noise, geometry(AXIAL))
    assert found.motion is None
    assert found.doubt == "they have too little in common to be compared"


def test_far_away_is_no_motion() -> None:
    away = Grid(origin=(900.0, -94.5, -27.5))
    found = find_motion(flair(), geometry(AXIAL), AXIAL.scene(lesion=False), geometry(away))
    assert found.motion is None
    assert found.doubt


def test_cancel_ends_it() -> None:
    context = JobContext()
    context.cancel()
    where = geometry(AXIAL)
    with pytest.raises(Cancelled):
        find_motion(flair(), where, AXIAL.scene(lesion=False, moved=(9, 9, 9)), where, context)


@pytest.mark.shared_data
def test_ways_round_a_real_study_lead_back(shared_data: Path) -> None:
    """Its four series lie up to 20 mm off each other. Going from one to the next and back to the
    first ends where it began, which nothing in the program sees to."""
    from tumordesk.io.reader import open_series
    from tumordesk.io.scan import scan_paths

    volumes = {}
    for series in scan_paths([shared_data / "tcga_fg_6692" / "nifti"], JobContext()).series:
        reader = open_series(series)
        volumes[series.guess.sequence.value] = reader.read_volume()
        reader.close()
    assert set(volumes) == {"T1", "T1C", "T2", "FLAIR"}
    motions = {}
    for one, other in permutations(volumes, 2):
        fixed, moving = volumes[one], volumes[other]
        found = find_motion(fixed.grey(), fixed.geometry, moving.grey(), moving.geometry)
        assert found.motion is not None
        assert 10 < found.motion.moved_mm < 30
        motions[one, other] = found.motion.matrix
    grid = volumes["FLAIR"].geometry
    shape = np.asarray(grid.shape) - 1
    corners = np.array(np.meshgrid(*[(0.25, 0.75)] * 3)).reshape(3, -1).T * shape
    points = grid.to_patient(corners)
    for second, third in (("T1", "T1C"), ("T2", "T1"), ("T1C", "T2")):
        whole = motions[third, "FLAIR"] @ motions[second, third] @ motions["FLAIR", second]
        back = points @ whole[:3, :3].T + whole[:3, 3]
        assert np.linalg.norm(back - points, axis=1).mean() < 3.0
