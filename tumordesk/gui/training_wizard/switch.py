"""Two words side by side, one of them chosen: Guided or Expert."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton

from tumordesk.gui import theme, tokens


class Switch(QFrame):
    """One of a few words. ``chosen(index)`` when a person changes it; arrows change it too."""

    chosen = Signal(int)

    def __init__(self, words: tuple[str, ...], tips: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.setObjectName("switch")
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        for index, word in enumerate(words):
            button = QPushButton(word)
            # The chosen word is bold, and wider.
            strong = QFontMetrics(theme.base_font(weight=tokens.WEIGHT_STRONG))
            button.setMinimumWidth(strong.horizontalAdvance(word) + 2 * tokens.SPACE_12)
            button.setCheckable(True)
            button.setProperty("role", "switch")
            if tips:
                button.setToolTip(tips[index])
            self._group.addButton(button, index)
            row.addWidget(button)
        self._group.idClicked.connect(self.chosen)
        self.set_index(0)

    @property
    def index(self) -> int:
        """Which word is chosen."""
        return self._group.checkedId()

    def set_index(self, index: int) -> None:
        """Choose a word without telling."""
        self._group.button(index).setChecked(True)

    def button(self, index: int) -> QPushButton:
        """The button of a word."""
        button = self._group.button(index)
        assert isinstance(button, QPushButton)
        return button

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right choose the neighbour."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        target = self.index + step
        if not step or not 0 <= target < len(self._group.buttons()):
            super().keyPressEvent(event)
            return
        self._group.button(target).setFocus()
        self._group.button(target).click()
