"""How the head moved between two series of one examination: rigid registration by their content.

Positions in headers say where the scanner measured, not where the head was: a patient who moves
between two series moves in the pictures. Mattes et al., IEEE Trans Med Imaging 2003;22:120-128
(mutual information, which needs no equal grey values), as implemented in SimpleITK.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import FloatArray, Geometry
from tumordesk.core.job import JobContext
from tumordesk.io.aligned import Aligned, onto_grid, same_voxels

LEAST_MM = 1.0
"""Smaller motions are not told from none, and moving voxels would only blur them."""
_LEAST_GAIN = 0.05
_LEAST_COMMON = 0.05
"""Mutual information (nats) at the best place: 0.4 to 1.1 for two series of a head, below 0.01 for
noise, which otherwise fits somewhere a little better than elsewhere."""
_MOST_MM = 45.0
_MOST_DEG = 35.0
_STEP_MM = 3.0
_LEAST_SLICES = 5
_BINS = 32
_BRIGHTEST_PERCENTILE = 99.5


@dataclass(frozen=True, eq=False)
class Motion:
    """``matrix`` (4x4): LPS mm in the one series -> LPS mm of the same anatomy in the other.

    ``moved_mm``: how far points of the head lie apart on average; ``turned_deg``: by which angle.
    """

    matrix: FloatArray
    moved_mm: float
    turned_deg: float


@dataclass(frozen=True)
class Found:
    """``motion`` None: the series agree, or ``doubt`` says why it is not known, or (``trusted``)
    they share their voxels and were taken to show the same places."""

    motion: Motion | None = None
    doubt: str = ""
    trusted: bool = False


def lay(
    moving: npt.NDArray[Any],
    of: Geometry,
    fixed: npt.NDArray[Any],
    grid: Geometry,
    *,
    scanner: bool,
    gaps: Sequence[int] = (),
    fixed_gaps: Sequence[int] = (),
    context: JobContext | None = None,
) -> tuple[Aligned, Found]:
    """``moving`` in the voxels of ``grid``, over the anatomy of ``fixed``; and what was found.

    ``scanner``: as a scanner made them. Files that share their voxels without being that were laid
    on each other by somebody before, and are left so. ``gaps``, ``fixed_gaps``: slices of the two
    that show nothing, for they could not be decoded.

    Raises:
        InputMismatch: see :func:`tumordesk.io.aligned.onto_grid`.
        Cancelled: the person cancelled.
    """
    if of.affine is None or grid.affine is None:
        return onto_grid(moving, of, grid), Found()
    if not scanner and same_voxels(of, grid):
        return onto_grid(moving, of, grid), Found(trusted=True)
    found = find_motion(_filled(fixed, fixed_gaps), grid, _filled(moving, gaps), of, context)
    motion = found.motion.matrix if found.motion is not None else None
    return onto_grid(moving, of, grid, motion), found


def _filled(array: npt.NDArray[Any], gaps: Sequence[int]) -> npt.NDArray[Any]:
    """``array`` with each gap showing the nearest slice that is there: black ones would mislead."""
    there = [index for index in range(len(array)) if index not in set(gaps)]
    if not gaps or not there:
        return array
    return array[[min(there, key=lambda other: abs(other - index)) for index in range(len(array))]]


def find_motion(
    fixed: npt.NDArray[Any],
    grid: Geometry,
    moving: npt.NDArray[Any],
    of: Geometry,
    context: JobContext | None = None,
) -> Found:
    """The motion between ``fixed`` (slices, rows, columns; on ``grid``) and ``moving`` (on ``of``).

    Same input, same motion. About a second for usual series; cancel is looked at in every step.

    Returns:
        A motion of at least ``LEAST_MM`` by which the two agree clearly better than by their
        headers; none where they agree as they are.

    Raises:
        Cancelled: the person cancelled.
    """
    if min(grid.shape[0], of.shape[0]) < _LEAST_SLICES:
        return Found(doubt="too few slices to compare them")
    if not (_straight(grid) and _straight(of)):
        return Found(doubt="their slices are shifted against each other, or unevenly spaced")
    if min(np.ptp(fixed), np.ptp(moving)) <= 0:
        return Found(doubt="there is nothing to see in one of them")
    try:
        matrix, gain, common = _registered(_image(fixed, grid), _image(moving, of), context)
    except RuntimeError:  # no overlap, or nothing that the two have in common
        return Found(doubt="they do not overlap enough to be compared")
    finally:
        if context is not None:
            context.check()
    if common < _LEAST_COMMON:
        return Found(doubt="they have too little in common to be compared")
    motion = Motion(matrix, _moved_mm(matrix, grid), _angle_deg(matrix))
    if gain < _LEAST_GAIN or motion.moved_mm < LEAST_MM:
        return Found()
    if motion.moved_mm > _MOST_MM or motion.turned_deg > _MOST_DEG:
        return Found(doubt="what fits best is further away than a head can move")
    return Found(motion)


def _straight(geometry: Geometry) -> bool:
    if geometry.affine is None:
        return False
    axes = geometry.affine[:3, :3] / np.linalg.norm(geometry.affine[:3, :3], axis=0)
    return bool(np.allclose(axes.T @ axes, np.eye(3), atol=1e-3))


def _image(array: npt.NDArray[Any], geometry: Geometry) -> Any:
    """A coarse SimpleITK image: steps of about 3 mm, brightest values cut off."""
    import SimpleITK as sitk

    affine = geometry.affine
    if affine is None:
        raise ValueError("the geometry has no affine")
    values = np.nan_to_num(np.asarray(array, dtype=np.float32))
    values = np.minimum(values, np.percentile(values, _BRIGHTEST_PERCENTILE))
    image = sitk.GetImageFromArray(values)
    axes = affine[:3, 2::-1]  # ITK counts (column, row, slice)
    spacing = np.linalg.norm(axes, axis=0)
    turn, _, back = np.linalg.svd(axes / spacing)  # headers round: ITK wants exact right angles
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    image.SetDirection((turn @ back).ravel().tolist())
    sizes, coarse = image.GetSize(), []
    for axis, (size, step) in enumerate(zip(sizes, spacing, strict=True)):
        fewer = max(8, round(size * step / _STEP_MM))
        if fewer < size:
            image = sitk.RecursiveGaussian(image, 0.4 * _STEP_MM, False, 0, axis)
        coarse.append(min(size, fewer))
    steps = [s * n / c for s, n, c in zip(spacing, sizes, coarse, strict=True)]
    return sitk.Resample(
        image, coarse, sitk.Transform(), sitk.sitkLinear, image.GetOrigin(), steps,
        image.GetDirection(), 0.0, sitk.sitkFloat32,
    )  # fmt: skip


def _registered(
    fixed: Any, moving: Any, context: JobContext | None
) -> tuple[FloatArray, float, float]:
    """The matrix, how much more the two have in common with it (share of before), and how much
    that is."""
    import SimpleITK as sitk

    centred = sitk.CenteredTransformInitializer(
        fixed, fixed, sitk.Euler3DTransform(), sitk.CenteredTransformInitializerFilter.GEOMETRY
    )
    before = _common(fixed, moving, centred)
    method = _method()
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=2.0, minStep=0.01, numberOfIterations=100, relaxationFactor=0.6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([2, 1])
    method.SetSmoothingSigmasPerLevel([2, 0])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetInitialTransform(sitk.Euler3DTransform(centred), inPlace=True)
    if context is not None:
        method.AddCommand(
            sitk.sitkIterationEvent,
            lambda: method.StopRegistration() if context.cancelled else None,
        )
    found = method.Execute(fixed, moving)
    matrix = _matrix(found)
    after = _common(fixed, moving, found)
    return matrix, (after - before) / max(before, 1e-6), after


def _method() -> Any:
    import SimpleITK as sitk

    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricSamplingStrategy(method.NONE)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetNumberOfThreads(1)  # several add up in any order: not the same motion every time
    return method


def _common(fixed: Any, moving: Any, transform: Any) -> float:
    """Mutual information; ITK gives its negative, for it minimises."""
    method = _method()
    method.SetInitialTransform(transform)
    return -float(method.MetricEvaluate(fixed, moving))


def _matrix(transform: Any) -> FloatArray:
    """4x4 of any linear transform, by where it takes four points."""
    origin = np.asarray(transform.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.eye(4)
    for axis in range(3):
        unit = [float(axis == other) for other in range(3)]
        matrix[:3, axis] = np.asarray(transform.TransformPoint(unit)) - origin
    matrix[:3, 3] = origin
    # The last digits differ from run to run; 1e-6 is a thousandth of a millimetre in a head.
    return np.round(matrix, 6)


def _moved_mm(matrix: FloatArray, grid: Geometry) -> float:
    """Mean over eight points half way from the middle of the volume to its corners."""
    shape = np.asarray(grid.shape) - 1
    corners = np.array(np.meshgrid(*[(0.25, 0.75)] * 3)).reshape(3, -1).T * shape
    points = grid.to_patient(corners)
    away = points @ matrix[:3, :3].T + matrix[:3, 3] - points
    return float(np.linalg.norm(away, axis=1).mean())


def _angle_deg(matrix: FloatArray) -> float:
    cosine = (np.trace(matrix[:3, :3]) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
