"""From a label map to numbers with units: lesions, volumes, diameters, side, extent.

Millimetres and millilitres appear only where the geometry supports them; otherwise the value is
None and ``refused`` says why. Pixels, slices and shares are always there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumordesk.core.finding import Lesion, Measurements, Part
from tumordesk.core.geometry import Geometry
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.volume import Volume
from tumordesk.imaging.components import BoolArray, Box, Component, components
from tumordesk.imaging.diameters import longest_diameters
from tumordesk.imaging.location import (
    MIN_HEAD_WIDTH_MM,
    BoxMm,
    estimate_head,
    location_of,
    side_of,
)
from tumordesk.imaging.thickness import SliceThickness, slice_thickness

MIN_VOXELS = 10
MAX_LESIONS = 100


def measure(
    segmentation: Segmentation,
    *,
    min_voxels: int = MIN_VOXELS,
    midline_x_mm: float | None = None,
    head_box_mm: BoxMm | None = None,
) -> Measurements:
    """Measure every lesion of a label map.

    A lesion is a 3-D connected component (26-neighbourhood) of all that is outlined, whatever its
    segments, with at least ``min_voxels`` voxels; where none is that large, the largest one is
    listed all the same. At most 100 lesions are listed. Totals count every outlined voxel, listed
    or not. Lesions are numbered by size. Where segments touch (core and oedema) they are parts of
    one lesion; volumes are also told by segment.

    Volume (mm3) is voxels x voxel volume where slices are evenly spaced; for a sheared stack the
    slice distance along the normal is used; with gaps or uneven spacing it is the sum of area x
    local slice distance (half way to each neighbour). ``Measurements.notes`` says so. It is
    refused (None) for a single slice, slices without position, and unknown pixel size.
    Diameters need only the pixel spacing: see :mod:`tumordesk.imaging.diameters`.

    Side: only where the LPS affine is known. Voxels with x below ``midline_x_mm`` are the
    patient's right, above it the left; 'both' when the smaller part is at least a fifth of the
    lesion. Without ``midline_x_mm`` (see :func:`estimate_midline_mm`) the middle of the volume is
    taken, and no side is given where the volume is too narrow to hold a whole head. The midline
    is a plane of constant x, so in a strongly turned head a lesion near the middle can be put on
    the wrong side.

    Location (front or back, upper or lower) only with ``head_box_mm``, the head's extent; see
    :func:`tumordesk.imaging.location.estimate_head`.
    """
    array, geometry = segmentation.array, segmentation.geometry
    thickness = slice_thickness(geometry)
    midline = midline_x_mm if midline_x_mm is not None else _volume_midline_mm(geometry)
    per_slice = np.count_nonzero(array, axis=(1, 2))
    found, dropped = _find(array, min_voxels)
    lesions = tuple(
        _lesion(number, component, array, geometry, thickness, midline, head_box_mm)
        for number, component in enumerate(found, start=1)
    )
    voxels = int(per_slice.sum())
    slices = tuple(int(i) for i in np.flatnonzero(per_slice))
    notes = thickness.notes if voxels else ()
    if dropped:
        some = "1 small area is" if dropped == 1 else f"{dropped} small areas are"
        notes += (f"{some} outlined, but too small to be listed as a lesion.",)
    return Measurements(
        lesions=lesions,
        volume_mm3=thickness.volume_mm3(per_slice),
        voxels=voxels,
        tumour_slices=slices,
        share_of_slices=len(slices) / max(1, array.shape[0]),
        share_of_pixels=voxels / max(1, array.size),
        refused=thickness.refused,
        notes=notes,
        midline_x_mm=midline,
        head_box_mm=head_box_mm,
        volume_estimated=thickness.estimated,
        parts=_all_parts(segmentation, thickness),
    )


def _find(array: npt.NDArray[np.uint8], min_voxels: int) -> tuple[list[Component], int]:
    """Lesions to list, largest first, and how many are not listed."""
    found, total = components(array > 0, limit=MAX_LESIONS)
    large = [one for one in found if one.voxels >= min_voxels]
    kept = large or found[:1]
    return kept, total - len(kept)


def _all_parts(segmentation: Segmentation, thickness: SliceThickness) -> tuple[Part, ...]:
    """Every segment with its size; () where there is one."""
    if len(segmentation.segments) < 2:
        return ()
    array = segmentation.array
    counts = (
        (s.number, np.count_nonzero(array == s.number, axis=(1, 2))) for s in segmentation.segments
    )
    return tuple(_part(number, per_slice, thickness) for number, per_slice in counts)


def _parts_in(
    component: Component, array: npt.NDArray[np.uint8], thickness: SliceThickness
) -> tuple[Part, ...]:
    """The segments of a lesion, the largest first."""
    labels = np.where(component.mask, array[component.box], 0)
    numbers = [int(number) for number in np.unique(labels) if number]
    parts = (
        _part(number, _per_slice(component.box, labels == number, len(array)), thickness)
        for number in numbers
    )
    return tuple(sorted(parts, key=lambda part: -part.voxels))


def _part(segment: int, per_slice: npt.NDArray[np.int64], thickness: SliceThickness) -> Part:
    return Part(segment, int(per_slice.sum()), thickness.volume_mm3(per_slice))


def _per_slice(box: Box, mask: BoolArray, slices: int) -> npt.NDArray[np.int64]:
    """Voxels on each of all slices; ``mask`` is that of the box."""
    result = np.zeros(slices, dtype=np.int64)
    result[box[0]] = np.count_nonzero(mask, axis=(1, 2))
    return result


def _lesion(
    number: int,
    component: Component,
    array: npt.NDArray[np.uint8],
    geometry: Geometry,
    thickness: SliceThickness,
    midline_x_mm: float | None,
    head_box_mm: BoxMm | None,
) -> Lesion:
    box, mask = component.box, component.mask
    origin = (box[0].start, box[1].start, box[2].start)
    parts = _parts_in(component, array, thickness)
    diameters = longest_diameters(mask, origin, geometry.pixel_spacing_mm)
    centre = _centroid(mask) + origin
    side = side_of(component, geometry, midline_x_mm)
    return Lesion(
        number=number,
        segment=parts[0].segment if len(parts) == 1 else 0,
        voxels=component.voxels,
        volume_mm3=thickness.volume_mm3(_per_slice(box, mask, len(array))),
        longest=diameters.longest,
        perpendicular=diameters.perpendicular,
        slice_range=(int(box[0].start), int(box[0].stop) - 1),
        largest_slice=diameters.longest.slice_index,
        centroid=(float(centre[0]), float(centre[1]), float(centre[2])),
        side=side,
        refused=thickness.refused,
        location=location_of(component, geometry, side, head_box_mm),
        parts=parts if len(parts) > 1 else (),
    )


def _centroid(mask: BoolArray) -> npt.NDArray[np.float64]:
    """Mean (slice, row, column) of the True elements, slice by slice to stay small in memory."""
    total, count = np.zeros(3), 0
    for index, layer in enumerate(mask):
        rows, columns = np.nonzero(layer)
        total += (index * len(rows), rows.sum(), columns.sum())
        count += len(rows)
    return total / count


def _x_mm_of_corners(geometry: Geometry) -> npt.NDArray[np.float64]:
    """LPS x of the middles of the eight corner voxels. Needs an affine."""
    last = [n - 1 for n in geometry.shape]
    corners = [(s, r, c) for s in (0, last[0]) for r in (0, last[1]) for c in (0, last[2])]
    return np.asarray(geometry.to_patient(corners)[:, 0])


def _volume_midline_mm(geometry: Geometry) -> float | None:
    """LPS x of the volume's middle, None without affine or where it cannot hold a head."""
    if geometry.affine is None:
        return None
    x_mm = _x_mm_of_corners(geometry)
    low, high = float(x_mm.min()), float(x_mm.max())
    return (low + high) / 2.0 if high - low >= MIN_HEAD_WIDTH_MM else None


def estimate_midline_mm(volume: Volume) -> float | None:
    """LPS x (mm) of the middle of the head: see :func:`tumordesk.imaging.location.estimate_head`.

    None where the affine is unknown or what was found is too narrow for a whole head (under
    100 mm), as in a slab of sagittal slices on one side.
    """
    return estimate_head(volume).midline_x_mm
