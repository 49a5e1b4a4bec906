"""How long the viewer needs from the hand to the painted picture.

Run: .venv/bin/python benchmarks/bench_viewer.py [--slices 200] [--size 512] [--repeat 60]

Shows a made-up uint16 series with an outline and times, each with its repaint: a step of the
wheel, a move of a window drag, the same step and a step through the rows with three planes, a
zoom, and a dab of the brush. Drawn by Qt's software renderer into memory (no display), as on a
screen without acceleration; the window is 1100 x 700. Prints median and 95th percentile, and the
median of the processor time alone, which says more on a busy machine.

Limits: the median of a step and of a window move within 16.7 ms (60 pictures a second), all else
within 33 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF
from PySide6.QtWidgets import QApplication

from tumordesk.gui.viewer import OverlayLayer, ViewerArea, guard
from tumordesk.gui.viewer.slice_view import SliceView
from viewer_fixtures import CTRL, LEFT, geometry, middle, send_move, send_press, source, wheel

STEP_MS = 16.7
OTHER_MS = 33.0
WINDOW = (1100, 700)


def made_up(slices: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bright ball (uint16), and the ball's outline (uint8)."""
    random = np.random.default_rng(0)
    array = random.integers(100, 400, (slices, size, size), dtype=np.uint16)
    z, y, x = np.ogrid[0:slices, 0:size, 0:size]
    far = ((z - slices / 2) / slices) ** 2 + (y / size - 0.4) ** 2 + (x / size - 0.6) ** 2
    ball = far < 0.2**2
    array[ball] += 500
    return array, ball.astype(np.uint8)


class Paints(QObject):
    """Which widgets were painted since the last look."""

    def __init__(self, viewer: ViewerArea) -> None:
        super().__init__()
        self.painted: set[QObject] = set()
        for view in viewer.views:
            view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note a painting."""
        if event.type() == QEvent.Type.Paint:
            self.painted.add(watched)
        return False


class Bench:
    """Times actions on a viewer, until the event loop has painted all that is visible."""

    def __init__(self, viewer: ViewerArea, repeat: int) -> None:
        self.viewer, self.repeat = viewer, repeat
        self.paints = Paints(viewer)
        self.broken: list[str] = []

    def settle(self) -> None:
        """Let the event loop paint."""
        visible = {view.viewport() for view in self.viewer.views if view.isVisible()}
        for _ in range(100):
            QApplication.processEvents()
            if visible <= self.paints.painted:
                return

    def time(self, name: str, action: Callable[[int], None], limit_ms: float) -> None:
        """Do something often and print a line."""
        times, used = [], []
        for turn in range(self.repeat + 3):
            self.settle()
            self.paints.painted.clear()
            start, cpu = time.perf_counter(), time.process_time()
            action(turn)
            self.settle()
            times.append((time.perf_counter() - start) * 1000)
            used.append((time.process_time() - cpu) * 1000)
        times = sorted(times[3:])
        median = statistics.median(times)
        worst = times[min(round(0.95 * len(times)), len(times) - 1)]
        busy = statistics.median(used[3:])
        print(f"{name:36}{median:8.2f}{worst:8.2f}{busy:8.2f}{limit_ms:8.1f}")
        if median > limit_ms:
            self.broken.append(name)


def drag_window(view: SliceView) -> Callable[[int], None]:
    """A press, and then one move for each turn."""
    send_press(view, LEFT, QPointF(middle(view)))

    def move(turn: int) -> None:
        send_move(view, QPointF(middle(view)) + QPointF(turn + 1, turn % 7), buttons=LEFT)

    return move


def dab(view: SliceView) -> Callable[[int], None]:
    """The brush moves on with each turn."""
    send_press(view, LEFT, QPointF(middle(view)))

    def move(turn: int) -> None:
        send_move(view, QPointF(middle(view)) + QPointF(2 * turn, turn), buttons=LEFT)

    return move


def run(viewer: ViewerArea, bench: Bench) -> None:
    """All lines of the table."""
    native, across, _ = viewer.views
    back_and_forth = (1, 1, 1, -1, -1, -1)
    bench.time("wheel step with overlay", lambda t: wheel(native, back_and_forth[t % 6]), STEP_MS)
    bench.time("wheel step, always a new slice", lambda t: wheel(native, 1), STEP_MS)
    bench.time("window drag", drag_window(native), STEP_MS)
    viewer.model.source_changed.emit()
    bench.time("zoom at the pointer", lambda t: wheel(native, -0.1, None, CTRL), OTHER_MS)
    viewer.reset_view()
    viewer.set_tool("brush")
    bench.time("dab of the brush", dab(native), OTHER_MS)
    viewer.model.source_changed.emit()
    viewer.set_tool("window")
    viewer.set_layout("three")
    QApplication.processEvents()
    bench.time("three planes, wheel step", lambda t: wheel(native, -1), OTHER_MS)
    bench.time("three planes, step through the rows", lambda t: wheel(across, 1), OTHER_MS)

    def link(turn: int) -> None:
        native.point_others(QPointF(middle(native)) + QPointF(turn, turn))

    bench.time("three planes, linked crosshair", link, OTHER_MS)


def main() -> int:
    """Measure and print; exit code 1 when a limit is broken or painting failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--repeat", type=int, default=60)
    options = parser.parse_args()
    app = QApplication([])
    array, ball = made_up(options.slices, options.size)
    viewer = ViewerArea()
    viewer.resize(*WINDOW)
    viewer.show()
    viewer.set_source(source(array, geometry(array.shape, (1.0, 0.5, 0.5))))
    viewer.set_layers([OverlayLayer("mine", "Tumour", ball, editable=True)])
    app.processEvents()
    print(f"{options.slices} x {options.size} x {options.size} uint16, {options.repeat} times each")
    print(f"{'milliseconds':36}{'median':>8}{'95 %':>8}{'cpu':>8}{'limit':>8}")
    bench = Bench(viewer, options.repeat)
    run(viewer, bench)
    viewer.close()
    if guard.failures:
        print(f"painting failed in: {', '.join(guard.failures)}")
    print(f"limits broken: {', '.join(bench.broken)}" if bench.broken else "all limits kept")
    return 1 if bench.broken or guard.failures else 0


if __name__ == "__main__":
    sys.exit(main())
