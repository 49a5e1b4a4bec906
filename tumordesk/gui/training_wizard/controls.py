"""Controls of a long form: each has a value, and tells when a person changed it.

None of them takes the wheel, which scrolls the form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox


class Choice(QComboBox):
    """One of a few words, each standing for a value."""

    edited = Signal()
    problem = ""

    def __init__(self, options: Sequence[tuple[Any, str]] = ()) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self._values: list[Any] = []
        self.set_options(options)
        self.activated.connect(self.edited)

    def set_options(self, options: Sequence[tuple[Any, str]]) -> None:
        """Offer these (value, words) instead."""
        self.clear()
        self._values = [value for value, _ in options]
        self.addItems([words for _, words in options])

    @property
    def values(self) -> tuple[Any, ...]:
        """What can be chosen."""
        return tuple(self._values)

    def value(self) -> Any:
        """The value of the chosen words; None where there are none."""
        index = self.currentIndex()
        return self._values[index] if 0 <= index < len(self._values) else None

    def set_value(self, value: Any) -> None:
        """Choose the words of a value; nothing where it is not offered."""
        self.setCurrentIndex(self._values.index(value) if value in self._values else -1)

    def choose(self, value: Any) -> None:
        """Choose as a person does."""
        self.set_value(value)
        self.edited.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Left to the form."""
        event.ignore()


class Whole(QSpinBox):
    """A whole number. ``none``: words for the lowest one, such as 'Automatic'."""

    edited = Signal()
    problem = ""

    def __init__(self, low: int, high: int, *, step: int = 1, unit: str = "", none: str = ""):
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setRange(low, high)
        self.setSingleStep(step)
        self.setSuffix(f" {unit}" if unit else "")
        self.setSpecialValueText(none)
        self.valueChanged.connect(self.edited)

    def set_value(self, value: Any) -> None:
        """Show a number without telling; None is the lowest."""
        wanted = self.minimum() if value is None else round(value)
        if wanted != self.value():
            self.blockSignals(True)
            self.setValue(wanted)
            self.blockSignals(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Left to the form."""
        event.ignore()


class Decimal(QDoubleSpinBox):
    """A number with some digits."""

    edited = Signal()
    problem = ""

    def __init__(
        self, low: float, high: float, *, step: float = 0.05, digits: int = 2, unit: str = ""
    ) -> None:
        super().__init__()
        self.setLocale(QLocale.c())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setDecimals(digits)
        self.setRange(low, high)
        self.setSingleStep(step)
        self.setSuffix(f" {unit}" if unit else "")
        self.valueChanged.connect(self.edited)

    def textFromValue(self, value: float) -> str:
        """0.5, not 0.5000."""
        return shown_number(round(value, self.decimals()))

    def value(self) -> float:
        """The number, without the dust of binary fractions."""
        return round(super().value(), self.decimals())

    def set_value(self, value: Any) -> None:
        """Show a number without telling."""
        if round(float(value), self.decimals()) != self.value():
            self.blockSignals(True)
            self.setValue(float(value))
            self.blockSignals(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Left to the form."""
        event.ignore()


class Tick(QCheckBox):
    """Yes or no."""

    edited = Signal()
    problem = ""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.clicked.connect(self.edited)

    def value(self) -> bool:
        """Whether it is ticked."""
        return self.isChecked()

    def set_value(self, value: Any) -> None:
        """Tick it, or not, without telling."""
        self.setChecked(bool(value))


class Written(QLineEdit):
    """Something written by hand: a small number, or several. ``problem`` while it makes no sense.

    ``read`` makes the value of the text and raises ValueError with a sentence; ``show`` the text.
    """

    edited = Signal()

    def __init__(self, read: Callable[[str], Any], show: Callable[[Any], str]) -> None:
        super().__init__()
        self._read, self._show = read, show
        self._value: Any = None
        self.problem = ""
        self.textEdited.connect(self._taken)

    def _taken(self, text: str) -> None:
        try:
            self._value = self._read(text)
            self.problem = ""
        except ValueError as error:
            self.problem = str(error)
        self.edited.emit()

    def drop(self) -> None:
        """Give up what is written where it makes no sense."""
        if self.problem:
            self.problem = ""
            self.setText(self._show(self._value))

    def value(self) -> Any:
        """The last value that made sense."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show a value without telling; what is being written stays while nothing else changed."""
        if value == self._value and (self.problem or self.hasFocus()):
            return
        self._value, self.problem = value, ""
        self.setText(self._show(value))


Control = Choice | Whole | Decimal | Tick | Written


def rate_box() -> Written:
    """A learning rate: above 0 and at most 10, also as 3e-4."""
    return Written(_read_rate, shown_number)


def numbers_box() -> Written:
    """One number, or several with commas between them."""
    return Written(_read_numbers, lambda values: ", ".join(map(shown_number, values)))


def wholes_box() -> Written:
    """One whole number above 0, or several with commas between them."""
    return Written(_read_wholes, lambda values: ", ".join(map(str, values)))


def shown_number(value: float) -> str:
    """As people write it: 0.0004, not 4e-04."""
    text = f"{value:.8f}".rstrip("0").rstrip(".")
    return text if float(text) == value else repr(value)


def _read_rate(text: str) -> float:
    value = _number(text)
    if not 0.0 < value <= 10.0:
        raise ValueError("Must be above 0, and at most 10.")
    return value


def _read_numbers(text: str) -> tuple[float, ...]:
    return tuple(_number(piece) for piece in text.split(","))


def _read_wholes(text: str) -> tuple[int, ...]:
    values = _read_numbers(text)
    if not all(value >= 1 and value == int(value) for value in values):
        raise ValueError("Write whole numbers above 0.")
    return tuple(int(value) for value in values)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError("Write a number such as 0.25, with a point.") from error
    if not math.isfinite(value):
        raise ValueError("Write a number such as 0.25, with a point.")
    return value
