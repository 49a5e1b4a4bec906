"""What all dialogs share: margins, a heading, a row of buttons with verbs on them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import tokens


class BaseDialog(QDialog):
    """``body`` is the column to fill; ``add_button`` fills the row below it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(420)
        self.resize(tokens.DIALOG_W, tokens.DIALOG_H)
        outer = QVBoxLayout(self)
        margin = tokens.SPACE_16
        outer.setContentsMargins(margin, margin, margin, margin)
        outer.setSpacing(tokens.SPACE_16)
        self.body = QVBoxLayout()
        self.body.setSpacing(tokens.SPACE_8)
        outer.addLayout(self.body, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(tokens.SPACE_8)
        self._buttons.addStretch(1)
        outer.addLayout(self._buttons)

    def add_button(self, text: str, *, primary: bool = False) -> QPushButton:
        """One more button, from left to right; the primary one takes Enter."""
        button = QPushButton(text)
        button.setAutoDefault(primary)
        button.setDefault(primary)
        if primary:
            button.setProperty("role", "primary")
        self._buttons.addWidget(button)
        return button

    def add_close(self) -> QPushButton:
        """The one button of a dialog that only shows something."""
        button = self.add_button("Close", primary=True)
        button.clicked.connect(self.accept)
        return button


def text_label(text: str, role: str = "", tone: str = "") -> QLabel:
    """A wrapped, selectable, plain-text label."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    if role:
        label.setProperty("role", role)
    if tone:
        label.setProperty("tone", tone)
    return label


def scrolled() -> tuple[QScrollArea, QVBoxLayout]:
    """A scroll area and the column in it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, tokens.SPACE_12, 0)
    column.setSpacing(tokens.SPACE_8)
    area.setWidget(inner)
    return area, column
