"""Examples of a finding: the pictures it is about, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QPushButton, QVBoxLayout, QWidget

from tumordesk.core.data_report import Example
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import clear, label, tight
from tumordesk.gui.training_wizard.thumbnails import ThumbnailStore
from tumordesk.gui.training_wizard.widgets import CaseThumbnail

FIRST = 6
MORE = 12


class FlowLayout(QLayout):
    """Widgets from left to right, then in the next line."""

    def __init__(self, parent: QWidget | None = None, spacing: int = tokens.SPACE_12) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:
        """One more."""
        self._items.append(item)

    def count(self) -> int:
        """How many there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """The item at a place, None where there is none."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        """Take an item out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Takes no more room than it needs."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Narrower means more lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all lines in that width."""
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        """Put everything in its place."""
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        """As small as possible."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Room for the largest item."""
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, *, move: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            hint = item.sizeHint()
            if x > rect.x() and x + hint.width() > rect.right() + 1:
                x, y, line = rect.x(), y + line + self.spacing(), 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), hint))
            x += hint.width() + self.spacing()
            line = max(line, hint.height())
        return y + line - rect.y()


class ExamplesView(QWidget):
    """Sets of pictures with a note each; single pictures share lines."""

    def __init__(self, store: ThumbnailStore) -> None:
        super().__init__()
        self._store = store
        self._examples: tuple[Example, ...] = ()
        self._shown = 0
        self.thumbnails: list[CaseThumbnail] = []
        column = tight(QVBoxLayout(self), tokens.SPACE_12)
        self._rows = tight(QVBoxLayout(), tokens.SPACE_12)
        column.addLayout(self._rows)
        self.more = QPushButton("Show more")
        self.more.clicked.connect(lambda: self._add(MORE))
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    def show_examples(self, examples: Sequence[Example]) -> None:
        """Show the first of these."""
        clear(self._rows)
        self.thumbnails = []
        self._examples = tuple(examples)
        self._shown = 0
        self._add(FIRST)

    def _add(self, count: int) -> None:
        chosen = self._examples[self._shown : self._shown + count]
        self._shown += len(chosen)
        singles = bool(chosen) and all(len(example.keys) == 1 for example in chosen)
        if singles:
            self._rows.addWidget(self._line(chosen))
        else:
            for example in chosen:
                self._rows.addWidget(self._line((example,)))
        left = len(self._examples) - self._shown
        self.more.setVisible(left > 0)
        self.more.setText(f"Show more ({left})")
        self._store.request([key for example in chosen for key in example.keys])

    def _line(self, examples: Sequence[Example]) -> QWidget:
        box = QWidget()
        column = tight(QVBoxLayout(box), tokens.SPACE_4)
        note = examples[0].note if len(examples) == 1 else ""
        if note:
            column.addWidget(label(note, "secondary", wrap=True))
        flow = QWidget()
        row = FlowLayout(flow)
        for example in examples:
            for key in example.keys:
                picture = CaseThumbnail(key, self._store)
                if example.note:
                    picture.setToolTip(f"{key}\n{example.note}")
                self.thumbnails.append(picture)
                row.addWidget(picture)
        column.addWidget(flow)
        return box
