"""In place of results: what is being measured, why there is nothing, what can be done."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import IconLabel, label, tight

State = Literal["plain", "busy", "idle", "failed"]


class Waiting(QWidget):
    """Words in the middle of the page, with a bar while something runs, or buttons."""

    def __init__(self) -> None:
        super().__init__()
        self._sign = IconLabel("error", "error", tokens.ICON)
        self.words = label("", "strong", wrap=True)
        self.detail = label("", "secondary", wrap=True)
        for text in (self.words, self.detail):
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(2 * tokens.PROGRESS_W)
        self.start = QPushButton("&Evaluate")
        self.other = QPushButton("Use the &validation part")
        self.cancel = QPushButton("&Cancel")
        column = QVBoxLayout(self)
        column.setSpacing(tokens.SPACE_12)
        column.addStretch(2)
        column.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.words)
        column.addWidget(self.detail)
        column.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignHCenter)
        row = tight(QHBoxLayout(), tokens.SPACE_8)
        row.addStretch(1)
        for button in (self.start, self.other, self.cancel):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(3)

    def say(self, words: str, detail: str, state: State, *, other_part: bool) -> None:
        """Say where things stand. ``other_part``: another part may be measured instead."""
        busy, failed = state == "busy", state == "failed"
        self.words.setText(words)
        self.detail.setText(detail)
        self.bar.setValue(0)
        self._sign.setVisible(failed)
        self.bar.setVisible(busy)
        self.cancel.setVisible(busy)
        self.cancel.setEnabled(busy)
        self.start.setVisible(state in ("idle", "failed"))
        self.start.setText("&Try again" if failed else "&Evaluate")
        self.other.setVisible(failed and other_part)

    def progress(self, share: float, text: str) -> None:
        """Show how far it is (0..1), and with what."""
        self.bar.setValue(round(1000 * share))
        if text:
            self.detail.setText(text)

    def cancelling(self) -> None:
        """Said at once, whatever the process does."""
        self.words.setText("Cancelling…")
        self.cancel.setEnabled(False)
