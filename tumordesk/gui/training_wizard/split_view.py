"""What a split comes to: a bar of the parts, and the counts of each class in each part."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from tumordesk.gui import theme, tokens
from tumordesk.gui.panels.parts import ElidedLabel, clear, label, tight
from tumordesk.session.folder_peek import number
from tumordesk.session.training import SplitReport

PARTS = {"train": "Training", "val": "Validation", "test": "Test"}
_BAR_H = 14


def part_colour(part: str) -> str:
    """The colour of a part in the theme in use."""
    colours = theme.palette()
    return {"train": colours.accent, "val": colours.warning, "test": colours.success}[part]


class PartsBar(QWidget):
    """The parts as one bar, each as long as its share."""

    def __init__(self) -> None:
        super().__init__()
        self._sizes: dict[str, int] = {}
        self.setFixedHeight(_BAR_H)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_sizes(self, sizes: dict[str, int]) -> None:
        """Pictures of each part."""
        self._sizes = sizes
        words = [f"{PARTS[part]} {number(n)}" for part, n in sizes.items()]
        self.setAccessibleName(", ".join(words))
        self.setToolTip("\n".join(words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Three lengths in three colours."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect())
        path = QPainterPath()
        path.addRoundedRect(frame, frame.height() / 2, frame.height() / 2)
        painter.setClipPath(path)
        painter.fillRect(frame, QColor(theme.palette().raised))
        total = sum(self._sizes.values())
        left = 0.0
        for part, size in self._sizes.items():
            width = frame.width() * size / total if total else 0.0
            painter.fillRect(QRectF(left, 0, width, frame.height()), QColor(part_colour(part)))
            left += width


class Dot(QWidget):
    """A spot in the colour of a part."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part
        self.setFixedSize(tokens.SWATCH, tokens.SWATCH)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The spot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(part_colour(self._part)))
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))


class SplitView(QWidget):
    """Bar and table of a :class:`SplitReport`."""

    def __init__(self) -> None:
        super().__init__()
        column = tight(QVBoxLayout(self), tokens.SPACE_12)
        self.bar = PartsBar()
        column.addWidget(self.bar)
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(tokens.SPACE_12)
        self.grid.setVerticalSpacing(tokens.SPACE_8)
        column.addLayout(self.grid)

    def show_report(self, report: SplitReport, patients: bool) -> None:
        """Show the counts, a column for each part; ``patients``: the groups are patients."""
        clear(self.grid)
        for column, (part, title) in enumerate(PARTS.items(), start=1):
            self.grid.addWidget(_head(part, title), 0, column, Qt.AlignmentFlag.AlignRight)
        names = sorted({name for counts in report.counts.values() for name in counts})
        if len(names) > 1:
            for name in names:
                counts = [report.counts.get(part, {}).get(name, 0) for part in PARTS]
                self._add_row(name.replace("_", " "), counts)
        totals = [sum(report.counts.get(part, {}).values()) for part in PARTS]
        self._add_row("Pictures", totals, "current")
        if patients:
            self._add_row("Patients", [report.groups.get(part, 0) for part in PARTS], "current")
        self._note(report.left_out)
        self.grid.setColumnStretch(0, 1)
        self.grid.setColumnMinimumWidth(0, tokens.THUMBNAIL)
        self.bar.set_sizes(dict(zip(PARTS, totals, strict=True)))

    def _note(self, left_out: int) -> None:
        if left_out:
            words = f"Copies left out: {number(left_out)}"
            self.grid.addWidget(label(words, "small"), self.grid.rowCount(), 0, 1, -1)

    def _add_row(self, title: str, counts: list[int], role: str = "") -> None:
        row = self.grid.rowCount()
        self.grid.addWidget(ElidedLabel(title, role), row, 0)
        for column, count in enumerate(counts, start=1):
            cell = label(number(count), role)
            cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            self.grid.addWidget(cell, row, column)


def _head(part: str, title: str) -> QWidget:
    box = QWidget()
    row = tight(QHBoxLayout(box), tokens.SPACE_4)
    row.addWidget(Dot(part))
    row.addWidget(label(title, "small"))
    return box
