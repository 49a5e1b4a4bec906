"""Where the picture stands in its view: fit, zoom, pan, flips and quarter turns."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QTransform

from tumordesk.gui.viewer.planes import Plane

ZOOM_MIN = 0.05
ZOOM_MAX = 64.0
FIT_MARGIN = 4.0


class Camera:
    """Maps (h, v) index coordinates of a plane to pixels of a viewport.

    ``zoom`` is screen pixels for one voxel along its finer side: 1.0 shows 100 %.
    While ``fitted`` the whole picture fills the viewport, whatever its size.
    """

    def __init__(self) -> None:
        self.plane: Plane | None = None
        self.viewport = QSizeF(1.0, 1.0)
        self.fitted = True
        self.flip_h = False
        self.flip_v = False
        self.turns = 0
        self._zoom = 1.0
        self._centre = QPointF()

    def set_plane(self, plane: Plane | None) -> None:
        """Show another plane, fitted; flips and turns are those of the new picture: none."""
        self.plane = plane
        self.reset()

    def reset(self) -> None:
        """Whole picture, no flips, no turns."""
        self.flip_h = self.flip_v = False
        self.turns = 0
        self.fit()

    def fit(self) -> None:
        """Whole picture, centred."""
        self.fitted = True
        if self.plane is not None:
            self._centre = QPointF(self.plane.size[1] / 2, self.plane.size[0] / 2)

    @property
    def zoom(self) -> float:
        """Screen pixels for one voxel along its finer side."""
        return self._fit_zoom() if self.fitted else self._zoom

    def _fit_zoom(self) -> float:
        if self.plane is None:
            return 1.0
        box = self._shape_transform(1.0).mapRect(
            QRectF(0, 0, self.plane.size[1], self.plane.size[0])
        )
        width = max(self.viewport.width() - 2 * FIT_MARGIN, 1.0)
        height = max(self.viewport.height() - 2 * FIT_MARGIN, 1.0)
        return min(width / max(box.width(), 1e-6), height / max(box.height(), 1e-6))

    def _shape_transform(self, zoom: float) -> QTransform:
        """Index to screen without translation."""
        plane = self.plane
        if plane is None:
            return QTransform()
        finer = min(plane.scale)
        aspect = QTransform.fromScale(zoom * plane.scale[1] / finer, zoom * plane.scale[0] / finer)
        (a, b), (c, d) = plane.matrix
        return aspect * QTransform(a, c, b, d, 0, 0) * self._user_transform()

    def _user_transform(self) -> QTransform:
        cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[self.turns % 4]
        turned = QTransform(cos, sin, -sin, cos, 0, 0)
        flips = QTransform.fromScale(-1 if self.flip_h else 1, -1 if self.flip_v else 1)
        return turned * flips

    def transform(self) -> QTransform:
        """Index coordinates to viewport pixels."""
        shape = self._shape_transform(self.zoom)
        centre = shape.map(self._centre)
        half = QPointF(self.viewport.width() / 2, self.viewport.height() / 2)
        offset = half - centre
        return shape * QTransform.fromTranslate(offset.x(), offset.y())

    def to_index(self, point: QPointF) -> QPointF:
        """(h, v) under a viewport point."""
        inverse, _ = self.transform().inverted()
        return inverse.map(point)

    def zoom_at(self, factor: float, anchor: QPointF) -> None:
        """Zoom by a factor; what lies under ``anchor`` (viewport pixels) stays there."""
        before = self.to_index(anchor)
        self._zoom = min(max(self.zoom * factor, ZOOM_MIN), ZOOM_MAX)
        self.fitted = False
        self._centre += before - self.to_index(anchor)

    def pan(self, delta: QPointF) -> None:
        """Move the picture by viewport pixels; some of it always stays in the view."""
        self._zoom, self.fitted = self.zoom, False
        inverse, _ = self._shape_transform(self._zoom).inverted()
        self._centre -= inverse.map(delta)
        if self.plane is not None:
            self._centre.setX(min(max(self._centre.x(), 0.0), float(self.plane.size[1])))
            self._centre.setY(min(max(self._centre.y(), 0.0), float(self.plane.size[0])))

    def flip_horizontal(self) -> None:
        """Mirror left and right as seen on the screen."""
        self.flip_h = not self.flip_h

    def flip_vertical(self) -> None:
        """Mirror top and bottom as seen on the screen."""
        self.flip_v = not self.flip_v

    def rotate(self, quarter_turns: int) -> None:
        """Turn clockwise as seen on the screen, by quarters."""
        mirrored = self.flip_h != self.flip_v
        self.turns = (self.turns + (-quarter_turns if mirrored else quarter_turns)) % 4

    def letters(self) -> tuple[str, str, str, str] | None:
        """Letters now at the (left, right, top, bottom) edges of the view."""
        if self.plane is None or self.plane.letters is None:
            return None
        left, right, top, bottom = self.plane.letters
        for _ in range(self.turns % 4):
            left, top, right, bottom = bottom, left, top, right
        if self.flip_h:
            left, right = right, left
        if self.flip_v:
            top, bottom = bottom, top
        return left, right, top, bottom

    def copy_view(self, other: Camera) -> None:
        """Take zoom, pan, flips and turns of another camera of the same plane."""
        self.fitted, self._zoom, self._centre = other.fitted, other._zoom, QPointF(other._centre)
        self.flip_h, self.flip_v, self.turns = other.flip_h, other.flip_v, other.turns
