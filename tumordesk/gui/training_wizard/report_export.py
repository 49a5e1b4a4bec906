"""Report of a run as HTML, PDF and tables, charts as pictures; written beside the window."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from tumordesk.core.errors import WriteError
from tumordesk.core.jsonio import atomic_write
from tumordesk.gui import tokens
from tumordesk.gui.banner import Message
from tumordesk.gui.controllers.opening import message_of
from tumordesk.gui.jobs import Failure
from tumordesk.gui.training_process import Outcome, TrainerProcess
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.report_pdf import write_pdf
from tumordesk.session.naming import safe_part

Kind = Literal["html", "pdf", "csv"]
CHART_SCALE = 2.0
_LEAST = QSize(tokens.DIALOG_W, tokens.DIALOG_H)


class ReportExport(QObject):
    """One export at a time. ``said``: a Message; ``busy_changed``; ``progress(share, text)``."""

    said = Signal(object)
    saved = Signal(object)
    """Paths that were written."""
    busy_changed = Signal()
    progress = Signal(float, str)

    def __init__(self, context: WizardContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._process: TrainerProcess | None = None
        self._writing = False

    @property
    def busy(self) -> bool:
        """True while something is being written."""
        return self._process is not None or self._writing

    def report(self, run: Path, part: str, kind: Kind, target: Path, *, names: bool = True) -> None:
        """Make the report. ``target``: the file for HTML and PDF (replaced where it is there:
        the person was asked), the folder for the tables (nothing in it is replaced).

        ``names`` False leaves the names of pictures and groups out.
        """
        if self.busy:
            self.said.emit(Message("info", "Still writing", "Wait until the last file is there."))
            return
        work = Path(tempfile.mkdtemp(prefix="tumordesk-report-"))
        args = ["report", str(run), "--part", part, "--out", str(work / "report.html")]
        args += {"html": [], "pdf": ["--simple"], "csv": ["--csv", str(work / "tables")]}[kind]
        args += [] if names else ["--no-names"]
        self._process = self._context.trainer(args)
        self._process.progress.connect(self.progress)
        self._process.finished.connect(
            lambda outcome: self._made(outcome, work, kind, target, run.name)
        )
        self.busy_changed.emit()

    def cancel(self) -> None:
        """Stop the report that is being made."""
        if self._process is not None:
            self._process.cancel()

    def _made(self, outcome: Outcome, work: Path, kind: Kind, target: Path, name: str) -> None:
        self._process = None
        if outcome.kind != "done":
            shutil.rmtree(work, ignore_errors=True)
            if outcome.kind == "failed":
                self.said.emit(Message("error", "The report was not made", outcome.message))
            self.busy_changed.emit()
            return
        self._write(lambda: finish(work, kind, target, name))

    def charts(self, charts: Mapping[str, QWidget], folder: Path, name: str) -> None:
        """Write what these widgets show as PNG files into ``folder``; nothing is replaced."""
        images = {key: picture_of(widget) for key, widget in charts.items()}
        stem = safe_part(name, "run")
        self._write(
            lambda: tuple(
                _save_image(image, free_path(folder / f"{stem}-{key}.png"))
                for key, image in images.items()
            )
        )

    def _write(self, job: Callable[[], tuple[Path, ...]]) -> None:
        self._writing = True
        self.busy_changed.emit()

        def over() -> None:
            self._writing = False
            self.busy_changed.emit()

        def done(paths: tuple[Path, ...]) -> None:
            over()
            names = ", ".join(path.name for path in paths)
            where = paths[0].parent.name or str(paths[0].parent)
            self.said.emit(Message("success", f"Saved in {where}", names))
            self.saved.emit(paths)

        def failed(failure: Failure) -> None:
            over()
            self.said.emit(message_of(failure))

        self._context.runner.submit(
            "io", "report-export", lambda _: job(), done=done, failed=failed, cancelled=over
        )


def finish(work: Path, kind: Kind, target: Path, name: str) -> tuple[Path, ...]:
    """Bring what the training program made to its place; the work folder is gone afterwards.

    Raises:
        WriteError: the place cannot be written, or nothing was made.
    """
    try:
        page = work / "report.html"
        if kind == "csv":
            return _tables(work / "tables", target, name)
        if not page.is_file():
            raise WriteError("The training program made no report.", "Try again.")
        if kind == "html":
            atomic_write(target, lambda part: _copy(page, part))
        else:
            text = page.read_text(encoding="utf-8")
            atomic_write(target, lambda part: write_pdf(text, part))
        return (target,)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _copy(source: Path, part: Path) -> None:
    shutil.copyfile(source, part)


def _tables(made: Path, folder: Path, name: str) -> tuple[Path, ...]:
    files = sorted(made.glob("*.csv")) if made.is_dir() else []
    if not files:
        raise WriteError("The training program made no tables.", "Try again.")
    stem = safe_part(name, "run")
    written = []
    for file in files:
        target = free_path(folder / f"{stem}-{file.name}")
        atomic_write(target, partial(_copy, file), overwrite=False)
        written.append(target)
    return tuple(written)


def free_path(path: Path) -> Path:
    """``path``, or the same name with a number that is not there yet."""
    number, result = 2, path
    while result.exists():
        result = path.with_name(f"{path.stem} ({number}){path.suffix}")
        number += 1
    return result


def picture_of(widget: QWidget) -> QImage:
    """What a widget shows, at twice its size, so that it can be printed."""
    if not widget.isVisible():  # of a view that was not opened yet
        widget.resize(widget.size().expandedTo(_LEAST))
        widget.grab()  # Qt gives it the size that it has in its page now, not while it is drawn
    size = widget.size() * CHART_SCALE
    image = QImage(size, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(CHART_SCALE)
    image.fill(widget.palette().window().color())
    widget.render(image)
    return image


def _save_image(image: QImage, path: Path) -> Path:
    def write(part: Path) -> None:
        if not image.save(str(part)):
            raise WriteError(f"{path.name} could not be written.", "Check free space.")

    atomic_write(path, write, overwrite=False)
    return path
