"""How much of an outline, or of a lesion, each segment is: a row with its colour for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from tumordesk.core.finding import Part
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.numbers import Quantity
from tumordesk.gui.panels.parts import ElidedLabel, Swatch
from tumordesk.gui.panels.rows import PlaceRow
from tumordesk.session.layers import Layer

_COLUMNS = 2


def names_of(layer: Layer) -> dict[int, str]:
    """Name of each segment; nothing where there is one, which needs no name beside the layer's."""
    several = len(layer.segments) > 1
    return {one.number: one.label for one in layer.segments} if several else {}


def size_rows(
    parts: Iterable[Part], names: dict[int, str], *, estimated: bool
) -> Iterator[tuple[Part, PlaceRow]]:
    """A row for each part that is there; who shows it says where a click leads."""
    for part in parts:
        if part.voxels:
            name = names.get(part.segment, str(part.segment))
            tip = f"How much of it is {name}"
            yield part, PlaceRow(name, _size(part, estimated=estimated), "", tip)


def _size(part: Part, *, estimated: bool) -> Quantity:
    if part.volume_ml is None:
        return Quantity(numbers.grouped(part.voxels), "px")
    return numbers.volume(part.volume_ml, estimated=estimated)


class SegmentLegend(QWidget):
    """Colour and name of each segment of a layer; hidden where there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, tokens.SPACE_4)
        self._grid.setHorizontalSpacing(tokens.SPACE_8)
        self._grid.setVerticalSpacing(tokens.SPACE_4)
        self._shown: tuple[tuple[str, tuple[int, int, int]], ...] = ()

    def show_layer(self, layer: Layer) -> None:
        """Show the segments of ``layer``."""
        names = names_of(layer)
        shown = tuple((name, layer.colours[number]) for number, name in names.items())
        self.setVisible(bool(shown))
        if shown == self._shown:
            return
        self._shown = shown
        while (item := self._grid.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for place, (name, colour) in enumerate(shown):
            row, column = divmod(place, _COLUMNS)
            swatch = Swatch()
            swatch.set_colours((colour,))
            self._grid.addWidget(swatch, row, 2 * column)
            self._grid.addWidget(ElidedLabel(name, "small"), row, 2 * column + 1)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(2 * column + 1, 1)
