"""One chart in the program's look: a heading with the value, a plot without pyqtgraph's habits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from tumordesk.gui import theme, tokens
from tumordesk.gui.panels.parts import ElidedLabel, label, tight
from tumordesk.gui.training_wizard.pieces import Later
from tumordesk.gui.training_wizard.quiet_chart import QuietChart, WholeAxis

_LEFT_AXIS = 52
_HEIGHT = 150
_WIDTH = 2


class Plot(QWidget):
    """A chart with a title and one figure beside it. ``unit`` stands on the horizontal axis.

    ``log_y``/``log_x``: logarithmic axes; values of 0 and below are left out there. Lines are
    given by :meth:`set_line`; a name not given before makes a new one. Nothing is drawn before
    :attr:`chart` was asked for: it takes some time to make.
    """

    def __init__(
        self, title: str, unit: str = "epoch", *, log_x: bool = False, log_y: bool = False
    ) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self._log = (log_x, log_y)
        self._lines: dict[str, pg.PlotDataItem] = {}
        self._tones: dict[str, str] = {}
        self._data: dict[str, tuple[list[float], list[float]]] = {}
        self._guide, self._mark = _upright(), _upright()
        self.title = label(title, "strong")
        self.figure = label("", "secondary")
        self.keys = ElidedLabel("", "small")
        self.keys.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        head = tight(QHBoxLayout(), tokens.SPACE_8)
        head.addWidget(self.title)
        head.addWidget(self.keys, 1)  # gives way where there is no room
        head.addWidget(self.figure)
        self._place = Later(self._made_chart)
        self._place.setMinimumHeight(_HEIGHT)
        self.unit = label(unit, "small")
        self.unit.setAlignment(Qt.AlignmentFlag.AlignRight)
        column = tight(QVBoxLayout(self), tokens.SPACE_4)
        column.addLayout(head)
        column.addWidget(self._place, 1)
        column.addWidget(self.unit)
        self._shown = ""

    @property
    def chart(self) -> _Chart:
        """What is drawn on; made now where it was not."""
        return self._place.part

    def make(self) -> None:
        """Make the chart where that was not done yet."""
        self._place.part.show()

    def _made_chart(self) -> _Chart:
        chart = _Chart(*self._log)
        chart.setAccessibleName(f"{self.accessibleName()}, chart")
        chart.scene().sigMouseMoved.connect(self._pointed)
        for item in (self._guide, self._mark):
            chart.addItem(item, ignoreBounds=True)
        for name in self._data:
            self._draw(chart, name)
        self._colour_guides()
        return chart

    def set_line(
        self, name: str, x: Sequence[float], y: Sequence[float], tone: str = "accent"
    ) -> None:
        """Draw or replace a line. ``tone``: 'accent', 'faint', 'second' or 'points'."""
        pairs = [(a, b) for a, b in zip(x, y, strict=True) if self._drawable(a, b)]
        self._data[name] = ([a for a, _ in pairs], [b for _, b in pairs])
        self._tones.setdefault(name, tone)
        if self._place.made is not None:
            self._draw(self._place.made, name)

    def _draw(self, chart: _Chart, name: str) -> None:
        if name not in self._lines:
            self._lines[name] = chart.plot([], [])
            self._colour(name)
        self._lines[name].setData(*self._data[name])
        self._fit(chart)

    def _fit(self, chart: _Chart) -> None:
        """Show everything; around a single value a fifth of it, not half a unit."""
        values = [y for _, ys in self._data.values() for y in ys]
        box, lone = chart.getPlotItem().vb, bool(values) and min(values) == max(values)
        if lone and values[0] and not self._log[1]:
            around = sorted((0.8 * values[0], 1.2 * values[0]))
            box.setYRange(*around, padding=0)
        elif lone and not self._log[1]:
            box.setYRange(0.0, 1.0, padding=0)  # nothing yet: a score of 0, not 0.4 around it
        elif not box.autoRangeEnabled()[1]:
            box.enableAutoRange(axis=box.YAxis)

    def line(self, name: str) -> tuple[list[float], list[float]]:
        """(x, y) of a line as drawn; empty where there is none."""
        return self._data.get(name, ([], []))

    def _drawable(self, x: float, y: float) -> bool:
        log_x, log_y = self._log
        return (
            math.isfinite(x) and math.isfinite(y) and (not log_x or x > 0) and (not log_y or y > 0)
        )

    def set_mark(self, x: float | None) -> None:
        """A vertical line at ``x``, or none."""
        self._mark.setVisible(x is not None)
        if x is not None:
            self._mark.setValue(math.log10(x) if self._log[0] else x)

    def set_figure(self, text: str) -> None:
        """The figure in the heading; the pointer's value takes its place for a while."""
        self._shown = text
        self.figure.setText(text)

    def set_keys(self, text: str) -> None:
        """What the lines are, in words."""
        self.keys.set_full(text)

    def _pointed(self, place: QPointF) -> None:
        box = self.chart.getPlotItem().vb
        first = next(iter(self._data.values()), ([], []))
        if not box.sceneBoundingRect().contains(place) or not first[0]:
            self._unpoint()
            return
        x = box.mapSceneToView(place).x()
        scale = [math.log10(v) if self._log[0] else v for v in first[0]]
        nearest = min(range(len(scale)), key=lambda i: abs(scale[i] - x))
        self._guide.setValue(scale[nearest])
        self._guide.setVisible(True)
        self.figure.setText(f"{_short(first[0][nearest])}: {_short(first[1][nearest])}")

    def _unpoint(self) -> None:
        self._guide.setVisible(False)
        self.figure.setText(self._shown)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is gone: the last figure again."""
        super().leaveEvent(event)
        self._unpoint()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_shown"):
            self._paint()

    def _paint(self) -> None:
        if self._place.made is not None:
            self._place.made.restyle()
            self._colour_guides()
        for name in self._lines:
            self._colour(name)

    def _colour_guides(self) -> None:
        colours = theme.palette()
        self._guide.setPen(pg.mkPen(colours.text_disabled, width=1))
        self._mark.setPen(pg.mkPen(colours.success, width=1, style=Qt.PenStyle.DashLine))

    def _colour(self, name: str) -> None:
        colours = theme.palette()
        tone, item = self._tones[name], self._lines[name]
        chosen = {
            "accent": theme.colour(colours.accent),
            "faint": theme.colour(colours.accent, 0.35),
            "second": theme.colour(colours.warning),
            "points": theme.colour(colours.accent),
        }[tone]
        width = 1 if tone == "faint" else _WIDTH
        style = Qt.PenStyle.DashLine if tone == "second" else Qt.PenStyle.SolidLine
        item.setPen(pg.mkPen(chosen, width=width, style=style))
        if tone in ("accent", "second"):
            item.setSymbol("o")
            item.setSymbolSize(5)
            item.setSymbolBrush(chosen)
            item.setSymbolPen(None)


def _upright() -> pg.InfiniteLine:
    """A vertical line that is not seen yet."""
    made = pg.InfiniteLine(angle=90, movable=False)
    made.setVisible(False)
    return made


class _Chart(QuietChart):
    """The view always shows all."""

    def __init__(self, log_x: bool, log_y: bool) -> None:
        super().__init__(None if log_x else WholeAxis("bottom"))
        self.setMinimumHeight(_HEIGHT)
        item = self.getPlotItem()
        item.setLogMode(x=log_x, y=log_y)
        item.showGrid(x=False, y=True, alpha=0.25)
        item.getAxis("left").setWidth(_LEFT_AXIS)
        # The value itself, never '(x1e-03)' beside the axis.
        item.getAxis("left").enableAutoSIPrefix(False)
        item.getAxis("bottom").enableAutoSIPrefix(False)
        self.restyle()

    def sizeHint(self) -> QSize:
        """No wish of its own: the page decides."""
        return QSize(240, _HEIGHT)

    def wheelEvent(self, event: QEvent) -> None:
        """The wheel scrolls the page, not the chart."""
        event.ignore()

    def restyle(self) -> None:
        """Colours and letters of the theme in use."""
        colours = theme.palette()
        self.setBackground(colours.panel)
        for side in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(pg.mkPen(colours.line))
            axis.setTextPen(pg.mkPen(colours.text_secondary))
            axis.setTickFont(theme.base_font(tokens.FONT_SMALL))


def _short(value: float) -> str:
    """At most four digits that mean something."""
    if value and (abs(value) < 0.001 or abs(value) >= 10000):
        return f"{value:.1e}"
    return f"{value:.4g}"
