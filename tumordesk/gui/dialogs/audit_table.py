"""The entries of the audit log as a table that is filtered as one types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.session.audit import AuditEntry, models_words

_HEADS = ("Time", "What", "By", "Study", "Outcome", "Models", "Device", "Took", "More")
_WIDTHS = (164, 76, 124, 124, 148, 204, 76, 84)
_MODELS, _TOOK = 5, 7
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class AuditRow:
    """An entry with its words, made beside the window: a log may hold years."""

    entry: AuditEntry
    cells: tuple[str, ...]
    words: str
    when: datetime | None


def rows_of(entries: Sequence[AuditEntry]) -> tuple[AuditRow, ...]:
    """The rows of a log, the newest first."""
    made = []
    for entry in reversed(entries):
        cells = _cells(entry)
        made.append(AuditRow(entry, cells, " ".join(cells).casefold(), _when(entry)))
    return tuple(made)


class AuditModel(QAbstractTableModel):
    """The entries that pass the filter, the newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[AuditRow, ...] = ()
        self._rows: list[AuditRow] = []

    @property
    def entries(self) -> tuple[AuditEntry, ...]:
        """What is shown, the oldest first."""
        return tuple(row.entry for row in reversed(self._rows))

    def set_rows(self, rows: Sequence[AuditRow]) -> None:
        """Take a log; it is shown with the next :meth:`narrow`."""
        self._all = tuple(rows)

    def narrow(self, text: str, days: int) -> None:
        """Show entries that hold all words of ``text``; of the last ``days`` days, 0 of all."""
        wanted = text.casefold().split()
        since = datetime.now().astimezone() - timedelta(days=days) if days else None
        self.beginResetModel()
        self._rows = [
            row
            for row in self._all
            if (since is None or (row.when is not None and row.when >= since))
            and all(word in row.words for word in wanted)
        ]
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """How many entries pass."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """How many columns there are."""
        return 0 if parent.isValid() else len(_HEADS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The words of a cell; the tooltip has them all."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            row = self._rows[index.row()]
            if index.column() == _MODELS and role == Qt.ItemDataRole.DisplayRole:
                return ", ".join(f"{model.id} {model.version}" for model in row.entry.models)
            return row.cells[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == _TOOK:
            return int(_RIGHT)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section == _TOOK:
            return int(_RIGHT)
        return None


class AuditTable(QTableView):
    """Shows an :class:`AuditModel`."""

    def __init__(self, model: AuditModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName("Audit log")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(tokens.TABLE_ROW_H)
        head = self.horizontalHeader()
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        for column, width in enumerate(_WIDTHS):
            self.setColumnWidth(column, width)


def _when(entry: AuditEntry) -> datetime | None:
    try:
        when = datetime.fromisoformat(entry.time)
    except ValueError:
        return None
    return when if when.tzinfo is not None else when.astimezone()


def _cells(entry: AuditEntry) -> tuple[str, ...]:
    took = "" if entry.seconds is None else numbers.seconds(entry.seconds)
    more = []
    if entry.formats:
        more.append(", ".join(entry.formats))
    if entry.verdict not in ("", "ok"):
        more.append(f"geometry {entry.verdict}")
    if entry.doubts:
        more.append(f"doubts: {', '.join(entry.doubts)}")
    if entry.warnings:
        more.append(f"{entry.warnings} warning{'s' if entry.warnings > 1 else ''}")
    more.append(f"TumorDesk {entry.program}")
    return (
        entry.time[:19].replace("T", " "), entry.action.capitalize(), entry.via, entry.study,
        entry.outcome, models_words(entry), entry.device, took, "; ".join(more),
    )  # fmt: skip
