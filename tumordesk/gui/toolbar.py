"""The line at the top: menu, Open, layout, tools, model, Run, settings, help."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from tumordesk.gui import tokens
from tumordesk.gui.actions import Actions
from tumordesk.gui.icons import icon

_TOOLS = (
    "window_tool",
    "pan_tool",
    "zoom_tool",
    "distance_tool",
    "brush_tool",
    "eraser_tool",
)
_MENU: tuple[tuple[str, ...], ...] = (
    ("open_files", "open_folder", "open_sample"),
    ("save", "close_study"),
    ("undo", "redo", "reset_view"),
    ("run", "batch", "training"),
    ("layout_single", "layout_three", "texts", "hide_names", "full_screen"),
    ("settings", "manual", "shortcuts", "audit", "about"),
    ("quit",),
)


_ROOM_FOR_ALL = 1180
_ROOM_FOR_TOOLS = 1060
"""Widths of the window from which on these parts fit."""


class Toolbar(QFrame):
    """``picker`` is the model picker, made elsewhere; Run becomes Cancel while a run goes on."""

    run_pressed = Signal()

    def __init__(self, actions: Actions, picker: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toolbar")
        self.setFixedHeight(tokens.TOOLBAR_H)
        # An explicit minimum, so that the window may be narrower than all buttons side by side.
        self.setMinimumWidth(tokens.WINDOW_MIN_W)
        self._spare: list[tuple[int, QWidget]] = []
        self._actions = actions
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, 0)
        row.setSpacing(tokens.SPACE_4)
        row.addWidget(self._menu_button())
        brand = QLabel("TumorDesk")
        brand.setObjectName("brand")
        row.addWidget(brand)
        self._spare.append((_ROOM_FOR_ALL, brand))
        row.addSpacing(tokens.SPACE_8)
        row.addWidget(self._button("open_files", text="Open"))
        row.addWidget(_rule())
        for name in ("layout_single", "layout_three"):
            row.addWidget(self._button(name))
        row.addWidget(_rule())
        for name in _TOOLS:
            row.addWidget(self._button(name))
        row.addWidget(self._sparing("reset_view"))
        row.addWidget(_rule())
        for name in ("undo", "redo"):
            row.addWidget(self._sparing(name))
        row.addWidget(self._button("overlay"))
        row.addStretch(1)
        row.addWidget(picker)
        self.run_button = QPushButton("Run")
        self.run_button.setProperty("role", "primary")
        self.run_button.setIcon(icon("play", accent=True))
        self.run_button.setToolTip(actions["run"].toolTip())
        self.run_button.setMinimumWidth(84)
        self.run_button.clicked.connect(self.run_pressed)
        row.addWidget(self.run_button)
        row.addWidget(_rule())
        for name in ("left_panel", "right_panel"):
            row.addWidget(self._button(name))
        for name in ("settings", "manual"):
            row.addWidget(self._sparing(name))

    def set_run_enabled(self, enabled: bool, tip: str) -> None:
        """Whether there is something to run, and why not."""
        self.run_button.setEnabled(enabled)
        self.run_button.setToolTip(tip)

    def _button(self, name: str, text: str = "") -> QToolButton:
        action = self._actions[name]
        button = QToolButton()
        button.setDefaultAction(action)
        button.setIconSize(QSize(tokens.ICON, tokens.ICON))
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if text:
            button.setText(text)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            # setDefaultAction shows the action's text; the short one belongs to the button.
            action.changed.connect(lambda: button.setText(text))
        return button

    def _sparing(self, name: str) -> QToolButton:
        """A button that a narrow window leaves out; its action is in the menu and has a key."""
        button = self._button(name)
        self._spare.append((_ROOM_FOR_TOOLS, button))
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what a narrow window has no room for."""
        super().resizeEvent(event)
        for needed, widget in self._spare:
            widget.setVisible(self.width() >= needed)

    def _menu_button(self) -> QToolButton:
        menu = QMenu(self)
        for number, group in enumerate(_MENU):
            if number:
                menu.addSeparator()
            for name in group:
                menu.addAction(self._actions[name])
        button = QToolButton()
        button.setIcon(icon("menu"))
        button.setIconSize(QSize(tokens.ICON, tokens.ICON))
        button.setToolTip("Menu (Alt+M)")
        button.setShortcut("Alt+M")
        button.setAccessibleName("Menu")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(menu)
        return button


def _rule() -> QFrame:
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedSize(tokens.LINE_PX, tokens.ICON)
    return line
