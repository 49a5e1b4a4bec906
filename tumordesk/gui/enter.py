"""Enter presses the button that has the focus, also in windows that are no dialogs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget


def press_focused(window: QWidget, event: QKeyEvent) -> bool:
    """Press the focused button of ``window`` where ``event`` is Enter; whether that was done.

    Qt does it in dialogs only; elsewhere such a key comes to the window, and is lost there.
    """
    button = window.focusWidget()
    if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.isAutoRepeat():
        return False
    if not isinstance(button, QPushButton | QToolButton) or not button.isEnabled():
        return False
    event.accept()
    button.click()
    return True
