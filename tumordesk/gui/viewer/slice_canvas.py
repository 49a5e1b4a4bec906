"""One plane of the series on the screen: picture, overlay and texts."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QGraphicsItemGroup, QGraphicsView, QWidget

from tumordesk.core.volume import Window
from tumordesk.gui import tokens
from tumordesk.gui.viewer.camera import Camera
from tumordesk.gui.viewer.guard import never_raises
from tumordesk.gui.viewer.items import OverlayItem, PictureItem
from tumordesk.gui.viewer.map_item import MapItem
from tumordesk.gui.viewer.model import ViewerModel
from tumordesk.gui.viewer.planes import Plane
from tumordesk.gui.viewer.rulers import Ruler
from tumordesk.gui.viewer.scene_hud import paint_hud
from tumordesk.gui.viewer.shading import Shader
from tumordesk.gui.viewer.types import (
    Labels,
    OverlayLayer,
    PixelInfo,
    Position,
    plane_of,
)

_NEUTRAL = Window(127.5, 255.0)
"""Stands in where there is no window: colour pictures, which need none."""


class SliceCanvas(pg.GraphicsView):  # type: ignore[misc]
    """Shows slices across one index axis of the model's series.

    Scene coordinates are pixels of the viewport; ``camera`` maps (h, v) index coordinates to
    them. ``framed`` draws a border (there are several views), in accent where ``active``.
    """

    def __init__(self, model: ViewerModel, axis: int, parent: QWidget | None = None) -> None:
        self._ready = False
        super().__init__(parent, useOpenGL=False, background=tokens.VIEW_TEXT_SHADOW)
        self.setCentralItem(None)
        self.model, self.axis = model, axis
        self.camera = Camera()
        self.active = False
        self.framed = False
        self.keyboard_focus = False
        self.hovered: PixelInfo | None = None
        self.pointer: QPointF | None = None
        self._shader = Shader()
        self._stale = True
        self._last_index = -1
        self._set_up_scene()
        self._set_up_widget()
        self._connect()
        self._ready = True
        self._new_source()

    def _set_up_scene(self) -> None:
        self._content = QGraphicsItemGroup()
        self._picture = PictureItem()
        self._map = MapItem(self.axis)
        self._overlay = OverlayItem(self._labels)
        self._content.setHandlesChildEvents(False)
        self._picture.setParentItem(self._content)
        self._map.setParentItem(self._content)
        self._overlay.setParentItem(self._content)
        self.addItem(self._content)

    def _set_up_widget(self) -> None:
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(80, 80)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)

    def _connect(self) -> None:
        model = self.model
        model.source_changed.connect(self._new_source)
        model.position_changed.connect(self._new_position)
        model.window_changed.connect(self.refresh)
        model.layers_changed.connect(self._new_layers)
        model.map_changed.connect(self._new_map)
        model.layer_painted.connect(self._layer_painted)
        model.slice_loaded.connect(self._slice_loaded)
        model.look_changed.connect(self._new_look)
        model.rulers_changed.connect(self.redraw)

    # What is shown -------------------------------------------------------------------------

    @property
    def plane(self) -> Plane:
        """The plane shown; only while there is a source."""
        return self.model.planes[self.axis]

    @property
    def index(self) -> int:
        """Which slice is shown."""
        return self.model.position[self.axis]

    @property
    def shown(self) -> bool:
        """Whether there is a plane to show at all."""
        return bool(self.model.planes) and not (self.axis != 0 and self.model.refusal)

    @property
    def picture_there(self) -> bool:
        """Whether the present slice is on the screen, rather than still loading."""
        return self.shown and self._picture.isVisible()

    def _labels(self, layer: OverlayLayer, index: int) -> Labels:
        return plane_of(layer.array, self.axis, index)

    def _new_source(self) -> None:
        self.hovered, self._last_index = None, -1
        plane = self.plane if self.shown else None
        self.camera.set_plane(plane)
        self._content.setVisible(plane is not None)
        if plane is not None:
            self._overlay.set_size(*plane.size)
            self._map.set_size(*plane.size, plane.count)
        name = plane.name.lower() if plane is not None and plane.name else "image"
        self.setAccessibleName(f"{name.capitalize()} view")
        self._new_layers()
        self._new_map()
        self.camera_moved()
        self.refresh()

    def _new_position(self, position: Position) -> None:
        if not self.shown:
            return
        index = position[self.axis]
        if index == self._last_index:
            self.redraw()  # only the crosshair moves
            return
        self._last_index = index
        self._overlay.set_index(index)
        self._map.set_index(index)
        self.setAccessibleDescription(f"Slice {index + 1} of {self.plane.count}")
        self.refresh()

    def _new_layers(self) -> None:
        visible = self.model.overlay_visible and self.shown
        layers = self.model.layers if visible else ()
        if self.shown:
            fitting = self.model.source.geometry.shape if self.model.source else ()
            layers = tuple(layer for layer in layers if layer.array.shape == fitting)
        self._overlay.set_layers(layers)

    def _new_map(self) -> None:
        self._map.set_map(self.model.shown_map if self.shown else None, self.model.map_opacity)
        self.redraw()

    def _layer_painted(self, key: str, axis: int, index: int) -> None:
        self._overlay.forget(key)

    def _slice_loaded(self, index: int) -> None:
        if index < 0 or (self.axis == 0 and index == self.index) or self.axis != 0:
            self.refresh()

    def _new_look(self) -> None:
        self._picture.set_smooth(self.model.smooth)
        self._map.set_smooth(self.model.smooth)
        self._overlay.setVisible(self.model.overlay_visible)
        self._new_layers()
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Show the present slice through the present window, at the next repaint."""
        self._stale = True
        self.redraw()

    def redraw(self) -> None:
        """Repaint soon."""
        self.viewport().update()

    def _shade(self) -> None:
        self._stale = False
        model = self.model
        pixels = model.pixels(self.axis) if self.shown else None
        window = model.window
        ready = pixels is not None and (window is not None or pixels.ndim == 3)
        self._picture.setVisible(ready)
        self._overlay.setVisible(ready and model.overlay_visible)
        self._map.setVisible(ready)
        if not ready or pixels is None or model.source is None:
            return
        inverted = model.inverted != model.source.inverted
        self._picture.show_pixels(self._shader.shade(pixels, window or _NEUTRAL, inverted))

    @never_raises
    def paintEvent(self, event: QEvent) -> None:
        """Shade the slice first where that is due: many changes, one shading."""
        if self._stale and self.model.source is not None:
            self._shade()
        super().paintEvent(event)

    @never_raises
    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """Texts, lines and cursors, in viewport pixels."""
        painter.save()
        painter.resetTransform()
        paint_hud(painter, self)
        painter.restore()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """Black, whatever the theme."""
        painter.fillRect(rect, QColor(tokens.DARK.viewport))

    # Where it is shown ---------------------------------------------------------------------

    def camera_moved(self) -> None:
        """Bring the picture where the camera says."""
        self._content.setTransform(self.camera.transform())
        self.redraw()

    def to_view(self, point: tuple[float, float]) -> QPointF:
        """Viewport pixels of an (h, v) index point."""
        return self.camera.transform().map(QPointF(*point))

    def position_under(self, point: QPointF) -> Position | None:
        """The voxel under a viewport point, None outside the picture."""
        if not self.shown:
            return None
        at = self.camera.to_index(point)
        if not self.plane.contains(at.x(), at.y()):
            return None
        return self.plane.position_at(at.x(), at.y(), self.index)

    def point_others(self, point: QPointF) -> None:
        """Bring the other planes to the voxel under (or nearest to) a viewport point."""
        if self.shown:
            at = self.camera.to_index(point)
            self.model.go_to(self.plane.position_at(at.x(), at.y(), self.index))

    def rulers(self) -> list[Ruler]:
        """Distances on the slice shown."""
        return self.model.rulers.on(self.axis, self.index) if self.shown else []

    def ensure_visible(self) -> None:
        """Bring the present position into the view where zoom has moved it out."""
        if not self.shown or self.camera.fitted:
            return
        at = self.to_view(self.plane.point_of(self.model.position))
        if not self.viewport().rect().contains(at.toPoint()):
            self.camera.pan(QPointF(self.viewport().rect().center()) - at)
            self.camera_moved()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep a fitted picture fitted, and another one centred."""
        super().resizeEvent(event)
        if self._ready:
            self.camera.viewport = QSizeF(self.viewport().size())
            self.camera_moved()
