"""The findings of the check as a table: how grave, what, how many, what was decided."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from tumordesk.core.data_report import SEVERITIES, DataFinding, Severity
from tumordesk.gui import icons, theme, tokens
from tumordesk.gui.panels.parts import tone_colour
from tumordesk.session.folder_peek import number

_ICONS = {"problem": ("error", "error"), "warning": ("warning", "warning"), "info": ("info", "")}
_WORDS = {"problem": "Problem", "warning": "Warning", "info": "To know"}
_HEADS = ("Finding", "Count", "Decision")
_COUNT_W = 64
_DECISION_W = 124
_DECISION_NARROW_W = 96
_NARROW = 420
USUAL = " (usual)"
"""Ends the words of what is done where nothing was decided."""


class _Wrapped(QStyledItemDelegate):
    """Measures words in the width that the theme's padding leaves them; Qt measures without it."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Size of a cell whose words wrap."""
        inner = QStyleOptionViewItem(option)
        rect = option.rect  # type: ignore[attr-defined]  # the stubs of Qt leave it out
        inner.rect = rect.adjusted(0, 0, -2 * tokens.SPACE_8, 0)  # type: ignore[attr-defined]
        return super().sizeHint(inner, index)


class FindingsTable(QTableWidget):
    """One row for each finding, the gravest first. ``picked(code)`` when another is selected."""

    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__(0, len(_HEADS))
        self.setObjectName("findings")
        self.setAccessibleName("Findings")
        self.setHorizontalHeaderLabels(list(_HEADS))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setItemDelegate(_Wrapped(self))
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setIconSize(QSize(tokens.ICON_SMALL, tokens.ICON_SMALL))
        self.verticalHeader().hide()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        head = self.horizontalHeader()
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        count = self.horizontalHeaderItem(1)
        if count is not None:
            count.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        head.setHighlightSections(False)
        head.sectionResized.connect(self._column_resized)
        self.setColumnWidth(1, _COUNT_W)
        self.setColumnWidth(2, _DECISION_W)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._findings: tuple[DataFinding, ...] = ()
        self.currentCellChanged.connect(self._moved)

    def show_findings(self, findings: Sequence[DataFinding], decisions: Sequence[str]) -> None:
        """Fill the table; ``decisions`` in the order of ``findings``."""
        order = sorted(range(len(findings)), key=lambda i: SEVERITIES.index(findings[i].severity))
        self._findings = tuple(findings[i] for i in order)
        self.blockSignals(True)
        self.setRowCount(len(order))
        for row, index in enumerate(order):
            self._fill(row, findings[index], decisions[index])
        self.blockSignals(False)

    def _fill(self, row: int, finding: DataFinding, decision: str) -> None:
        title = QTableWidgetItem(finding.title)
        title.setIcon(severity_icon(finding.severity))
        words = f"{_WORDS[finding.severity]}: {finding.title}"
        title.setToolTip(words)
        title.setData(Qt.ItemDataRole.AccessibleTextRole, words)
        count = QTableWidgetItem(number(finding.count))
        count.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column, item in enumerate((title, count, QTableWidgetItem())):
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            self.setItem(row, column, item)
        self._say(row, decision)

    def _say(self, row: int, decision: str) -> None:
        """What was decided; in a quieter colour where it is only what usually is done."""
        item = self.item(row, 2)
        if item is None:
            return
        usual = decision.endswith(USUAL)
        colours = theme.palette()
        item.setText(decision.removesuffix(USUAL))
        item.setToolTip("What is done where nothing is decided" if usual else "")
        item.setForeground(QColor(colours.text_secondary if usual else colours.text))
        item.setData(Qt.ItemDataRole.UserRole, decision)

    def show_decision(self, code: str, decision: str) -> None:
        """Change what was decided on one finding."""
        for row, finding in enumerate(self._findings):
            if finding.code == code:
                self._say(row, decision)

    @property
    def current(self) -> str:
        """Code of the finding that is selected."""
        row = self.currentRow()
        return self._findings[row].code if 0 <= row < len(self._findings) else ""

    def pick(self, code: str) -> None:
        """Select a finding; the first where there is none of that code."""
        codes = [finding.code for finding in self._findings]
        if codes:
            self.setCurrentCell(codes.index(code) if code in codes else 0, 0)

    def _moved(self, row: int, column: int, before: int, _: int) -> None:
        if row != before and 0 <= row < len(self._findings):
            self.picked.emit(self._findings[row].code)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the words room: the count stands in them too."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self.setColumnHidden(1, narrow)
        self.setColumnWidth(2, _DECISION_NARROW_W if narrow else _DECISION_W)

    def _column_resized(self, column: int) -> None:
        """As high as the words are in the width that they have now."""
        if column == 0:
            self.resizeRowsToContents()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_findings"):
            for row, finding in enumerate(self._findings):
                item, said = self.item(row, 0), self.item(row, 2)
                if item is not None and said is not None:
                    item.setIcon(severity_icon(finding.severity))
                    self._say(row, said.data(Qt.ItemDataRole.UserRole))


def severity_icon(severity: Severity) -> QIcon:
    """The sign of a severity, in its colour."""
    name, tone = _ICONS[severity]
    return QIcon(icons.pixmap(name, tone_colour(tone), tokens.ICON_SMALL))
