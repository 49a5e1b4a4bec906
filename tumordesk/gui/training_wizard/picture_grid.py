"""Pictures of cases side by side; Enter or a double click shows one large."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.evaluation import CaseResult, Evaluation
from tumordesk.gui import theme, tokens
from tumordesk.gui.panels.parts import ElidedLabel, tight
from tumordesk.gui.training_wizard.beside import words
from tumordesk.gui.training_wizard.explain_store import BATCH, ExplainStore
from tumordesk.session.results import case_line, case_title

_KEY = Qt.ItemDataRole.UserRole
_LINE = Qt.ItemDataRole.UserRole + 1
_PICTURE = Qt.ItemDataRole.UserRole + 2
_LINE_H = 16


class PictureGrid(QWidget):
    """``opened(index)``: the case at that place of ``cases`` was chosen."""

    opened = Signal(int)

    def __init__(self, store: ExplainStore, empty: str = "") -> None:
        super().__init__()
        self._store = store
        self._found: Evaluation | None = None
        self.cases: tuple[CaseResult, ...] = ()
        self._items: dict[str, QListWidgetItem] = {}
        self._title = ElidedLabel("", "strong")
        self._hint = words(empty, "secondary")
        self.list = _list()
        self.more = QPushButton("Show &more")
        self.more.setProperty("role", "link")
        self.more.clicked.connect(self._more)
        head = tight(QHBoxLayout(), tokens.SPACE_8)
        head.addWidget(self._title, 1)
        head.addWidget(self.more)
        column = tight(QVBoxLayout(self), tokens.SPACE_4)
        column.addLayout(head)
        column.addWidget(self._hint)
        column.addWidget(self.list, 1)
        self.list.itemActivated.connect(lambda item: self.opened.emit(self.list.row(item)))
        store.ready.connect(self._ready)
        store.failed.connect(self._failed)
        self._show_state()

    def show_cases(self, found: Evaluation, cases: Sequence[CaseResult], title: str) -> None:
        """Show these cases, the first ones at once."""
        self._found, self.cases = found, tuple(cases)
        self._items.clear()
        self.list.clear()
        self._title.set_full(title)
        self.list.setAccessibleName(title)
        self._more()
        if self.cases:
            self.list.setCurrentRow(0)

    def clear(self, hint: str) -> None:
        """Show nothing but a hint."""
        self._found, self.cases = None, ()
        self._items.clear()
        self.list.clear()
        self._title.set_full("")
        self._hint.setText(hint)
        self._show_state()

    def _more(self) -> None:
        found = self._found
        shown = self.list.count()
        batch = self.cases[shown : shown + BATCH]
        for case in batch:
            if found is not None:
                self._add(found, case)
        self._request()
        self._show_state()

    def _request(self) -> None:
        """Have the pictures made once somebody sees them."""
        if self.isVisible():
            self._store.request([case.key for case in self.cases[: self.list.count()]])

    def showEvent(self, event: QShowEvent) -> None:
        """Now they are seen."""
        super().showEvent(event)
        self._request()

    def _show_state(self) -> None:
        left = len(self.cases) - self.list.count()
        self.more.setText(f"Show {min(left, BATCH)} &more of {left}")
        self.more.setVisible(left > 0)
        self.list.setVisible(bool(self.cases))
        self._title.setVisible(bool(self._title.full))
        if self._found is not None:
            self._hint.setText("No picture is here.")
        self._hint.setVisible(not self.cases)

    def _add(self, found: Evaluation, case: CaseResult) -> None:
        line = case_line(found, case)
        item = QListWidgetItem(case_title(case))
        item.setData(_KEY, case.key)
        item.setData(_LINE, line)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{case_title(case)}, {line}")
        item.setToolTip(f"{case.key}\n{line}")
        self._items[case.key] = item
        self.list.addItem(item)
        self._picture(case.key)

    def _picture(self, key: str) -> None:
        image = self._store.image(key)
        if key in self._items:
            self._items[key].setData(_PICTURE, image)

    def _ready(self, key: str) -> None:
        self._picture(key)

    def _failed(self, key: str, reason: str) -> None:
        if key in self._items:
            item = self._items[key]
            item.setToolTip(f"{item.data(_KEY)}\n{reason}")
            item.setData(_LINE, "no picture")


def _list() -> QListWidget:
    made = QListWidget()
    made.setObjectName("cases")
    made.setViewMode(QListView.ViewMode.IconMode)
    made.setMovement(QListView.Movement.Static)
    made.setResizeMode(QListView.ResizeMode.Adjust)
    made.setItemDelegate(_CasePainter(made))
    made.setSpacing(tokens.SPACE_4 // 2)
    made.setUniformItemSizes(True)
    made.setMinimumHeight(tokens.CASE_THUMBNAIL + 2 * _LINE_H + tokens.SPACE_24)
    made.setMouseTracking(True)
    made.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
    return made


class _CasePainter(QStyledItemDelegate):
    """The picture, the file's name below it, and what was found on it."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The same for every case."""
        side = tokens.CASE_THUMBNAIL
        return QSize(side + 2 * tokens.SPACE_4, side + 2 * _LINE_H + 3 * tokens.SPACE_4)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one case; the chosen one is raised, and framed while the keyboard is here."""
        colours = theme.palette()
        rect, state = option.rect, option.state  # type: ignore[attr-defined]
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        focused = chosen and bool(state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QPen(QColor(colours.accent)) if focused else Qt.PenStyle.NoPen)
        raised = chosen or bool(state & QStyle.StateFlag.State_MouseOver)
        painter.setBrush(QColor(colours.raised) if raised else Qt.BrushStyle.NoBrush)
        frame = QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, tokens.RADIUS, tokens.RADIUS)
        side, gap = tokens.CASE_THUMBNAIL, tokens.SPACE_4
        place = QRect(rect.left() + gap, rect.top() + gap, side, side)
        painter.drawPixmap(place, square(index.data(_PICTURE), 2 * side))
        lines = ((index.data(), colours.text_secondary), (index.data(_LINE), colours.text))
        painter.setFont(theme.base_font(tokens.FONT_SMALL))
        for number, (text, colour) in enumerate(lines):
            painter.setPen(QColor(colour))
            top = place.bottom() + gap + number * _LINE_H
            where = QRect(place.left(), top, side, _LINE_H)
            mode = Qt.TextElideMode.ElideMiddle
            shown = painter.fontMetrics().elidedText(str(text), mode, side)
            painter.drawText(where, Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()


def square(image: QImage | None, size: int) -> QPixmap:
    """``image`` fitted into a black square of ``size`` pixels; a plain one while it is missing."""
    result = QPixmap(size, size)
    result.fill(QColor(theme.palette().raised if image is None else tokens.DARK.viewport))
    if image is None or image.isNull():
        return result
    fitted = image.scaled(
        size,
        size,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )

    painter = QPainter(result)
    painter.drawImage((size - fitted.width()) // 2, (size - fitted.height()) // 2, fitted)
    painter.end()
    return result
