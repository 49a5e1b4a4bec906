"""The Geometry of a stack: spacing, affine and an honest verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry, Verdict
from tumordesk.io.records import Slice
from tumordesk.io.stacking import Stack, along_normal

SHEAR_LIMIT_DEG = 0.5
SPARSE_FACTOR = 3.0
_Array = npt.NDArray[np.float64]


def spacing_tolerance(spacing_mm: float) -> float:
    """How far gaps between slices may differ and still count as even."""
    return max(0.01 * spacing_mm, 0.1)


def geometry_of(stack: Stack) -> Geometry:
    """Geometry with verdict and notes (reference: the rules of the reader's own document)."""
    slices = stack.slices
    first = slices[0]
    shape = (len(slices), first.file.format.rows, first.file.format.columns)
    directions = _directions(first) if stack.spatial or len(slices) == 1 else None
    positions = along_normal(slices) if stack.spatial else None
    notes = list(stack.notes)
    pixel = first.pixel_spacing
    if pixel is None:
        which = "only the detector's" if first.detector_spacing else "no"
        notes.append(f"{which} pixel spacing in the files: nothing can be measured in mm")
    if len(slices) == 1:
        return _single(first, shape, directions, notes)
    if positions is None or directions is None:
        return Geometry(shape, pixel, orientation=directions, verdict=Verdict.FLAT,
                        notes=tuple(notes))  # fmt: skip
    return _stacked(slices, shape, directions, positions, notes)


def _directions(item: Slice) -> _Array | None:
    """3x3, columns: LPS unit vectors of the slice, row and column index."""
    if item.orientation is None:
        return None
    along_row = np.asarray(item.orientation[:3])
    along_column = np.asarray(item.orientation[3:])
    normal = np.cross(along_row, along_column)
    normal /= np.linalg.norm(normal)
    return np.stack([normal, along_column, along_row], axis=1)


def _affine(origin: _Array, step: _Array, directions: _Array, pixel: tuple[float, float]) -> _Array:
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = directions[:, 1] * pixel[0]
    affine[:3, 2] = directions[:, 2] * pixel[1]
    affine[:3, 3] = origin
    return affine


def _single(
    item: Slice, shape: tuple[int, int, int], directions: _Array | None, notes: list[str]
) -> Geometry:
    thickness = item.spacing_between or item.thickness
    pixel = item.pixel_spacing
    affine = None
    if item.position is not None and directions is not None and pixel and thickness:
        origin = np.asarray(item.position, dtype=np.float64)
        affine = _affine(origin, directions[:, 0] * thickness, directions, pixel)
    if thickness is not None:
        notes.append("one slice: its spacing is the thickness from the header")
    verdict = Verdict.SINGLE if pixel is not None else Verdict.NO_MM
    return Geometry(shape, pixel, thickness, affine, directions, verdict, tuple(notes))


def _stacked(
    slices: Sequence[Slice],
    shape: tuple[int, int, int],
    directions: _Array,
    positions: _Array,
    notes: list[str],
) -> Geometry:
    pixel = slices[0].pixel_spacing
    points = np.asarray([item.position for item in slices], dtype=np.float64)
    gaps = np.diff(positions)
    spacing = float(np.median(gaps))
    verdict, kept = _regularity(gaps, spacing, notes)
    if verdict is Verdict.OK and _sparse(spacing, slices[0], notes):
        verdict, kept = Verdict.GAP, True
    if verdict is Verdict.OK:
        spacing = float((positions[-1] - positions[0]) / (len(slices) - 1))
    step, sheared = _step(points, positions, directions, spacing, notes)
    if sheared and verdict is Verdict.OK:
        verdict = Verdict.SHEARED
    if verdict is Verdict.OK and _sideways(points, step, pixel):
        notes.append("slices are shifted sideways against each other")
        verdict = Verdict.IRREGULAR
    affine = None
    if pixel is not None and verdict in (Verdict.OK, Verdict.SHEARED):
        affine = _affine(points[0], step, directions, pixel)
    if pixel is None:
        verdict = Verdict.NO_MM
    places = tuple(float(p) for p in positions) if kept else None
    return Geometry(shape, pixel, spacing, affine, directions, verdict, tuple(notes), places)


def _regularity(gaps: _Array, spacing: float, notes: list[str]) -> tuple[Verdict, bool]:
    """Verdict of the gaps, and whether each slice's own position must be kept."""
    tolerance = spacing_tolerance(spacing)
    if np.all(np.abs(gaps - spacing) <= tolerance):
        return Verdict.OK, False
    multiples = np.rint(gaps / spacing)
    whole = np.abs(gaps - multiples * spacing) <= tolerance * np.maximum(multiples, 1)
    if np.all(whole) and np.all(multiples >= 1):
        missing = int(np.sum(multiples - 1))
        after = ", ".join(str(i + 1) for i in np.flatnonzero(multiples > 1)[:10])
        word = "slice is" if missing == 1 else "slices are"
        notes.append(f"{missing} {word} missing (after slice {after})")
        return Verdict.GAP, True
    notes.append(
        f"slices lie at uneven distances ({float(gaps.min()):.2f} to {float(gaps.max()):.2f} mm)"
    )
    return Verdict.IRREGULAR, True


def _sparse(spacing: float, item: Slice, notes: list[str]) -> bool:
    """True where slices lie so far apart that most of the series is probably not here."""
    thickness, meant = item.thickness, item.spacing_between
    if thickness is None or spacing <= SPARSE_FACTOR * thickness:
        return False
    if meant is not None and abs(spacing - meant) <= 0.1 * meant:
        return False
    notes.append(
        f"slices of {thickness:g} mm lie {spacing:g} mm apart: most of the series is not here"
    )
    return True


def _step(
    points: _Array, positions: _Array, directions: _Array, spacing: float, notes: list[str]
) -> tuple[_Array, bool]:
    """LPS vector from one slice to the next, and whether it leans away from the normal."""
    normal = directions[:, 0]
    whole = points[-1] - points[0]
    along = float(positions[-1] - positions[0])
    lean = whole - along * normal
    angle = float(np.degrees(np.arctan2(np.linalg.norm(lean), along)))
    step = normal * spacing + lean * (spacing / along)
    if angle <= SHEAR_LIMIT_DEG:
        return step, False
    notes.append(f"the stack leans by {angle:.1f} degrees (gantry tilt)")
    return step, True


def _sideways(points: _Array, step: _Array, pixel: tuple[float, float] | None) -> bool:
    """True where a slice lies more than half a pixel beside the straight line."""
    line = points[0] + np.arange(len(points))[:, None] * step
    along = step / np.linalg.norm(step)
    off = points - line
    off -= (off @ along)[:, None] * along
    limit = 0.5 * min(pixel) if pixel else 0.5
    return bool(np.linalg.norm(off, axis=1).max() > max(limit, 0.1))
