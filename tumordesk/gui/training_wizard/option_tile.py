"""A large button for one of a few choices: a title, what it means, and a figure."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import IconLabel, label, tight


class OptionTile(QPushButton):
    """Framed in the accent colour, with a tick, while it is chosen."""

    def __init__(self, title: str, text: str, figure: str) -> None:
        super().__init__()
        self.setProperty("role", "tile")
        self.setCheckable(True)
        self.setAccessibleName(f"{title}. {text} {figure}")
        self._column = QVBoxLayout(self)
        margin = tokens.SPACE_16
        self._column.setContentsMargins(margin, tokens.SPACE_12, margin, tokens.SPACE_12)
        self._column.setSpacing(tokens.SPACE_4)
        head = tight(QHBoxLayout(), tokens.SPACE_8)
        head.addWidget(label(title, "strong"), 1)
        self._tick = IconLabel("check", "accent")
        head.addWidget(self._tick)
        self._column.addLayout(head)
        words = label(text, "secondary", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._column.addWidget(words, 1)
        self.figure = label(figure, "small")
        self._column.addWidget(self.figure)
        self.toggled.connect(self._show)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._show(False)

    def _show(self, chosen: bool) -> None:
        policy = self._tick.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._tick.setSizePolicy(policy)
        self._tick.setVisible(chosen)

    def sizeHint(self) -> QSize:
        """Room for two lines of text."""
        return QSize(self._column.sizeHint().width(), tokens.TILE_H)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the text can be broken."""
        return QSize(tokens.TILE_MIN_W, tokens.TILE_H)
