"""HD95: how far apart two outlines are, without their worst 5 %.

Distances go from each outline's edge pixels to the nearest edge pixel of the other; HD95 is the
larger of both directions' 95th percentiles (as MONAI counts it). SimpleITK measures distances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

PERCENT = 95.0
Float = npt.NDArray[np.float64]


def edge(mask: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Pixels of the mask with a neighbour (by a side) outside it; beyond the rim is outside."""
    inside = np.asarray(mask, dtype=bool)
    padded = np.pad(inside, 1)
    core = inside.copy()
    middle = [slice(1, -1)] * inside.ndim
    for axis in range(inside.ndim):
        for shift in (slice(0, -2), slice(2, None)):
            window = list(middle)
            window[axis] = shift
            core &= padded[tuple(window)]
    return np.asarray(inside & ~core, dtype=np.bool_)


def distances(
    one: npt.NDArray[Any], other: npt.NDArray[Any], spacing: Sequence[float] | None = None
) -> tuple[Float, Float]:
    """Distances from the edge of ``one`` to that of ``other``, and the way back.

    Args:
        one, other: masks of one shape, 2-D or 3-D; neither empty.
        spacing: size of a pixel along each axis (mm); None counts pixels.

    Raises:
        ValueError: one of the masks is empty.
    """
    first, second = edge(one), edge(other)
    if not first.any() or not second.any():
        raise ValueError("an empty mask has no edge to measure from")
    box = _box(first | second)
    first, second = first[box], second[box]
    steps = tuple(spacing) if spacing is not None else (1.0,) * first.ndim
    return _to(second, steps)[first], _to(first, steps)[second]


def _box(mask: npt.NDArray[np.bool_]) -> tuple[slice, ...]:
    """The smallest box around the mask: nothing outside it matters."""
    spans = []
    for axis in range(mask.ndim):
        others = tuple(a for a in range(mask.ndim) if a != axis)
        hit = np.flatnonzero(mask.any(axis=others))
        spans.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return tuple(spans)


def _to(target: npt.NDArray[np.bool_], spacing: Sequence[float]) -> Float:
    """Distance of every pixel to the nearest one of ``target`` (0 on it)."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(target.astype(np.uint8))
    image.SetSpacing([float(s) for s in reversed(spacing)])
    squared = sitk.SignedMaurerDistanceMap(
        image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )
    found = np.asarray(sitk.GetArrayFromImage(squared), dtype=np.float64)
    return np.where(target, 0.0, np.abs(found))


def hd95_of(there: npt.NDArray[Any], back: npt.NDArray[Any]) -> float:
    """The larger of the two 95th percentiles."""
    return float(max(np.percentile(there, PERCENT), np.percentile(back, PERCENT)))


@dataclass
class EdgeDistances:
    """Distances of several pictures of one group, pooled. ``units_mm``: size of the unit of each
    pair in mm, None where it is not known."""

    there: list[Float] = field(default_factory=list)
    back: list[Float] = field(default_factory=list)
    units_mm: list[float | None] = field(default_factory=list)

    def add(
        self,
        one: npt.NDArray[Any],
        other: npt.NDArray[Any],
        spacing: Sequence[float] | None = None,
        unit_mm: float | None = None,
    ) -> float | None:
        """HD95 of this pair, which is pooled; None (and nothing pooled) where one is empty.

        ``spacing`` counts in units of ``unit_mm``.
        """
        if not np.any(one) or not np.any(other):
            return None
        there, back = distances(one, other, spacing)
        self.there.append(there)
        self.back.append(back)
        self.units_mm.append(unit_mm)
        return hd95_of(there, back)

    def value(self) -> float | None:
        """HD95 over all that was pooled; None of nothing."""
        if not self.there:
            return None
        return hd95_of(np.concatenate(self.there), np.concatenate(self.back))

    def value_mm(self) -> float | None:
        """The same in mm; None of nothing, or where the unit of one pair is not known."""
        units = [unit for unit in self.units_mm if unit is not None]
        if not units or len(units) < len(self.units_mm):
            return None
        there = [unit * one for unit, one in zip(units, self.there, strict=True)]
        back = [unit * one for unit, one in zip(units, self.back, strict=True)]
        return hd95_of(np.concatenate(there), np.concatenate(back))
