"""What the network in training says of a few validation pictures, epoch after epoch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import read_json
from tumordesk.gui import tokens
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.panels.parts import ElidedLabel, label, tight
from tumordesk.gui.training_wizard.flow import FlowLayout
from tumordesk.gui.training_wizard.widgets import Picture

MOST = 6


@dataclass(frozen=True)
class Sample:
    """One picture of an epoch: what was said of it, and what would be right (empty: that is)."""

    image: QImage
    key: str
    line: str
    truth: str
    right: bool | None


def load(folder: Path) -> tuple[Sample, ...]:
    """The pictures of one epoch. Not on the window's thread.

    Raises:
        ConfigError: index.json is missing or damaged.
    """
    entries = read_json(folder / "index.json")
    if not isinstance(entries, list):
        raise ConfigError(f"{folder.name} holds no list of pictures.")
    found = []
    for entry in entries[:MOST]:
        # Names from the file are names of files in this folder, and nothing else.
        image = QImage(str(folder / Path(str(entry.get("file", ""))).name))
        if not image.isNull():
            found.append(Sample(image, str(entry.get("key", "")), *_line(entry)))
    return tuple(found)


def _line(entry: dict[str, object]) -> tuple[str, str, bool | None]:
    dice = entry.get("dice")
    if isinstance(dice, (int, float)):
        return f"Dice {dice:.2f}", "", None
    truth, said = str(entry.get("truth", "")), str(entry.get("said", ""))
    return said, "" if truth == said else f"is {truth}", truth == said


class SamplesView(QWidget):
    """A row of pictures; :meth:`show_epoch` reads them off the window's thread."""

    def __init__(self, runner: JobRunner) -> None:
        super().__init__()
        self._runner = runner
        self._key = f"samples:{id(self)}"
        self._wanted: Path | None = None
        self.samples: tuple[Sample, ...] = ()
        self._title = label("Validation pictures", "strong")
        self._hint = label("", "small", wrap=True)
        self._row = FlowLayout()
        head = tight(QHBoxLayout(), tokens.SPACE_8)
        head.addWidget(self._title)
        head.addWidget(self._hint, 1)
        column = tight(QVBoxLayout(self), tokens.SPACE_8)
        column.addLayout(head)
        column.addLayout(self._row)
        column.addStretch(1)
        self.clear()

    def clear(self) -> None:
        """Nothing to show yet."""
        self._wanted = None
        self.samples = ()
        self._empty()
        self._hint.setText("What the network says of them stands here after the first epoch.")

    def show_epoch(self, folder: Path, epoch: int, outlines: bool) -> None:
        """Read and show the pictures of an epoch; a folder that is shown already is left alone."""
        if folder == self._wanted:
            return
        self._wanted = folder
        legend = "Blue: the mask. Orange: what the network outlines." if outlines else ""
        words = f"After epoch {epoch}. {legend}".strip()
        self._runner.submit(
            "io", self._key, lambda _: load(folder), done=lambda found: self._show(found, words)
        )

    def _show(self, found: tuple[Sample, ...], words: str) -> None:
        self.samples = found
        self._empty()
        self._hint.setText(words)
        for sample in found:
            self._row.addWidget(_tile(sample))

    def _empty(self) -> None:
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


def _tile(sample: Sample) -> QWidget:
    box = QWidget()
    box.setToolTip(sample.key)
    lines = [line for line in (sample.line, sample.truth) if line]
    box.setAccessibleName(f"{sample.key}: {', '.join(lines)}")
    picture = Picture()
    picture.set_image(sample.image)
    column = tight(QVBoxLayout(box), tokens.SPACE_4)
    column.addWidget(picture)
    for text in lines:
        line = ElidedLabel(text, "small")
        if sample.right is not None:
            line.setProperty("tone", "success" if sample.right else "warning")
        line.setFixedWidth(picture.width())
        column.addWidget(line)
    column.addStretch(1)
    return box
