"""How much of an outline, or of a lesion, each segment is: a row with its colour for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from tumordesk.core.finding import Part
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.numbers import Quantity
from tumordesk.gui.panels.parts import ElidedLabel, IconLabel, Swatch, clear, tight
from tumordesk.gui.panels.rows import PlaceRow, RowButton
from tumordesk.session.layers import Colour, Layer

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


class PartButton(RowButton):
    """A part of an own outline: a click makes it what the brush paints."""

    def __init__(self, name: str, colour: Colour) -> None:
        super().__init__()
        self.name = name
        self.setCheckable(True)
        self.row.setContentsMargins(0, 0, tokens.SPACE_4, 0)
        swatch = Swatch()
        swatch.set_colours((colour,))
        self._brush = IconLabel("brush")
        self.add(swatch)
        self.add(ElidedLabel(name, "small"), 1)
        self.add(self._brush)
        self.set_painted(painted=False)

    def set_painted(self, *, painted: bool) -> None:
        """Mark it as what is painted."""
        self.setChecked(painted)
        self._brush.setVisible(painted)
        self.setToolTip(
            f"The brush paints {self.name} (N: the next)" if painted else f"Paint {self.name}"
        )
        self.setAccessibleName(self.toolTip())

    def sizeHint(self) -> QSize:
        """Lower than a button: a line of small words."""
        return QSize(super().sizeHint().width(), tokens.SPACE_24)

    def minimumSizeHint(self) -> QSize:
        """As wide as what it holds can be made."""
        return QSize(super().minimumSizeHint().width(), tokens.SPACE_24)


class SegmentLegend(QWidget):
    """Colour and name of each segment of a layer; hidden where there is one.

    ``chosen(number)``: on an own layer, a person chose what the brush paints.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, tokens.SPACE_4)
        self._grid.setHorizontalSpacing(tokens.SPACE_8)
        self._grid.setVerticalSpacing(0)
        self._shown: tuple[object, ...] = ()
        self.buttons: dict[int, PartButton] = {}

    def show_layer(self, layer: Layer) -> None:
        """Show the segments of ``layer``."""
        names = names_of(layer)
        shown = (layer.editable, *((n, name, layer.colours[n]) for n, name in names.items()))
        self.setVisible(bool(names))
        if shown != self._shown:
            self._shown = shown
            self._fill(layer, names)
        for number, button in self.buttons.items():
            button.set_painted(painted=number == layer.painted_segment)

    def _fill(self, layer: Layer, names: dict[int, str]) -> None:
        clear(self._grid)
        self.buttons = {}
        for place, (number, name) in enumerate(names.items()):
            row, column = divmod(place, _COLUMNS)
            made = (
                self._button(number, name, layer) if layer.editable else _entry(name, layer, number)
            )
            self._grid.addWidget(made, row, column)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)

    def _button(self, number: int, name: str, layer: Layer) -> PartButton:
        button = PartButton(name, layer.colours[number])
        button.clicked.connect(lambda _=False: self.chosen.emit(number))
        self.buttons[number] = button
        return button


def _entry(name: str, layer: Layer, number: int) -> QWidget:
    """Colour and name; clicks go through to the row."""
    box = QWidget()
    box.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    row = tight(QHBoxLayout(box), tokens.SPACE_8)
    swatch = Swatch()
    swatch.set_colours((layer.colours[number],))
    row.addWidget(swatch)
    row.addWidget(ElidedLabel(name, "small"), 1)
    return box
