"""From what a report says to blocks, and from blocks to pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tumordesk import __version__
from tumordesk.core.explanation import Explanation, Language
from tumordesk.gui import tokens
from tumordesk.gui.glyphs import missing_glyphs
from tumordesk.gui.report import canvas as draw
from tumordesk.gui.report.blocks import (
    Block,
    Bullet,
    Card,
    ClassBars,
    Heading,
    Masthead,
    Pictures,
    Rows,
    TableRow,
    Tiles,
    Warnings,
    Words,
)
from tumordesk.gui.report.canvas import Canvas
from tumordesk.gui.report.content import Report

PAGE_W, PAGE_H = 595.0, 842.0
SIDE = 43.0
TOP, BOTTOM = 40.0, 56.0
HEAD_H = 22.0
LONELY = 0.25
TIGHTER = (0.85, 0.7, 0.55)
WIDTH = PAGE_W - 2 * SIDE

_LANGUAGES = {
    Language.ENGLISH: "English",
    Language.KOREAN: "Korean",
    Language.CHINESE: "Traditional Chinese",
    Language.GERMAN: "German",
    Language.FRENCH: "French",
    Language.SPANISH: "Spanish",
}


@dataclass(frozen=True)
class Placed:
    """A block on a page, with its top at ``y``."""

    block: Block
    y: float


def blocks_of(report: Report, slices: int) -> list[Block]:
    """Everything that stands on the pages, from top to bottom."""
    parts: list[Block] = [
        Masthead(report.title, report.when, f"TumorDesk {__version__}"),
        Card((("Patient", report.patient), ("Study", report.study), ("Series", report.series))),
    ]
    if report.tiles:
        parts.append(Tiles(report.tiles))
    if report.warnings:
        parts.append(Warnings(report.warnings))
    if report.pictures:
        parts += [Heading("Key images"), Pictures(report.pictures, slices)]
    parts += _findings(report)
    if report.change:
        parts += [Heading("Change since the earlier study"), Rows(report.change)]
        parts += [Bullet(text) for text in report.change_notes]
    if report.classified:
        parts.append(Heading("Tumour type, as classifiers see it"))
        parts += [ClassBars(one, slices) for one in report.classified]
    parts += _explanation(report)
    parts += _limits(report)
    return parts


def _findings(report: Report) -> Iterator[Block]:
    if report.lesions:
        yield Heading("Findings")
        head = TableRow(report.lesion_head, title=True)
        head.before, head.keep = 6.0, True
        yield head
        for cells in report.lesions:
            yield TableRow(cells, head=head)
    if report.totals:
        yield Rows(report.totals)
    if report.refused:
        yield from (Bullet(text) for text in report.refused)
    yield from (Bullet(text, draw.SMALL) for text in report.geometry)


def _explanation(report: Report) -> Iterator[Block]:
    told = report.explanation
    if told is None:
        return
    yield Heading("In plain words")
    if missing_glyphs(told.text):
        name = _LANGUAGES[told.language]
        gap = f"This computer has no font that can write {name}"
        if report.plain_english is None:
            yield Words(f"{gap}, so the explanation is left out.", draw.SMALL)
            return
        yield Words(f"{gap}, so the explanation stands here in English.", draw.SMALL)
        told = report.plain_english
    for paragraph in told.text.split("\n\n"):
        yield Words(paragraph.strip())
    yield Words(_source(told), draw.SMALL)


def _source(told: Explanation) -> str:
    if told.source == "model":
        return f"Worded by the language model {told.model}; every number was checked."
    return "Made from the measured values above, without a language model."


def _limits(report: Report) -> Iterator[Block]:
    yield Heading("How this was made")
    for title, rows in report.made:
        yield _kept(Words(title, draw.STRONG, 8.0))
        rows_block = Rows(rows, 70.0, draw.SMALL_INK)
        rows_block.before = 3.0
        yield rows_block
    yield from (Bullet(text) for text in report.notes)
    for title, limits in report.limits:
        yield _kept(Words(f"Limits of {title}", draw.STRONG, 10.0))
        yield from (Bullet(text) for text in limits)
    yield Words(
        f"{report.notice} Numbers come from automatic or manual outlines and have not been "
        "verified by a physician.",
        draw.SMALL,
        10.0,
    )


def _kept(block: Block) -> Block:
    block.keep = True
    return block


def lay_out(canvas: Canvas, blocks: list[Block]) -> list[list[Placed]]:
    """Blocks on pages: nothing is cut, no heading ends a page, a table's head is repeated.

    Where a few lines would stand alone on the last page, gaps and pictures give way for them.
    """
    pages = _with_gaps(canvas, blocks, 1.0)
    last = pages[-1][-1]
    if len(pages) > 1 and last.y + last.block.height(canvas, WIDTH) < LONELY * PAGE_H:
        for gaps in TIGHTER:
            tighter = _with_gaps(canvas, blocks, gaps)
            if len(tighter) < len(pages):
                return tighter
        return _with_gaps(canvas, blocks, 1.0)
    return pages


def _with_gaps(canvas: Canvas, blocks: list[Block], gaps: float) -> list[list[Placed]]:
    """Blocks on pages, with ``gaps`` times the room between them and for pictures."""
    for block in blocks:
        block.squeeze = gaps
    pages: list[list[Placed]] = [[]]
    y, end = TOP, PAGE_H - BOTTOM
    for number, block in enumerate(blocks):
        before = gaps * block.before if pages[-1] else 0.0
        if y + before + _needed(canvas, blocks, number, gaps) > end and pages[-1]:
            pages.append([])
            y, before = TOP + HEAD_H, 0.0
            if block.head is not None:
                pages[-1].append(Placed(block.head, y))
                y += block.head.height(canvas, WIDTH)
        y += before
        pages[-1].append(Placed(block, y))
        y += block.height(canvas, WIDTH)
    return pages


def _needed(canvas: Canvas, blocks: list[Block], number: int, gaps: float) -> float:
    """Height of a block and of what must stand on the same page below it."""
    height = blocks[number].height(canvas, WIDTH)
    while blocks[number].keep and number + 1 < len(blocks):
        number += 1
        height += gaps * blocks[number].before + blocks[number].height(canvas, WIDTH)
    return height


def draw_pages(canvas: Canvas, report: Report, slices: int, new_page: Callable[[], object]) -> int:
    """Draw all pages; ``new_page`` is called between two. Returns how many there are."""
    pages = lay_out(canvas, blocks_of(report, slices))
    for number, page in enumerate(pages):
        if number:
            new_page()
            _draw_head(canvas, report)
        for placed in page:
            placed.block.draw(canvas, SIDE, placed.y, WIDTH)
        _draw_foot(canvas, report, number + 1, len(pages))
    return len(pages)


def _draw_head(canvas: Canvas, report: Report) -> None:
    canvas.text(SIDE, TOP - 8, WIDTH, report.title, draw.SMALL)
    who = canvas.elided(report.who, draw.SMALL, WIDTH - 120)
    canvas.text(SIDE, TOP - 8, WIDTH, who, draw.SMALL, draw.RIGHT)
    canvas.line(SIDE, TOP + 6, WIDTH, tokens.LIGHT.line)


def _draw_foot(canvas: Canvas, report: Report, number: int, count: int) -> None:
    y = PAGE_H - 38.0
    canvas.line(SIDE, y - 5, WIDTH, tokens.LIGHT.line)
    canvas.text(SIDE, y, WIDTH, report.notice, draw.Style(8.2, tokens.WEIGHT_STRONG))
    canvas.text(SIDE, y, WIDTH, f"Page {number} of {count}", draw.SMALL, draw.RIGHT)
