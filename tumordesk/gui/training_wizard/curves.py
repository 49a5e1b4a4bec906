"""Live curves of a run: loss, Dice or accuracy, learning rate; saved as CSV or picture."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtGui import QImage, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from tumordesk.core.errors import WriteError
from tumordesk.core.jsonio import atomic_write
from tumordesk.core.model_card import Task
from tumordesk.core.training_run import TrainingEvent
from tumordesk.gui import theme, tokens
from tumordesk.gui.training_wizard.curve_data import CurveBook
from tumordesk.gui.training_wizard.pieces import Pieces
from tumordesk.gui.training_wizard.plot import Plot

PICTURE_SCALE = 2.0
_NARROW_W = 680


class CurvesView(QWidget):
    """Three charts. Feed it with :meth:`add` in the order of events.jsonl."""

    def __init__(self, task: Task = "classification") -> None:
        super().__init__()
        self.setAccessibleName("Curves of the training")
        self.book = CurveBook(task)
        self.score = Plot("")
        self.loss = Plot("Loss")
        self.rate = Plot("Learning rate")
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(tokens.SPACE_24)
        grid.setVerticalSpacing(tokens.SPACE_16)
        for column, plot in enumerate(self._plots()):
            grid.addWidget(plot, 0, column)
        self._narrow = True
        self._arrange(narrow=False)
        self.loss.set_keys("every step, mean of an epoch")
        self._pieces = Pieces(self)
        self.clear(task)

    def _arrange(self, *, narrow: bool) -> None:
        """The learning rate beside the others, or below them."""
        if narrow is self._narrow:
            return
        self._narrow = narrow
        self._grid.removeWidget(self.rate)
        place = (1, 0, 1, 2) if narrow else (0, 2, 1, 1)
        self._grid.addWidget(self.rate, *place)
        for column, share in enumerate((5, 5, 0 if narrow else 3)):
            self._grid.setColumnStretch(column, share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take two lines where one is too short."""
        super().resizeEvent(event)
        self._arrange(narrow=event.size().width() < _NARROW_W)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw the charts, one after the other."""
        super().showEvent(event)
        self._pieces.add(*(plot.make for plot in self._plots()))

    def _plots(self) -> tuple[Plot, ...]:
        return self.score, self.loss, self.rate

    def clear(self, task: Task, *, volumes: bool = False, classes: int = 2) -> None:
        """Empty charts for a run of that task; ``volumes``: its pictures are slices of patients;
        ``classes``: of outlines, with the background."""
        self.book = CurveBook(task, volumes=volumes, classes=classes)
        first, second = self.book.score_names()
        self.score.title.setText(first)
        self.score.set_keys(f"- - {second.lower()}")
        self._draw()

    def add(self, events: Iterable[TrainingEvent]) -> None:
        """Take events and draw what changed, once."""
        changed = [self.book.add(event) for event in events]
        if any(changed):
            self._draw()

    def _draw(self) -> None:
        curves = self.book.curves
        steps = curves["step_loss"]
        self.loss.set_line("steps", steps.x, steps.smoothed(), "faint")
        self.loss.set_line("epochs", curves["loss"].x, curves["loss"].y)
        self.score.set_line("score", curves["score"].x, curves["score"].y)
        self.score.set_line("score2", curves["score2"].x, curves["score2"].y, "second")
        self.rate.set_line("rate", curves["rate"].x, curves["rate"].y, "points")
        self._figures()

    def _figures(self) -> None:
        curves = self.book.curves
        last = curves["loss"].y or curves["step_loss"].smoothed()
        self.loss.set_figure(f"{last[-1]:.3f}" if last else "")
        best = self.book.best()
        self.score.set_mark(best[0] if best else None)
        self.score.set_figure(f"best {best[1]:.3f}" if best else "")
        rate = curves["rate"].y
        self.rate.set_figure(f"{rate[-1]:.1e}" if rate else "")

    def picture(self) -> QImage:
        """The charts as an image on the window's background."""
        for plot in self._plots():
            plot.make()
        size = self.size() * PICTURE_SCALE
        image = QImage(size, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(PICTURE_SCALE)
        image.fill(theme.colour(theme.palette().panel))
        self.render(image)
        return image


def save_csv(text: str, path: Path) -> None:
    """Write the table; a file that is there is not replaced. Raises WriteError."""
    atomic_write(path, lambda part: _write(part, text.encode("utf-8")), overwrite=False)


def save_png(image: QImage, path: Path) -> None:
    """Write the picture; a file that is there is not replaced. Raises WriteError."""
    atomic_write(path, lambda part: _save(image, part), overwrite=False)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _save(image: QImage, path: Path) -> None:
    if not image.save(str(path)):
        raise WriteError(f"{path.name} could not be written.", "Check free space and the folder.")
