"""Confusion matrix: every cell opens the pictures behind it, by mouse or keyboard."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.evaluation import Evaluation
from tumordesk.gui import theme, tokens
from tumordesk.gui.panels.parts import label, tight
from tumordesk.gui.training_wizard.beside import words
from tumordesk.session.results import percent

_SHARE = Qt.ItemDataRole.UserRole
_ALPHA = 0.55
_HOW = (
    "Rows: truth. Columns: said by the model. Click a cell, or press Enter on it, to see its "
    "pictures."
)


class ConfusionView(QWidget):
    """The matrix with its captions. ``opened(truth, said)``: indices of classes."""

    opened = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        column = tight(QVBoxLayout(self), tokens.SPACE_4)
        column.addWidget(label("Confusion matrix", "strong"))
        column.addWidget(words(_HOW, "small"))
        self.table = _Matrix()
        self.table.opened.connect(self.opened)
        column.addWidget(self.table, 1)

    def show_evaluation(self, found: Evaluation) -> None:
        """Show the matrix of a classifier."""
        self.table.show_matrix(found.classes, found.confusion)

    def choose(self, truth: int, said: int) -> None:
        """Mark a cell without opening it."""
        self.table.setCurrentCell(truth, said)


class _Matrix(QTableWidget):
    opened = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("matrix")
        self.setAccessibleName("Confusion matrix")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setItemDelegate(_CellPainter(self))
        self.setMinimumHeight(tokens.BOX_H)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionsClickable(False)
            header.setHighlightSections(False)
            header.setMinimumSectionSize(tokens.CELL_MIN)
        self.verticalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        across = self.horizontalHeader()
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        across.setMinimumHeight(2 * across.fontMetrics().lineSpacing() + tokens.SPACE_8)
        across.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.cellClicked.connect(self.opened)

    def show_matrix(self, classes: tuple[str, ...], counts: tuple[tuple[int, ...], ...]) -> None:
        """Rows: truth, columns: said."""
        self.clear()
        self.setRowCount(len(classes))
        self.setColumnCount(len(classes))
        self.setMinimumHeight((tokens.CELL_MIN + tokens.SPACE_8) * (len(classes) + 1))
        for place, name in enumerate(classes):
            self.setHorizontalHeaderItem(place, _heading(name, f"Said: {name}"))
            self.setVerticalHeaderItem(place, _heading(name, f"Truth: {name}"))
        for truth, row in enumerate(counts):
            whole = sum(row)
            for said, count in enumerate(row):
                share = count / whole if whole else 0.0
                item = QTableWidgetItem(str(count))
                item.setData(_SHARE, share)
                words = f"Truth {classes[truth]}, said {classes[said]}: {count}"
                item.setToolTip(f"{words} ({percent(share)} of {classes[truth]})")
                item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
                self.setItem(truth, said, item)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space open the cell; arrows go on as in every table."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if self.currentRow() >= 0 and self.currentColumn() >= 0:
                self.opened.emit(self.currentRow(), self.currentColumn())
            return
        super().keyPressEvent(event)


def _heading(name: str, tip: str) -> QTableWidgetItem:
    item = QTableWidgetItem(name.replace("_", " "))  # where a line may break
    item.setToolTip(tip)
    return item


class _CellPainter(QStyledItemDelegate):
    """Right answers in the accent colour, wrong ones in the colour of errors, by their share."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw shade, count, share and the mark of the chosen cell."""
        colours = theme.palette()
        share = float(index.data(_SHARE) or 0.0)
        right = index.row() == index.column()
        # The stubs of Qt leave these two out.
        rect, state = option.rect, option.state  # type: ignore[attr-defined]
        area = QRectF(rect).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(area, 4, 4)
        painter.setBrush(theme.colour(colours.accent if right else colours.error, _ALPHA * share))
        painter.drawRoundedRect(area, 4, 4)
        if state & QStyle.StateFlag.State_Selected:
            focused = bool(state & QStyle.StateFlag.State_Active)
            painter.setPen(QPen(QColor(colours.text if focused else colours.text_secondary), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area, 4, 4)
        self._words(painter, area, index.data(), share)
        painter.restore()

    def _words(self, painter: QPainter, area: QRectF, count: str, share: float) -> None:
        colours = theme.palette()
        quiet = count == "0"
        painter.setPen(QColor(colours.text_secondary if quiet else colours.text))
        painter.setFont(theme.base_font(tokens.FONT_LARGE, tokens.WEIGHT_STRONG))
        if quiet or area.height() < tokens.CELL_MIN + tokens.SPACE_4:
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, count)
            return
        half = area.height() / 2
        upper = QRectF(area.left(), area.top(), area.width(), half + tokens.SPACE_4)
        lower = QRectF(area.left(), area.top() + half, area.width(), half - tokens.SPACE_4)
        painter.drawText(upper, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, count)
        painter.setFont(theme.base_font(tokens.FONT_SMALL))
        painter.drawText(
            lower, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, percent(share)
        )
