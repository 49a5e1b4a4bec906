"""Puts a DICOM segmentation on the series that it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import ReadError
from tumordesk.core.geometry import FloatArray
from tumordesk.core.segmentation import Segment
from tumordesk.core.study import Series
from tumordesk.io.header import Unusable
from tumordesk.io.mask_grid import Grid, GridDiffers, grid_of, put
from tumordesk.io.seg_object import SegFrame, SegObject, read_seg

_MAX_LABEL = 255
_RIGHT_ANGLE = 1e-6
Labels = npt.NDArray[np.uint8]


def place_seg(
    path: Path, candidates: Sequence[Series]
) -> tuple[Series, Labels, tuple[Segment, ...], tuple[str, ...]]:
    """(series, label map in its voxels, segments, notes) of a SEG.

    The series is the one it refers to; else one in the same frame of reference on whose voxels it
    lies.

    Raises:
        GridDiffers: it lies on other voxels than the series. ReadError: it cannot be read, or
        belongs to none of ``candidates``.
    """
    try:
        found = read_seg(path)
    except Unusable as reason:
        raise ReadError(f"{path.name}: {reason}.") from reason
    if not found.pixels.any():
        raise ReadError(f"{path.name}: nothing is outlined in it.")
    likely = _likely(found, candidates)
    if not likely:
        raise ReadError(
            f"{path.name}: an outline of a scan that is not open.",
            "Open the scan it was made from, then this file again.",
        )
    problem: ReadError | None = None
    for series in likely:
        try:
            labels, segments, notes = _on(found, series)
        except ReadError as error:
            problem = problem or type(error)(f"{path.name}: {error.message}", error.hint)
            continue
        return series, labels, segments, (*found.notes, *notes)
    raise problem or ReadError(f"{path.name}: it fits no open series.")


def _likely(found: SegObject, candidates: Sequence[Series]) -> list[Series]:
    """Series it may belong to: most references first, then those in its frame of reference."""
    sources = {source for frame in found.frames for source in frame.sources}
    files = {uid for uid, _ in sources}

    def key(series: Series) -> tuple[int, bool, bool]:
        own = {
            (item.sop_instance_uid, None if item.frame is None else item.frame + 1)
            for item in series.instances
        }
        exact = len(sources & own) or len(files & {uid for uid, _ in own})
        return (exact, series.uid in found.series_uids, _same_frame(found, series))

    ranked = sorted(candidates, key=key, reverse=True)
    return [series for series in ranked if series.kind == "dicom" and any(key(series))]


def _same_frame(found: SegObject, series: Series) -> bool:
    own = series.frame_of_reference_uid
    return bool(own) and own == found.frame_of_reference_uid


def _on(found: SegObject, series: Series) -> tuple[Labels, tuple[Segment, ...], tuple[str, ...]]:
    numbers = _labels(found)
    grid = grid_of(series)
    target = np.zeros(series.geometry.shape, dtype=np.uint8)
    clashes = 0
    for frame, segment, mask in found.masks():
        if not mask.any() or segment not in numbers:
            continue
        label = numbers[segment]
        if grid is None or frame.position is None:
            clashes += _by_reference(target, series, frame, mask, label)
        else:
            clashes += _by_place(target, grid, frame, mask, label, series)
    if not target.any():
        raise ReadError("None of its segments is named.")
    notes = (f"segments overlap in {clashes} voxels: the later one is shown",) if clashes else ()
    there = {int(n) for n in np.unique(target)}
    segments = tuple(
        replace(segment, number=numbers[segment.number])
        for segment in found.segments
        if numbers.get(segment.number) in there
    )
    return target, segments, notes


def _labels(found: SegObject) -> dict[int, int]:
    """From segment number to label: the same where it fits into 8 bits, else counted anew."""
    numbers = [segment.number for segment in found.segments]
    if len(numbers) > _MAX_LABEL:
        raise ReadError(f"{len(numbers)} segments are more than can be shown ({_MAX_LABEL}).")
    fits = max(numbers) <= _MAX_LABEL
    return {number: number if fits else i for i, number in enumerate(numbers, start=1)}


def _by_place(
    target: Labels,
    grid: Grid,
    frame: SegFrame,
    mask: npt.NDArray[np.bool_],
    label: int,
    series: Series,
) -> int:
    axes = _axes(frame)
    if axes is None or frame.position is None:
        raise ReadError("A frame of it does not say how it lies in the patient.")
    down, along = axes
    if not (grid.one_voxel(down) and grid.one_voxel(along)) or abs(down @ along) > _RIGHT_ANGLE:
        raise GridDiffers(_other_voxels(series))
    rows, columns = np.nonzero(mask)
    points = np.asarray(frame.position) + rows[:, None] * down + columns[:, None] * along
    try:
        return put(target, grid, points, np.full(len(points), label, dtype=np.uint8))
    except GridDiffers as error:
        raise GridDiffers(_other_voxels(series), error.message) from error


def _other_voxels(series: Series) -> str:
    name = series.description or "the series"
    return f"The outline lies on other voxels than {name}."


def _axes(frame: SegFrame) -> tuple[FloatArray, FloatArray] | None:
    """LPS mm from one row, and from one column, to the next."""
    if frame.orientation is None or frame.pixel_spacing is None:
        return None
    along = np.asarray(frame.orientation[:3]) * frame.pixel_spacing[1]
    down = np.asarray(frame.orientation[3:]) * frame.pixel_spacing[0]
    return down, along


def _by_reference(
    target: Labels, series: Series, frame: SegFrame, mask: npt.NDArray[np.bool_], label: int
) -> int:
    """For series without places: the frame goes on the one picture that it names."""
    named = [
        index
        for index, item in enumerate(series.instances)
        if (item.sop_instance_uid, None if item.frame is None else item.frame + 1) in frame.sources
    ]
    if len(named) != 1 or mask.shape != target.shape[1:]:
        raise ReadError("It does not say on which slice of the series each of its frames lies.")
    plane = target[named[0]]
    clash = int(np.count_nonzero(mask & (plane != 0) & (plane != label)))
    plane[mask] = label
    return clash
