"""The parts that a report is made of. Each knows its height and draws itself; all in points."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.report import canvas as draw
from tumordesk.gui.report.canvas import Canvas, Style
from tumordesk.gui.report.content import Classified, Row, Tile
from tumordesk.imaging.key_pictures import KeyPicture

PAPER = tokens.LIGHT
PAD = 9.0
GAP = 12.0
TILE_H = 52.0
PICTURE_H = 190.0
CAPTION_GAP = 4.0
BAR_H = 5.0
NAME_W = 48.0


class Block(ABC):
    """``before``: room above it. ``keep``: never the last on a page. ``head``: drawn again above
    it where a page begins with it. ``squeeze``: below 1 where room is short."""

    before = GAP
    keep = False
    head: Block | None = None
    squeeze = 1.0

    @abstractmethod
    def height(self, canvas: Canvas, width: float) -> float:
        """Height at that width."""

    @abstractmethod
    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """Draw with its top left at (x, y)."""


@dataclass
class Masthead(Block):
    """Title on the left, when and by what on the right."""

    title: str
    when: str
    software: str
    before = 0.0

    def height(self, canvas: Canvas, width: float) -> float:
        """One large line and a rule."""
        return 40.0

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """Title, and the rule in the accent colour."""
        canvas.text(x, y, width * 0.6, self.title, draw.TITLE)
        canvas.text(x, y + 3, width, self.software, draw.SMALL, draw.RIGHT)
        canvas.text(x, y + 14, width, self.when, draw.SMALL, draw.RIGHT)
        canvas.line(x, y + 36, width, PAPER.line)
        canvas.line(x, y + 35.4, 60, PAPER.accent, 1.8)


@dataclass
class Heading(Block):
    """The title of a part."""

    text: str
    keep = True
    before = 18.0

    def height(self, canvas: Canvas, width: float) -> float:
        """One line."""
        return canvas.height_of(self.text, draw.HEADING, width)

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """The line."""
        canvas.text(x, y, width, self.text, draw.HEADING)


@dataclass
class Words(Block):
    """A paragraph."""

    text: str
    style: Style = draw.BODY
    before: float = 6.0

    def height(self, canvas: Canvas, width: float) -> float:
        """As high as its lines."""
        return canvas.height_of(self.text, self.style, width)

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """The lines."""
        canvas.text(x, y, width, self.text, self.style)


@dataclass
class Bullet(Block):
    """A sentence of a list."""

    text: str
    style: Style = draw.SMALL_INK
    before = 3.0

    def height(self, canvas: Canvas, width: float) -> float:
        """As high as its lines."""
        return canvas.height_of(self.text, self.style, width - PAD)

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """A dot and the lines."""
        canvas.text(x, y, PAD, "•", self.style)
        canvas.text(x + PAD, y, width - PAD, self.text, self.style)


@dataclass
class Rows(Block):
    """Names and values in two columns."""

    rows: Sequence[Row]
    name_width: float = 120.0
    style: Style = draw.BODY
    before = 6.0

    def _heights(self, canvas: Canvas, width: float) -> list[float]:
        room = width - self.name_width
        return [canvas.height_of(value, self.style, room) + 3.0 for _, value in self.rows]

    def height(self, canvas: Canvas, width: float) -> float:
        """All rows."""
        return sum(self._heights(canvas, width))

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """Name on the left, value on the right."""
        quiet = Style(self.style.size, self.style.weight, draw.QUIET)
        room = width - self.name_width
        heights = self._heights(canvas, width)
        for (name, value), height in zip(self.rows, heights, strict=True):
            canvas.text(x, y, self.name_width - 6, name, quiet)
            canvas.text(x + self.name_width, y, room, value, self.style)
            y += height


@dataclass
class Card(Block):
    """Who, when and which series, in three columns on a tinted ground."""

    columns: Sequence[tuple[str, Sequence[Row]]]

    def _width(self, width: float) -> float:
        return (width - 2 * PAD - 14.0 * (len(self.columns) - 1)) / len(self.columns)

    def _column_height(self, canvas: Canvas, rows: Sequence[Row], width: float) -> float:
        return 12.0 + sum(canvas.height_of(v, draw.SMALL_INK, width - NAME_W) + 2 for _, v in rows)

    def height(self, canvas: Canvas, width: float) -> float:
        """The highest column."""
        room = self._width(width)
        return 2 * PAD + max(self._column_height(canvas, rows, room) for _, rows in self.columns)

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """Ground, then the columns."""
        canvas.box(x, y, width, self.height(canvas, width), PAPER.window)
        room, left = self._width(width), x + PAD
        for title, rows in self.columns:
            canvas.text(left, y + PAD, room, title.upper(), draw.LABEL)
            below = y + PAD + 13.0
            for name, value in rows:
                canvas.text(left, below, NAME_W - 2, name, draw.SMALL)
                below += canvas.text(left + NAME_W, below, room - NAME_W, value, draw.SMALL_INK) + 2
            left += room + 14.0


@dataclass
class Tiles(Block):
    """Large figures side by side."""

    tiles: Sequence[Tile]

    def height(self, canvas: Canvas, width: float) -> float:
        """One row."""
        return TILE_H

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """A figure, its unit, and what it is."""
        step = width / max(3, len(self.tiles))
        for number, tile in enumerate(self.tiles):
            left = x + number * step
            if number:
                canvas.box(left - 8, y + 4, 0.6, TILE_H - 12, PAPER.line, 0)
            canvas.text(left, y, step - 12, tile.value, draw.FIGURE)
            unit = left + canvas.width_of(tile.value, draw.FIGURE) + 3
            canvas.text(unit, y + 9.5, 60, tile.unit, draw.SMALL)
            canvas.text(left, y + 26, step - 16, tile.text, draw.SMALL)


@dataclass
class Warnings(Block):
    """What makes the findings doubtful, on an amber ground."""

    texts: Sequence[str]

    def height(self, canvas: Canvas, width: float) -> float:
        """All sentences."""
        room = width - 3 * PAD
        return (
            2 * PAD
            - 3
            + sum(canvas.height_of(text, draw.SMALL_INK, room) + 3 for text in self.texts)
        )

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """Ground, a bar on the left, the sentences."""
        height = self.height(canvas, width)
        canvas.box(x, y, width, height, tokens.PAPER_WARNING)
        canvas.box(x, y, 3, height, PAPER.warning, 1.5)
        below = y + PAD
        for text in self.texts:
            below += canvas.text(x + 1.5 * PAD, below, width - 3 * PAD, text, draw.SMALL_INK) + 3


@dataclass
class Pictures(Block):
    """Up to three pictures side by side, each with its caption."""

    pictures: Sequence[KeyPicture]
    of: int

    def _step(self, width: float) -> float:
        return (width - 10.0 * (self._count - 1)) / self._count

    @property
    def _count(self) -> int:
        return max(2, len(self.pictures))

    def _picture_height(self, width: float) -> float:
        step = self._step(width)
        shapes = [picture.rgb.shape for picture in self.pictures]
        return min(
            self.squeeze * PICTURE_H, max(float(step * high / wide) for high, wide, _ in shapes)
        )

    def height(self, canvas: Canvas, width: float) -> float:
        """Picture and caption."""
        step = self._step(width)
        texts = [
            canvas.height_of(_caption(one, self.of), draw.SMALL, step) for one in self.pictures
        ]
        return self._picture_height(width) + CAPTION_GAP + max(texts)

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """Pictures on black, captions below."""
        step, high = self._step(width), self._picture_height(width)
        for number, picture in enumerate(self.pictures):
            left = x + number * (step + 10.0)
            canvas.box(left, y, step, high, PAPER.viewport, 0)
            canvas.picture(left, y, step, high, picture.rgb)
            canvas.text(left, y + high + CAPTION_GAP, step, _caption(picture, self.of), draw.SMALL)


COLUMNS = (0.10, 0.14, 0.20, 0.26, 0.13, 0.17)


@dataclass
class TableRow(Block):
    """A row of the lesion table; ``title`` rows are its head."""

    cells: Sequence[str]
    title: bool = False
    before = 0.0
    head: Block | None = None

    @property
    def _style(self) -> Style:
        return draw.LABEL if self.title else draw.BODY

    def height(self, canvas: Canvas, width: float) -> float:
        """The highest cell."""
        rooms = zip(self.cells, COLUMNS, strict=True)
        return 7.0 + max(canvas.height_of(c, self._style, s * width - 6) for c, s in rooms)

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """Cells over a rule."""
        height, left = self.height(canvas, width), x
        for number, (cell, share) in enumerate(zip(self.cells, COLUMNS, strict=True)):
            text = cell.upper() if self.title else cell
            style = draw.STRONG if number == 0 and not self.title else self._style
            canvas.text(left, y + 3.5, share * width - 6, text, style)
            left += share * width
        canvas.line(x, y + height - 0.6, width, PAPER.line if not self.title else draw.QUIET)


@dataclass
class ClassBars(Block):
    """Probabilities of one classifier as bars, the map beside them."""

    found: Classified
    of: int

    def _room(self, width: float) -> float:
        return width * 0.62

    def _texts(self) -> list[tuple[str, Style]]:
        doubt = Style(8.2, tokens.WEIGHT_MEDIUM, PAPER.warning_text)
        texts = [(text, doubt) for text in self.found.doubts]
        return [
            *texts,
            *((text, draw.SMALL) for text in (*self.found.told, self.found.slices) if text),
        ]

    def _text_height(self, canvas: Canvas, width: float) -> float:
        room = self._room(width) - 12
        texts = sum(canvas.height_of(text, style, room) + 3 for text, style in self._texts())
        return 16.0 + 17.0 * len(self.found.shares) + 4 + texts

    def _picture_size(self, canvas: Canvas, width: float) -> tuple[float, float]:
        picture = self.found.picture
        if picture is None:
            return 0.0, 0.0
        room = width - self._room(width)
        rows, columns = picture.rgb.shape[:2]
        high = min(PICTURE_H, room * rows / columns)
        return high, canvas.height_of(_caption(picture, self.of), draw.SMALL, room)

    def height(self, canvas: Canvas, width: float) -> float:
        """The higher of bars and picture."""
        high, caption = self._picture_size(canvas, width)
        return max(self._text_height(canvas, width), high + CAPTION_GAP + caption)

    def draw(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        """Bars on the left, the map on the right."""
        room = self._room(width)
        canvas.text(x, y, room, self.found.model, draw.STRONG)
        below = y + 17.0
        for number, (name, share) in enumerate(self.found.shares):
            self._draw_bar(canvas, x, below, room - 12, name, share, leading=number == 0)
            below += 17.0
        below += 4
        for text, style in self._texts():
            below += canvas.text(x, below, room - 12, text, style) + 3
        if self.found.picture is not None:
            high, _ = self._picture_size(canvas, width)
            left, wide = x + room, width - room
            canvas.box(left, y, wide, high, PAPER.viewport, 0)
            canvas.picture(left, y, wide, high, self.found.picture.rgb)
            caption = _caption(self.found.picture, self.of)
            canvas.text(left, y + high + CAPTION_GAP, wide, caption, draw.SMALL)

    def _draw_bar(
        self, canvas: Canvas, x: float, y: float, width: float, name: str, share: float, *,
        leading: bool,
    ) -> None:  # fmt: skip
        wide = width * 0.40
        canvas.text(x, y, wide - 6, name, draw.STRONG if leading else draw.BODY)
        canvas.text(x + width - 40, y, 40, str(numbers.probability(share)), draw.BODY, draw.RIGHT)
        room = width - wide - 48
        middle = y + (9.5 * draw.LINE_HEIGHT - BAR_H) / 2
        canvas.box(x + wide, middle, room, BAR_H, PAPER.raised, BAR_H / 2)
        colour = PAPER.accent if leading else PAPER.text_disabled
        canvas.box(x + wide, middle, max(BAR_H, room * share), BAR_H, colour, BAR_H / 2)


def _caption(picture: KeyPicture, of: int) -> str:
    text = picture.text.replace(" x ", f" {numbers.TIMES} ")
    return f"Slice {picture.slice_index + 1} of {of}. {text}"
