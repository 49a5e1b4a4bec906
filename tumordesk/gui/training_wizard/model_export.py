"""Publishing a run, and a published model as one file or as ONNX: processes and jobs, no looks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from tumordesk.core.jsonio import atomic_write, write_json
from tumordesk.core.paths import user_models_dir
from tumordesk.gui.banner import Message
from tumordesk.gui.jobs import Failure
from tumordesk.gui.training_process import Outcome, TrainerProcess
from tumordesk.gui.training_wizard.context import WizardContext


class ModelExport(QObject):
    """One thing at a time.

    ``published(id)``; ``failed(words)``: publishing did not work; ``said``: a Message on exports;
    ``progress(share, text)``; ``busy_changed``.
    """

    published = Signal(str)
    failed = Signal(str)
    said = Signal(object)
    saved = Signal(object)
    """The path that was written."""
    progress = Signal(float, str)
    busy_changed = Signal()

    def __init__(self, context: WizardContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._process: TrainerProcess | None = None
        self._jobs = 0

    @property
    def busy(self) -> bool:
        """True while something is made."""
        return self._process is not None or self._jobs > 0

    def cancel(self) -> None:
        """Stop what is being made; nothing half-made stays."""
        if self._process is not None:
            self._process.cancel()

    def publish(self, run: Path, model_id: str, card: dict[str, Any], options: list[str]) -> None:
        """Make the best epoch of ``run`` a model of the person's."""
        work = Path(tempfile.mkdtemp(prefix="tumordesk-publish-"))
        texts = work / "card.json"
        args = ["publish", str(run), "--id", model_id, "--card", str(texts), *options]

        def over(outcome: Outcome) -> None:
            shutil.rmtree(work, ignore_errors=True)  # one small file
            self._was_published(outcome, model_id)

        self._job(
            "publish-card",
            lambda: write_json(texts, card),
            lambda _: self._run(args, over),
            lambda failure: self.failed.emit(f"{failure.message} {failure.hint}".strip()),
        )

    def _was_published(self, outcome: Outcome, model_id: str) -> None:
        if outcome.kind == "done":
            self.published.emit(model_id)
        else:
            stopped = "Stopped. Nothing was published."
            self.failed.emit(stopped if outcome.kind == "cancelled" else outcome.message)

    def archive(self, model_id: str, target: Path) -> None:
        """One file with everything of the model; what is there is replaced (it was asked)."""

        def job() -> Path:
            from tumordesk.zoo.archive import write_archive

            folder = user_models_dir() / model_id
            atomic_write(target, lambda part: write_archive(folder, part))
            return target

        self._job("model-archive", job, self._was_saved, self._not_saved)

    def onnx(self, model_id: str, target: Path) -> None:
        """ONNX, checked against the network's own answers; what is there is replaced."""
        work = Path(tempfile.mkdtemp(prefix="tumordesk-onnx-"))
        made = work / "model.onnx"

        def over(outcome: Outcome) -> None:
            if outcome.kind == "done":
                self._job("onnx-move", lambda: _moved(made, target), self._was_saved)
                return
            shutil.rmtree(work, ignore_errors=True)
            if outcome.kind == "failed":
                self.said.emit(Message("error", "No ONNX file was made", outcome.message))

        self._run(["export-onnx", model_id, "--out", str(made)], over)

    def _run(self, args: list[str], over: Callable[[Outcome], None]) -> None:
        process = self._context.trainer(args)
        self._process = process
        process.progress.connect(self.progress)

        def finished(outcome: Outcome) -> None:
            self._process = None
            over(outcome)
            self.busy_changed.emit()

        process.finished.connect(finished)
        self.busy_changed.emit()

    def _job(
        self,
        key: str,
        act: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Failure], None] | None = None,
    ) -> None:
        self._jobs += 1
        self.busy_changed.emit()

        def ended(then: Callable[[Any], None], value: Any) -> None:
            self._jobs -= 1
            then(value)
            self.busy_changed.emit()

        self._context.runner.submit(
            "io",
            key,
            lambda _: act(),
            done=lambda value: ended(done, value),
            failed=lambda failure: ended(failed or self._not_saved, failure),
            cancelled=lambda: ended(_nothing, None),
        )

    def _was_saved(self, path: Path) -> None:
        where = path.parent.name or str(path.parent)
        self.said.emit(Message("success", f"Saved in {where}", path.name))
        self.saved.emit(path)

    def _not_saved(self, failure: Failure) -> None:
        self.said.emit(Message("error", failure.message, failure.hint))


def _nothing(_: object) -> None:
    """Nobody is to be told."""


def _moved(made: Path, target: Path) -> Path:
    try:
        atomic_write(target, lambda part: _copy(made, part))
    finally:
        shutil.rmtree(made.parent, ignore_errors=True)
    return target


def _copy(source: Path, part: Path) -> None:
    shutil.copyfile(source, part)
