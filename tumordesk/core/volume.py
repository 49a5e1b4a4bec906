"""Voxels with their geometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry


@dataclass(frozen=True)
class Window:
    """Window centre and width on rescaled values, with the name the file gives it."""

    center: float
    width: float
    name: str = ""
    function: str = "LINEAR"


@dataclass(frozen=True, eq=False)
class Volume:
    """Read-only voxels in (slice, row, column) order, modality units (after rescale).

    ``array``: any numeric dtype, shape (s, r, c) or (s, r, c, 3) uint8 for colour.
    ``missing`` lists slice indices that could not be decoded (filled with the lowest value).
    ``inverted`` is True for MONOCHROME1: the highest value is shown darkest; values themselves
    are never inverted. ``picture`` is True where grey values are not the scanner's (PNG, JPEG).
    """

    array: npt.NDArray[Any]
    geometry: Geometry
    series_uid: str
    windows: tuple[Window, ...] = ()
    inverted: bool = False
    units: str = ""
    picture: bool = False
    missing: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.array.shape[:3] != self.geometry.shape:
            raise ValueError(f"array {self.array.shape} is not {self.geometry.shape}")
        self.array.flags.writeable = False

    @property
    def colour(self) -> bool:
        """True for RGB voxels."""
        return self.array.ndim == 4

    def grey(self) -> npt.NDArray[Any]:
        """(slice, row, column) grey values; colour is reduced to luma (ITU-R BT.601)."""
        if not self.colour:
            return self.array
        weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
        return np.asarray(self.array[..., :3].astype(np.float32) @ weights, dtype=np.float32)
