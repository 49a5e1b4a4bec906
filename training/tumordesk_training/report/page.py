"""Elements of a page, in two dialects: full HTML, and the little that print engines know."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from tumordesk_training.report.canvas import Canvas, PngCanvas, SvgCanvas

_FULL_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; color: #1f2937;
  background: #f3f4f6; margin: 0; }
main { max-width: 980px; margin: 24px auto; background: #fff; padding: 32px 40px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 36px 0 10px; border-bottom: 1px solid #e5e7eb; padding-bottom: 4px; }
h3 { font-size: 15px; margin: 18px 0 6px; }
p { margin: 6px 0; }
.quiet { color: #6b7280; }
.notice { border-left: 4px solid #b91c1c; background: #fef2f2; padding: 8px 14px; margin: 14px 0;
  font-weight: 600; }
.warning { border-left: 4px solid #d97706; background: #fffbeb; padding: 8px 14px; margin: 14px 0; }
.warning ul { margin: 4px 0; padding-left: 20px; }
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 14px 0; }
.card { border: 1px solid #e5e7eb; border-radius: 6px; padding: 10px 14px; min-width: 150px; }
.card .value { font-size: 26px; font-weight: 650; line-height: 1.2; }
.row { display: flex; flex-wrap: wrap; gap: 16px; }
figure { margin: 0; max-width: 224px; font-size: 12.5px; overflow-wrap: anywhere; }
figure img { display: block; background: #000; max-width: 100%; }
table { border-collapse: collapse; margin: 8px 0; font-size: 14px; }
th, td { border: 1px solid #e5e7eb; padding: 3px 10px; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { background: #f9fafb; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { max-width: 100%; height: auto; font-family: inherit; }
details summary { cursor: pointer; font-weight: 600; }
@media print { body { background: #fff; } main { margin: 0; max-width: none; padding: 0; }
  svg, figure, .card { break-inside: avoid; } }
"""
_SIMPLE_STYLE = """
body { font-family: sans-serif; font-size: 10pt; color: #1f2937; }
h1 { font-size: 18pt; } h2 { font-size: 13pt; } h3 { font-size: 11pt; }
td, th { font-size: 9pt; }
.quiet { color: #6b7280; }
"""


class Page:
    """Collects elements. ``simple``: tables and PNG pictures only, as print engines need it."""

    def __init__(self, title: str, *, simple: bool) -> None:
        self.simple = simple
        self._title = title
        self._parts: list[str] = []

    @property
    def make(self) -> type[Canvas]:
        """What charts are drawn on."""
        return PngCanvas if self.simple else SvgCanvas

    def add(self, *elements: str) -> None:
        """Append elements, one below the other."""
        self._parts += [element for element in elements if element]

    def text(self) -> str:
        """The whole document."""
        style = _SIMPLE_STYLE if self.simple else _FULL_STYLE
        body = "\n".join(self._parts)
        main = body if self.simple else f"<main>\n{body}\n</main>"
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
            f"<title>{escape(self._title)}</title>\n<style>{style}</style>\n</head>\n"
            f"<body>\n{main}\n</body>\n</html>\n"
        )

    def box(self, kind: str, title: str, sentences: Sequence[str]) -> str:
        """A coloured box ("notice" or "warning") with a list of sentences; '' without any."""
        if not sentences and not title:
            return ""
        listed = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
        inner = f"<b>{escape(title)}</b>" + (f"<ul>{listed}</ul>" if listed else "")
        if not self.simple:
            return f'<div class="{kind}">{inner}</div>'
        colour = "#fef2f2" if kind == "notice" else "#fff7e0"
        return (
            f'<table width="100%" cellpadding="8" cellspacing="0" bgcolor="{colour}">'
            f"<tr><td>{inner}</td></tr></table>"
        )

    def row(self, elements: Sequence[str], per_line: int = 2) -> str:
        """Elements side by side, wrapped; '' without any."""
        shown = [element for element in elements if element]
        if not shown:
            return ""
        if not self.simple:
            return f'<div class="row">{"".join(shown)}</div>'
        lines = [shown[i : i + per_line] for i in range(0, len(shown), per_line)]
        cells = ["".join(f'<td valign="top">{element}</td>' for element in line) for line in lines]
        inner = "".join(f"<tr>{line}</tr>" for line in cells)
        return f'<table cellpadding="4" cellspacing="0">{inner}</table>'

    def card(self, name: str, value: str, below: str) -> str:
        """A headline figure."""
        return (
            f'<div class="card"><div>{escape(name)}</div><div class="value">{escape(value)}</div>'
            f'<div class="quiet">{escape(below)}</div></div>'
        )

    def picture(self, image: str, caption: Sequence[str]) -> str:
        """A picture with lines below it."""
        lines = "<br/>".join(escape(line) for line in caption)
        if self.simple:
            return f"{image}<br/>{lines}"
        return f"<figure>{image}<figcaption>{lines}</figcaption></figure>"

    def table(self, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
        """A table; numbers stand right, None is empty."""
        head = "".join(f"<th>{escape(name)}</th>" for name in header)
        lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
        look = ' border="1" cellpadding="3" cellspacing="0"' if self.simple else ""
        top = f"<tr>{head}</tr>" if any(header) else ""
        return f"<table{look}>{top}{lines}</table>"

    def folded(self, title: str, inner: str) -> str:
        """Something long, closed at first; print engines show all of it."""
        if self.simple:
            return f"<h3>{escape(title)}</h3>{inner}"
        return f"<details><summary>{escape(title)}</summary>{inner}</details>"


def heading(text: str, level: int = 2) -> str:
    """A heading."""
    return f"<h{level}>{escape(text)}</h{level}>"


def paragraph(text: str, *, quiet: bool = False) -> str:
    """A paragraph of plain text."""
    look = ' class="quiet"' if quiet else ""
    return f"<p{look}>{escape(text)}</p>"


def _cell(value: Any) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, float):
        return f'<td class="number" align="right">{value:.3f}</td>'
    if isinstance(value, int):
        return f'<td class="number" align="right">{value}</td>'
    return f"<td>{escape(str(value))}</td>"
