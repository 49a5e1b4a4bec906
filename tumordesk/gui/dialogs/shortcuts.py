"""All keys and mouse gestures; the keys are read off the actions, so they cannot go stale."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QGridLayout, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.dialogs.base import BaseDialog, scrolled, text_label

_MOUSE = (
    ("Wheel", "Previous or next slice"),
    ("Left drag", "Window and level, or the chosen tool"),
    ("Middle drag", "Pan"),
    ("Right drag", "Zoom"),
    ("Right click", "Menu"),
    ("Ctrl + wheel", "Zoom at the pointer"),
    ("Shift + move", "Linked crosshair in all planes"),
    ("Double click", "Maximise a view, again to restore"),
    ("Brush: left, right", "Paint, erase; the wheel still changes the slice"),
)


def key_groups(actions: Sequence[QAction]) -> dict[str, list[tuple[str, str]]]:
    """(keys, what they do) by group, the mouse last."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for action in actions:
        keys = [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()]
        if keys:
            group = groups.setdefault(str(action.property("group")), [])
            group.append((", ".join(keys), action.text().removesuffix("…")))
    groups["Mouse (scheme PACS)"] = list(_MOUSE)
    return groups


class ShortcutsDialog(BaseDialog):
    """Two columns: key, what it does."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__("Keys and mouse", parent)
        self.body.addWidget(text_label("Keys and mouse", "title"))
        area, column = scrolled()
        for title, rows in key_groups(actions).items():
            column.addWidget(text_label(title, "strong"))
            column.addLayout(_table(rows))
        column.addStretch(1)
        self.body.addWidget(area, 1)
        self.add_close()
        self.resize(520, 600)


def _table(rows: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(tokens.SPACE_16)
    grid.setVerticalSpacing(tokens.SPACE_4)
    grid.setColumnMinimumWidth(0, 150)
    grid.setColumnStretch(1, 1)
    for row, (keys, text) in enumerate(rows):
        grid.addWidget(text_label(keys), row, 0)
        grid.addWidget(text_label(text, "secondary"), row, 1)
    return grid
