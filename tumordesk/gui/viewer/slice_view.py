"""The hand on a view: mouse, wheel, touchpad, keyboard focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from tumordesk.gui.viewer.gestures import BrushDrag, Gesture, start_gesture
from tumordesk.gui.viewer.model import ViewerModel
from tumordesk.gui.viewer.mouse import LEFT, RIGHT, action_for
from tumordesk.gui.viewer.ruler_gestures import ruler_near
from tumordesk.gui.viewer.slice_canvas import SliceCanvas
from tumordesk.gui.viewer.types import ContextRequest, PixelInfo

_NOTCH = 120
_CLICK_PX = 4.0
_WHEEL_ZOOM = 1.2
_CURSORS = {
    "window": Qt.CursorShape.ArrowCursor,
    "pan": Qt.CursorShape.OpenHandCursor,
    "zoom": Qt.CursorShape.SizeVerCursor,
    "distance": Qt.CursorShape.CrossCursor,
    "brush": Qt.CursorShape.BlankCursor,
    "eraser": Qt.CursorShape.BlankCursor,
}
_BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class SliceView(SliceCanvas):
    """A slice that follows the hand.

    pyqtgraph's own mouse, wheel and menu are not used: every event ends here.
    """

    maximise_requested = Signal(int)
    activated = Signal(int)

    def __init__(self, model: ViewerModel, axis: int, parent: QWidget | None = None) -> None:
        self._gesture: Gesture | None = None
        self._button = Qt.MouseButton.NoButton
        self._press = QPointF()
        self._moved = False
        self._wheel = 0
        super().__init__(model, axis, parent)
        model.tool_changed.connect(self._new_tool)
        model.source_changed.connect(self._cancel_gesture)
        model.position_changed.connect(self._hover_again)
        model.slice_loaded.connect(self._hover_again)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin what this button means in the present scheme and tool."""
        event.accept()
        self.activated.emit(self.axis)
        if not self.shown or self._gesture is not None:
            return
        self._press, self._moved, self._button = event.position(), False, event.button()
        action = action_for(self.model.scheme, self.model.tool, event.button(), event.modifiers())
        if action is not None:
            self._gesture = start_gesture(action, self, event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Continue the drag, or tell what lies under the pointer."""
        event.accept()
        self.pointer = event.position()
        if self._gesture is not None and not event.buttons() & self._button:
            self._let_go(event.position())  # the release went elsewhere: a menu, another window
        if self._gesture is not None:
            way = event.position() - self._press
            self._moved = self._moved or way.manhattanLength() >= _CLICK_PX
            if self._moved or self._button != RIGHT:
                self._gesture.move(event.position())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not event.buttons():
            self._set_crosshair(True)
            self.point_others(event.position())
        else:
            self._set_crosshair(False)
        self._hover_again()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag; a right click that did not move asks for the menu."""
        event.accept()
        if event.button() != self._button:
            return
        self._let_go(event.position())
        if not self._moved and self.model.tool not in ("brush", "eraser"):
            self._clicked(event)

    def _let_go(self, point: QPointF) -> None:
        gesture, self._gesture = self._gesture, None
        self._button = Qt.MouseButton.NoButton
        if gesture is not None:
            gesture.end(point)

    def _clicked(self, event: QMouseEvent) -> None:
        if event.button() == RIGHT:
            self._ask_menu(event.globalPosition(), event.position())
        elif event.button() == LEFT and self.model.tool != "distance":
            self.model.rulers.selected = ruler_near(self, event.position())
            self.model.rulers_changed.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Maximise or restore; while drawing, a quick second click draws."""
        if event.button() == LEFT and self.model.tool in ("window", "pan", "zoom"):
            event.accept()
            self.maximise_requested.emit(self.axis)
        else:
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Slices, never zoom; with Ctrl zoom at the pointer. Touchpads add up to notches."""
        event.accept()
        if not self.shown:
            return
        delta = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.camera.zoom_at(_WHEEL_ZOOM ** (delta / _NOTCH), event.position())
            self.camera_moved()
            return
        if self._wheel * delta < 0:
            self._wheel = 0
        self._wheel += delta
        notches = int(self._wheel / _NOTCH)
        if notches:
            self._wheel -= notches * _NOTCH
            self.model.step(self.axis, -notches)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes the selected distance; all other keys belong to the window."""
        delete = event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
        if delete and self.model.rulers.remove_selected():
            self.model.rulers_changed.emit()
            event.accept()
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Letting go of Shift ends the crosshair."""
        if event.key() == Qt.Key.Key_Shift:
            self._set_crosshair(False)
        event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu key asks for the menu; the mouse does so on release, without moving."""
        event.accept()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            centre = self.viewport().rect().center()
            self._ask_menu(QPointF(self.viewport().mapToGlobal(centre)), QPointF(centre))

    def _ask_menu(self, on_screen: QPointF, point: QPointF) -> None:
        position = self.position_under(point) or self.model.position
        x, y = round(on_screen.x()), round(on_screen.y())
        self.model.context_menu_requested.emit(ContextRequest(x, y, self.axis, position))

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer came in."""
        self.pointer = event.position()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer left: nothing lies under it any more."""
        self.pointer = None
        self._set_crosshair(False)
        self._hover_again()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are dropped on the window, not on a view."""
        event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Keys act here now."""
        super().focusInEvent(event)
        self.keyboard_focus = event.reason() in _BY_KEYBOARD
        self.activated.emit(self.axis)
        self.redraw()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys act elsewhere."""
        super().focusOutEvent(event)
        self.keyboard_focus = False
        self.redraw()

    def _hover_again(self, *_: object) -> None:
        position = None if self.pointer is None else self.position_under(self.pointer)
        value = None if position is None else self.model.value_at(position)
        units = self.model.texts.units
        found = None if position is None else PixelInfo(position, value, units)
        if found != self.hovered:
            self.hovered = found
            self.model.pixel_hovered.emit(found)
        self.redraw()

    def _set_crosshair(self, on: bool) -> None:
        if self.model.crosshair != on:
            self.model.crosshair = on
            self.model.rulers_changed.emit()

    def _cancel_gesture(self) -> None:
        if isinstance(self._gesture, BrushDrag):
            self._gesture.cancel()
        self._gesture = None
        self._button = Qt.MouseButton.NoButton

    def _new_tool(self, tool: str) -> None:
        self.viewport().setCursor(_CURSORS[tool])
        self.redraw()
