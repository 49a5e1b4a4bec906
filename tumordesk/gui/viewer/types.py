"""What the viewer is given and what it tells: plain data, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import Geometry
from tumordesk.core.volume import Volume, Window
from tumordesk.gui import tokens

RGB = tuple[int, int, int]
Position = tuple[int, int, int]
"""(slice, row, column)."""
Labels = npt.NDArray[np.uint8]
ToolName = Literal["window", "pan", "zoom", "distance", "brush", "eraser"]
MouseScheme = Literal["pacs", "itk-snap", "slicer"]
LayoutName = Literal["single", "three"]

TOOLS: tuple[ToolName, ...] = ("window", "pan", "zoom", "distance", "brush", "eraser")


class SliceSource(Protocol):
    """The part of ``session.image_source.ImageSource`` that the viewer reads."""

    geometry: Geometry
    windows: tuple[Window, ...]
    inverted: bool
    colour: bool

    @property
    def complete(self) -> bool:
        """True once every slice is there."""
        ...

    def slice(self, axis: int, index: int) -> npt.NDArray[Any] | None:
        """Slice ``index`` across ``axis``, or None while it is not there."""
        ...

    def volume(self) -> Volume | None:
        """Everything, or None while slices are missing."""
        ...


@dataclass(frozen=True)
class CornerTexts:
    """Lines in the corners that the viewer cannot know; it adds slice, zoom and window itself.

    ``units`` stands behind the value under the pointer ("HU"). ``spacing`` replaces the text
    that the viewer makes from the geometry.
    """

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    spacing: str = ""
    units: str = ""


@dataclass(eq=False)
class OverlayLayer:
    """A label map shown over the picture.

    ``array`` is uint8 (slice, row, column), 0 = nothing; it is shown without a copy, and the
    brush writes into it where ``editable`` (it must then be writable). ``colours`` gives each
    label its (r, g, b); labels without a colour are not shown.
    """

    key: str
    name: str
    array: Labels
    colours: Mapping[int, RGB] = field(default_factory=lambda: {1: (230, 159, 0)})
    visible: bool = True
    opacity: float = tokens.OVERLAY_OPACITY
    editable: bool = False


@dataclass(frozen=True)
class MeasureLine:
    """A measured line on a native slice.

    ``start_rc`` and ``end_rc`` are (row, column) in voxel indices; a whole number is the middle
    of a voxel.
    """

    slice_index: int
    start_rc: tuple[float, float]
    end_rc: tuple[float, float]
    label: str = ""


@dataclass(frozen=True, eq=False)
class LayerEdit:
    """One finished brush stroke: enough to undo and redo it.

    ``before`` and ``after`` are the whole slice ``slice_index`` across ``axis`` of the layer.
    """

    key: str
    axis: int
    slice_index: int
    before: Labels
    after: Labels
    erased: bool = False

    def restore(self, array: Labels, *, redo: bool = False) -> None:
        """Write ``before`` (or ``after`` for a redo) back into a layer's array, in place."""
        plane_of(array, self.axis, self.slice_index)[...] = self.after if redo else self.before


@dataclass(frozen=True)
class PixelInfo:
    """What lies under the pointer; ``value`` is None while the slice is loading."""

    position: Position
    value: float | tuple[int, ...] | None
    units: str = ""


@dataclass(frozen=True)
class ContextRequest:
    """A right click without moving, or the menu key: where, on the screen and in the scan."""

    global_x: int
    global_y: int
    axis: int
    position: Position


def plane_of(array: npt.NDArray[Any], axis: int, index: int) -> npt.NDArray[Any]:
    """The slice ``index`` across ``axis`` of a (slice, row, column, ...) array, as a view."""
    plane: npt.NDArray[Any] = np.moveaxis(array, axis, 0)[index]
    return plane
