"""Box plot of one figure over patients; every patient is a point that opens its pictures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from tumordesk.gui import theme, tokens
from tumordesk.session.results import quartiles

_POINT = 4.5
_REACH = 10.0
_STEP = 9
"""Pixels between points that would lie on each other."""


class BoxPlot(QWidget):
    """Values from 0 to ``top`` from left to right. ``opened(name)``: a patient was chosen.

    Left and Right go from patient to patient in the order of the values, Enter opens.
    """

    opened = Signal(str)

    def __init__(self, title: str = "Dice per patient") -> None:
        super().__init__()
        self._title = title
        self._values: tuple[tuple[str, float], ...] = ()
        self._top = 1.0
        self.current = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumHeight(tokens.BOX_H)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name_it()

    def show_values(
        self, values: Sequence[tuple[str, float]], title: str = "", top: float = 1.0
    ) -> None:
        """(name, value 0..top) of each patient; any order."""
        self._title, self._top = title or self._title, top
        self._values = tuple(sorted(values, key=lambda pair: (pair[1], pair[0])))
        self.current = 0 if self._values else -1
        self._name_it()
        self.update()

    def choose(self, name: str) -> None:
        """Put the mark on a patient without opening it."""
        names = [known for known, _ in self._values]
        if name in names:
            self._go(names.index(name))

    @property
    def box(self) -> tuple[float, float, float, float, float] | None:
        """Whisker, quartile, median, quartile, whisker; None without values."""
        return quartiles([value for _, value in self._values]) if self._values else None

    def _name_it(self) -> None:
        box = self.box
        if box is None:
            self.setAccessibleName(f"{self._title}: no values")
            return
        name, value = self._values[self.current]
        text = f"median {box[2]:.2f}, quartiles {box[1]:.2f} to {box[3]:.2f}"
        self.setAccessibleName(f"{self._title}: {text}; at {name}, {value:.2f}")

    # Where things lie ----------------------------------------------------------------------

    def _area(self) -> QRectF:
        side = tokens.SPACE_16
        return QRectF(self.rect()).adjusted(side, tokens.SPACE_8, -side, -tokens.SPACE_32)

    def _x(self, value: float) -> float:
        area = self._area()
        return area.left() + area.width() * min(1.0, max(0.0, value / self._top))

    def points(self) -> tuple[QPointF, ...]:
        """Centre of each patient's point: stacked where several have nearly the same value."""
        area = self._area()
        base = area.top() + 0.72 * area.height()
        placed: list[QPointF] = []
        for _, value in self._values:
            x, y = self._x(value), base
            for step in range(1, 12):
                if all(abs(p.x() - x) >= _STEP or abs(p.y() - y) >= _STEP - 1 for p in placed):
                    break
                side = 1 if step % 2 else -1
                y = base + side * ((step + 1) // 2) * _STEP
            placed.append(QPointF(x, min(y, area.bottom() - _POINT)))
        return tuple(placed)

    def _near(self, place: QPointF) -> int:
        distances = [
            ((p.x() - place.x()) ** 2 + (p.y() - place.y()) ** 2) ** 0.5 for p in self.points()
        ]
        if not distances or min(distances) > _REACH:
            return -1
        return distances.index(min(distances))

    # Hands ---------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Name the patient under the pointer."""
        index = self._near(event.position())
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if index >= 0 else Qt.CursorShape.ArrowCursor
        )
        if index >= 0:
            name, value = self._values[index]
            QToolTip.showText(event.globalPosition().toPoint(), f"{name}: {value:.3f}", self)
        else:
            QToolTip.hideText()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a point opens the patient."""
        index = self._near(event.position())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._go(index)
            self.opened.emit(self._values[index][0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left, Right, Home, End choose a patient; Enter and Space open it."""
        last = len(self._values) - 1
        targets = {
            Qt.Key.Key_Left: self.current - 1,
            Qt.Key.Key_Right: self.current + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        key = Qt.Key(event.key())
        if key in targets and last >= 0:
            self._go(min(last, max(0, targets[key])))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and last >= 0:
            self.opened.emit(self._values[self.current][0])
        else:
            super().keyPressEvent(event)

    def _go(self, index: int) -> None:
        self.current = index
        self._name_it()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard has gone."""
        super().focusOutEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(tokens.DIALOG_W, tokens.BOX_H)

    # Drawing -------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw scale, box, points and the name of the chosen patient."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_scale(painter)
        box = self.box
        if box is None:
            painter.setPen(QColor(theme.palette().text_secondary))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No patient has a figure")
            return
        self._draw_box(painter, box)
        self._draw_points(painter)

    def _draw_scale(self, painter: QPainter) -> None:
        colours, area = theme.palette(), self._area()
        painter.setFont(theme.base_font(tokens.FONT_SMALL))
        for fifth in range(6):
            value = fifth / 5 * self._top
            x = self._x(value)
            painter.setPen(QPen(QColor(colours.line), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(QColor(colours.text_secondary))
            where = QRectF(x - 20, area.bottom() + tokens.SPACE_4, 40, 16)
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, f"{value:.3g}")

    def _draw_box(self, painter: QPainter, box: tuple[float, float, float, float, float]) -> None:
        colours, area = theme.palette(), self._area()
        least, low, middle, high, most = (self._x(value) for value in box)
        centre, half = area.top() + 0.26 * area.height(), 0.16 * area.height()
        painter.setPen(QPen(QColor(colours.text_secondary), 1.5))
        painter.drawLine(QPointF(least, centre), QPointF(low, centre))
        painter.drawLine(QPointF(high, centre), QPointF(most, centre))
        for x in (least, most):
            painter.drawLine(QPointF(x, centre - half / 2), QPointF(x, centre + half / 2))
        painter.setPen(QPen(QColor(colours.accent), 1.5))
        painter.setBrush(theme.colour(colours.accent, 0.25))
        body = QRectF(low, centre - half, max(2.0, high - low), 2 * half)
        painter.drawRoundedRect(body, 3, 3)
        painter.setPen(QPen(QColor(colours.accent), 3))
        painter.drawLine(QPointF(middle, centre - half), QPointF(middle, centre + half))

    def _draw_points(self, painter: QPainter) -> None:
        colours = theme.palette()
        for index, point in enumerate(self.points()):
            chosen = index == self.current and self.hasFocus()
            painter.setPen(QPen(QColor(colours.text), 2) if chosen else Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(colours.accent, 1.0 if chosen else 0.75))
            painter.drawEllipse(point, _POINT, _POINT)
        if self.hasFocus():
            self._draw_name(painter, self.points()[self.current], *self._values[self.current])

    def _draw_name(self, painter: QPainter, point: QPointF, name: str, value: float) -> None:
        text = f"{name}  {value:.3f}"
        width = painter.fontMetrics().horizontalAdvance(text) + tokens.SPACE_12
        left = min(max(point.x() - width / 2, 0.0), self.width() - width)
        frame = QRectF(left, point.y() - 30, width, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.palette().raised))
        painter.drawRoundedRect(frame, 4, 4)
        painter.setPen(QColor(theme.palette().text))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, text)
