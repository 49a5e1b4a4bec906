"""How thick each slice is, for volumes; or why no volume can be given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry, Verdict

_REFUSED = {
    Verdict.FLAT: "No volume: the slices have no usable position along the stack.",
    Verdict.NO_MM: "No millimetres: the file does not give the size of its pixels.",
    Verdict.SINGLE: "No volume: there is only one slice.",
}


@dataclass(frozen=True, eq=False)
class SliceThickness:
    """Volume of one pixel on each slice (mm3), or None and the reason."""

    pixel_volume_mm3: npt.NDArray[np.float64] | None
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    estimated: bool = False
    """Slices are missing or unevenly spaced: volumes are sums of area times local distance."""

    def volume_mm3(self, pixels_per_slice: npt.NDArray[np.int64]) -> float | None:
        """Volume of this many pixels on each slice, None where it is refused."""
        if self.pixel_volume_mm3 is None:
            return None
        return float(pixels_per_slice @ self.pixel_volume_mm3)


def slice_thickness(geometry: Geometry) -> SliceThickness:
    """Judge what volumes a geometry supports (see :func:`tumordesk.imaging.measure.measure`)."""
    reason = _REFUSED.get(geometry.verdict)
    if reason is not None:
        unknown = geometry.pixel_spacing_mm is None
        no_mm = (_REFUSED[Verdict.NO_MM],) if unknown and reason != _REFUSED[Verdict.NO_MM] else ()
        return SliceThickness(None, (reason, *no_mm))
    if geometry.pixel_spacing_mm is None:
        return SliceThickness(None, (_REFUSED[Verdict.NO_MM],))
    area_mm2 = geometry.pixel_spacing_mm[0] * geometry.pixel_spacing_mm[1]
    if geometry.verdict in (Verdict.GAP, Verdict.IRREGULAR):
        return _uneven(geometry, area_mm2)
    if geometry.slice_spacing_mm is None:
        return SliceThickness(None, ("No volume: the distance between slices is unknown.",))
    notes: tuple[str, ...] = ()
    if geometry.verdict is Verdict.SHEARED:
        notes = (
            "The slices are shifted against each other (tilted gantry); the volume uses their "
            "distance along the normal.",
        )
    even = np.full(geometry.shape[0], area_mm2 * geometry.slice_spacing_mm)
    return SliceThickness(even, (), notes)


def _uneven(geometry: Geometry, area_mm2: float) -> SliceThickness:
    """Each slice reaches half way to its neighbours; the outermost as far outwards as inwards."""
    positions = geometry.slice_positions_mm
    if positions is None or len(positions) != geometry.shape[0] or len(positions) < 2:
        return SliceThickness(
            None, ("No volume: slices are missing or unevenly spaced, and where is unknown.",)
        )
    gaps = np.abs(np.diff(np.asarray(positions, dtype=np.float64)))
    padded = np.concatenate([gaps[:1], gaps, gaps[-1:]])
    thick = (padded[:-1] + padded[1:]) / 2.0
    what = "missing" if geometry.verdict is Verdict.GAP else "unevenly spaced"
    note = f"Slices are {what}: the volume is an estimate, area times local slice distance."
    return SliceThickness(thick * area_mm2, (), (note,), estimated=True)
