"""Connected components of masks in 2-D and 3-D, and the removal of islands too small to mean much.

SimpleITK does the labelling and is imported only when something has to be labelled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Component:
    """One connected component: ``box`` (half-open index ranges) and its ``mask`` inside the box."""

    box: Box
    mask: BoolArray
    voxels: int


def bounding_box(mask: BoolArray) -> tuple[slice, ...] | None:
    """Smallest box around the True elements of an n-dimensional mask, None when there are none."""
    ranges: list[slice] = []
    for axis in range(mask.ndim):
        others = tuple(a for a in range(mask.ndim) if a != axis)
        hits = np.flatnonzero(mask.any(axis=others))
        if hits.size == 0:
            return None
        ranges.append(slice(int(hits[0]), int(hits[-1]) + 1))
    return tuple(ranges)


def label_components(mask: BoolArray) -> npt.NDArray[np.uint32]:
    """Label 2-D (8-neighbourhood) or 3-D (26-neighbourhood) components 1, 2, ... in a mask."""
    import SimpleITK

    image = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
    labelled = SimpleITK.ConnectedComponent(image, True)
    return np.asarray(SimpleITK.GetArrayFromImage(labelled), dtype=np.uint32)


def components(mask: BoolArray, *, limit: int | None = None) -> tuple[list[Component], int]:
    """Components of a 3-D mask (26-neighbourhood), largest first; equal sizes in array order.

    Returns at most ``limit`` of them, and how many there are in all.
    """
    outer = bounding_box(mask)
    if outer is None:
        return [], 0
    labels = label_components(mask[outer])
    sizes, boxes = _sizes_and_boxes(labels)
    found = []
    for number in sorted(sizes, key=lambda n: (-sizes[n], n))[:limit]:
        inner = boxes[number]
        shifted = tuple(
            slice(o.start + i.start, o.start + i.stop) for o, i in zip(outer, inner, strict=True)
        )
        box = (shifted[0], shifted[1], shifted[2])
        found.append(Component(box, labels[inner] == number, sizes[number]))
    return found, len(sizes)


def _sizes_and_boxes(
    labels: npt.NDArray[np.uint32],
) -> tuple[dict[int, int], dict[int, tuple[slice, ...]]]:
    """Voxels and bounding box (index ranges in numpy order) of every label."""
    import SimpleITK

    shapes = SimpleITK.LabelShapeStatisticsImageFilter()
    shapes.ComputePerimeterOff()
    shapes.Execute(SimpleITK.GetImageFromArray(labels))
    sizes, boxes = {}, {}
    for number in shapes.GetLabels():
        sizes[int(number)] = int(shapes.GetNumberOfPixels(number))
        # (x, y, z, width, height, depth): numpy's axes are the other way round.
        found = shapes.GetBoundingBox(number)
        half = len(found) // 2
        ranges = [slice(s, s + n) for s, n in zip(found[:half], found[half:], strict=True)]
        boxes[int(number)] = tuple(reversed(ranges))
    return sizes, boxes


def remove_small_islands(mask: BoolArray, min_pixels: float) -> BoolArray:
    """A 2-D mask without its islands (8-neighbourhood) of fewer than ``min_pixels`` pixels."""
    box = bounding_box(mask)
    if box is None or min_pixels <= 1:
        return mask
    labels = label_components(mask[box])
    keep = np.bincount(labels.ravel()) >= min_pixels
    keep[0] = False
    cleaned = np.zeros_like(mask)
    cleaned[box] = keep[labels]
    return cleaned
