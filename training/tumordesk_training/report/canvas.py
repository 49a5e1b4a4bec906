"""One way to draw charts, two results: SVG for screens, PNG for what knows no SVG.

Coordinates are pixels from the top left corner.
"""

from __future__ import annotations

import base64
import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Literal

from PIL import Image, ImageColor, ImageDraw, ImageFont

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]

INK = "#1f2937"
QUIET = "#6b7280"
GRID = "#e5e7eb"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7f3c8d", "#555555")
"""Told apart with any colour vision (after Okabe and Ito)."""


class Canvas(ABC):
    """A sheet of ``width`` x ``height`` pixels."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.width, self.height, self.title = width, height, title

    @abstractmethod
    def line(
        self, points: Sequence[Point], colour: str, width: float = 1.0, *, dashed: bool = False
    ) -> None:
        """A line through all points."""

    @abstractmethod
    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle."""

    @abstractmethod
    def dot(self, x: float, y: float, radius: float, fill: str) -> None:
        """A filled circle."""

    @abstractmethod
    def text(
        self, x: float, y: float, words: str, *, size: int = 12, anchor: Anchor = "start",
        colour: str = INK,
    ) -> None:  # fmt: skip
        """One line of text; (x, y) lies on its middle height."""

    @abstractmethod
    def html(self) -> str:
        """The sheet as an element of a page."""


class SvgCanvas(Canvas):
    """Collects SVG elements."""

    def __init__(self, width: int, height: int, title: str) -> None:
        super().__init__(width, height, title)
        self._parts: list[str] = []

    def line(
        self, points: Sequence[Point], colour: str, width: float = 1.0, *, dashed: bool = False
    ) -> None:
        """See :meth:`Canvas.line`."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = ' stroke-dasharray="4 4"' if dashed else ""
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
            f'stroke-linejoin="round"{dash}/>'
        )

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """See :meth:`Canvas.box`."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{fill}"/>'
        )

    def dot(self, x: float, y: float, radius: float, fill: str) -> None:
        """See :meth:`Canvas.dot`."""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}"/>')

    def text(
        self, x: float, y: float, words: str, *, size: int = 12, anchor: Anchor = "start",
        colour: str = INK,
    ) -> None:  # fmt: skip
        """See :meth:`Canvas.text`."""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y + size * 0.36:.1f}" font-size="{size}" '
            f'text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'
        )

    def html(self) -> str:
        """The sheet as an ``<svg>`` element."""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img" aria-label="{escape(self.title)}" '
            f'xmlns="http://www.w3.org/2000/svg">{"".join(self._parts)}</svg>'
        )


_SCALE = 3
"""Pixels of the picture for one of the sheet, so that print is sharp."""
_SHRUNK = 0.68
"""Size on the page: two charts fit side by side on paper."""
_ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}


class PngCanvas(Canvas):
    """Draws a picture."""

    def __init__(self, width: int, height: int, title: str) -> None:
        super().__init__(width, height, title)
        self._image = Image.new("RGB", (width * _SCALE, height * _SCALE), "white")
        self._draw = ImageDraw.Draw(self._image)

    def line(
        self, points: Sequence[Point], colour: str, width: float = 1.0, *, dashed: bool = False
    ) -> None:
        """See :meth:`Canvas.line`."""
        wide = max(1, round(width * _SCALE))
        placed = [(x * _SCALE, y * _SCALE) for x, y in points]
        if not dashed:
            self._draw.line(placed, fill=colour, width=wide, joint="curve")
            return
        for start, end in pairwise(placed):
            for piece in _dashes(start, end):
                self._draw.line(piece, fill=colour, width=wide)

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """See :meth:`Canvas.box`."""
        left, top = round(x * _SCALE), round(y * _SCALE)
        right, bottom = round((x + width) * _SCALE) - 1, round((y + height) * _SCALE) - 1
        self._draw.rectangle((left, top, max(left, right), max(top, bottom)), fill=fill)

    def dot(self, x: float, y: float, radius: float, fill: str) -> None:
        """See :meth:`Canvas.dot`."""
        self._draw.circle((x * _SCALE, y * _SCALE), radius * _SCALE, fill=fill)

    def text(
        self, x: float, y: float, words: str, *, size: int = 12, anchor: Anchor = "start",
        colour: str = INK,
    ) -> None:  # fmt: skip
        """See :meth:`Canvas.text`."""
        font = ImageFont.load_default(size=size * _SCALE)
        place = (x * _SCALE, y * _SCALE)
        self._draw.text(place, words, font=font, fill=colour, anchor=_ANCHORS[anchor])

    def html(self) -> str:
        """The sheet as an ``<img>`` element that holds its picture."""
        stream = io.BytesIO()
        colours = self._image.convert("P", palette=Image.Palette.ADAPTIVE, colors=128)
        colours.save(stream, "PNG", optimize=True)
        return image_html(stream.getvalue(), round(self.width * _SHRUNK), self.title)


def image_html(png: bytes, width: int, words: str) -> str:
    """An ``<img>`` element that holds a PNG file."""
    data = base64.b64encode(png).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" width="{width}" alt="{escape(words)}"/>'


def _dashes(start: Point, end: Point) -> list[tuple[Point, Point]]:
    step = 5.0 * _SCALE
    length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
    count = max(1, int(length // step))

    def at(share: float) -> Point:
        return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share

    return [(at(i / count), at((i + 0.5) / count)) for i in range(count)]


def lighter(colour: str, share: float) -> str:
    """The colour mixed with white: 0 is white, 1 the colour itself."""
    mixed = (round(255 + (value - 255) * share) for value in ImageColor.getrgb(colour)[:3])
    return "#" + "".join(f"{value:02x}" for value in mixed)
