"""The classifier panel and what stands behind it: answers, maps, further classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QScrollArea, QWidget

from tumordesk.gui.panels.classifier import ClassifierState
from tumordesk.gui.panels.section import Section

if TYPE_CHECKING:
    from tumordesk.gui.main_window import MainWindow


class ClassifierController(QObject):
    """One for a window, made after the controller of the maps."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session, self._running = window.session, window.running
        self._viewer, self._panel = window.parts.viewer, window.parts.classifier
        self._chosen: dict[str, str] = {}
        self._session.results_changed.connect(self._results_changed)
        self._session.active_changed.connect(self.show)
        self._session.run_changed.connect(self._run_changed)
        self._running.models_changed.connect(self.show)
        self._viewer.position_changed.connect(lambda place: self._panel.show_slice(place[0]))
        self._viewer.map_changed.connect(self._look_changed)
        panel = self._panel
        panel.slice_requested.connect(self._to_slice)
        panel.model_chosen.connect(self._choose)
        panel.look_changed.connect(self._viewer.set_map_look)
        panel.region_requested.connect(window.maps.add_region)
        panel.run_requested.connect(self._run)
        window.parts.findings.classifier_requested.connect(self.reveal)
        self._was_busy = False
        self.show()

    def reveal(self) -> None:
        """Unfold the panel and bring it into sight."""
        section: QWidget | None = self._panel
        while section is not None and not isinstance(section, Section):
            section = section.parentWidget()
        if section is None:
            return
        section.set_collapsed(False)
        area: QWidget | None = section
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            area.verticalScrollBar().setValue(section.y())
        section.heading.setFocus()

    # Session -> panel ----------------------------------------------------------------------

    def show(self) -> None:
        """Bring the panel up to date."""
        series = self._session.active
        if series is None:
            self._panel.show_state(None)
            return
        results = self._session.results(series.key)
        last = results.classification
        chosen = self._chosen.get(series.key, "")
        if chosen not in results.classifications:
            chosen = last.provenance.model_id if last is not None else ""
        classifiers = [e for e in self._running.entries if e.card.task == "classification"]
        failure = self._window.maps.failure(series.key, chosen)
        visible, opacity = self._viewer.map_look()
        self._panel.show_state(
            ClassifierState(
                series=series,
                results=results,
                chosen=chosen,
                cards={e.card.id: e.card for e in classifiers},
                others=tuple(
                    (e.card.id, e.card.name)
                    for e in classifiers
                    if e.card.id not in results.classifications
                ),
                running=self._session.run.busy,
                map_state=self._window.maps.state(series.key, chosen),
                map_problem=failure.message if failure is not None else "",
                slice_index=self._viewer.position()[0],
                map_visible=visible,
                map_opacity=opacity,
            )
        )

    def _results_changed(self, key: str) -> None:
        active = self._session.active
        if active is not None and active.key == key:
            last = self._session.results(key).classification
            shown = self._panel.state
            # A new answer is shown; a new outline or map leaves the choice as it is.
            new = shown is not None and last is not None and last is not self._newest
            if new and last is not None and self._chosen.pop(key, None) is not None:
                self._window.maps.choose(last.provenance.model_id)
            self._newest = last
            self.show()

    _newest: object = None

    def _run_changed(self) -> None:
        busy = self._session.run.busy
        if busy != self._was_busy:
            self._was_busy = busy
            self.show()

    def _look_changed(self) -> None:
        self._panel.show_look(*self._viewer.map_look())

    # Panel -> session ----------------------------------------------------------------------

    def _choose(self, model_id: str) -> None:
        series = self._session.active
        if series is not None:
            self._chosen[series.key] = model_id
            self._window.maps.choose(model_id)
            self.show()

    def _to_slice(self, index: int) -> None:
        self._viewer.go_to(index)
        self._viewer.setFocus()

    def _run(self, model_ids: tuple[str, ...]) -> None:
        wanted = [e for e in self._running.entries if e.card.id in model_ids]
        self._running.classify(wanted)
