"""From process start to the window on screen, and what was imported until then.

Run: .venv/bin/python benchmarks/bench_startup.py [--runs 7]
Each run is a fresh process on a warm disk cache; the first is thrown away.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

PROGRAM = """
import json, os, sys, time
from tumordesk.core.settings import UnsavedSettings
from tumordesk.gui.app import create_app
from tumordesk.gui.main_window import MainWindow
store = UnsavedSettings()
app = create_app(store)
window = MainWindow(store, warm_up=False)
def shown():
    clock = time.clock_gettime(time.CLOCK_BOOTTIME)
    ticks = os.sysconf("SC_CLK_TCK")
    fields = open("/proc/self/stat").read().rsplit(")", 1)[1].split()
    started = int(fields[19]) / ticks
    heavy = [m for m in ("torch", "SimpleITK", "pydicom", "scipy") if m in sys.modules]
    print(json.dumps({"seconds": clock - started, "heavy": heavy}), flush=True)
    window.close()
    app.quit()
window.shown_first.connect(shown)
window.show()
app.exec()
window.deleteLater()
"""


def one_run() -> dict[str, object]:
    """Seconds from process start to the first event after the window was shown."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"TUMORDESK_HOME": home}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        out = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    result: dict[str, object] = json.loads(out.stdout)
    return result


LIMIT_S = 1.0


def main() -> int:
    """Print minimum, median and maximum; 1 where the median breaks the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = [one_run() for _ in range(parser.parse_args().runs + 1)][1:]
    seconds = sorted(float(str(run["seconds"])) for run in runs)
    print(f"window on screen: median {statistics.median(seconds):.2f} s", end=", ")
    print(f"min {seconds[0]:.2f} s, max {seconds[-1]:.2f} s over {len(seconds)} runs")
    print(
        f"imported before that: {runs[-1]['heavy'] or 'none of torch, SimpleITK, pydicom, scipy'}"
    )


if __name__ == "__main__":
    sys.exit(main())
