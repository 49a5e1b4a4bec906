"""Writes the report of a study as a PDF; the same pages as pictures, to look at them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter, QPdfWriter

from tumordesk.core.errors import WriteError
from tumordesk.core.study_findings import StudyFindings
from tumordesk.gui.report.canvas import Canvas
from tumordesk.gui.report.content import Report, report_of
from tumordesk.gui.report.pages import PAGE_H, PAGE_W, draw_pages
from tumordesk.gui.report.paper import DPI, on_qt_thread, pdf_bytes
from tumordesk.session.exporting import ExportOptions

_PT_PER_INCH = 72.0


def write_report(findings: StudyFindings, options: ExportOptions, path: Path) -> None:
    """Write the report of ``findings`` to ``path``. May be called on any thread; a
    QGuiApplication must be there.

    Raises:
        WriteError: no pages could be drawn. OSError: disk full, folder read-only.
    """
    report = report_of(findings, options.cards, hide_names=options.hide_names)
    data = on_qt_thread(lambda: report_pdf(report, findings.series.slices))
    path.write_bytes(data)


def report_pdf(report: Report, slices: int) -> bytes:
    """The report as the bytes of a PDF. Call it on a thread of Qt's.

    Raises:
        WriteError: Qt could not draw on it.
    """

    def pages(writer: QPdfWriter) -> None:
        painter = QPainter()
        if not painter.begin(writer):
            raise WriteError("The PDF could not be drawn.", "Try again.")
        try:
            canvas = Canvas(painter, writer, DPI / _PT_PER_INCH)
            draw_pages(canvas, report, slices, writer.newPage)
        finally:
            painter.end()

    return pdf_bytes(report.title, pages)


def report_images(report: Report, slices: int, dpi: int = 110) -> list[QImage]:
    """The pages as pictures, drawn by the same code."""
    scale = dpi / _PT_PER_INCH
    images = [_blank(scale)]
    painter = QPainter(images[0])
    canvas = Canvas(painter, images[0], scale)

    def new_page() -> None:
        painter.end()
        images.append(_blank(scale))
        painter.begin(images[-1])

    draw_pages(canvas, report, slices, new_page)
    painter.end()
    return images


def _blank(scale: float) -> QImage:
    width, height = (int(np.ceil(side * scale)) for side in (PAGE_W, PAGE_H))
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    return image
