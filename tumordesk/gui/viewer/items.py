"""What lies in the scene: the windowed picture and the label maps over it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.viewer.contour import contour_path
from tumordesk.gui.viewer.guard import never_raises
from tumordesk.gui.viewer.shading import Grey
from tumordesk.gui.viewer.types import Labels, OverlayLayer

_CACHED_SLICES = 48
_SHRUNK_BELOW = 0.6


class PictureItem(pg.ImageItem):  # type: ignore[misc]
    """The slice itself, already windowed to 8 bit; levels are always explicit."""

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major", autoDownsample=False)
        self.setAcceptHoverEvents(False)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.smooth = True
        self._shrunk: tuple[int, int, QImage] | None = None

    def show_pixels(self, pixels: Grey) -> None:
        """Show uint8 grey (rows, columns) or colour (rows, columns, 3)."""
        self._shrunk = None
        self.setImage(pixels, autoLevels=False, levels=(0, 255))

    def update(self, *args: Any) -> None:
        """Nothing: the view repaints as a whole when it changes, and would do so twice."""

    def set_smooth(self, smooth: bool) -> None:
        """Interpolate between pixels, or show each as a sharp rectangle."""
        self.smooth = smooth

    @never_raises
    def paint(self, painter: QPainter, *args: Any) -> None:
        """Draw the slice; averaged first where it is shown much smaller than it is."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth)
        across, down = _device_scale(painter)
        if self.image is None or min(across, down) >= _SHRUNK_BELOW:
            super().paint(painter, *args)
            return
        if self._renderRequired:
            self.render()
        rows, columns = self.image.shape[:2]
        size = max(round(columns * min(across, 1)), 1), max(round(rows * min(down, 1)), 1)
        painter.drawImage(QRectF(0, 0, columns, rows), self._averaged(*size))

    def _averaged(self, width: int, height: int) -> QImage:
        if self._shrunk is None or self._shrunk[:2] != (width, height):
            small = self.qimage.scaled(
                width,
                height,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            self._shrunk = (width, height, small)
        return self._shrunk[2]


def _device_scale(painter: QPainter) -> tuple[float, float]:
    """Device pixels for one picture pixel, (across, down) as stored."""
    matrix = painter.combinedTransform()
    return float(np.hypot(matrix.m11(), matrix.m12())), float(np.hypot(matrix.m21(), matrix.m22()))


@dataclass
class _Drawn:
    """One slice of a layer, ready to draw: cropped labels and an outline for each."""

    corner: QPointF
    image: QImage
    outlines: list[tuple[int, QPainterPath]]


class OverlayItem(QGraphicsItem):
    """Fill and outline of all visible layers on one slice of one plane."""

    def __init__(self, slice_of: Callable[[OverlayLayer, int], Labels]) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._slice_of = slice_of
        self._bounds = QRectF()
        self._layers: tuple[OverlayLayer, ...] = ()
        self._index = 0
        self._cache: OrderedDict[tuple[str, int], _Drawn | None] = OrderedDict()

    def set_size(self, rows: int, columns: int) -> None:
        """Size of the plane in voxels."""
        self.prepareGeometryChange()
        self._bounds = QRectF(-1, -1, columns + 2, rows + 2)

    def set_layers(self, layers: tuple[OverlayLayer, ...]) -> None:
        """Show these; everything drawn before is forgotten."""
        self._layers = layers
        self._cache.clear()
        self.update()

    def set_index(self, index: int) -> None:
        """Show another slice."""
        self._index = index
        self.update()

    def forget(self, key: str) -> None:
        """A layer's labels changed."""
        for cached in [cached for cached in self._cache if cached[0] == key]:
            del self._cache[cached]
        self.update()

    def boundingRect(self) -> QRectF:
        """Where the item may draw."""
        return self._bounds

    @never_raises
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw fills first, outlines above them, layer by layer."""
        for layer in self._layers:
            if layer.visible:
                drawn = self._drawn(layer)
                if drawn is not None:
                    _draw_layer(painter, layer, drawn)

    def _drawn(self, layer: OverlayLayer) -> _Drawn | None:
        key = (layer.key, self._index)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        drawn = _prepare(self._slice_of(layer, self._index), layer)
        self._cache[key] = drawn
        if len(self._cache) > _CACHED_SLICES:
            self._cache.popitem(last=False)
        return drawn


def _prepare(labels: Labels, layer: OverlayLayer) -> _Drawn | None:
    rows, columns = np.flatnonzero(labels.any(axis=1)), np.flatnonzero(labels.any(axis=0))
    if not rows.size:
        return None
    top, left = int(rows[0]), int(columns[0])
    part = np.ascontiguousarray(labels[top : rows[-1] + 1, left : columns[-1] + 1])
    height, width = part.shape
    view = QImage(part.data, width, height, width, QImage.Format.Format_Indexed8)
    outlines = [
        (int(label), contour_path(part == label).translated(left, top))
        for label in np.unique(part)
        if int(label) in layer.colours
    ]
    return _Drawn(QPointF(left, top), view.copy(), outlines)


def _draw_layer(painter: QPainter, layer: OverlayLayer, drawn: _Drawn) -> None:
    table = [0] * 256
    for label, colour in layer.colours.items():
        table[label] = QColor(*colour, round(255 * layer.opacity)).rgba()
    drawn.image.setColorTable(table)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(drawn.corner, drawn.image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for label, outline in drawn.outlines:
        pen = QPen(QColor(*layer.colours[label]), tokens.CONTOUR_PX)
        pen.setCosmetic(True)
        pen.setCapStyle(Qt.PenCapStyle.SquareCap)
        painter.setPen(pen)
        painter.drawPath(outline)
