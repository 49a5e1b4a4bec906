"""How long one turn of the event loop takes when a page of the training wizard is first shown.

Run: .venv/bin/python benchmarks/bench_wizard.py [--runs 3] [--slowest]
Each walk is a fresh process: the wizard opens, then Next is clicked from page to page, for outlines
and for classes, Guided and Expert, on a few made-up pictures and a made-up run. What counts is the
processor time of the window's thread, so that other work on the machine does not matter much,
from the click until nothing is left to do. ``--slowest`` lists the calls of the slowest turns.
Exit code 1 where the median of a page's longest turn is above 50 ms.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bench_responsiveness import wait
from PySide6.QtCore import QAbstractEventDispatcher, QEvent, QObject, QTimer
from PySide6.QtWidgets import QPushButton

import training_factories
from tumordesk.core.settings import TrainingChoices, UnsavedSettings
from tumordesk.core.training_run import TrainingEvent, write_config
from tumordesk.gui.app import create_app
from tumordesk.gui.garbage import GarbageSearch
from tumordesk.gui.main_window import MainWindow

if TYPE_CHECKING:
    from tumordesk.gui.training_wizard.wizard import TrainingWizard

WIZARD = "tumordesk.gui.training_wizard.wizard"
TESTS = Path(__file__).resolve().parents[1] / "tests"
LIMIT_MS = 50.0
VALUES = ("loss", "figure", "rate", "balanced_accuracy", "dice_mean")
QUIET_S = 0.5
WAIT_S = 60.0
TASKS = ("segmentation", "classification")


class TurnMeter(QObject):
    """Processor time of the window's thread from one turn of its event loop to the next."""

    def __init__(self, profile: bool) -> None:
        super().__init__()
        self.longest = 0.0
        self.last_work = time.monotonic()
        self.slowest: cProfile.Profile | None = None
        self._profile = cProfile.Profile() if profile else None
        self._began = time.thread_time()
        dispatcher = QAbstractEventDispatcher.instance()
        dispatcher.aboutToBlock.connect(self._turn)

    def _turn(self) -> None:
        took = (time.thread_time() - self._began) * 1000.0
        if took > 1.0:
            self.last_work = time.monotonic()
        if self._profile is not None:
            self._profile.disable()
            if took > self.longest:
                self.slowest = self._profile
            self._profile = cProfile.Profile()
        self.longest = max(self.longest, took)
        self._began = time.thread_time()
        if self._profile is not None:
            self._profile.enable()

    def measure(self, name: str, act: Callable[[], object], ready: Callable[[], bool]) -> float:
        """Do something from within the loop, and wait until it is done; the longest turn, ms."""
        self.longest = 0.0
        self.last_work, self._began = time.monotonic(), time.thread_time()
        QTimer.singleShot(5, act)
        wait(lambda: ready() and time.monotonic() - self.last_work > QUIET_S, WAIT_S)
        if not ready():
            raise TimeoutError(f"waiting for {name} took too long")
        if self.slowest is not None and self.longest > LIMIT_MS / 2:
            print(f"== {name}: {self.longest:.0f} ms", file=sys.stderr)
            pstats.Stats(self.slowest, stream=sys.stderr).sort_stats("cumulative").print_stats(45)
        return self.longest


class Walk:
    """One wizard from its first page to its last."""

    def __init__(self, home: Path, task: str, expert: bool, profile: bool) -> None:
        outlines = task == "segmentation"
        self.task = task
        self.root = home / "data"
        maker = training_factories.mask_folder if outlines else training_factories.class_folder
        maker(self.root)
        self.run = self._made_run(home)
        self.window = MainWindow(UnsavedSettings(), warm_up=False)
        self.window.change_settings(training=TrainingChoices(expert=expert), device="cpu")
        self.meter = TurnMeter(profile)
        self.found: dict[str, float] = {}

    @property
    def wizard(self) -> TrainingWizard:
        """The wizard that is open."""
        assert self.window.training.wizard is not None
        return self.window.training.wizard

    def _made_run(self, home: Path) -> Path:
        run = home / "runs" / "first"
        kind = "mask_config" if self.task == "segmentation" else "class_config"
        write_config(run / "config.json", getattr(training_factories, kind)(self.root))
        (run / "checkpoints").mkdir()
        (run / "checkpoints" / "best.pt").write_bytes(b"x")
        values = dict.fromkeys(VALUES, 0.5)
        epochs = [TrainingEvent("epoch", 2.0 + k, k, 9 * k, values) for k in range(1, 9)]
        over = TrainingEvent("finished", 20.0, 8, 72)
        lines = "".join(event.line() for event in (TrainingEvent("start", 1.0), *epochs, over))
        (run / "events.jsonl").write_text(lines, encoding="utf-8")
        return run

    def all(self, other_mode: bool) -> dict[str, float]:
        """Longest turn by page, ms."""
        self.meter.measure("the window", self.window.show, lambda: True)
        ahead = self.window.training.warm_up
        self._step("code read ahead", ahead, lambda: WIZARD in sys.modules)
        self._step("data", self._open, lambda: True)
        context = self.wizard.context
        context.draft.use_folder(self.root)
        self.wizard.refresh()
        for stage in ("check", "split", "model"):
            self._next(stage)
        if other_mode:
            expert = self.wizard.mode.button(1)
            self._step("model, Expert chosen", expert.click, self.wizard.page.complete)
        self._next("train")
        attach = context.training.attach
        self._step("train, a run", lambda: attach(self.run), self.wizard.page.complete)
        context.command = [sys.executable, str(TESTS / "fake_results_trainer.py")]
        self._next("results", lambda: self.wizard.page.found is not None)
        for button in self.wizard.page.view.tabs.findChildren(QPushButton)[1:]:
            self._step(f"results, {button.text()}", button.click, lambda: True)
        self._next("use", lambda: self.wizard.page.form.isEnabled())
        self._again()
        self.window.close()
        self.window.deleteLater()
        return self.found

    def _open(self) -> None:
        self.window.training.show()
        self.wizard.resize(1366, 768)

    def _again(self) -> None:
        """Close the wizard, and find a training again from its first page."""
        self.wizard.close()
        self.meter.measure("the first page", self._open, lambda: True)

        def find() -> None:
            self.wizard.context.training.attach(self.run)
            self.wizard.show_stage("train")

        self._step("train, found again", find, lambda: self.wizard.page.complete())

    def _next(self, stage: str, ready: Callable[[], bool] | None = None) -> None:
        def there() -> bool:
            return self.wizard.stage == stage and (ready or self.wizard.page.complete)()

        self._step(stage, self.wizard.next.click, there)

    def _step(self, name: str, act: Callable[[], object], ready: Callable[[], bool]) -> None:
        self.found[name] = self.meter.measure(name, act, ready)


def walk(task: str, expert: bool, profile: bool) -> dict[str, float]:
    """Longest turn by page of a fresh program."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["TUMORDESK_HOME"] = home
        app = create_app(UnsavedSettings())
        GarbageSearch(app).start()
        found = Walk(Path(home), task, expert, profile).all(other_mode=not expert)
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return found


def in_a_process(task: str, expert: bool, slowest: bool) -> dict[str, float]:
    """The same, in a process of its own."""
    args = [sys.executable, __file__, "--walk", task, "--expert" if expert else "--guided"]
    args += ["--slowest"] if slowest else []
    out = subprocess.run(args, stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    found: dict[str, float] = json.loads(out.stdout)
    return found


def main() -> int:
    """Measure and print; 1 where a page is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--slowest", action="store_true")
    parser.add_argument("--walk", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--expert", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--guided", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.walk:
        print(json.dumps(walk(chosen.walk, chosen.expert, chosen.slowest)))
        return 0
    worst = 0.0
    for task in TASKS:
        for expert in (False, True):
            runs = [in_a_process(task, expert, chosen.slowest) for _ in range(chosen.runs)]
            mode = "Expert" if expert else "Guided"
            print(f"{task}, {mode}: longest turn, median of {len(runs)}")
            for name in runs[0]:
                took = statistics.median(run[name] for run in runs)
                worst = max(worst, took)
                print(f"    {name:22s} {took:6.1f} ms")
    print(f"longest: {worst:.1f} ms, limit {LIMIT_MS:.0f} ms")
    return int(worst > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
