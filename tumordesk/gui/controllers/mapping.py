"""Activation maps: made after a classification, shown on request, compared with the outline."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tumordesk.core.activation import ActivationMap, Focus
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.study import Series
from tumordesk.gui.banner import Message
from tumordesk.gui.controllers.opening import message_of
from tumordesk.gui.jobs import Failure, RunnerContext
from tumordesk.session.layers import Layer, SeriesResults
from tumordesk.session.mapping import find_foci, make_map, region_of
from tumordesk.session.use_cases import read_volume

if TYPE_CHECKING:
    from tumordesk.gui.main_window import MainWindow

_log = logging.getLogger(__name__)


class MapController(QObject):
    """One for a window. Maps wait for runs: a run that starts takes the lane from them."""

    said = Signal(object)
    """A Message: why there is no map where one was asked for."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._runner = window.session, window.runner
        self._running, self._viewer = window.running, window.parts.viewer
        self._chosen: dict[str, str] = {}
        self._failed: dict[tuple[str, str], tuple[AnalysisResult, Failure]] = {}
        self._making: dict[str, AnalysisResult] = {}
        self._compared: _Compared | None = None
        self._session.results_changed.connect(self._results_changed)
        self._session.active_changed.connect(self._review)
        self._session.run_changed.connect(self._run_changed)
        self._running.models_changed.connect(self._review)
        self._viewer.model.source_changed.connect(self._show)
        window.actions_by_name["activation_map"].triggered.connect(self._asked)

    # What a person asks for ----------------------------------------------------------------

    def choose(self, model_id: str) -> None:
        """Show the map of this classifier on the active series from now on."""
        series = self._session.active
        if series is not None:
            self._chosen[series.key] = model_id
            self._show()

    def state(self, series_key: str, model_id: str) -> str:
        """'ready', 'making', 'waiting' or 'failed': how the map of a classifier stands."""
        if model_id in self._session.results(series_key).maps:
            return "ready"
        if (series_key, model_id) in self._failed:
            return "failed"
        return "making" if self._runner.busy(_map_key(series_key, model_id)) else "waiting"

    def failure(self, series_key: str, model_id: str) -> Failure | None:
        """Why there is no map, or None."""
        found = self._failed.get((series_key, model_id))
        return None if found is None else found[1]

    def add_region(self, model_id: str) -> None:
        """The map's region as a layer of the active series, marked as what it is, and measured."""
        series = self._session.active
        found = self._session.results(series.key).maps.get(model_id) if series else None
        if series is None or found is None:
            return
        source = self._session.buffers.get(series.key)
        geometry = series.geometry if source is None else source.geometry

        def job(context: RunnerContext) -> Segmentation:
            return region_of(context, found, geometry, series.uid)

        self._runner.submit(
            "io",
            f"map-region:{series.key}:{model_id}",
            job,
            done=lambda region: self._add_region(series.key, region, model_id),
            failed=lambda failure: self.said.emit(message_of(failure)),
        )

    def _add_region(self, key: str, region: Segmentation, model_id: str) -> None:
        opacity = self._running.settings.overlay_opacity
        layer = self._session.add_map_region(key, region, model_id, opacity)
        self._running.measure(key, layer)
        text = "It shows where the classifier looked. It is not an outline of the tumour."
        self.said.emit(Message("info", "Map region added", text))

    def _asked(self, on: bool) -> None:
        """The map was switched on: say why none is to be seen."""
        series = self._session.active
        if not on or series is None or self._session.results(series.key).maps:
            return
        results = self._session.results(series.key)
        if not results.classifications:
            text = "Run a classifier on this series first."
            self.said.emit(Message("info", "No activation map yet", text))
            return
        model_id = next(reversed(results.classifications))
        failure = self.failure(series.key, model_id)
        if failure is not None:
            self.said.emit(message_of(failure))
        elif self.state(series.key, model_id) == "making":
            self.said.emit(Message("info", "The activation map is being made", ""))

    # Session -> maps -----------------------------------------------------------------------

    def _results_changed(self, key: str) -> None:
        active = self._session.active
        if active is not None and active.key == key:
            self._review()

    def _run_changed(self) -> None:
        if not self._session.run.busy:
            self._review()
            return
        for key in self._making:
            self._runner.cancel(key)
        self._making.clear()

    def _review(self) -> None:
        """Make what is missing for the active series, and show what is there."""
        series = self._session.active
        if series is None or self._session.run.busy:
            return
        results = self._session.results(series.key)
        self._show()
        for model_id, result in results.classifications.items():
            if model_id not in results.maps:
                self._make(series, model_id, result)
        if set(results.maps) - set(results.foci):
            self._compare(series, results)

    def _show(self) -> None:
        """The chosen map, else the one of the last classification."""
        series = self._session.active
        results = self._session.results(series.key) if series is not None else SeriesResults()
        last = results.classification
        wished = self._chosen.get(series.key if series is not None else "", "")
        if wished not in results.maps:
            wished = last.provenance.model_id if last is not None else ""
        found = results.maps.get(wished)
        if found is not self._viewer.activation_map():
            self._viewer.set_map(found)

    def _make(self, series: Series, model_id: str, result: AnalysisResult) -> None:
        key = _map_key(series.key, model_id)
        before = self._failed.get((series.key, model_id))
        entries = (entry for entry in self._running.entries if entry.card.id == model_id)
        entry = next(entries, None)
        making = self._runner.busy(key) and self._making.get(key) is result
        if entry is None or making or (before and before[0] is result):
            return
        source = self._session.buffers.get(series.key)
        volume = source.volume() if source is not None else None
        device = self._running.settings.device

        def job(context: RunnerContext) -> ActivationMap:
            return make_map(context, series, entry, result, volume=volume, device=device)

        self._failed.pop((series.key, model_id), None)
        self._making[key] = result
        self._runner.submit(
            "compute",
            key,
            job,
            done=lambda found: self._made(series.key, result, found),
            failed=lambda failure: self._not_made(series.key, model_id, result, failure),
            first=True,
        )

    def _made(self, series_key: str, result: AnalysisResult, found: ActivationMap) -> None:
        known = self._session.results(series_key).classifications.get(found.model_id)
        if known is result:
            self._session.set_map(series_key, found)

    def _not_made(
        self, series_key: str, model_id: str, result: AnalysisResult, failure: Failure
    ) -> None:
        """Told when the map is asked for; the answer of the classifier stands."""
        self._failed[series_key, model_id] = (result, failure)
        _log.warning("no activation map: %s", failure.message)
        if self._viewer.map_look()[0]:
            self.said.emit(message_of(failure))

    def _compare(self, series: Series, results: SeriesResults) -> None:
        key = f"focus:{series.key}"
        layer = results.active
        maps = dict(results.maps)
        wanted = _Compared(layer, layer.edits if layer is not None else 0, maps)
        if self._runner.busy(key) and wanted.same(self._compared):
            return
        self._compared = wanted
        outline = layer.segmentation() if layer is not None else None
        source = self._session.buffers.get(series.key)
        volume = source.volume() if source is not None else None

        def job(context: RunnerContext) -> dict[str, Focus]:
            voxels = volume if volume is not None else read_volume(context, series)
            return find_foci(context, maps, outline, voxels)

        self._runner.submit(
            "io",
            key,
            job,
            done=lambda foci: self._session.set_foci(series.key, foci),
            failed=lambda failure: _log.warning("no focus: %s", failure.message),
        )


@dataclass(frozen=True, eq=False)
class _Compared:
    """What is being compared: a layer as it was after so many edits, and maps."""

    layer: Layer | None
    edits: int
    maps: Mapping[str, ActivationMap]

    def same(self, other: _Compared | None) -> bool:
        if other is None or self.layer is not other.layer or self.edits != other.edits:
            return False
        return self.maps == other.maps


def _map_key(series_key: str, model_id: str) -> str:
    return f"map:{series_key}:{model_id}"
