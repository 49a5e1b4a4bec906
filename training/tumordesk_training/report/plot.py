"""Axes of a chart: from values to pixels, with grid, numbers and names."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tumordesk_training.report.canvas import GRID, INK, QUIET, SERIES, Canvas, Point

LEFT, RIGHT, TOP, BOTTOM = 52, 14, 34, 40


class Plot:
    """A chart area with both axes drawn. ``x``, ``y``: (smallest, largest value)."""

    def __init__(
        self,
        canvas: Canvas,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        x_name: str = "",
        y_name: str = "",
        x_whole: bool = False,
        x_numbers: bool = True,
    ) -> None:
        self.canvas = canvas
        self._x, self._y = widened(x), widened(y)
        canvas.text(10, 16, canvas.title, size=14)
        self._grid(x_whole=x_whole, x_numbers=x_numbers)
        canvas.text(
            (LEFT + canvas.width - RIGHT) / 2, canvas.height - 10, x_name, anchor="middle",
            colour=QUIET,
        )  # fmt: skip
        canvas.text(canvas.width - RIGHT, 16, y_name, anchor="end", colour=QUIET)

    def at(self, x: float, y: float) -> Point:
        """Where a value lies on the sheet."""
        wide = self.canvas.width - LEFT - RIGHT
        high = self.canvas.height - TOP - BOTTOM
        across = (x - self._x[0]) / (self._x[1] - self._x[0])
        up = (y - self._y[0]) / (self._y[1] - self._y[0])
        return LEFT + across * wide, TOP + (1.0 - up) * high

    def line(
        self, points: Sequence[Point], colour: str, width: float = 2.0, *, dashed: bool = False
    ) -> None:
        """A line through values; a single one is a dot."""
        placed = [self.at(x, y) for x, y in points]
        if len(placed) == 1:
            self.canvas.dot(*placed[0], 3.0, colour)
        elif placed:
            self.canvas.line(placed, colour, width, dashed=dashed)

    def bar(self, x: tuple[float, float], y: tuple[float, float], fill: str) -> None:
        """A filled box between values."""
        left, top = self.at(x[0], y[1])
        right, bottom = self.at(x[1], y[0])
        self.canvas.box(left, top, right - left, bottom - top, fill)

    def legend(self, names: Sequence[str], colours: Sequence[str] = SERIES) -> None:
        """Names of the lines, in the lower right corner."""
        x = self.canvas.width - RIGHT - 10
        y = self.canvas.height - BOTTOM - 12 - 18 * (len(names) - 1)
        for name, colour in zip(names, colours, strict=False):
            self.canvas.text(x - 16, y, name, anchor="end", size=11)
            self.canvas.box(x - 10, y - 5, 10, 10, colour)
            y += 18

    def _grid(self, *, x_whole: bool, x_numbers: bool) -> None:
        left, bottom = self.at(self._x[0], self._y[0])
        right, top = self.at(self._x[1], self._y[1])
        for value in ticks(*self._y):
            y = self.at(self._x[0], value)[1]
            self.canvas.line([(left, y), (right, y)], GRID)
            self.canvas.text(left - 6, y, number(value), size=11, anchor="end", colour=QUIET)
        for value in ticks(*self._x, whole=x_whole) if x_numbers else ():
            x = self.at(value, self._y[0])[0]
            self.canvas.line([(x, top), (x, bottom)], GRID)
            self.canvas.text(x, bottom + 12, number(value), size=11, anchor="middle", colour=QUIET)
        self.canvas.line([(left, top), (left, bottom), (right, bottom)], INK)


def widened(ends: tuple[float, float]) -> tuple[float, float]:
    """A range that is not empty."""
    low, high = ends
    if high > low:
        return ends
    around = abs(low) * 0.1 or 0.5
    return low - around, high + around


def ticks(low: float, high: float, count: int = 5, *, whole: bool = False) -> list[float]:
    """Round values between ``low`` and ``high``, about ``count`` of them."""
    raw = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= raw * 0.999)
    if whole:
        step = max(1.0, float(round(step)))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def number(value: float) -> str:
    """A value on an axis, without needless digits."""
    if value and (abs(value) < 1e-3 or abs(value) >= 1e5):
        return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"
