"""The application object: files that the system hands over while the program runs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

_TOGETHER_MS = 50


class Application(QApplication):
    """QApplication that passes on what macOS opens: there, files come as events, not as arguments.

    Signals:
        handed: paths (list of Path); several files chosen together come together.
    """

    handed = Signal(list)

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self._waiting: list[Path] = []

    def event(self, event: QEvent) -> bool:
        """Only what is sent to the application itself comes here, so this costs nothing."""
        if isinstance(event, QFileOpenEvent) and event.file():
            if not self._waiting:
                QTimer.singleShot(_TOGETHER_MS, self._hand_over)
            self._waiting.append(Path(event.file()))
            return True
        return super().event(event)

    def _hand_over(self) -> None:
        paths, self._waiting = self._waiting, []
        self.handed.emit(paths)
