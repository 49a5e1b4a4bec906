"""pyqtgraph's plot as a picture: without its mouse, its menus and its buttons."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy


class WholeAxis(pg.AxisItem):  # type: ignore[misc]
    """Ticks at whole numbers alone: there is no epoch one and a half."""

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        """(distance, first) of the ticks, the coarsest first."""
        spacings = super().tickSpacing(minVal, maxVal, size)
        return [one for one in spacings if float(one[0]).is_integer()] or [(1.0, 0.0)]


class QuietChart(pg.PlotWidget):  # type: ignore[misc]
    """A chart that nobody can move, and that takes no keys."""

    def __init__(self, bottom: pg.AxisItem | None = None) -> None:
        super().__init__(axisItems={"bottom": bottom} if bottom is not None else None)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        # Listed views can be linked by name, which no chart needs, and are let go when the program
        # ends: of a view that has gone by then that is a warning on stderr.
        item.getViewBox().unregister()
