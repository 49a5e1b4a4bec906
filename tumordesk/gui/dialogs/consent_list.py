"""Addresses beyond this machine that a person allowed, each with a way to take that back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import ElidedLabel, label, tight

NOBODY = "Asked only on this computer"


class ConsentList(QWidget):
    """``allowed`` are those that are left."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__()
        self._rows: dict[str, QWidget] = {}
        column = tight(QVBoxLayout(self), tokens.SPACE_4)
        self._nobody = label(NOBODY, "secondary")
        column.addWidget(self._nobody)
        for origin in allowed:
            self._rows[origin] = self._row(origin)
            column.addWidget(self._rows[origin])
        self._nobody.setVisible(not self._rows)

    @property
    def allowed(self) -> tuple[str, ...]:
        """Origins that findings may be sent to."""
        return tuple(self._rows)

    def _row(self, origin: str) -> QWidget:
        row = QWidget()
        line = tight(QHBoxLayout(row), tokens.SPACE_8)
        line.addWidget(ElidedLabel(f"Findings may go to {origin}"), 1)
        button = QPushButton("Withdraw")
        button.setAccessibleName(f"Withdraw the consent for {origin}")
        button.clicked.connect(lambda: self._withdraw(origin))
        line.addWidget(button)
        return row

    def _withdraw(self, origin: str) -> None:
        self._rows.pop(origin).hide()
        self._nobody.setVisible(not self._rows)
