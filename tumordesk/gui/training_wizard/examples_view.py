"""Examples of a finding: the pictures it is about, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from tumordesk.core.data_report import Example
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import clear, label, tight
from tumordesk.gui.training_wizard.flow import FlowLayout
from tumordesk.gui.training_wizard.thumbnails import ThumbnailStore
from tumordesk.gui.training_wizard.widgets import CaseThumbnail

FIRST = 6
MORE = 12


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
