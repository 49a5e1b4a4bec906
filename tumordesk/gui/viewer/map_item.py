"""The activation map in the scene, between the picture and the outlines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from tumordesk.core.activation import ActivationMap
from tumordesk.gui.viewer.guard import never_raises
from tumordesk.imaging.heat import heat_colours, heat_opacity

_STEPS = 256


class MapItem(QGraphicsItem):
    """A map on one slice of the plane across index axis ``axis``; item coordinates are voxels."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._axis = axis
        self._bounds = QRectF()
        self._shape = (0, 0)
        self._map: ActivationMap | None = None
        self._opacity = 0.0
        self._index = 0
        self._smooth = True
        self._image: QImage | None = None

    def set_size(self, rows: int, columns: int, count: int) -> None:
        """Size of the plane in voxels, and how many slices it has."""
        self.prepareGeometryChange()
        self._bounds = QRectF(0, 0, columns, rows)
        self._shape = (rows, columns)
        self._image = None

    def set_map(self, found: ActivationMap | None, opacity: float) -> None:
        """Draw this map, or nothing; ``opacity`` is that of its highest value."""
        self._map, self._opacity = found, opacity
        self._forget()

    def set_index(self, index: int) -> None:
        """Show another slice."""
        self._index = index
        self._forget()

    def set_smooth(self, smooth: bool) -> None:
        """Interpolate between pixels, or show each as a sharp rectangle."""
        self._smooth = smooth
        self.update()

    def _forget(self) -> None:
        self._image = None
        self.update()

    def boundingRect(self) -> QRectF:
        """The whole plane."""
        return self._bounds

    @never_raises
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the slice's map over what is below."""
        if self._map is None:
            return
        if self._image is None:
            values = plane_values(self._map, self._axis, self._index, self._shape)
            self._image = map_image(values, self._opacity)
        # Across slices a map ends where the slices that were read end: no smooth edge there.
        smooth = self._smooth and self._axis == 0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(self._bounds, self._image)


def plane_values(
    found: ActivationMap, axis: int, index: int, shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """The map on slice ``index`` across ``axis``, float32 ``shape``; 0 where it was not read."""
    values = np.zeros(shape, dtype=np.float32)
    if axis == 0:
        there = found.on_slice(index)
        return values if there is None else there
    part = found.array[:, index] if axis == 1 else found.array[:, :, index]
    values[list(found.slices)] = part
    return values


def map_image(values: npt.NDArray[np.float32], opacity: float) -> QImage:
    """Values 0..1 (rows, columns) as a picture of the same size that is clear where they are low.

    Colours are multiplied with their opacity, so that smooth scaling leaves no dark rims.
    """
    steps = np.rint(np.clip(values, 0.0, 1.0) * (_STEPS - 1)).astype(np.uint8)
    pixels = _table(opacity)[steps]
    rows, columns = values.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data, columns, rows, columns * 4, form).copy()


def _table(opacity: float) -> npt.NDArray[np.uint32]:
    values = np.linspace(0.0, 1.0, _STEPS)
    shares = heat_opacity(values, opacity)
    mixed = np.rint(heat_colours(values) * shares[:, None]).astype(np.uint32)
    alpha = np.rint(shares * 255).astype(np.uint32)
    return np.asarray(alpha << 24 | mixed[:, 0] << 16 | mixed[:, 1] << 8 | mixed[:, 2], np.uint32)
