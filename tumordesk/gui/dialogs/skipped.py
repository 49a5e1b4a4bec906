"""Files that could not be used, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from tumordesk.core.study import Skipped
from tumordesk.gui.dialogs.base import BaseDialog, text_label


class SkippedDialog(BaseDialog):
    """A table that can be copied."""

    def __init__(self, skipped: Sequence[Skipped], parent: QWidget | None = None) -> None:
        super().__init__("Files that were not used", parent)
        self._skipped = tuple(skipped)
        count = len(self._skipped)
        noun = "file was" if count == 1 else "files were"
        self.body.addWidget(text_label(f"{count} {noun} not used", "strong"))
        self.table = QTableWidget(count, 2)
        self.table.setHorizontalHeaderLabels(["File", "Reason"])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setWordWrap(True)
        self.table.setShowGrid(False)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for row, item in enumerate(self._skipped):
            name = QTableWidgetItem(item.path.name)
            name.setToolTip(str(item.path))
            self.table.setItem(row, 0, name)
            self.table.setItem(row, 1, QTableWidgetItem(item.reason))
        self.table.setColumnWidth(0, 200)
        self.table.resizeRowsToContents()
        self.body.addWidget(self.table, 1)
        self.copy_button = self.add_button("Copy list")
        self.copy_button.clicked.connect(self._copy)
        self.add_close()
        self.resize(720, 420)

    def _copy(self) -> None:
        lines = [f"{item.path}\t{item.reason}" for item in self._skipped]
        QGuiApplication.clipboard().setText("\n".join(lines))
