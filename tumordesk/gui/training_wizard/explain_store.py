"""Pictures of single cases with class-activation map or outline, made by the training program."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from tumordesk.core.paths import cache_dir
from tumordesk.gui.training_process import Outcome, TrainerProcess
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.thumbnails import read_answer

SIZE = 448
BATCH = 16


class ExplainStore(QObject):
    """``ready(key)``: :meth:`image` has it. ``failed(key, reason)``: it cannot be shown."""

    ready = Signal(str)
    failed = Signal(str, str)

    def __init__(self, context: WizardContext, parent: QObject | None = None) -> None:
        super().__init__(parent or context)
        self._context = context
        self._run: Path | None = None
        self._images: dict[str, QImage] = {}
        self._errors: dict[str, str] = {}
        self._wanted: list[str] = []
        self._asked: set[str] = set()
        self._process: TrainerProcess | None = None

    def use(self, run: Path | None) -> None:
        """Show cases of this run from now on; what is known of another one is forgotten."""
        self.stop()
        self._run = run
        for store in (self._images, self._errors, self._asked):
            store.clear()

    def stop(self) -> None:
        """Ask for nothing more."""
        self._wanted.clear()
        if self._process is not None:
            self._process.cancel()
            self._process = None

    def image(self, key: str) -> QImage | None:
        """The picture of a case, where it is there."""
        return self._images.get(key)

    def error(self, key: str) -> str:
        """Why there is none; "" where it is not known."""
        return self._errors.get(key, "")

    def request(self, keys: Iterable[str]) -> None:
        """Have these made; the ones asked for last come first."""
        new = [key for key in dict.fromkeys(keys) if key not in self._asked]
        if self._run is None or not new:
            return
        self._asked.update(new)
        self._wanted = new + self._wanted
        self._next()

    @property
    def _folder(self) -> Path:
        name = hashlib.sha1(str(self._run).encode("utf-8"), usedforsecurity=False).hexdigest()[:16]
        return cache_dir() / "explained" / name

    def _next(self) -> None:
        if self._process is not None or not self._wanted or self._run is None:
            return
        batch, self._wanted = self._wanted[:BATCH], self._wanted[BATCH:]
        run, folder = self._run, self._folder
        args = ["explain", str(run), "-", "--out", str(folder), "--size", str(SIZE)]
        process = self._context.trainer(args, "\n".join(batch) + "\n")
        self._process = process
        process.finished.connect(lambda outcome: self._made(process, folder, batch, outcome))

    def _made(
        self, process: TrainerProcess, folder: Path, batch: list[str], outcome: Outcome
    ) -> None:
        if process is not self._process:
            return  # of a run that is not shown any more
        self._process = None
        names, errors = read_answer(outcome, batch)
        for key, reason in errors.items():
            self._errors[key] = reason
            self.failed.emit(key, reason)
        if names:
            run = self._run
            self._context.runner.submit(
                "io",
                f"explained:{batch[0]}",
                lambda _: _load(folder, names),
                done=lambda found: self._take(found) if run == self._run else None,
            )
        self._next()

    def _take(self, found: dict[str, QImage]) -> None:
        self._images.update({key: image for key, image in found.items() if not image.isNull()})
        for key, image in found.items():
            if image.isNull():
                self._errors[key] = "The picture cannot be read."
                self.failed.emit(key, self._errors[key])
            else:
                self.ready.emit(key)


def _load(folder: Path, names: dict[str, str]) -> dict[str, QImage]:
    return {key: QImage(str(folder / name)) for key, name in names.items()}
