"""What all views share: the series, where we are in it, its window, layers and tools."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, Signal

from tumordesk.core.activation import ActivationMap
from tumordesk.core.volume import Window
from tumordesk.gui import tokens
from tumordesk.gui.viewer.planes import Plane, plane_of_volume, volume_refusal
from tumordesk.gui.viewer.rulers import Rulers
from tumordesk.gui.viewer.shading import Pixels
from tumordesk.gui.viewer.types import (
    CornerTexts,
    LayerEdit,
    MeasureLine,
    MouseScheme,
    OverlayLayer,
    PixelInfo,
    Position,
    SliceSource,
    ToolName,
)
from tumordesk.imaging.windowing import auto_window

_SAMPLED = 2_000_000


class ViewerModel(QObject):
    """State of the viewer; views follow its signals and change it through its methods."""

    source_changed = Signal()
    position_changed = Signal(object)
    window_changed = Signal(object)
    layers_changed = Signal()
    map_changed = Signal()
    layer_painted = Signal(str, int, int)
    layer_edited = Signal(object)
    slice_loaded = Signal(int)
    look_changed = Signal()
    tool_changed = Signal(str)
    rulers_changed = Signal()
    pixel_hovered = Signal(object)
    context_menu_requested = Signal(object)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source: SliceSource | None = None
        self.planes: tuple[Plane, ...] = ()
        self.refusal = ""
        self.texts = CornerTexts()
        self.position: Position = (0, 0, 0)
        self.window: Window | None = None
        self.automatic_window = False
        self.inverted = False
        self.layers: tuple[OverlayLayer, ...] = ()
        self.lines: tuple[MeasureLine, ...] = ()
        self.map: ActivationMap | None = None
        self.map_visible = False
        self.map_opacity = tokens.MAP_OPACITY
        self.rulers = Rulers()
        self.tool: ToolName = "window"
        self.scheme: MouseScheme = "pacs"
        self.brush_size = float(tokens.BRUSH_SIZE)
        self.brush_label: int | None = None
        self.brush_layer: str | None = None
        self.texts_visible = True
        self.overlay_visible = True
        self.smooth = True
        self.crosshair = False

    def set_source(self, source: SliceSource | None, texts: CornerTexts) -> None:
        """Show another series from its middle slice, or nothing."""
        self.source, self.texts = source, texts
        self.layers, self.lines, self.map = (), (), None
        self.rulers.clear()
        self.inverted = False
        self.window, self.automatic_window = None, True
        self.planes, self.refusal, self.position = (), "", (0, 0, 0)
        if source is not None:
            geometry = source.geometry
            self.planes = tuple(plane_of_volume(geometry, axis) for axis in range(3))
            self.refusal = volume_refusal(geometry)
            slices, rows, columns = geometry.shape
            self.position = (slices // 2, rows // 2, columns // 2)
            self._first_window()
        self.source_changed.emit()
        self.position_changed.emit(self.position)

    def pixels(self, axis: int) -> Pixels | None:
        """The displayed slice of a plane, or None while it is not there."""
        if self.source is None or (axis != 0 and not self.source.complete):
            return None
        return self.source.slice(axis, self.position[axis])

    def value_at(self, position: Position) -> float | tuple[int, ...] | None:
        """The value of a voxel, or None while its slice is loading."""
        pixels = None if self.source is None else self.source.slice(0, position[0])
        if pixels is None:
            return None
        found = pixels[position[1], position[2]]
        return float(found) if np.ndim(found) == 0 else tuple(int(part) for part in found)

    def hover(self, position: Position | None) -> None:
        """Tell what lies under the pointer, None when it left the picture."""
        if position is None:
            self.pixel_hovered.emit(None)
            return
        value = self.value_at(position)
        self.pixel_hovered.emit(PixelInfo(position, value, self.texts.units))

    def go_to(self, position: Sequence[int]) -> None:
        """Move to a (slice, row, column), kept inside the series."""
        if self.source is None:
            return
        limits = self.source.geometry.shape
        kept = [min(max(int(p), 0), n - 1) for p, n in zip(position, limits, strict=True)]
        new = (kept[0], kept[1], kept[2])
        if new != self.position:
            self.position = new
            self.position_changed.emit(new)

    def step(self, axis: int, count: int) -> None:
        """Move by slices of one plane."""
        new = list(self.position)
        new[axis] += count
        self.go_to(new)

    def loaded(self, index: int) -> None:
        """Slice ``index`` can be shown now."""
        self._first_window()
        self.slice_loaded.emit(index)

    def completed(self) -> None:
        """The whole series can be shown now, and an automatic window can see all of it."""
        if self.automatic_window and self.source is not None:
            volume = self.source.volume()
            if volume is not None and not volume.colour:
                step = max(1, round((volume.array.size / _SAMPLED) ** (1 / 3)))
                self._use_window(auto_window(volume.array[::step, ::step, ::step]))
        self.slice_loaded.emit(-1)

    def _first_window(self) -> None:
        """The window of the file, else the automatic one of the first slice that is there."""
        source = self.source
        if source is None or self.window is not None or source.colour:
            return
        if source.windows:
            self.set_window(source.windows[0])
            return
        pixels = source.slice(0, self.position[0])
        if pixels is not None:
            self._use_window(auto_window(pixels))

    def set_window(self, window: Window) -> None:
        """Show through this window from now on."""
        self.automatic_window = False
        self._use_window(window)

    def _use_window(self, window: Window) -> None:
        if window != self.window:
            self.window = window
            self.window_changed.emit(window)

    def set_layers(self, layers: Sequence[OverlayLayer]) -> None:
        """Show these label maps, the last one on top."""
        self.layers = tuple(layers)
        self.layers_changed.emit()

    def set_map(self, found: ActivationMap | None) -> None:
        """Show this activation map, or none."""
        self.map = found
        self.map_changed.emit()

    def set_map_look(self, visible: bool, opacity: float) -> None:
        """Show or hide the map; opacity 0..1 of its highest value."""
        self.map_visible, self.map_opacity = visible, min(max(opacity, 0.0), 1.0)
        self.map_changed.emit()

    @property
    def shown_map(self) -> ActivationMap | None:
        """The map that is on the screen: one that is visible and fits the series."""
        if self.map is None or not self.map_visible or self.source is None:
            return None
        shape = self.source.geometry.shape
        fits = self.map.array.shape[1:] == shape[1:] and max(self.map.slices, default=0) < shape[0]
        return self.map if fits else None

    def paint_layer(self) -> OverlayLayer | None:
        """The layer the brush paints in: the chosen one, else the topmost editable one."""
        editable = [layer for layer in self.layers if layer.editable]
        chosen = [layer for layer in editable if layer.key == self.brush_layer]
        candidates = chosen or editable
        return candidates[-1] if candidates else None

    def paint_label(self, layer: OverlayLayer) -> int:
        """The label the brush paints: the chosen one, else the layer's first."""
        if self.brush_label in layer.colours and self.brush_label is not None:
            return self.brush_label
        return min(layer.colours, default=1)

    def brush_colour(self) -> tuple[int, int, int] | None:
        """Colour of what the brush paints; None where it paints one thing only, or erases."""
        layer = self.paint_layer()
        if layer is None or len(layer.colours) < 2 or self.tool != "brush":
            return None
        return layer.colours.get(self.paint_label(layer))

    def painted(self, layer: OverlayLayer, axis: int, index: int) -> None:
        """Labels of a layer changed under the brush."""
        self.layer_painted.emit(layer.key, axis, index)

    def finish_stroke(self, edit: LayerEdit | None) -> None:
        """A stroke ended; tell what it changed."""
        if edit is not None:
            self.layer_edited.emit(edit)

    def set_look(self, **values: object) -> None:
        """Set visible properties (texts, lines, crosshair, ...) and redraw once."""
        for name, value in values.items():
            setattr(self, name, value)
        self.look_changed.emit()

    def set_tool(self, tool: ToolName) -> None:
        """Choose what the left button does."""
        if tool != self.tool:
            self.tool = tool
            self.tool_changed.emit(tool)
