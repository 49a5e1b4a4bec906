"""A side of the window that folds to a thin rail."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.icons import icon


class SidePanel(QFrame):
    """``body`` at its width, or a rail with one icon; the state can be kept and given back."""

    collapsed_changed = Signal(bool)

    def __init__(self, name: str, body: QWidget, width: int, icon_name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._width = width
        self._collapsed = False
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(body)
        self._stack.addWidget(self._rail(icon_name, title))
        self.setFixedWidth(width)

    def _rail(self, icon_name: str, title: str) -> QWidget:
        rail = QWidget()
        column = QVBoxLayout(rail)
        column.setContentsMargins(tokens.SPACE_4, tokens.SPACE_8, tokens.SPACE_4, tokens.SPACE_8)
        button = QToolButton()
        button.setIcon(icon(icon_name))
        button.setIconSize(QSize(tokens.ICON, tokens.ICON))
        button.setToolTip(f"Show {title}")
        button.setAccessibleName(f"Show {title}")
        button.clicked.connect(lambda: self.set_collapsed(False))
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        return rail

    @property
    def collapsed(self) -> bool:
        """Whether only the rail is shown."""
        return self._collapsed

    def set_collapsed(self, collapsed: bool) -> None:
        """Fold or unfold."""
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        self._stack.setCurrentIndex(1 if collapsed else 0)
        self.setFixedWidth(tokens.RAIL_W if collapsed else self._width)
        self.collapsed_changed.emit(collapsed)
