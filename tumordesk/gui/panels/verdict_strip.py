"""A strip above the picture for as long as a series is shown whose geometry supports less."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from tumordesk.core.geometry import Geometry
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import IconLabel, label
from tumordesk.imaging.verdicts import verdict_words


class VerdictStrip(QFrame):
    """Says what cannot be measured on the series shown, and why; the tooltip what was found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._strong = IconLabel("warning", "warning")
        self._quiet = IconLabel("info")
        self._text = label("", "small", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.SPACE_8, tokens.SPACE_4, tokens.SPACE_8, tokens.SPACE_4)
        row.setSpacing(tokens.SPACE_8)
        row.addWidget(self._strong, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._quiet, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        self.hide()

    @property
    def text(self) -> str:
        """What is said, or empty."""
        return self._text.text()

    def show_geometry(self, geometry: Geometry | None) -> None:
        """Judge another series; None shows nothing."""
        words = verdict_words(geometry) if geometry is not None else None
        self._text.setText(words.text if words is not None else "")
        self.setAccessibleName(self._text.text())
        if words is not None:
            self.setToolTip("\n".join(words.details))
            self._strong.setVisible(words.weak)
            self._quiet.setVisible(not words.weak)
        self.setVisible(words is not None)
