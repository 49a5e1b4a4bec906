"""Simple HTML as a PDF: A4, page numbers, and the notice on every page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextDocument,
)

from tumordesk.core.errors import WriteError
from tumordesk.core.model_card import NOTICE
from tumordesk.gui import theme, tokens
from tumordesk.gui.report.paper import on_qt_thread, pdf_bytes

_MARGIN_MM = 15.0
_WIDTH_PX = 720.0
"""The page in the pixels of the HTML: three pictures stand side by side."""
_FOOT_PX = 28.0
_TITLE = "TumorDesk report"


def write_pdf(html: str, path: Path) -> None:
    """Lay simple HTML (tables, pictures as data URIs) out on pages.

    May be called on any thread. Raises WriteError or OSError where the file cannot be written.
    """
    data = on_qt_thread(lambda: pdf_bytes(_TITLE, lambda w: _draw(html, w), margin_mm=_MARGIN_MM))
    path.write_bytes(data)


def _draw(html: str, writer: QPdfWriter) -> None:
    scale = writer.width() / _WIDTH_PX
    page = QRectF(0.0, 0.0, _WIDTH_PX, writer.height() / scale - _FOOT_PX)
    document = QTextDocument()
    document.setDefaultFont(theme.base_font())
    document.setDocumentMargin(0.0)
    document.setHtml(html)
    document.setPageSize(QSizeF(page.size()))
    painter = QPainter()
    if not painter.begin(writer):
        raise WriteError("The PDF could not be drawn.", "Save the report as HTML instead.")
    painter.scale(scale, scale)
    for number in range(document.pageCount()):
        if number:
            writer.newPage()
        _draw_page(painter, document, page, number)
    painter.end()


def _draw_page(painter: QPainter, document: QTextDocument, page: QRectF, number: int) -> None:
    painter.save()
    painter.translate(0.0, -number * page.height())
    part = page.translated(0.0, number * page.height())
    painter.setClipRect(part)
    context = QAbstractTextDocumentLayout.PaintContext()
    context.clip = part  # type: ignore[attr-defined]
    # Paper is white, whatever the theme of the window.
    colours = QPalette(context.palette)  # type: ignore[attr-defined]
    colours.setColor(QPalette.ColorRole.Text, QColor(tokens.LIGHT.text))
    context.palette = colours  # type: ignore[attr-defined]
    document.documentLayout().draw(painter, context)
    painter.restore()
    painter.setPen(QColor(tokens.LIGHT.text_secondary))
    painter.setFont(theme.base_font(tokens.FONT_SMALL))
    foot = QRectF(0.0, page.height(), page.width(), _FOOT_PX)
    low = Qt.AlignmentFlag.AlignBottom
    painter.drawText(foot, low | Qt.AlignmentFlag.AlignLeft, NOTICE)
    numbers = f"{number + 1} of {document.pageCount()}"
    painter.drawText(foot, low | Qt.AlignmentFlag.AlignRight, numbers)
