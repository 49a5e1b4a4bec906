"""A4 pages that a painter draws on, off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QThread
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter

from tumordesk.core.errors import WriteError

DPI = 300

T = TypeVar("T")


def set_up(writer: QPdfWriter, title: str, *, margin_mm: float) -> QPdfWriter:
    """The writer with pages of A4, upright, at 300 dpi."""
    writer.setTitle(title)
    writer.setCreator("TumorDesk")
    writer.setResolution(DPI)
    margins = QMarginsF(margin_mm, margin_mm, margin_mm, margin_mm)
    a4 = QPageSize(QPageSize.PageSizeId.A4)
    portrait = QPageLayout.Orientation.Portrait
    writer.setPageLayout(QPageLayout(a4, portrait, margins, QPageLayout.Unit.Millimeter))
    return writer


def pdf_bytes(title: str, draw: Callable[[QPdfWriter], None], *, margin_mm: float = 0.0) -> bytes:
    """A PDF in memory, so that a full disk is told by whoever writes the bytes.

    ``draw`` gets the writer and draws all pages. Call it on a thread of Qt's.

    Raises:
        WriteError: Qt made no whole document.
    """
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = set_up(QPdfWriter(buffer), title, margin_mm=margin_mm)
    draw(writer)
    del writer  # ends the document
    buffer.close()
    written = bytes(data.data())
    if not written.startswith(b"%PDF") or b"%%EOF" not in written[-64:]:
        raise WriteError("The PDF could not be drawn.", "Try again.")
    return written


def on_qt_thread(work: Callable[[], T]) -> T:
    """Do ``work`` on a thread of Qt's and wait for it: text layouts may start timers, which only
    such a thread has. What it raises is raised here. May be called on any thread."""
    thread = _Thread(work)
    thread.start()
    thread.wait()
    if thread.error is not None:
        raise thread.error
    return thread.result  # type: ignore[return-value]


class _Thread(QThread):
    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self._work = work
        self.result: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Do it, and keep what it gave or raised."""
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001  raised again on the caller's thread
            self.error = error
