"""Tables of the results: read-only, numbers to the right, a whole row chosen at once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from tumordesk.core.evaluation import Evaluation
from tumordesk.gui import tokens
from tumordesk.session.results import percent, shown

CLASS_COLUMNS = ("Class", "Pictures", "Precision", "Recall", "F1", "AUC")


class FactTable(QTableWidget):
    """Rows of texts under headings. ``numbers``: columns whose texts stand to the right."""

    def __init__(self, name: str, headings: Sequence[str] = ()) -> None:
        super().__init__(0, len(headings))
        self.setAccessibleName(name)
        self.set_headings(headings)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMinimumHeight(5 * tokens.TABLE_ROW_H)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(tokens.TABLE_ROW_H)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def set_headings(self, headings: Sequence[str]) -> None:
        """Change the columns; the first takes the room that is left."""
        self.setColumnCount(len(headings))
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        for column in range(len(headings)):
            first = column == 0
            mode = QHeaderView.ResizeMode.Stretch if first else _FIT
            head.setSectionResizeMode(column, mode)
            item = QTableWidgetItem(headings[column])
            item.setTextAlignment(_LEFT if first else _RIGHT)
            self.setHorizontalHeaderItem(column, item)

    def set_rows(self, rows: Sequence[Sequence[str]], tips: Sequence[str] = ()) -> None:
        """Show these texts; ``tips`` are those of whole rows."""
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_LEFT if column == 0 else _RIGHT)
                item.setToolTip(tips[place] if tips else text)
                self.setItem(place, column, item)

    def texts(self, row: int) -> tuple[str, ...]:
        """The texts of a row."""
        items = (self.item(row, column) for column in range(self.columnCount()))
        return tuple(item.text() if item is not None else "" for item in items)


_FIT = QHeaderView.ResizeMode.ResizeToContents
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ClassTable(FactTable):
    """Precision, recall, F1 and AUC of each class."""

    def __init__(self) -> None:
        super().__init__("Figures by class", CLASS_COLUMNS)

    def show_evaluation(self, found: Evaluation) -> None:
        """Show the classes of an evaluation."""
        self.set_rows(
            [
                (
                    one.name,
                    str(one.pictures),
                    percent(one.precision),
                    percent(one.recall),
                    shown("f1", one.f1)[0],
                    shown("auc", one.auc)[0],
                )
                for one in found.class_figures
            ]
        )
