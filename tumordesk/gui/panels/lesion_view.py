"""One lesion in the findings panel: its numbers, each a way to its place in the picture."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from tumordesk.core.finding import Lesion
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.numbers import Quantity
from tumordesk.gui.panels.parts import ElidedLabel, IconLabel, label, tight
from tumordesk.gui.panels.rows import PlaceRow, RowButton, slice_link
from tumordesk.gui.panels.segment_sizes import size_rows

NO_PERPENDICULAR = "Longest diameter"
BOTH_DIAMETERS = "Diameters"


class LesionView(QWidget):
    """Heading and numbers of one lesion. ``slices`` is how many the series has; ``estimated``
    whether its volumes are estimates; ``word`` what it is: a lesion, or a region of a map;
    ``names``: of the outline's segments, where they are several."""

    jump_requested = Signal(int, float, float)
    selected = Signal(object)

    def __init__(
        self,
        lesion: Lesion,
        slices: int,
        *,
        estimated: bool = False,
        word: str = "Lesion",
        names: dict[int, str] | None = None,
    ) -> None:
        super().__init__()
        self.lesion = lesion
        self._names = names or {}
        self._word = word
        self._slices = slices
        self._estimated = estimated
        column = tight(QVBoxLayout(self))
        self.heading = self._heading()
        column.addWidget(self.heading)
        self.diameters = self._diameters()
        if self.diameters is not None:
            column.addWidget(self.diameters)
        self.volume = self._volume()
        column.addWidget(self.volume)
        for _, row in size_rows(lesion.parts, self._names, estimated=estimated):
            row.clicked.connect(self.show_diameters)
            column.addWidget(row)
        if slices > 1:
            column.addWidget(self._range())

    def _heading(self) -> RowButton:
        lesion = self.lesion
        button = RowButton()
        button.add(label(f"{self._word} {lesion.number}", "strong"))
        side = lesion.location or numbers.side(lesion.side)
        if self._names and not lesion.parts:
            side = ", ".join(filter(None, (self._names.get(lesion.segment, ""), side)))
        button.add(ElidedLabel(side, "secondary"), 1)
        button.add(IconLabel("chevron-right"))
        button.setToolTip("Go to its largest slice")
        button.setAccessibleName(
            f"{self._word} {lesion.number} {side}. Go to its largest slice".strip()
        )
        button.clicked.connect(self.show_diameters)
        return button

    def _diameters(self) -> PlaceRow | None:
        lesion = self.lesion
        quantity = numbers.diameters(lesion)
        if quantity is None:
            return None
        both = lesion.perpendicular is not None
        row = PlaceRow(
            BOTH_DIAMETERS if both else NO_PERPENDICULAR,
            quantity,
            self._place(lesion.largest_slice),
            f"{self._longest_words()}. Go to slice {numbers.slice_number(lesion.largest_slice)}",
        )
        row.clicked.connect(self.show_diameters)
        return row

    def _longest_words(self) -> str:
        if self.lesion.perpendicular is None:
            return "Longest diameter in one slice"
        return "Longest diameter in one slice, and the longest at right angles to it"

    def _volume(self) -> QWidget:
        lesion = self.lesion
        if lesion.volume_ml is None:
            size = PlaceRow(
                "Area" if self._slices == 1 else "Size",
                self._pixels(),
                "",
                "Go to its largest slice",
            )
            size.clicked.connect(self.show_diameters)
            return size
        index = round(lesion.centroid[0])
        row = PlaceRow(
            "Volume",
            numbers.volume(lesion.volume_ml, estimated=self._estimated),
            self._place(index),
            f"Go to its middle, slice {numbers.slice_number(index)}",
        )
        row.clicked.connect(lambda: self._go(index))
        return row

    def _pixels(self) -> Quantity:
        return Quantity(numbers.grouped(self.lesion.voxels), "px")

    def _range(self) -> QWidget:
        first, last = self.lesion.slice_range
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, 0)
        row.setSpacing(tokens.SPACE_4)
        row.addWidget(ElidedLabel("Slices", "secondary"), 1)
        row.addWidget(slice_link(first, self._go))
        if last != first:
            row.addWidget(label("to", "secondary"))
            row.addWidget(slice_link(last, self._go))
        row.addWidget(label(f"of {self._slices}", "secondary"))
        return box

    def _place(self, index: int) -> str:
        return f"slice {numbers.slice_number(index)}" if self._slices > 1 else ""

    def show_diameters(self) -> None:
        """Ask for the slice of the diameters."""
        longest = self.lesion.longest
        self.selected.emit(self.lesion)
        if longest is None:
            self.jump_requested.emit(self.lesion.largest_slice, *self.lesion.centroid[1:])
        else:
            self.jump_requested.emit(longest.slice_index, *numbers.middle(longest))

    def _go(self, index: int) -> None:
        self.selected.emit(self.lesion)
        self.jump_requested.emit(index, *self.lesion.centroid[1:])
