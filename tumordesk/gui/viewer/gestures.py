"""What a drag does, from press to release: one small class for each action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPointF

from tumordesk.core.volume import Window
from tumordesk.gui.viewer.brush import Stroke
from tumordesk.gui.viewer.mouse import Action
from tumordesk.gui.viewer.ruler_gestures import distance_gesture

if TYPE_CHECKING:
    from tumordesk.gui.viewer.slice_view import SliceView

WINDOW_DRAG_PX = 350.0
"""A drag this long changes centre or width by one window width."""
ZOOM_DRAG_PX = 150.0
"""A drag this long doubles or halves the zoom."""


class Gesture(Protocol):
    """A drag in progress; points are viewport pixels."""

    def move(self, point: QPointF) -> None:
        """The pointer moved."""
        ...

    def end(self, point: QPointF) -> None:
        """The button was released."""
        ...


class WindowDrag:
    """Right = wider, down = higher centre; as fine as the window is narrow."""

    def __init__(self, view: SliceView, point: QPointF) -> None:
        self._model, self._start = view.model, point
        self._window = view.model.window
        values = view.model.pixels(view.axis)
        whole = values is None or values.dtype.kind in "iu"
        self._least = 1.0 if whole else 1e-6

    def move(self, point: QPointF) -> None:
        """Set the window for the way gone so far."""
        if self._window is None or point == self._start:
            return
        unit = max(self._window.width, 16 * self._least) / WINDOW_DRAG_PX
        delta = point - self._start
        width = max(self._window.width + delta.x() * unit, self._least)
        center = self._window.center + delta.y() * unit
        self._model.set_window(Window(center, width, "", self._window.function))

    def end(self, point: QPointF) -> None:
        """Nothing is left to do."""


class PanDrag:
    """The picture follows the pointer."""

    def __init__(self, view: SliceView, point: QPointF) -> None:
        self._view, self._last = view, point

    def move(self, point: QPointF) -> None:
        """Follow."""
        self._view.camera.pan(point - self._last)
        self._last = point
        self._view.camera_moved()

    def end(self, point: QPointF) -> None:
        """Nothing is left to do."""


class ZoomDrag:
    """Up = larger, around the point that was pressed."""

    def __init__(self, view: SliceView, point: QPointF) -> None:
        self._view, self._anchor, self._last = view, point, point

    def move(self, point: QPointF) -> None:
        """Zoom for the way gone since the last event."""
        factor = 2.0 ** ((self._last.y() - point.y()) / ZOOM_DRAG_PX)
        self._last = point
        self._view.camera.zoom_at(factor, self._anchor)
        self._view.camera_moved()

    def end(self, point: QPointF) -> None:
        """Nothing is left to do."""


class CrosshairDrag:
    """The other planes follow the pointer."""

    def __init__(self, view: SliceView, point: QPointF) -> None:
        self._view = view
        self.move(point)

    def move(self, point: QPointF) -> None:
        """Go where the pointer is."""
        self._view.point_others(point)

    def end(self, point: QPointF) -> None:
        """Nothing is left to do."""


class BrushDrag:
    """Paints or erases in the chosen layer."""

    def __init__(self, view: SliceView, point: QPointF, *, erase: bool) -> None:
        self._view, self._model = view, view.model
        layer = view.model.paint_layer()
        self._layer = layer
        self._stroke: Stroke | None = None
        if layer is None or not layer.array.flags.writeable:
            view.model.refused.emit("There is no editable segmentation to paint in.")
            return
        label = 0 if erase else view.model.paint_label(layer)
        self._stroke = Stroke(layer, view.plane, view.index, view.model.brush_size, label)
        self.move(point)

    def move(self, point: QPointF) -> None:
        """Paint on the way."""
        if self._stroke is None or self._layer is None:
            return
        here = self._view.camera.to_index(point)
        self._stroke.move_to(here.x(), here.y())
        self._model.painted(self._layer, self._view.axis, self._view.index)

    def end(self, point: QPointF) -> None:
        """Tell what changed."""
        if self._stroke is not None:
            self._model.finish_stroke(self._stroke.finish())
            self._stroke = None

    def cancel(self) -> None:
        """Leave the layer as it was: what nobody was told of cannot be undone."""
        if self._stroke is not None:
            self._stroke.cancel()
            self._stroke = None


def start_gesture(action: Action, view: SliceView, point: QPointF) -> Gesture:
    """The drag that an action means."""
    if action in ("brush", "eraser"):
        return BrushDrag(view, point, erase=action == "eraser")
    if action == "distance":
        return distance_gesture(view, point)
    kinds: dict[str, type[WindowDrag | PanDrag | ZoomDrag | CrosshairDrag]] = {
        "window": WindowDrag,
        "pan": PanDrag,
        "zoom": ZoomDrag,
        "crosshair": CrosshairDrag,
    }
    return kinds[action](view, point)
