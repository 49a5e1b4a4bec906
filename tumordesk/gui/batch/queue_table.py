"""The queue as a table: study, state, outcome, volume, and what is to be known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QIcon, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from tumordesk.gui import icons, theme, tokens
from tumordesk.gui.panels.parts import tone_colour
from tumordesk.session.batch.types import PlannedStudy, StudyRecord

_HEADS = ("Study", "State", "Outcome", "Volume", "To know")
_WIDTHS = (236, 108, 124, 84)
_STUDY_MIN, _TO_KNOW_MIN = 136, 150
_STATE, _VOLUME, _TO_KNOW = 1, 3, 4
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_SIGNS = {
    "waiting": ("clock", "", "Waiting"),
    "running": ("play", "accent", "Running"),
    "done": ("check", "success", "Done"),
    "doubts": ("warning", "warning", "Done"),
    "failed": ("error", "error", "Failed"),
}
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class QueueModel(QAbstractTableModel):
    """Studies of a batch in their order; ``records`` is looked at, never changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studies: tuple[PlannedStudy, ...] = ()
        self._records: Mapping[str, StudyRecord] = {}
        self._rows: dict[str, int] = {}
        self._current = ""

    def show_studies(
        self, studies: Sequence[PlannedStudy], records: Mapping[str, StudyRecord]
    ) -> None:
        """Take another queue."""
        self.beginResetModel()
        self._studies, self._records = tuple(studies), records
        self._rows = {study.code: row for row, study in enumerate(self._studies)}
        self._current = ""
        self.endResetModel()

    def set_current(self, code: str) -> int:
        """The study in work, '' for none; returns its row, or -1."""
        before, self._current = self._current, code
        self.refresh(before)
        self.refresh(code)
        return self._rows.get(code, -1)

    def refresh(self, code: str) -> None:
        """The record of a study has changed."""
        row = self._rows.get(code)
        if row is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(_HEADS) - 1))

    def study(self, row: int) -> PlannedStudy | None:
        """The study in a row."""
        return self._studies[row] if 0 <= row < len(self._studies) else None

    def state(self, row: int) -> str:
        """'waiting', 'running', 'done', 'doubts' or 'failed'."""
        code = self._studies[row].code
        record = self._records.get(code)
        if record is None:
            return "running" if code == self._current else "waiting"
        if record.state == "failed":
            return "failed"
        return "doubts" if record.row.warnings else "done"

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """How many studies there are."""
        return 0 if parent.isValid() else len(self._studies)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """How many columns there are."""
        return 0 if parent.isValid() else len(_HEADS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words, sign and colour of a cell."""
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column == _STATE:
            name, tone, _ = _SIGNS[self.state(row)]
            return QIcon(icons.pixmap(name, tone_colour(tone), tokens.ICON_SMALL))
        if role == Qt.ItemDataRole.TextAlignmentRole and column == _VOLUME:
            return int(_RIGHT)
        if role == Qt.ItemDataRole.ForegroundRole and column == _TO_KNOW:
            return QColor(theme.palette().text_secondary)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section == _VOLUME:
            return int(_RIGHT)
        return None

    def _cell(self, row: int, column: int) -> str:
        study = self._studies[row]
        record = self._records.get(study.code)
        if column == 0:
            return study.input
        if column == _STATE:
            return _SIGNS[self.state(row)][2]
        if record is None:
            return ""
        found = record.row
        if column == 2:
            return found.tumour_type or found.outcome.capitalize()
        if column == _VOLUME:
            return "" if found.volume_ml is None else f"{found.volume_ml:.1f}\u202fmL"
        if record.state == "failed":
            return record.reason
        return " ".join(found.warnings)

    def _tip(self, row: int, column: int) -> str:
        study = self._studies[row]
        if column != _TO_KNOW:
            return f"{study.input}\nFolder of its results: {study.code}"
        record = self._records.get(study.code)
        return "" if record is None else record.reason or "\n".join(record.row.warnings)


class QueueTable(QTableView):
    """Shows a :class:`QueueModel`."""

    def __init__(self, model: QueueModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName("Studies of the batch")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(tokens.TABLE_ROW_H)
        head = self.horizontalHeader()
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        for column, width in enumerate(_WIDTHS):
            self.setColumnWidth(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, names give way first: they are in the tooltip too."""
        super().resizeEvent(event)
        room = self.viewport().width() - sum(_WIDTHS[1:]) - _TO_KNOW_MIN
        self.setColumnWidth(0, max(_STUDY_MIN, min(_WIDTHS[0], room)))
