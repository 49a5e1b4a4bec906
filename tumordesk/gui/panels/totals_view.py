"""The whole study in numbers, at the top of the findings; each leads to its place."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tumordesk.core.activation import map_mark
from tumordesk.core.finding import Lesion, Measurements
from tumordesk.core.study import Series
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.numbers import Quantity
from tumordesk.gui.panels.parts import label, tight
from tumordesk.gui.panels.rows import NumberButton, PlaceRow
from tumordesk.gui.panels.segment_sizes import names_of, size_rows
from tumordesk.session.layers import Layer

MINE = "Measurements of your outline"
TO_LARGEST = "Go to the largest lesion"
PRODUCTS = "Longest diameter times the one at right angles to it, summed over all lesions (RANO)"


class TotalsView(QWidget):
    """Volume in large figures, or the share where there is none; products, slices, shares."""

    lesion_requested = Signal(object)
    """The largest Lesion."""
    slice_requested = Signal(int)

    def __init__(self, series: Series, layer: Layer, measured: Measurements) -> None:
        super().__init__()
        self._largest: Lesion | None = measured.lesions[0] if measured.lesions else None
        self._column = tight(QVBoxLayout(self))
        count = numbers.counted(len(measured.lesions), "lesion")
        mark = map_mark(layer.segments)
        if mark:
            count = numbers.counted(len(measured.lesions), "region")
        if measured.volume_ml is not None:
            what = "Volume of the map's regions" if mark else "Tumour volume"
            self._add_headline(*_volume(measured, what, count))
        else:
            quantity = numbers.share(measured.share_of_pixels)
            whose = "Map's" if mark else "Tumour's"
            self._add_headline(quantity, f"{whose} {_of_what(series)}, {count}")
        if mark:
            self._add_words(f"{mark}.", "warning")
        for reason in measured.refused:
            self._add_words(reason, "warning")
        if layer.editable:
            self._add_words(MINE, "success")
        self._column.addSpacing(tokens.SPACE_4)
        self._add_parts(layer, measured)
        self._add_rows(series, measured, "Slices outlined" if mark else "Slices with tumour")

    def _add_headline(self, quantity: Quantity, caption: str) -> None:
        self.headline = NumberButton(quantity, caption, TO_LARGEST)
        self.headline.clicked.connect(self._to_largest)
        self._column.addWidget(self.headline)
        self._add_words(caption, role="secondary")

    def _add_words(self, text: str, tone: str = "", role: str = "small") -> None:
        words = label(text, role, tone, wrap=True)
        words.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, tokens.SPACE_4)
        self._column.addWidget(words)

    def _add_parts(self, layer: Layer, measured: Measurements) -> None:
        """The size of each segment; a click goes to the largest lesion that has it."""
        estimated = measured.volume_estimated
        for part, row in size_rows(measured.parts, names_of(layer), estimated=estimated):
            having = (one for one in measured.lesions if part.segment in one.segments)
            lesion = next(having, self._largest)
            row.clicked.connect(lambda _=False, where=lesion: self.lesion_requested.emit(where))
            self._column.addWidget(row)

    def _add_rows(self, series: Series, measured: Measurements, slices: str) -> None:
        several = len(measured.lesions) > 1
        product = measured.product_mm2
        if product is not None and measured.lesions:
            name = "Sum of products" if several else "Product of diameters"
            row = self._add_row(name, numbers.product(product), f"{PRODUCTS}. {TO_LARGEST}")
            row.clicked.connect(self._to_largest)
        if series.slices > 1 and measured.tumour_slices:
            self._add_slices(series, measured, slices)
        if measured.volume_ml is None:
            words = Quantity(numbers.grouped(measured.voxels), "px")
            row = self._add_row("Outlined", words, TO_LARGEST)
        else:
            words = numbers.share(measured.share_of_pixels)
            row = self._add_row("Share of all pixels", words, TO_LARGEST)
        row.clicked.connect(self._to_largest)

    def _add_slices(self, series: Series, measured: Measurements, name: str) -> None:
        first = measured.tumour_slices[0]
        words = Quantity(
            f"{len(measured.tumour_slices)} of {series.slices}",
            f"({numbers.share(measured.share_of_slices)})",
        )
        tip = f"Go to the first of them, slice {numbers.slice_number(first)}"
        row = self._add_row(name, words, tip)
        row.clicked.connect(lambda: self.slice_requested.emit(first))

    def _add_row(self, caption: str, quantity: Quantity, tip: str) -> PlaceRow:
        row = PlaceRow(caption, quantity, "", tip)
        self._column.addWidget(row)
        return row

    def _to_largest(self) -> None:
        if self._largest is not None:
            self.lesion_requested.emit(self._largest)


def _volume(measured: Measurements, what: str, count: str) -> tuple[Quantity, str]:
    quantity = numbers.volume(measured.volume_ml or 0.0, estimated=measured.volume_estimated)
    estimated = ", estimated" if measured.volume_estimated else ""
    return quantity, f"{what}{estimated}, {count}"


def _of_what(series: Series) -> str:
    if series.slices == 1:
        return "share of the picture" if series.is_picture else "share of the slice"
    return "share of all slices"
