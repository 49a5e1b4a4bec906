"""Makes the pictures of the manual from the program itself, so that they never go stale.

    make pictures          (or: python docs/make_pictures.py)

Opens the real window unseen, works through the sample study, and saves what it shows into
docs/manual/images. Nothing of the user's settings is read or changed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from PySide6.QtCore import QEventLoop, QPoint, QRect, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from tumordesk.core.settings import UnsavedSettings
from tumordesk.core.study import Sequence
from tumordesk.gui.app import create_app
from tumordesk.gui.main_window import MainWindow

FOLDER = Path(__file__).parent / "manual" / "images"
WAIT_S = 240
SIZE = (1366, 768)
_TICK_MS = 30


class Stuck(Exception):
    """Something that was waited for did not come."""


def wait(what: str, ready: Callable[[], bool]) -> None:
    """Let the window work until ``ready``."""
    loop, poll, limit = QEventLoop(), QTimer(), QTimer()
    poll.timeout.connect(lambda: loop.quit() if ready() else None)
    limit.setSingleShot(True)
    limit.timeout.connect(loop.quit)
    poll.start(_TICK_MS)
    limit.start(WAIT_S * 1000)
    loop.exec()
    poll.stop()
    limit.stop()
    if not ready():
        raise Stuck(f"waiting for {what} took too long")


def settle(milliseconds: int = 600) -> None:
    """Let what is still being drawn be drawn."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def save(widget: QWidget, name: str, part: QRect | None = None) -> None:
    """Keep what ``widget`` shows."""
    picture = widget.grab() if part is None else widget.grab(part)
    path = FOLDER / f"{name}.png"
    if not picture.save(str(path), "PNG"):
        raise Stuck(f"{path.name} could not be written")
    sys.stdout.write(f"{path.name} {picture.width()} x {picture.height()}\n")


def study(window: MainWindow) -> None:
    """The sample study, outlined and classified."""
    wait("the models", lambda: bool(window.running.entries))
    window.open_sample()
    wait("the sample", lambda: bool(window.session.scan.series) and not window.opening.scanning)
    series = next(s for s in window.session.scan.series if s.guess.sequence is Sequence.FLAIR)
    window.opening.choose(series.key)

    def whole() -> bool:
        source = window.session.buffers.get(series.key)
        return source is not None and source.complete

    wait("the series", whole)
    ends: list[str] = []
    window.running.ended.connect(ends.append)
    window.actions_by_name["run"].trigger()
    wait("the run", lambda: bool(ends) and not window.session.run.busy)
    wait("the words", lambda: window.session.results(series.key).explanation is not None)
    settle(3000)
    window.parts.banner.dismiss()
    settle()
    save(window, "study")


def findings(window: MainWindow) -> None:
    """The right column alone, as high as it needs."""
    width = window.parts.right.width()
    save(window.parts.findings, "findings", QRect(0, 0, width, window.parts.findings.height()))


def correct(window: MainWindow) -> None:
    """A copy of the outline under the brush."""
    series = window.session.active
    if series is None:
        raise Stuck("no series is shown")
    layer = window.session.results(series.key).layers[0]
    window.parts.segments.copy_requested.emit(layer.key)
    settle()
    canvas = window.parts.viewer
    middle = canvas.rect().center() + QPoint(-canvas.width() // 8, -canvas.height() // 8)
    QTest.mouseMove(canvas, middle)
    settle()
    save(window, "correct")


def dialog_of(window: MainWindow, act: Callable[[], object]) -> QDialog:
    """The dialog that ``act`` opens."""
    act()
    wait("the dialog", lambda: _open_dialog(window) is not None)
    shown = _open_dialog(window)
    if shown is None:
        raise Stuck("the dialog did not open")
    settle(1500)
    return shown


def _open_dialog(window: MainWindow) -> QDialog | None:
    return next((d for d in window.findChildren(QDialog) if d.isVisible()), None)


def others(window: MainWindow) -> None:
    """Export dialog, batch window, training wizard."""
    dialog = dialog_of(window, window.actions_by_name["save"].trigger)
    save(dialog, "export")
    dialog.reject()
    settle()
    for name, action in (("batch", "batch"), ("wizard", "training")):
        before = set(QApplication.topLevelWidgets())
        window.actions_by_name[action].trigger()
        settle(1500)
        opened = [w for w in QApplication.topLevelWidgets() if w not in before and w.isVisible()]
        if not opened:
            raise Stuck(f"the {name} window did not open")
        opened[0].resize(1100, 680)
        settle()
        save(opened[0], name)
        opened[0].close()
        settle()


def main() -> int:
    """Make all pictures; 0 when all were made."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tumordesk-pictures-") as home:
        os.environ["TUMORDESK_HOME"] = home
        store = UnsavedSettings()
        app = create_app(store)
        window = MainWindow(store)
        window.resize(*SIZE)
        window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, False)
        window.show()
        try:
            for step in (study, findings, correct, others):
                step(window)
        except Stuck as problem:
            sys.stderr.write(f"{problem}\n")
            return 1
        finally:
            window.close()
            window.deleteLater()
            app.processEvents()
    return 0


if __name__ == "__main__":
    sys.exit(main())
