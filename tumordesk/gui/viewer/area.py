"""The viewer: one or three linked views of a series, and the methods the window calls."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QColor, QHideEvent, QImage, QPalette
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from tumordesk.core.activation import ActivationMap
from tumordesk.core.volume import Window
from tumordesk.gui import tokens
from tumordesk.gui.viewer.model import ViewerModel
from tumordesk.gui.viewer.mouse import SCHEMES
from tumordesk.gui.viewer.slice_view import SliceView
from tumordesk.gui.viewer.strip import SliceStrip
from tumordesk.gui.viewer.types import (
    TOOLS,
    CornerTexts,
    LayoutName,
    MeasureLine,
    MouseScheme,
    OverlayLayer,
    Position,
    SliceSource,
    ToolName,
)

_ORDER = {"Axial": 0, "Coronal": 1, "Sagittal": 2}


class _Pane(QWidget):
    """A view with its strip."""

    def __init__(self, model: ViewerModel, axis: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.view = SliceView(model, axis)
        self.strip = SliceStrip(model, self.view)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.view, 1)
        row.addWidget(self.strip)
        self.strip.hide()
        _fill(self, tokens.DARK.viewport)


def _fill(widget: QWidget, colour: str) -> None:
    """A background that is the same in every theme."""
    palette = widget.palette()
    palette.setColor(QPalette.ColorRole.Window, QColor(colour))
    widget.setPalette(palette)
    widget.setAutoFillBackground(True)


class ViewerArea(QWidget):
    """The viewer as the window sees it; every state change comes out as a signal.

    ``position_changed`` carries (slice, row, column), ``window_changed`` a Window,
    ``pixel_hovered`` a PixelInfo or None, ``context_menu_requested`` a ContextRequest,
    ``layer_edited`` a LayerEdit, ``refused`` a sentence on why a tool did nothing;
    ``map_changed``: another activation map, or its look.
    """

    position_changed = Signal(object)
    window_changed = Signal(object)
    pixel_hovered = Signal(object)
    context_menu_requested = Signal(object)
    layer_edited = Signal(object)
    tool_changed = Signal(str)
    layout_changed = Signal(str)
    cine_changed = Signal(bool)
    refused = Signal(str)
    map_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ViewerModel(self)
        self._layout_name: LayoutName = "single"
        self._maximised: int | None = None
        self._active = 0
        self._panes = tuple(_Pane(self.model, axis, self) for axis in range(3))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(tokens.LINE_PX)
        self._cine = QTimer(self)
        self._cine.setInterval(round(1000 / tokens.CINE_FPS))
        self._cine.timeout.connect(self._cine_step)
        self.setAccessibleName("Viewer")
        self.setMinimumSize(240, 200)
        self.setFocusProxy(self._panes[0].view)
        _fill(self, tokens.VIEW_BORDER)
        self._connect()
        self._arrange()

    def _connect(self) -> None:
        model = self.model
        model.position_changed.connect(self.position_changed)
        model.window_changed.connect(self.window_changed)
        model.pixel_hovered.connect(self.pixel_hovered)
        model.context_menu_requested.connect(self.context_menu_requested)
        model.layer_edited.connect(self.layer_edited)
        model.tool_changed.connect(self.tool_changed)
        model.refused.connect(self.refused)
        model.map_changed.connect(self.map_changed)
        for view in self.views:
            view.activated.connect(self._activate)
            view.maximise_requested.connect(self.toggle_maximised)

    @property
    def views(self) -> tuple[SliceView, SliceView, SliceView]:
        """The views across slices, rows and columns; some may be hidden."""
        return self._panes[0].view, self._panes[1].view, self._panes[2].view

    @property
    def active_view(self) -> SliceView:
        """The view that keys act on."""
        return self.views[self._active]

    # Series --------------------------------------------------------------------------------

    def set_source(self, source: SliceSource | None, texts: CornerTexts | None = None) -> None:
        """Show another series, or nothing. Layers, lines and distances start empty."""
        self.stop_cine()
        self.model.set_source(source, texts or CornerTexts())
        self._arrange()

    def set_texts(self, texts: CornerTexts) -> None:
        """Replace the corner texts (names hidden, say)."""
        self.model.set_look(texts=texts)

    def notify_loaded(self, index: int) -> None:
        """Slice ``index`` of the source can be shown now. GUI thread only."""
        self.model.loaded(index)

    def notify_complete(self) -> None:
        """All slices are there: the other planes can be shown. GUI thread only."""
        self.model.completed()

    def set_layers(self, layers: Sequence[OverlayLayer]) -> None:
        """Show these label maps, the last on top; also after an undo, to show what changed."""
        self.model.set_layers(layers)

    def set_measurement_lines(self, lines: Sequence[MeasureLine]) -> None:
        """Show these diameters on their slices."""
        self.model.set_look(lines=tuple(lines))

    # Activation map ------------------------------------------------------------------------

    def set_map(self, found: ActivationMap | None) -> None:
        """Show where a classifier looked, beside the layers; None: nothing. It is drawn while
        :meth:`map_look` says visible, and only on the series it fits."""
        self.model.set_map(found)

    def activation_map(self) -> ActivationMap | None:
        """The map that was set, whether it is visible or not."""
        return self.model.map

    def set_map_look(self, visible: bool, opacity: float) -> None:
        """Show or hide the map; ``opacity`` 0..1 is that of its highest value."""
        self.model.set_map_look(visible, opacity)

    def map_look(self) -> tuple[bool, float]:
        """Whether a map is shown where there is one, and its opacity."""
        return self.model.map_visible, self.model.map_opacity

    # Place ---------------------------------------------------------------------------------

    def position(self) -> Position:
        """(slice, row, column) shown."""
        return self.model.position

    def go_to(self, slice_index: int, row: int | None = None, column: int | None = None) -> None:
        """Jump; rows and columns not given stay. A zoomed view follows."""
        _, old_row, old_column = self.model.position
        row, column = old_row if row is None else row, old_column if column is None else column
        self.model.go_to((slice_index, row, column))
        for view in self.views:
            view.ensure_visible()

    def step_slice(self, count: int) -> None:
        """Move by slices in the active view (negative: towards the first)."""
        self.model.step(self._active, count)

    def first_slice(self) -> None:
        """First slice of the active view."""
        self.step_slice(-(2**30))

    def last_slice(self) -> None:
        """Last slice of the active view."""
        self.step_slice(2**30)

    # Look ----------------------------------------------------------------------------------

    def window(self) -> Window:  # type: ignore[override]
        """The present window; a neutral one while nothing is shown."""
        return self.model.window or Window(127.5, 255.0)

    def set_window(self, window: Window) -> None:
        """Show through another window."""
        self.model.set_window(window)

    def set_text_visible(self, visible: bool) -> None:
        """Show or hide all texts on the picture."""
        self.model.set_look(texts_visible=visible)

    def set_overlay_visible(self, visible: bool) -> None:
        """Show or hide all layers and their measurement lines."""
        self.model.set_look(overlay_visible=visible)

    def set_opacity(self, opacity: float) -> None:
        """Opacity 0..1 of the fill of all layers; outlines stay."""
        for layer in self.model.layers:
            layer.opacity = min(max(opacity, 0.0), 1.0)
        self.model.set_look()

    def set_smooth(self, smooth: bool) -> None:
        """Interpolate between pixels (default), or show each as it is."""
        self.model.set_look(smooth=smooth)

    def invert(self) -> None:
        """Swap black and white, on the screen only."""
        self.model.set_look(inverted=not self.model.inverted)
        for view in self.views:
            view.refresh()

    def reset_view(self) -> None:
        """All views: whole picture, not flipped, turned or inverted. The window stays."""
        for view in self.views:
            view.camera.reset()
            view.camera_moved()
        self.model.set_look(inverted=False)

    def flip_horizontal(self) -> None:
        """Mirror left and right in the active view; letters follow."""
        self.active_view.camera.flip_horizontal()
        self.active_view.camera_moved()

    def flip_vertical(self) -> None:
        """Mirror top and bottom in the active view; letters follow."""
        self.active_view.camera.flip_vertical()
        self.active_view.camera_moved()

    def rotate(self, quarter_turns: int = 1) -> None:
        """Turn the active view clockwise by quarters; letters follow."""
        self.active_view.camera.rotate(quarter_turns)
        self.active_view.camera_moved()

    # Tools ---------------------------------------------------------------------------------

    def set_tool(self, tool: ToolName) -> None:
        """Choose what the left button does. Raises ValueError for an unknown tool."""
        if tool not in TOOLS:
            raise ValueError(f"no such tool: {tool}")
        self.model.set_tool(tool)

    def tool(self) -> ToolName:
        """What the left button does."""
        return self.model.tool

    def set_mouse_scheme(self, scheme: MouseScheme) -> None:
        """'pacs', 'itk-snap' or 'slicer'. Raises ValueError for another."""
        if scheme not in SCHEMES:
            raise ValueError(f"no such mouse scheme: {scheme}")
        self.model.scheme = scheme

    def set_brush(self, layer_key: str | None = None, label: int | None = None) -> None:
        """Paint in this layer and label; None: the topmost editable layer, its first label."""
        self.model.brush_layer, self.model.brush_label = layer_key, label

    def brush_size(self) -> float:
        """Diameter in pixels of the picture."""
        return self.model.brush_size

    def set_brush_size(self, diameter: float) -> None:
        """Diameter in pixels of the picture."""
        kept = min(max(diameter, tokens.BRUSH_MIN), tokens.BRUSH_MAX)
        self.model.set_look(brush_size=float(kept))

    def change_brush_size(self, steps: int) -> None:
        """Larger or smaller: by one pixel, in steps of a tenth from 10 up."""
        for _ in range(abs(steps)):
            step = max(1, round(self.model.brush_size / 10))
            self.set_brush_size(self.model.brush_size + (step if steps > 0 else -step))

    def delete_selected_measurement(self) -> bool:
        """Remove the selected distance; False when none is selected."""
        removed = self.model.rulers.remove_selected()
        self.model.rulers_changed.emit()
        return removed

    def clear_measurements(self) -> None:
        """Remove all distances."""
        self.model.rulers.clear()
        self.model.rulers_changed.emit()

    # Cine ----------------------------------------------------------------------------------

    def toggle_cine(self) -> None:
        """Start or stop running through the slices of the active view."""
        if self._cine.isActive():
            self.stop_cine()
        elif self.active_view.shown and self.active_view.plane.count > 1 and self.isVisible():
            self._cine.start()
            self.cine_changed.emit(True)

    def stop_cine(self) -> None:
        """Stop running through the slices."""
        if self._cine.isActive():
            self._cine.stop()
            self.cine_changed.emit(False)

    def cine_running(self) -> bool:
        """Whether slices run by themselves."""
        return self._cine.isActive()

    def _cine_step(self) -> None:
        view = self.active_view
        if view.shown:
            following = (view.index + 1) % view.plane.count
            self.model.step(view.axis, following - view.index)

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not seen does not run."""
        self.stop_cine()
        super().hideEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop everything that runs."""
        self.stop_cine()
        super().closeEvent(event)

    # Layout --------------------------------------------------------------------------------

    def set_layout(self, name: LayoutName) -> None:
        """'single': the plane as acquired; 'three': it at the left, the others at the right."""
        if name not in ("single", "three"):
            raise ValueError(f"no such layout: {name}")
        self._layout_name, self._maximised = name, None
        self._arrange()
        self.layout_changed.emit(name)

    def layout_name(self) -> LayoutName:
        """The present layout."""
        return self._layout_name

    def toggle_maximised(self, axis: int) -> None:
        """In the three-plane layout: one view alone, or all again."""
        if self._layout_name == "three":
            self._maximised = axis if self._maximised is None else None
            self._arrange()

    def _arrange(self) -> None:
        single = self._layout_name == "single"
        shown = [0] if single else [0, *self._others()]
        if not single and self._maximised is not None:
            shown = [self._maximised]
        for pane in self._panes:
            self._grid.removeWidget(pane)
        places = ((0, 0, 2, 1), (0, 1, 1, 1), (1, 1, 1, 1))
        for axis, place in zip(shown, places, strict=False):
            self._grid.addWidget(self._panes[axis], *place)
        several = len(shown) > 1
        for column, stretch in enumerate((62, 38 if several else 0)):
            self._grid.setColumnStretch(column, stretch)
        for row in range(2):
            self._grid.setRowStretch(row, 1)
        if self._active not in shown:
            self._active = shown[0]
        self._show_panes(shown)
        self._activate(self._active)

    def _show_panes(self, shown: Sequence[int]) -> None:
        """Show some panes and hide the others; the focus stays in the viewer if it was there."""
        focused = any(view.hasFocus() for view in self.views)
        for axis in shown:
            self._panes[axis].show()
        if focused and not self.active_view.hasFocus():
            self.active_view.setFocus(Qt.FocusReason.OtherFocusReason)
        for axis, pane in enumerate(self._panes):
            pane.view.framed = len(shown) > 1
            pane.setVisible(axis in shown)

    def _others(self) -> list[int]:
        planes = self.model.planes
        if not planes:
            return [1, 2]
        return sorted((1, 2), key=lambda axis: _ORDER.get(planes[axis].name, axis))

    def _activate(self, axis: int) -> None:
        self._active = axis
        self.setFocusProxy(self._panes[axis].view)
        for pane in self._panes:
            pane.view.active = pane.view.axis == axis
            pane.view.redraw()

    def changeEvent(self, event: QEvent) -> None:
        """A new font or palette: redraw texts."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            for pane in getattr(self, "_panes", ()):
                pane.view.redraw()

    # Picture -------------------------------------------------------------------------------

    def grab_picture(self) -> QImage:
        """What is on the screen now, with overlay and texts, at the screen's resolution."""
        if self._layout_name == "single" or self._maximised is not None:
            picture: QImage = self.active_view.grab().toImage()
            return picture
        return self.grab().toImage()
