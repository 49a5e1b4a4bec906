"""From a change to the earlier series: shows it where its largest lesion is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tumordesk.session.image_source import ImageSource

if TYPE_CHECKING:
    from tumordesk.gui.main_window import MainWindow


class ComparingController(QObject):
    """Made after the window listens to its opening controller: the picture is then shown first."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._asked_key = ""
        window.parts.findings.series_requested.connect(self._asked)
        window.opening.source_ready.connect(self._ready)

    def _asked(self, key: str) -> None:
        self._asked_key = key
        self._window.opening.choose(key)
        self._window.parts.viewer.setFocus()

    def _ready(self, source: ImageSource) -> None:
        key, self._asked_key = self._asked_key, ""
        if source.series.key != key:
            return
        layer = self._window.session.results(key).active
        measured = layer.measurements if layer is not None else None
        if measured is not None and measured.lesions:
            self._window.viewing.jump_to_lesion(measured.lesions[0])
