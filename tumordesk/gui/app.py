"""Starts the program: application, window, exception hook, and the run without a display."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from tumordesk import __version__
from tumordesk.core.paths import log_dir, resource_root
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.application import Application
from tumordesk.gui.crash import crash_report
from tumordesk.gui.garbage import GarbageSearch
from tumordesk.gui.main_window import MainWindow
from tumordesk.gui.theme import apply_theme

_log = logging.getLogger(__name__)
_SWITCH_S = 0.001
_PULSE_MS = 300
MAX_LOG_BYTES = 1_000_000


def create_app(store: SettingsStore | None = None) -> QApplication:
    """The application object with the person's theme; the present one where there is one."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        app = existing
    else:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        )
        app = Application([sys.argv[0]])
    # Reading threads hand the interpreter back sooner, so that the window never waits for long.
    sys.setswitchinterval(_SWITCH_S)
    app.setApplicationName("TumorDesk")
    app.setApplicationVersion(__version__)
    app.setWindowIcon(QIcon(str(resource_root() / "brand" / "tumordesk.svg")))
    apply_theme((store or SettingsStore()).load().theme)
    return app


def main(paths: Sequence[Path] = ()) -> int:
    """Open the window with these scans; returns when it is closed."""
    # torch's own threads sleep while they wait; must be set before torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    store = SettingsStore()
    keep_log()
    app = create_app(store)
    window = MainWindow(store)
    _catch_unexpected(window)
    garbage = GarbageSearch()
    garbage.start()
    window.show()
    if paths:
        window.open_paths(list(paths))
    if isinstance(app, Application):
        app.handed.connect(window.open_paths)
    signal.signal(signal.SIGINT, lambda *_: window.close())
    # Qt sleeps in C++ code; Python looks at signals only when it is woken.
    pulse = QTimer()
    pulse.start(_PULSE_MS)
    pulse.timeout.connect(lambda: None)
    code = app.exec()
    pulse.stop()
    garbage.stop()
    _release(window)
    return code


def keep_log() -> None:
    """The program's own log, in files that replace each other: 1 MB, and three old ones.

    Only TumorDesk's own words: other libraries quote what stands in files.
    """
    logger = logging.getLogger("tumordesk")
    if any(isinstance(h, logging.handlers.RotatingFileHandler) for h in logger.handlers):
        return
    # Without a log the program works all the same.
    with contextlib.suppress(OSError):
        log_dir().mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            log_dir() / "tumordesk.log", maxBytes=MAX_LOG_BYTES, backupCount=3, encoding="utf-8"
        )
        form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
        handler.setFormatter(logging.Formatter(form))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)


def _catch_unexpected(window: MainWindow) -> None:
    """An exception in a slot shows the crash dialog; the program goes on."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        _log.error("unexpected %s in the window", kind.__name__)
        if threading.current_thread() is threading.main_thread():
            window.dialogs.crash(crash_report(error.with_traceback(trace)))

    sys.excepthook = hook


def _release(window: MainWindow) -> None:
    """Let Qt delete the window before the interpreter takes its modules apart."""
    sys.excepthook = sys.__excepthook__
    window.deleteLater()


def demo(out_dir: Path | None = None) -> int:
    """Run the sample study in an invisible window; see :mod:`tumordesk.gui.demo`."""
    from tumordesk.gui.demo import run_demo

    return run_demo(out_dir or Path.cwd())
