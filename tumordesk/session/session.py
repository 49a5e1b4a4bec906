"""What is open, what is shown, what was found. Knows nothing of windows; says what changed.

All methods are called on one thread (the window's); jobs run elsewhere and hand their results
to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from tumordesk.core.activation import ActivationMap, Focus, map_mark
from tumordesk.core.explanation import Explanation
from tumordesk.core.finding import AnalysisResult, Measurements
from tumordesk.core.geometry import Geometry
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.study import Patient, ScanResult, Series, Study
from tumordesk.session import merge
from tumordesk.session.buffers import BufferPool
from tumordesk.session.image_source import ImageSource
from tumordesk.session.layers import (
    Layer,
    SeriesResults,
    layer_from_map,
    layer_from_mask,
    layer_from_result,
    new_own,
    own_copy,
)
from tumordesk.session.run_state import IDLE, RunState
from tumordesk.session.undo import Edit, UndoStack
from tumordesk.session.use_cases import RunOutcome


class Session:
    """Open studies, the active series, its results and the person's own outlines."""

    studies_changed = Signal()
    active_changed = Signal()
    layers_changed = Signal(str)
    """Layers of that series key were added, removed, or their array or looks changed."""
    results_changed = Signal(str)
    """Findings of that series key changed."""
    explanation_changed = Signal(str)
    """The explanation of that series key was made, replaced or dropped."""
    undo_changed = Signal()
    run_changed = Signal()

    def __init__(self, buffers: BufferPool | None = None) -> None:
        self.buffers = buffers or BufferPool()
        self._scan: ScanResult = merge.EMPTY
        self._active_key = ""
        self._results: dict[str, SeriesResults] = {}
        self._undo = UndoStack()
        self._run: RunState = IDLE

    # Studies

    @property
    def scan(self) -> ScanResult:
        """Everything open, and what could not be used."""
        return self._scan

    @property
    def active(self) -> Series | None:
        """The series that is shown, or None."""
        return merge.find_series(self._scan, self._active_key)

    @property
    def source(self) -> ImageSource | None:
        """Voxels of the active series, as far as they are there."""
        return self.buffers.get(self._active_key)

    def add_scan(self, scan: ScanResult) -> None:
        """Take what a scan found, also while it is still running."""
        before = {series.key: series for series in self._scan.series}
        self._scan = merge.merge_scans(self._scan, scan)
        for series in self._scan.series:
            known = before.get(series.key)
            if known is not None and known.geometry.shape != series.geometry.shape:
                # More of it was found: what was run on a part of it does not fit any more.
                self._results.pop(series.key, None)
                self._undo.forget({series.key})
        self.studies_changed.emit()

    def series(self, key: str) -> Series | None:
        """The open series with that key, or None."""
        return merge.find_series(self._scan, key)

    def owner(self, key: str) -> tuple[Patient, Study] | None:
        """Patient and study of a series, or None."""
        return merge.study_of(self._scan, key)

    def activate(self, key: str) -> None:
        """Show another series; an empty key shows none."""
        if key != self._active_key:
            self._active_key = key
            self.active_changed.emit()

    def close_study(self, study_uid: str) -> None:
        """Close one study: pixels, results and undo steps of its series go with it."""
        keys = {
            series.key
            for patient in self._scan.patients
            for study in patient.studies
            if study.uid == study_uid
            for series in study.series
        }
        for key in keys:
            self.buffers.drop(key)
            self._results.pop(key, None)
        self._undo.forget(keys)
        self._scan = merge.without_study(self._scan, study_uid)
        if self._active_key in keys:
            self.activate("")
        self.studies_changed.emit()
        self.undo_changed.emit()

    # Results

    def results(self, key: str) -> SeriesResults:
        """Results of a series; empty where nothing was run."""
        return self._results.setdefault(key, SeriesResults())

    def take_outcome(self, outcome: RunOutcome, opacity: float) -> Layer | None:
        """Take the results of a run. The person's own layers are never touched.

        A segmentation becomes a layer of its own; an older one of the same model is replaced.
        """
        results = self.results(outcome.series_key)
        layer: Layer | None = None
        if outcome.segmentation is not None:
            layer = self._add_result(results, outcome.segmentation, opacity)
        if outcome.classification is not None:
            model_id = outcome.classification.provenance.model_id
            results.classification = outcome.classification
            results.classifications[model_id] = outcome.classification
            results.maps.pop(model_id, None)
        results.forget_derived()
        self.layers_changed.emit(outcome.series_key)
        self.results_changed.emit(outcome.series_key)
        return layer

    def _add_result(self, results: SeriesResults, result: AnalysisResult, opacity: float) -> Layer:
        layer = layer_from_result(result, "Tumour", opacity, 0)
        older = next((i for i, known in enumerate(results.layers) if known.key == layer.key), None)
        if older is None:
            colour = len([known for known in results.layers if not known.editable])
            layer = layer_from_result(result, "Tumour", opacity, 2 * colour)
            results.layers.insert(colour, layer)
        else:
            layer.colours = results.layers[older].colours
            results.layers[older] = layer
        results.active_key = layer.key
        return layer

    def select_layer(self, key: str, layer_key: str) -> None:
        """Show the findings of that layer."""
        results = self.results(key)
        if results.active_key != layer_key and results.layer(layer_key) is not None:
            results.active_key = layer_key
            results.forget_derived()
            self.results_changed.emit(key)

    def edit_copy(self, key: str, layer_key: str) -> Layer | None:
        """A copy of a layer that the person may correct; it becomes the active layer."""
        results = self.results(key)
        origin = results.layer(layer_key)
        if origin is None:
            return None
        number = 1 + len([layer for layer in results.layers if layer.editable])
        copy = own_copy(origin, number, 2 * number - 1)
        results.layers.append(copy)
        results.active_key = copy.key
        self.layers_changed.emit(key)
        self.results_changed.emit(key)
        return copy

    def add_own(self, key: str, geometry: Geometry, series_uid: str) -> Layer:
        """An empty layer of the person's own; it becomes the active layer."""
        results = self.results(key)
        number = 1 + len([layer for layer in results.layers if layer.editable])
        layer = new_own(number, geometry, series_uid)
        results.layers.append(layer)
        results.active_key = layer.key
        results.forget_derived()
        self.layers_changed.emit(key)
        self.results_changed.emit(key)
        return layer

    def add_imported(self, key: str, outline: Segmentation, opacity: float) -> Layer:
        """An outline out of a file, as a layer of its own; it becomes the active layer."""
        results = self.results(key)
        taken = {layer.key for layer in results.layers}
        number = next(n for n in itertools.count(1) if f"imported:{n}" not in taken)
        layer = layer_from_mask(outline, number, opacity)
        results.layers.append(layer)
        results.active_key = layer.key
        results.forget_derived()
        self.layers_changed.emit(key)
        self.results_changed.emit(key)
        return layer

    def set_map(self, key: str, found: ActivationMap) -> None:
        """Take the activation map of a classifier's newest answer."""
        self.results(key).maps[found.model_id] = found
        self.results(key).foci.pop(found.model_id, None)
        self.results_changed.emit(key)

    def set_foci(self, key: str, foci: Mapping[str, Focus]) -> None:
        """Take how the maps, by model id, meet the active layer."""
        self.results(key).foci.update(foci)
        self.results_changed.emit(key)

    def add_map_region(
        self, key: str, region: Segmentation, model_id: str, opacity: float
    ) -> Layer:
        """The region of a map (imaging.map_outline) as a read-only layer, which becomes active.

        It replaces an older one of the same model. Its segment says what it is.
        """
        results = self.results(key)
        number = len([layer for layer in results.layers if not layer.editable])
        layer = layer_from_map(region, model_id, number, opacity)
        results.layers = [known for known in results.layers if known.key != layer.key]
        results.layers.append(layer)
        results.active_key = layer.key
        results.forget_derived()
        self.layers_changed.emit(key)
        self.results_changed.emit(key)
        return layer

    def drop_series(self, keys: Collection[str]) -> None:
        """Take series out of the list again, with all that is known of them."""
        for key in keys:
            self.buffers.drop(key)
            self._results.pop(key, None)
        self._undo.forget(set(keys))
        self._scan = merge.without_series(self._scan, keys)
        if self._active_key in keys:
            self.activate("")
        self.studies_changed.emit()

    def remove_layer(self, key: str, layer_key: str) -> None:
        """Remove one layer."""
        results = self.results(key)
        results.layers = [layer for layer in results.layers if layer.key != layer_key]
        if results.active_key == layer_key:
            results.active_key = results.layers[-1].key if results.layers else ""
            results.forget_derived()
        self.layers_changed.emit(key)
        self.results_changed.emit(key)

    def add_part(self, key: str, layer_key: str, name: str) -> None:
        """Give an own layer a further part. Raises ValueError as ``Layer.add_part``."""
        layer = self.results(key).layer(layer_key)
        if layer is not None and layer.editable:
            layer.add_part(name)
            self.layers_changed.emit(key)
            self.results_changed.emit(key)

    def name_part(self, key: str, layer_key: str, name: str) -> None:
        """Name what the brush paints in an own layer. Raises ValueError as ``Layer.add_part``."""
        layer = self.results(key).layer(layer_key)
        if layer is not None and layer.editable:
            layer.name_part(layer.painted_segment, name)
            self.layers_changed.emit(key)
            self.results_changed.emit(key)

    def set_layer_look(
        self,
        key: str,
        layer_key: str,
        *,
        visible: bool | None = None,
        opacity: float | None = None,
        colour: tuple[int, tuple[int, int, int]] | None = None,
        painted: int | None = None,
    ) -> None:
        """Change how a layer is drawn; ``colour`` is (segment number, (r, g, b)), ``painted`` the
        segment that the brush paints."""
        layer = self.results(key).layer(layer_key)
        if layer is None:
            return
        if visible is not None:
            layer.visible = visible
        if painted is not None:
            layer.painted = painted
        if opacity is not None:
            layer.opacity = min(1.0, max(0.0, opacity))
        if colour is not None:
            layer.colours = {**layer.colours, colour[0]: colour[1]}
        self.layers_changed.emit(key)

    def set_measurements(self, key: str, layer_key: str, measured: Measurements) -> None:
        """Take measurements of a corrected layer."""
        layer = self.results(key).layer(layer_key)
        if layer is not None:
            layer.measurements = measured
            self.results_changed.emit(key)

    def set_explanation(self, key: str, explanation: Explanation | None) -> None:
        """Take an explanation of what is known of a series now."""
        if self.series(key) is not None:
            self.results(key).explanation = explanation
            self.explanation_changed.emit(key)

    def outline(self, key: str) -> Segmentation | None:
        """The active outline of a series, the person's own first; None where there is none.

        The region of an activation map is none: a classifier must not read where it looked.
        """
        layer = self.results(key).active
        return None if layer is None or map_mark(layer.segments) else layer.segmentation()

    # Edits

    def record_edit(self, edit: Edit) -> None:
        """Take a brush stroke that was made on an own layer."""
        layer = self.results(edit.series_key).layer(edit.layer_key)
        if layer is None or not layer.editable:
            return
        self._undo.push(edit)
        self._put_slice(edit, edit.after)

    def undo(self) -> Edit | None:
        """Take the newest stroke back; returns it, or None."""
        edit = self._undo.undo()
        if edit is not None:
            self._put_slice(edit, edit.before)
        return edit

    def redo(self) -> Edit | None:
        """Make the stroke again that was taken back last; returns it, or None."""
        edit = self._undo.redo()
        if edit is not None:
            self._put_slice(edit, edit.after)
        return edit

    @property
    def undo_name(self) -> str:
        """What undo would take back, or empty."""
        return self._undo.undo_name

    @property
    def redo_name(self) -> str:
        """What redo would make again, or empty."""
        return self._undo.redo_name

    def _put_slice(self, edit: Edit, pixels: npt.NDArray[np.uint8]) -> None:
        layer = self.results(edit.series_key).layer(edit.layer_key)
        if layer is not None:
            np.moveaxis(layer.array, edit.axis, 0)[edit.slice_index] = pixels
            layer.edits += 1
            layer.measurements = None
            self.results(edit.series_key).forget_derived()
            self.layers_changed.emit(edit.series_key)
            self.results_changed.emit(edit.series_key)
        self.undo_changed.emit()

    # Run

    @property
    def run(self) -> RunState:
        """Where the run stands."""
        return self._run

    def set_run(self, state: RunState) -> None:
        """Change where the run stands."""
        if state != self._run:
            self._run = state
            self.run_changed.emit()

    def run_cancelling(self) -> None:
        """The person pressed Cancel: said at once, whatever the job does."""
        if self._run.phase == "running":
            self.set_run(replace(self._run, phase="cancelling", stage="Cancelling…"))
