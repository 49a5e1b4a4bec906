"""Messages above the picture: what happened, what to do, and a button where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import theme, tokens
from tumordesk.gui.icons import icon, pixmap

Tone = Literal["info", "success", "warning", "error"]
_ICONS = {"info": "info", "success": "check", "warning": "warning", "error": "error"}


@dataclass(frozen=True)
class Message:
    """One message. ``action`` is (button text, what it does). ``stays`` until dismissed."""

    tone: Tone
    title: str
    text: str = ""
    action: tuple[str, Callable[[], None]] | None = None
    stays: bool = False


class Banner(QFrame):
    """Shows the newest message; errors and warnings stay until they are dismissed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.message: Message | None = None
        self._picture = QLabel()
        self._title = _wrapped("")
        self._text = _wrapped("secondary")
        self._button = QPushButton()
        self._button.clicked.connect(self._act)
        close = QToolButton()
        close.setIcon(icon("close"))
        close.setIconSize(QSize(tokens.ICON_SMALL, tokens.ICON_SMALL))
        close.setToolTip("Dismiss")
        close.setAccessibleName("Dismiss message")
        close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.SPACE_12, tokens.SPACE_8, tokens.SPACE_8, tokens.SPACE_8)
        row.setSpacing(tokens.SPACE_12)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self._title)
        texts.addWidget(self._text)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(tokens.BANNER_MS)
        self._timer.timeout.connect(self.dismiss)
        self.hide()

    def say(self, message: Message) -> None:
        """Show ``message`` instead of what is shown."""
        self.message = message
        self.setProperty("tone", message.tone)
        self.style().unpolish(self)
        self.style().polish(self)
        colours = theme.palette()
        tone = {
            "info": colours.accent_text,
            "success": colours.success,
            "warning": colours.warning,
            "error": colours.error,
        }[message.tone]
        self._picture.setPixmap(pixmap(_ICONS[message.tone], tone))
        self._title.setText(message.title)
        self._text.setText(message.text)
        self._text.setVisible(bool(message.text))
        self._button.setVisible(message.action is not None)
        if message.action is not None:
            self._button.setText(message.action[0])
        self._timer.stop()
        if not message.stays and message.tone in ("info", "success"):
            self._timer.start()
        self.setAccessibleName(f"{message.title} {message.text}")
        self.show()

    def dismiss(self) -> None:
        """Take the message away."""
        self._timer.stop()
        self.message = None
        self.hide()

    def stop(self) -> None:
        """Nothing runs any more (the window closes)."""
        self._timer.stop()

    def _act(self) -> None:
        message = self.message
        if message is not None and message.action is not None:
            message.action[1]()


def _wrapped(role: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    if role:
        label.setProperty("role", role)
    return label
