"""Between session and viewer: source, texts, layers, measured lines, windows, brush strokes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from tumordesk.core.finding import Diameter, Lesion
from tumordesk.core.study import Series
from tumordesk.core.volume import Window
from tumordesk.gui.banner import Message
from tumordesk.gui.panels.study_browser import series_title
from tumordesk.gui.viewer import (
    CornerTexts,
    LayerEdit,
    MeasureLine,
    OverlayLayer,
    ViewerArea,
)
from tumordesk.session.image_source import ImageSource
from tumordesk.session.layers import Layer
from tumordesk.session.session import Session
from tumordesk.session.undo import Edit

_MR_PRESETS = ((0.1, 99.9), (1.0, 97.0), (20.0, 99.0), (0.0, 100.0))
"""Percentiles of the volume for the keys 1 to 4, where values have no absolute scale."""
_LINES_SHOWN = 5
_SAMPLE_STEP = 7


class ViewingController(QObject):
    """Keeps the viewer in step with the session."""

    said = Signal(object)
    stroke_made = Signal(str, str)
    """Series key and layer key of a brush stroke, done, undone or redone."""

    def __init__(self, session: Session, viewer: ViewerArea, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._viewer = viewer
        self._source: ImageSource | None = None
        self._chosen: Lesion | None = None
        self.hide_names = False
        viewer.layer_edited.connect(self._edited)

    # Series --------------------------------------------------------------------------------

    def show_source(self, source: ImageSource | None) -> None:
        """Show another series (its first slice is there), with its layers."""
        self._source = source
        if source is None:
            self._viewer.set_source(None)
            return
        self._viewer.set_source(source, self._texts(source.series))
        self.show_layers()
        self.show_lines()

    def retext(self) -> None:
        """Names were hidden or shown."""
        if self._source is not None:
            self._viewer.set_texts(self._texts(self._source.series))

    def _texts(self, series: Series) -> CornerTexts:
        owner = self._session.owner(series.key)
        left: list[str] = []
        if owner is not None:
            patient, study = owner
            name = patient.name.replace("^", " ").strip()
            shown = " · ".join(t for t in (name, patient.patient_id) if t and t != name) or name
            left.append("Name hidden" if self.hide_names else (shown or "No name"))
            left.append(" · ".join(t for t in (study.date, study.description) if t))
        number = f"S{series.number} " if series.number is not None else ""
        right = (f"{number}{series_title(series)}", f"{series.guess.sequence.shown} (guess)")
        units = self._source.units if self._source is not None else ""
        return CornerTexts(tuple(t for t in left if t), right, units=units)

    # Layers --------------------------------------------------------------------------------

    def show_layers(self) -> None:
        """Show the label maps of the active series."""
        series = self._session.active
        if series is None:
            return
        layers = [
            OverlayLayer(
                key=layer.key,
                name=layer.name,
                array=layer.array,
                colours=layer.colours,
                visible=layer.visible,
                opacity=layer.opacity,
                editable=layer.editable,
            )
            for layer in self._session.results(series.key).layers
        ]
        self._viewer.set_layers(layers)
        self.aim_brush()

    def aim_brush(self) -> None:
        """The brush paints in the chosen layer where that is one's own."""
        series = self._session.active
        active = self._session.results(series.key).active if series is not None else None
        if active is not None and active.editable:
            self._viewer.set_brush(active.key, active.painted_segment)

    def show_lines(self) -> None:
        """Show the diameters of the active layer's largest lesions, and of the one chosen last."""
        series = self._session.active
        layer = self._session.results(series.key).active if series is not None else None
        measured = layer.measurements if layer is not None else None
        found = measured.lesions if measured is not None else ()
        chosen = [lesion for lesion in found[_LINES_SHOWN:] if lesion is self._chosen]
        lesions = [*found[:_LINES_SHOWN], *chosen]
        lines = [line for lesion in lesions for line in lines_of(lesion)]
        self._viewer.set_measurement_lines(lines)

    def jump_to_lesion(self, lesion: Lesion) -> None:
        """Show the slice of the longest diameter with its lines."""
        self._chosen = lesion
        self.show_lines()
        _, row, column = lesion.centroid
        self._viewer.go_to(lesion.largest_slice, round(row), round(column))

    # Painting ------------------------------------------------------------------------------

    def prepare_brush(self) -> bool:
        """Make sure there is a layer of the person's own to paint on; False without a series."""
        series = self._session.active
        if series is None or self._source is None:
            return False
        results = self._session.results(series.key)
        active = results.active
        own = active if active is not None and active.editable else None
        own = own or next((layer for layer in results.layers if layer.editable), None)
        if own is None and active is not None:
            own = self.edit_copy(active.key)
        elif own is None:
            own = self._session.add_own(series.key, self._source.geometry, series.uid)
            self.said.emit(Message("info", "Brush", "You paint on an outline of your own."))
        elif own is not active:
            self._session.select_layer(series.key, own.key)
        self.aim_brush()
        return own is not None

    def edit_copy(self, layer_key: str) -> Layer | None:
        """Make a copy that a person may paint on, and say so."""
        series = self._session.active
        origin = self._session.results(series.key).layer(layer_key) if series is not None else None
        if series is None or origin is None:
            return None
        own = self._session.edit_copy(series.key, layer_key)
        whose = "that stays as it is" if origin.editable else "the model's outline stays"
        if origin.imported:
            whose = "the outline of the file stays"
        text = f"You paint on a copy of {origin.name}; {whose}.{_parts_words(own)}"
        self.said.emit(Message("info", "Brush", text))
        return own

    def next_part(self) -> None:
        """Paint the next segment of the outline that is one's own."""
        series = self._session.active
        active = self._session.results(series.key).active if series is not None else None
        if series is not None and active is not None and active.editable:
            painted = active.next_segment()
            self._session.set_layer_look(series.key, active.key, painted=painted)

    def _edited(self, edit: LayerEdit) -> None:
        series = self._session.active
        if series is None:
            return
        name = "eraser stroke" if edit.erased else "brush stroke"
        stroke = Edit(
            series.key, edit.key, edit.slice_index, edit.before, edit.after, name, edit.axis
        )
        self._session.record_edit(stroke)
        self.stroke_made.emit(series.key, edit.key)

    def undo(self) -> None:
        """Take the newest stroke back."""
        self._after(self._session.undo())

    def redo(self) -> None:
        """Make the last undone stroke again."""
        self._after(self._session.redo())

    def _after(self, edit: Edit | None) -> None:
        if edit is not None:
            self.stroke_made.emit(edit.series_key, edit.layer_key)

    # Windows -------------------------------------------------------------------------------

    def preset(self, number: int) -> None:
        """Window preset 1 to 4 of this modality."""
        from tumordesk.imaging.windowing import PRESETS

        if self._source is None or self._source.colour:
            return
        fixed = PRESETS.get(self._source.series.modality, ())
        if number <= len(fixed):
            self._viewer.set_window(fixed[number - 1])
            return
        values = self._values()
        if values is not None:
            low, high = (float(v) for v in np.percentile(values, _MR_PRESETS[number - 1]))
            width = max(high - low, 1e-6)
            self._viewer.set_window(Window((low + high) / 2, width, f"Preset {number}"))

    def file_window(self) -> None:
        """The first window of the file, else the automatic one."""
        if self._source is not None and self._source.windows:
            self._viewer.set_window(self._source.windows[0])
        else:
            self.auto_window()

    def auto_window(self) -> None:
        """0.1 to 99.9 percentile of what is loaded."""
        from tumordesk.imaging.windowing import auto_window

        values = self._values()
        if values is not None:
            self._viewer.set_window(auto_window(values))

    def _values(self) -> np.ndarray | None:
        source = self._source
        if source is None or source.colour:
            return None
        volume = source.volume()
        if volume is not None:
            step = max(1, volume.array.size // 2_000_000)
            return volume.array.reshape(-1)[:: step | 1]
        return source.slice(0, self._viewer.position()[0])


def _parts_words(layer: Layer | None) -> str:
    """What is painted, where the outline has several segments."""
    if layer is None or len(layer.segments) < 2:
        return ""
    name = next(one.label for one in layer.segments if one.number == layer.painted_segment)
    return f" The brush paints {name}: choose another part in Segments, or with N."


def lines_of(lesion: Lesion) -> list[MeasureLine]:
    """Longest and perpendicular diameter of a lesion, with their lengths."""
    pairs = (lesion.longest, lesion.perpendicular)
    return [
        MeasureLine(d.slice_index, d.start, d.end, diameter_text(d)) for d in pairs if d is not None
    ]


def diameter_text(diameter: Diameter) -> str:
    """'41 mm', or pixels where the spacing is not known."""
    if diameter.length_mm is None:
        return f"{diameter.length_px:.0f} px"
    return f"{diameter.length_mm:.0f} mm"


def layer_for_save(session: Session) -> Layer | None:
    """The outline that Save writes: the active layer of the active series."""
    series = session.active
    return None if series is None else session.results(series.key).active
