"""The thin strip beside a view: where we are in the series, and where there is tumour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.viewer.guard import never_raises
from tumordesk.gui.viewer.model import ViewerModel
from tumordesk.gui.viewer.slice_view import SliceView

WIDTH = tokens.SPACE_12
_LEAST_THUMB = tokens.SPACE_12


class SliceStrip(QWidget):
    """Position in the series as a scroll bar: click or drag jumps; marks show outlined slices."""

    def __init__(self, model: ViewerModel, view: SliceView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._view = model, view
        self._marked: npt.NDArray[np.bool_] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName("Slice position")
        model.source_changed.connect(self._reset)
        model.position_changed.connect(self._moved)
        model.layers_changed.connect(self._reset)
        model.look_changed.connect(self._reset)
        model.layer_painted.connect(self._reset)

    def sizeHint(self) -> QSize:
        """Thin."""
        return QSize(WIDTH, 80)

    @property
    def count(self) -> int:
        """Slices of the view's plane, 0 when there is nothing to show."""
        return self._view.plane.count if self._view.shown else 0

    def marked(self) -> npt.NDArray[np.bool_]:
        """For each slice of the plane: whether a visible layer has something on it."""
        if self._marked is None:
            self._marked = np.zeros(self.count, dtype=bool)
            if self._model.overlay_visible:
                for layer in self._model.layers:
                    if layer.visible and layer.array.shape[self._view.axis] == self.count:
                        self._marked |= outlined_slices(layer.array, self._view.axis)
        return self._marked

    def thumb(self) -> QRectF:
        """The handle, in pixels of the widget."""
        height = max(self.height() / max(self.count, 1), float(_LEAST_THUMB))
        share = self._view.index / max(self.count - 1, 1)
        return QRectF(3, (self.height() - height) * share, self.width() - 6, height)

    def index_at(self, y: float) -> int:
        """The slice that a click at this height means."""
        height = self.thumb().height()
        share = (y - height / 2) / max(self.height() - height, 1.0)
        return round(min(max(share, 0.0), 1.0) * (self.count - 1))

    def _reset(self, *_: object) -> None:
        self._marked = None
        self.setVisible(self.count > 1)
        self.update()

    def _moved(self, *_: object) -> None:
        if self.count:
            self.setAccessibleDescription(f"Slice {self._view.index + 1} of {self.count}")
        self.update()

    @never_raises
    def paintEvent(self, event: QPaintEvent) -> None:
        """Track, marks, handle."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(tokens.DARK.viewport))
        if self.count < 2:
            return
        self._paint_marks(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        name = tokens.VIEW_TEXT if self.underMouse() else tokens.VIEW_SECONDARY
        painter.setBrush(QColor(name))
        painter.drawRoundedRect(self.thumb(), 3, 3)

    def _paint_marks(self, painter: QPainter) -> None:
        track = self.width() / 2 - 1
        painter.fillRect(QRectF(track, 0, 2, self.height()), QColor(tokens.VIEW_BORDER))
        half = self.thumb().height() / 2
        step = (self.height() - 2 * half) / max(self.count - 1, 1)
        colour = self._mark_colour()
        for start, end in _runs(self.marked()):
            top = half + (start - 0.5) * step
            height = max((end - start) * step, 2.0)
            painter.fillRect(QRectF(track - 1, top, 4, height), colour)

    def _mark_colour(self) -> QColor:
        for layer in reversed(self._model.layers):
            if layer.visible and layer.colours:
                return QColor(*layer.colours[min(layer.colours)])
        return QColor(tokens.VIEW_ACCENT)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump."""
        self._jump(event.position().toPoint(), event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        self._jump(event.position().toPoint(), event)

    def _jump(self, point: QPoint, event: QMouseEvent) -> None:
        event.accept()
        if self.count and event.buttons() & Qt.MouseButton.LeftButton:
            self._model.step(self._view.axis, self.index_at(point.y()) - self._view.index)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """As over the picture."""
        self._view.wheelEvent(event)


def outlined_slices(array: npt.NDArray[np.uint8], axis: int) -> npt.NDArray[np.bool_]:
    """For each index along an axis of a (slice, row, column) array: anything there?"""
    if axis == 0:
        return np.asarray(array.reshape(array.shape[0], -1).any(axis=1))
    flat = np.bitwise_or.reduce(array, axis=0)
    return np.asarray(flat.any(axis=1) if axis == 1 else flat.any(axis=0))


def _runs(marked: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    change = np.diff(np.concatenate([[0], marked.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
