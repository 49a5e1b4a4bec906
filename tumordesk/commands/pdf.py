"""PDF reports from the command line: drawn without a window, in this process."""

from __future__ import annotations

import os
import sys

from tumordesk.session.exporting import PdfWriter

_kept: list[object] = []


def pdf_writer() -> PdfWriter | None:
    """What writes PDF reports, or None where the part with windows is not installed.

    Call it on the main thread; the writer itself may run on any.
    """
    try:
        from PySide6.QtGui import QGuiApplication
    except ImportError:
        return None
    if QGuiApplication.instance() is None:
        if sys.platform.startswith("linux"):
            # No display is needed to draw on paper, and there may be none.
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        # Kept for the life of the process: fonts belong to it.
        _kept.append(QGuiApplication(["tumordesk"]))
    from tumordesk.gui.report.pdf import write_report

    return write_report
