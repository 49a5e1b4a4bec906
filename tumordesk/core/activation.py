"""Where a classifier looked: an activation map on the slices it read, and how it meets a mask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tumordesk.core.segmentation import Segment

Verdict = Literal["inside", "partly", "elsewhere", "unknown"]

MAP_REGION = "Map region"
_MARK_START = "activation map of "
_MARK_END = ", not an outline of the tumour"
_NAME_LIMIT = 64


def map_region_name(model: str) -> str:
    """Algorithm name of a segment that is the region of an activation map of ``model``.

    At most 64 characters, what DICOM allows a name: a long model id is cut, never the mark.
    """
    room = _NAME_LIMIT - len(_MARK_START) - len(_MARK_END)
    shown = model if len(model) <= room else model[: room - 1].rstrip() + "…"
    return f"{_MARK_START}{shown}{_MARK_END}"


def map_mark(segments: Iterable[Segment]) -> str:
    """What must be said wherever such a segment is shown or measured; '' for true outlines.

    A copy that a person corrects keeps the mark: it began as a map.
    """
    for segment in segments:
        name = segment.algorithm_name
        if name.startswith(_MARK_START) and name.endswith(_MARK_END):
            return name[:1].upper() + name[1:]
    return ""


@dataclass(frozen=True, eq=False)
class ActivationMap:
    """A class-activation map of one classifier on one series, in the series' own pixels.

    ``array`` is float32 (len(slices), rows, columns), 0..1 over the whole series (1 = what spoke
    most for the class), read-only. ``slices`` are the slice indices of its first axis.
    ``method`` names how it was made, for people ("HiResCAM, features of 16 pixels").
    """

    model_id: str
    class_name: str
    label: str
    method: str
    slices: tuple[int, ...]
    array: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.array.dtype != np.float32 or self.array.ndim != 3:
            raise ValueError("array must be float32 (slice, row, column)")
        if len(self.slices) != len(self.array):
            raise ValueError("one map for each slice")
        self.array.flags.writeable = False

    def on_slice(self, index: int) -> npt.NDArray[np.float32] | None:
        """The map of a slice (row, column), or None where the classifier did not read it."""
        return self.array[self.slices.index(index)] if index in self.slices else None


@dataclass(frozen=True)
class Focus:
    """How an activation map and an outline meet, over the slices that have both.

    ``inside_share``: share of the map's sum that lies in the outline (0..1). ``overlap``: Dice of
    the outline with the map's brightest pixels, as many as the outline has. ``expected_share``:
    the ``inside_share`` of a map that is equally bright everywhere in the head. ``verdict``
    'unknown' where there is no outline; ``text`` says it for people.
    """

    inside_share: float | None
    overlap: float | None
    expected_share: float | None
    verdict: Verdict
    text: str


@dataclass(frozen=True)
class Unlikeness:
    """How unlike its training pictures a classifier found what it read.

    ``score`` grows with unlikeness; above ``threshold`` the answer is doubtful. ``threshold``
    None: the model carries no reference, so nothing can be said (``text`` says so).
    ``by_slice``: (slice index, score).
    """

    score: float | None
    threshold: float | None
    method: str
    text: str
    by_slice: tuple[tuple[int, float], ...] = ()

    @property
    def unlike(self) -> bool:
        """True where the pictures are unlike those the model learned from."""
        return self.score is not None and self.threshold is not None and self.score > self.threshold
