"""pyqtgraph's plot as a picture: without its mouse, its menus and its buttons."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy


class QuietChart(pg.PlotWidget):  # type: ignore[misc]
    """A chart that nobody can move, and that takes no keys."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        # Listed views can be linked by name, which no chart needs, and are let go when the program
        # ends: of a view that has gone by then that is a warning on stderr.
        item.getViewBox().unregister()
