"""Label maps: what is outlined, by whom or what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry
from tumordesk.core.model_card import Code

AlgorithmType = Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"]


@dataclass(frozen=True)
class Segment:
    """One label of a label map (DICOM PS3.3 C.8.20): ``number`` is its value in the array."""

    number: int
    label: str
    code: Code | None = None
    algorithm_type: AlgorithmType = "AUTOMATIC"
    algorithm_name: str = ""


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A label map in the geometry of its source series.

    ``array`` is uint8, (slice, row, column), 0 = background, read-only. ``agreement``, where
    test-time flips were used, is float32 of the same shape: share of the runs that agree.
    """

    array: npt.NDArray[np.uint8]
    geometry: Geometry
    segments: tuple[Segment, ...]
    series_uid: str
    agreement: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.array.dtype != np.uint8 or self.array.shape != self.geometry.shape:
            raise ValueError("array must be uint8 with the shape of the geometry")
        self.array.flags.writeable = False

    def names(self, numbers: Iterable[int]) -> str:
        """Names of segments, as in 'Core + Oedema'."""
        labels = {one.number: one.label for one in self.segments}
        return " + ".join(labels.get(number, str(number)) for number in numbers)

    @property
    def empty(self) -> bool:
        """True when nothing is outlined."""
        return not bool(self.array.any())
