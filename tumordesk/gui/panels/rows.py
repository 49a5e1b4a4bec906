"""Rows of the findings: a caption, a number with its unit, and where in the stack it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from tumordesk.gui import tokens
from tumordesk.gui.panels.numbers import Quantity, slice_number
from tumordesk.gui.panels.parts import ElidedLabel, IconLabel, label, tight

LINKS_PER_LINE = 6


class RowButton(QPushButton):
    """A flat button of a row's width that holds other widgets."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "row")
        # Its long texts end in '…' where there is no room: it never makes a panel wider.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_4, 0)
        self.row.setSpacing(tokens.SPACE_8)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Put a widget into the row; clicks go through it to the button."""
        widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.row.addWidget(widget, stretch)

    def sizeHint(self) -> QSize:
        """Room for what it holds."""
        return self.row.sizeHint().expandedTo(QSize(0, tokens.BUTTON_H))

    def minimumSizeHint(self) -> QSize:
        """As wide as what it holds can be made."""
        return self.row.minimumSize().expandedTo(QSize(0, tokens.BUTTON_H))


def amount(quantity: Quantity, role: str = "") -> QWidget:
    """Value and unit side by side on one baseline, the unit in the secondary colour."""
    box = QWidget()
    box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    row = tight(QHBoxLayout(box), tokens.SPACE_4)
    value = label(quantity.value, role)
    row.addWidget(value, 0, Qt.AlignmentFlag.AlignBottom)
    if quantity.unit:
        unit = label(quantity.unit, "secondary")
        row.addWidget(unit, 0, Qt.AlignmentFlag.AlignBottom)
        unit.setContentsMargins(0, 0, 0, max(_descent(value) - _descent(unit), 0))
    row.addStretch(1)
    return box


def _descent(text: QLabel) -> int:
    """How far letters reach below the baseline, in the font that the theme gives."""
    text.ensurePolished()
    return text.fontMetrics().descent()


def fact(caption: str, quantity: Quantity) -> QWidget:
    """A number without a place."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, 0)
    row.setSpacing(tokens.SPACE_8)
    row.addWidget(ElidedLabel(caption, "secondary"), 1)
    row.addWidget(amount(quantity))
    box.setMinimumHeight(tokens.SPACE_24)
    return box


class PlaceRow(RowButton):
    """A number that has a place: a click goes there."""

    def __init__(self, caption: str, quantity: Quantity, place: str, tip: str) -> None:
        super().__init__()
        self.add(ElidedLabel(caption, "secondary"), 1)
        self.add(amount(quantity))
        if place:
            self.add(label(place, "small"))
        self.add(IconLabel("chevron-right"))
        self.setToolTip(tip)
        self.setAccessibleName(f"{caption} {quantity}. {tip}")

    def sizeHint(self) -> QSize:
        """Lower than a button: rows stand close."""
        return self.row.sizeHint().expandedTo(QSize(0, tokens.SPACE_24))

    def minimumSizeHint(self) -> QSize:
        """As wide as what it holds can be made."""
        return self.row.minimumSize().expandedTo(QSize(0, tokens.SPACE_24))


class NumberButton(RowButton):
    """A number in large figures that has a place: a click goes there."""

    def __init__(self, quantity: Quantity, name: str, tip: str) -> None:
        super().__init__()
        self.add(amount(quantity, "number"), 1)
        self.add(IconLabel("chevron-right"))
        self.setToolTip(tip)
        self.setAccessibleName(f"{name} {quantity}. {tip}")


def slice_link(index: int, jump: Callable[[int], None]) -> QPushButton:
    """A slice's number that goes to the slice."""
    button = QPushButton(slice_number(index))
    button.setProperty("role", "link")
    button.setToolTip(f"Go to slice {slice_number(index)}")
    button.setAccessibleName(button.toolTip())
    button.clicked.connect(lambda: jump(index))
    return button


def slice_links(indices: Sequence[int], jump: Callable[[int], None]) -> QWidget:
    """Links to several slices, in lines that fit the panel."""
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(tokens.SPACE_4)
    for place, index in enumerate(indices):
        grid.addWidget(slice_link(index, jump), *divmod(place, LINKS_PER_LINE))
    grid.setColumnStretch(LINKS_PER_LINE, 1)
    return box
