"""The rail of stages: done, current, ahead; every one that can be reached is a button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from tumordesk.gui import icons, theme, tokens
from tumordesk.gui.panels.parts import label
from tumordesk.gui.panels.rows import RowButton
from tumordesk.session.training import StageName

State = Literal["done", "current", "ahead"]
TITLES: dict[StageName, str] = {
    "data": "Data",
    "check": "Check",
    "split": "Split",
    "model": "Model",
    "train": "Train",
    "results": "Results",
    "use": "Use",
}


class Badge(QWidget):
    """A number in a ring; a tick where the stage is done."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._state: State = "ahead"
        self.setFixedSize(tokens.BADGE, tokens.BADGE)

    def set_state(self, state: State) -> None:
        """Show how far the stage is."""
        self._state = state
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Filled with the accent where current, green tick where done, a ring where ahead."""
        colours = theme.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        current, done = self._state == "current", self._state == "done"
        edge = colours.accent if current else colours.success if done else colours.text_disabled
        painter.setPen(QPen(QColor(edge), tokens.ICON_STROKE))
        painter.setBrush(QColor(colours.accent) if current else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(ring)
        if done:
            size = tokens.BADGE - tokens.SPACE_8
            ratio = self.devicePixelRatioF()
            tick = icons.pixmap("check", colours.success_text, size, ratio)
            painter.drawPixmap(tokens.SPACE_4, tokens.SPACE_4, tick)
            return
        painter.setPen(QColor(colours.on_accent if current else colours.text_secondary))
        painter.setFont(theme.base_font(tokens.FONT_SMALL, tokens.WEIGHT_STRONG))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self._number))


class StageButton(RowButton):
    """One stage of the rail."""

    def __init__(self, number: int, stage: StageName) -> None:
        super().__init__()
        self.stage = stage
        self.state: State = "ahead"
        self.setProperty("role", "stage")
        self._badge = Badge(number)
        self._text = label(TITLES[stage])
        self.row.setSpacing(tokens.SPACE_12)
        self.add(self._badge)
        self.add(self._text, 1)
        self.setMinimumHeight(tokens.STAGE_H)
        self._key = f"Alt+{number}"
        self.setShortcut(self._key)

    def set_state(self, state: State, reachable: bool) -> None:
        """Show how far the stage is, and whether it can be visited now."""
        self.state = state
        self._badge.set_state(state)
        self.setEnabled(reachable or state == "current")
        self._text.setEnabled(self.isEnabled())
        self.setProperty("state", state)
        self._text.setProperty("role", "current" if state == "current" else "")
        for widget in (self, self._text):
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        words = {"done": "done", "current": "shown now", "ahead": "ahead"}[state]
        self.setAccessibleName(f"{TITLES[self.stage]}, {words}")
        self.setToolTip(f"{TITLES[self.stage]} ({self._key})")


class Rail(QFrame):
    """All stages from top to bottom. ``chosen(stage)``: a person wants to see one."""

    chosen = Signal(str)

    def __init__(self, stages: Sequence[StageName]) -> None:
        super().__init__()
        self.setObjectName("wizardRail")
        self.setFixedWidth(tokens.WIZARD_RAIL_W)
        column = QVBoxLayout(self)
        column.setContentsMargins(
            tokens.SPACE_12, tokens.SPACE_16, tokens.SPACE_12, tokens.SPACE_12
        )
        column.setSpacing(tokens.SPACE_4)
        heading = label("TRAIN A MODEL", "heading")
        heading.setContentsMargins(tokens.SPACE_8, 0, 0, tokens.SPACE_8)
        column.addWidget(heading)
        self.buttons: dict[StageName, StageButton] = {}
        for number, stage in enumerate(stages, start=1):
            button = StageButton(number, stage)
            button.clicked.connect(lambda _=False, name=stage: self.chosen.emit(name))
            self.buttons[stage] = button
            column.addWidget(button)
        column.addStretch(1)
        self.foot = QVBoxLayout()
        self.foot.setSpacing(tokens.SPACE_8)
        column.addLayout(self.foot)

    def show_stages(
        self, current: StageName, done: frozenset[StageName], reachable: frozenset[StageName]
    ) -> None:
        """Mark every stage."""
        for stage, button in self.buttons.items():
            state: State = "current" if stage == current else "done" if stage in done else "ahead"
            button.set_state(state, stage in reachable)
