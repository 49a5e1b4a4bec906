"""ROC curves and calibration of a classifier, on axes from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from tumordesk.core.colours import SEGMENT_COLOURS
from tumordesk.core.evaluation import ClassFigures, Evaluation
from tumordesk.gui import theme, tokens
from tumordesk.gui.panels.parts import ElidedLabel, Swatch, clear, label, tight
from tumordesk.gui.training_wizard.beside import words
from tumordesk.gui.training_wizard.pieces import Later
from tumordesk.gui.training_wizard.quiet_chart import QuietChart

_WIDTH = 2
_TICKS = [(k / 5, f"{k / 5:.1f}") for k in range(6)]
_LEFT_AXIS = 44
_LARGEST = 14
_SMALLEST = 5
_LEGEND_COLUMNS = 2


class UnitChart(QuietChart):
    """A square from 0 to 1 with a dashed diagonal."""

    def __init__(self, name: str, across: str, up: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setMinimumHeight(tokens.CHART_H)
        item = self.getPlotItem()
        item.showGrid(x=True, y=True, alpha=0.15)
        item.setRange(xRange=(0.0, 1.0), yRange=(0.0, 1.0), padding=0.05)
        item.disableAutoRange()
        self._across, self._up = across, up
        for side in ("bottom", "left"):
            item.getAxis(side).setTicks([_TICKS])
        item.getAxis("left").setWidth(_LEFT_AXIS)
        self._diagonal = self.plot([0.0, 1.0], [0.0, 1.0])
        self.restyle()

    def sizeHint(self) -> QSize:
        """No wish of its own: the page decides."""
        return QSize(tokens.BOX_H, tokens.BOX_H)

    def wheelEvent(self, event: QEvent) -> None:
        """The wheel scrolls the page, not the chart."""
        event.ignore()

    def restyle(self) -> None:
        """Colours and letters of the theme in use."""
        colours = theme.palette()
        self.setBackground(colours.panel)
        item = self.getPlotItem()
        for side, text in (("bottom", self._across), ("left", self._up)):
            axis = item.getAxis(side)
            axis.setPen(pg.mkPen(colours.line))
            axis.setTextPen(pg.mkPen(colours.text_secondary))
            axis.setTickFont(theme.base_font(tokens.FONT_SMALL))
            axis.setLabel(text, color=colours.text_secondary)
        dashed = Qt.PenStyle.DashLine
        self._diagonal.setPen(pg.mkPen(colours.text_disabled, width=1, style=dashed))

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_diagonal"):
            self.restyle()


class RocView(QWidget):
    """One curve for each class against the rest; of two classes only the last."""

    def __init__(self) -> None:
        super().__init__()
        self._place = Later(self._made_chart)
        self._place.setMinimumHeight(tokens.CHART_H)
        self._classes: list[ClassFigures] = []
        self._curves: list[pg.PlotDataItem] = []
        self._legend = QGridLayout()
        self._legend.setHorizontalSpacing(tokens.SPACE_16)
        self._legend.setVerticalSpacing(tokens.SPACE_4)
        column = tight(QVBoxLayout(self), tokens.SPACE_8)
        column.addWidget(label("ROC", "strong"))
        column.addWidget(self._place, 1)
        column.addLayout(self._legend)

    @property
    def names(self) -> tuple[str, ...]:
        """Classes that have a curve."""
        return tuple(one.name for one in self._classes)

    def make(self) -> None:
        """Make the chart where that was not done yet: it takes some time."""
        self._place.part.show()

    def _made_chart(self) -> UnitChart:
        chart = UnitChart("ROC curves", "False-positive rate", "True-positive rate")
        self._draw(chart)
        return chart

    def show_evaluation(self, found: Evaluation) -> None:
        """Show the curves of a classifier."""
        classes = [one for one in found.class_figures if one.roc]
        self._classes = classes[-1:] if len(found.classes) == 2 else classes
        clear(self._legend)
        for place, one in enumerate(self._classes):
            self._name(place, one)
        if self._place.made is not None:
            self._draw(self._place.made)

    def _draw(self, chart: UnitChart) -> None:
        for curve in self._curves:
            chart.removeItem(curve)
        self._curves.clear()
        for place, one in enumerate(self._classes):
            across, up = [x for x, _ in one.roc], [y for _, y in one.roc]
            pen = pg.mkPen(_colour(place), width=_WIDTH)
            self._curves.append(chart.plot(across, up, pen=pen))

    def _name(self, place: int, one: ClassFigures) -> None:
        row = tight(QHBoxLayout(), tokens.SPACE_8)
        swatch = Swatch()
        swatch.set_colours((_colour(place),))
        row.addWidget(swatch)
        row.addWidget(ElidedLabel(one.name, "small"), 1)
        self._legend.addLayout(row, *divmod(place, _LEGEND_COLUMNS))


class CalibrationView(QWidget):
    """Stated probability against the share that was right; larger points hold more pictures."""

    def __init__(self) -> None:
        super().__init__()
        self._place = Later(self._made_chart)
        self._place.setMinimumHeight(tokens.CHART_H)
        self._line: pg.PlotDataItem
        self._points: pg.ScatterPlotItem
        self.note = words("", "small")
        column = tight(QVBoxLayout(self), tokens.SPACE_8)
        column.addWidget(label("Calibration", "strong"))
        column.addWidget(self._place, 1)
        column.addWidget(self.note)
        self._bins: tuple[tuple[float, float, int], ...] = ()

    def make(self) -> None:
        """Make the chart where that was not done yet: it takes some time."""
        self._place.part.show()

    def _made_chart(self) -> UnitChart:
        chart = UnitChart("Calibration", "Stated probability", "Share that was right")
        self._line = chart.plot([], [])
        self._points = pg.ScatterPlotItem()
        chart.addItem(self._points)
        self._draw()
        return chart

    def show_evaluation(self, found: Evaluation) -> None:
        """Show the bins of a classifier that hold pictures."""
        self._bins = tuple(
            (b.confidence, b.accuracy, b.pictures) for b in found.calibration if b.pictures
        )
        self.note.setText(calibration_words(self._bins))
        if self._place.made is not None:
            self._draw()

    def _draw(self) -> None:
        colours = theme.palette()
        across, up = [b[0] for b in self._bins], [b[1] for b in self._bins]
        most = max((b[2] for b in self._bins), default=1)
        sizes = [_SMALLEST + (_LARGEST - _SMALLEST) * (b[2] / most) ** 0.5 for b in self._bins]
        self._line.setData(across, up)
        self._line.setPen(pg.mkPen(colours.accent, width=_WIDTH))
        self._points.setData(
            across, up, size=sizes, brush=pg.mkBrush(colours.accent), pen=pg.mkPen(None)
        )

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        known = event.type() == QEvent.Type.StyleChange and hasattr(self, "_bins")
        if known and self._place.made is not None:
            self._draw()


def _colour(place: int) -> tuple[int, int, int]:
    return SEGMENT_COLOURS[place % len(SEGMENT_COLOURS)]


def calibration_words(bins: Sequence[tuple[float, float, int]]) -> str:
    """What the points say, in one sentence."""
    whole = sum(count for _, _, count in bins)
    if not whole:
        return "No picture was answered."
    gap = sum((stated - right) * count for stated, right, count in bins) / whole
    if abs(gap) < 0.03:
        return "On the line: a stated 80 % is right about 80 % of the time."
    points = f"{100 * abs(gap):.0f} points"
    if gap > 0:
        return f"Below the line: the model is surer than it should be, by {points} on average."
    return f"Above the line: the model is right more often than it says, by {points} on average."
