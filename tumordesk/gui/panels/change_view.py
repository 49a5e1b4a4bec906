"""What changed since an earlier study: percent, thresholds by name, doubts, refusals."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from tumordesk.core.change import Change
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.notices import notice
from tumordesk.gui.panels.numbers import Quantity
from tumordesk.gui.panels.parts import ElidedLabel, IconLabel, label, tight
from tumordesk.gui.panels.rows import RowButton, amount

ARROW = "→"
NO_PERCENT = Quantity(numbers.DASH, "")
ONLY_NUMBERS = "A threshold is a number, not a diagnosis."


class ChangeView(QWidget):
    """Numbers of both studies; a click shows the earlier series."""

    series_requested = Signal(str)
    """Key of the earlier series."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.rows: tuple[ChangeRow, ...] = ()
        self._change = change
        self._column = tight(QVBoxLayout(self), tokens.SPACE_4)
        title = f"Change since {change.earlier_date}" if change.earlier_date else "Change"
        heading = label(title, "heading")
        heading.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, 0)
        self._column.addWidget(heading)
        self._add_numbers(change)
        for text in change.thresholds:
            self._column.addWidget(notice(f"{text}.".replace(" %", f"{numbers.THIN}%")))
        if change.thresholds:
            self._add_words(ONLY_NUMBERS)
        for text in change.doubts:
            self._column.addWidget(notice(text, "warning"))
        for text in change.refused:
            self._add_words(text, "warning")
        if change.earlier_key and not self.rows:
            self._add_link(change)

    def _add_numbers(self, change: Change) -> None:
        rows = []
        old, new = change.volume_before_mm3, change.volume_after_mm3
        if old is not None and new is not None:
            quantities = numbers.volume(old / 1000.0), numbers.volume(new / 1000.0)
            rows.append(ChangeRow("Volume", change.volume_percent, *quantities))
        old, new = change.product_before_mm2, change.product_after_mm2
        if old is not None and new is not None:
            quantities = numbers.product(old), numbers.product(new)
            rows.append(ChangeRow("Sum of products", change.product_percent, *quantities))
        for row in rows:
            row.add_target(change.earlier_series)
            row.clicked.connect(lambda: self.series_requested.emit(change.earlier_key))
            self._column.addWidget(row)
        self.rows = tuple(rows)

    def _add_words(self, text: str, tone: str = "") -> None:
        words = label(text, "small", tone, wrap=True)
        words.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, 0)
        self._column.addWidget(words)

    def _add_link(self, change: Change) -> None:
        link = QPushButton("Show the earlier series")
        link.setToolTip(f"Go to {change.earlier_series} of {change.earlier_date}")
        link.clicked.connect(lambda: self.series_requested.emit(change.earlier_key))
        self._column.addWidget(link)


class ChangeRow(RowButton):
    """'Volume', '20.0 → 25.6 mL', '+28 %'; tooltip and spoken name say which is which."""

    def __init__(self, caption: str, percent: float | None, then: Quantity, now: Quantity) -> None:
        super().__init__()
        self._spoken = f"{caption}: {then} then, {now} now"
        texts = QWidget()
        column = tight(QVBoxLayout(texts))
        column.setContentsMargins(0, tokens.SPACE_4, 0, tokens.SPACE_4)
        column.addWidget(ElidedLabel(caption, "secondary"))
        column.addWidget(ElidedLabel(f"{then.value} {ARROW} {now}", "small"))
        self.add(texts, 1)
        quantity = NO_PERCENT if percent is None else numbers.change(percent)
        if percent is not None:
            self._spoken += f", {quantity}"
        self.add(amount(quantity, "strong"))
        self.add(IconLabel("chevron-right"))

    def add_target(self, earlier_series: str) -> None:
        """Say where a click goes."""
        self.setToolTip(f"{self._spoken}. Go to the earlier series, {earlier_series}")
        self.setAccessibleName(self.toolTip())
