"""Drawing distances, moving their ends, selecting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF

from tumordesk.gui.viewer.rulers import Point, Ruler, distance_to_segment

if TYPE_CHECKING:
    from tumordesk.gui.viewer.slice_view import SliceView

GRAB_PX = 7.0
"""How near a line or its end must be pressed to be meant, in viewport pixels."""


class EndDrag:
    """Moves one end of a distance; a new one that stays shorter than a click is forgotten."""

    def __init__(self, view: SliceView, ruler: Ruler, end: Literal["start", "end"]) -> None:
        self._view, self._ruler, self._end = view, ruler, end
        view.model.rulers.selected = ruler
        view.model.rulers_changed.emit()

    def move(self, point: QPointF) -> None:
        """Stretch the line to the pointer."""
        setattr(self._ruler, self._end, _index_point(self._view, point))
        self._view.model.rulers_changed.emit()

    def end(self, point: QPointF) -> None:
        """Forget what is too short to be a distance."""
        way = self._view.to_view(self._ruler.end) - self._view.to_view(self._ruler.start)
        if way.manhattanLength() < GRAB_PX / 2:
            self._view.model.rulers.remove(self._ruler)
        self._view.model.rulers_changed.emit()


class Selection:
    """A distance was clicked in its middle: select it, move nothing."""

    def __init__(self, view: SliceView, ruler: Ruler) -> None:
        view.model.rulers.selected = ruler
        view.model.rulers_changed.emit()

    def move(self, point: QPointF) -> None:
        """Nothing moves."""

    def end(self, point: QPointF) -> None:
        """Nothing is left to do."""


def distance_gesture(view: SliceView, point: QPointF) -> EndDrag | Selection:
    """Move the end or select the line that was pressed, else begin a new distance."""
    for ruler in reversed(view.rulers()):
        for end in ("end", "start"):
            tip = view.to_view(getattr(ruler, end))
            if (tip - point).manhattanLength() <= GRAB_PX:
                return EndDrag(view, ruler, "end" if end == "end" else "start")
    hit = ruler_near(view, point)
    if hit is not None:
        return Selection(view, hit)
    here = _index_point(view, point)
    ruler = Ruler(view.axis, view.index, here, here)
    view.model.rulers.add(ruler)
    return EndDrag(view, ruler, "end")


def ruler_near(view: SliceView, point: QPointF) -> Ruler | None:
    """The uppermost distance within reach of a viewport point."""
    here = (point.x(), point.y())
    for ruler in reversed(view.rulers()):
        start, end = view.to_view(ruler.start), view.to_view(ruler.end)
        if distance_to_segment(here, (start.x(), start.y()), (end.x(), end.y())) <= GRAB_PX:
            return ruler
    return None


def _index_point(view: SliceView, point: QPointF) -> Point:
    found = view.camera.to_index(point)
    return found.x(), found.y()
