"""How long the window's event loop stands still while a study loads and while a model runs.

Run: .venv/bin/python benchmarks/bench_responsiveness.py [PATH]
A timer of 5 ms measures the gaps between its own ticks; the benchmark opens PATH (default: a
made-up series of 200 slices of 512 x 512), then scrolls and runs the bundled model that suits it.
torch keeps one core free for the window; the import of torch is a phase of its own. Exit code 1
where the window stood still for more than 100 ms in any of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QTimer

import factories
from tumordesk.core.settings import UnsavedSettings
from tumordesk.gui.app import create_app
from tumordesk.gui.garbage import GarbageSearch
from tumordesk.gui.main_window import MainWindow

LIMIT_MS = 100.0


class GapMeter:
    """Longest and 99th percentile gap between ticks, by phase."""

    def __init__(self) -> None:
        self.gaps: dict[str, list[float]] = {}
        self.phase = ""
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        if self.phase:
            self.gaps.setdefault(self.phase, []).append((now - self._last) * 1000.0)
        self._last = now

    def start(self, phase: str) -> None:
        """Begin another phase."""
        self.phase, self._last = phase, time.perf_counter()

    def report(self) -> float:
        """One line for each phase; returns the longest gap."""
        for phase, gaps in self.gaps.items():
            ordered = sorted(gaps)
            share = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
            over = sum(gap > LIMIT_MS for gap in gaps)
            print(
                f"{phase:24s} longest gap {ordered[-1]:6.1f} ms, 99th percentile {share:6.1f} ms, "
                f"{over} over {LIMIT_MS:.0f} ms, {sum(gaps) / 1000.0:5.1f} s"
            )
        return max(max(gaps) for gaps in self.gaps.values())


def wait(condition: Callable[[], bool], limit_s: float = 300.0) -> None:
    """Let the event loop work until ``condition``."""
    loop, poll = QEventLoop(), QTimer()
    end = time.monotonic() + limit_s
    poll.setInterval(20)
    poll.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > end else None)
    poll.start()
    loop.exec()
    poll.stop()


def made_up(folder: Path) -> Path:
    """200 slices of 512 x 512, described as FLAIR."""
    factories.write_series(
        folder / "series", factories.phantom((200, 512, 512)), spacing_mm=(1.0, 0.45, 0.45)
    )
    return folder / "series"


def main() -> int:
    """Measure and print."""
    store = UnsavedSettings()
    app = create_app(store)
    GarbageSearch(app).start()
    window = MainWindow(store, warm_up=False)
    meter = GapMeter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else made_up(Path(folder))
        window.show()
        wait(lambda: bool(window.running.entries), 30.0)
        ready: list[str] = []
        window.running.device_known.connect(ready.append)
        meter.start("importing torch")
        window.running.warm_up()
        wait(lambda: bool(ready))
        meter.start("opening and decoding")
        window.open_paths([path])
        wait(lambda: not window.opening.scanning and opened(window))
        meter.start("scrolling")
        scroll = QTimer()
        scroll.setInterval(16)
        scroll.timeout.connect(lambda: window.parts.viewer.step_slice(1))
        scroll.start()
        end = time.monotonic() + 3.0
        wait(lambda: time.monotonic() > end)
        ends: list[str] = []
        window.running.ended.connect(ends.append)
        meter.start("running a model")
        series = window.session.active
        if series is not None:
            window.running.start(series, window.running.choice())
            wait(lambda: bool(ends))
        scroll.stop()
        meter.phase = ""
        longest = meter.report()
        print(f"the run ended: {ends}")
        window.close()
        window.deleteLater()
        app.processEvents()
    return int(longest > LIMIT_MS)


def opened(window: MainWindow) -> bool:
    """The shown series is decoded."""
    source = window.session.source
    return source is not None and source.complete


if __name__ == "__main__":
    sys.exit(main())
