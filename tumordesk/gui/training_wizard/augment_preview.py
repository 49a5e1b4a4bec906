"""What augmentation makes of a few of the user's own pictures, as the numbers change."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout

from tumordesk.core.paths import cache_dir
from tumordesk.core.training_run import TrainingConfig
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import label, tight
from tumordesk.gui.training_wizard.config_command import ConfigCommand
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.widgets import Picture

COUNT, VERSIONS = 6, 2
WAIT_MS = 400
_ROWS = ("Yours", "Changed", "Changed")


@dataclass(frozen=True)
class Shown:
    """One picture: its key, and its images, the original first."""

    key: str
    images: tuple[QImage, ...]


class AugmentPreview(QFrame):
    """A row of originals, and below it rows of changed ones. It is asked anew after each change."""

    def __init__(self, context: WizardContext) -> None:
        super().__init__()
        self.setObjectName("field")
        self._context = context
        self._config: TrainingConfig | None = None
        self._folder: Path | None = None
        self._number = 0
        self._seed = 1
        self.problem = ""
        self.shown: tuple[Shown, ...] = ()
        self.command = ConfigCommand(context, "preview", WAIT_MS)
        self.command.changed.connect(self._show_state)
        self.command.done.connect(self._made)
        self.command.failed.connect(self._failed)
        self.words = label("", "small", wrap=True)
        self.again = QPushButton("Show ot&hers")
        self.again.setProperty("role", "link")
        self.again.clicked.connect(self._others)
        self._places: list[list[Picture]] = []
        self._captions = 0
        self._build()

    def _build(self) -> None:
        head = tight(QHBoxLayout(), tokens.SPACE_8)
        head.addWidget(label("On your pictures"))
        head.addWidget(self.words, 1)
        head.addWidget(self.again)
        grid = QGridLayout()
        grid.setSpacing(tokens.SPACE_8)
        for line, text in enumerate(_ROWS):
            caption = label(text, "small")
            grid.addWidget(caption, line, 0, Qt.AlignmentFlag.AlignVCenter)
            self._captions = max(self._captions, caption.sizeHint().width())
            places = [Picture(tokens.PREVIEW_PICTURE) for _ in range(COUNT)]
            for column, place in enumerate(places, start=1):
                grid.addWidget(place, line, column)
            self._places.append(places)
        grid.setColumnStretch(COUNT + 1, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(tokens.SPACE_12, tokens.SPACE_8, tokens.SPACE_12, tokens.SPACE_12)
        outer.setSpacing(tokens.SPACE_8)
        outer.addLayout(head)
        outer.addLayout(grid)
        # The pictures follow the width, not the other way round.
        self.setMinimumWidth(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the pictures as large as there is room for."""
        super().resizeEvent(event)
        margins = 2 * (tokens.SPACE_12 + 1) + COUNT * tokens.SPACE_8  # 1: the frame
        room = self.width() - margins - self._captions
        side = max(tokens.CELL_MIN, min(tokens.PREVIEW_PICTURE, room // COUNT))
        for place in (place for places in self._places for place in places):
            place.setFixedSize(side, side)

    def ask(self, config: TrainingConfig) -> None:
        """Show what this configuration does, where that is not shown or asked for already."""
        wanted = _looks(config)
        if self._config is not None and wanted == _looks(self._config):
            return
        self._config = config
        self._order()

    def _order(self) -> None:
        if self._config is None:
            return
        self._number += 1
        self.problem = ""
        self._folder = cache_dir() / "wizard" / f"preview-{os.getpid()}-{self._number}"
        options = ("--count", str(COUNT), "--versions", str(VERSIONS), "--seed", str(self._seed))
        self.command.ask(self._config, ("--out", str(self._folder), *options))

    def _others(self) -> None:
        self._seed += 1
        self._order()

    def stop(self) -> None:
        """Ask for nothing more; the next :meth:`ask` begins anew."""
        self.command.cancel()
        self._config = None

    def _made(self, text: str) -> None:
        folder = self._folder
        if folder is None:
            return
        self._context.runner.submit(
            "io",
            "preview-pictures",
            lambda _: _load(folder, text),
            done=lambda found: self._show(found) if folder == self._folder else None,
        )

    def _show(self, found: tuple[Shown, ...]) -> None:
        self.shown = found
        for column in range(COUNT):
            one = found[column] if column < len(found) else None
            for line, places in enumerate(self._places):
                place = places[column]
                place.setVisible(one is not None)
                if one is not None and line < len(one.images):
                    place.set_image(one.images[line])
                    place.setToolTip(one.key)
        self._show_state()

    def _failed(self, sentence: str) -> None:
        self.problem = sentence
        self._show_state()

    def _show_state(self) -> None:
        busy = self.command.running
        self.words.setText("Changing your pictures …" if busy else self.problem)
        self.words.setProperty("tone", "error" if self.problem and not busy else "")
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)
        self.again.setEnabled(not busy)


def _looks(config: TrainingConfig) -> tuple[object, ...]:
    """What the preview depends on."""
    spec = config.input
    return (config.data, config.augment, spec.size, spec.normalisation, spec.neighbours)


def _load(folder: Path, text: str) -> tuple[Shown, ...]:
    """Read the pictures that the command lists, and take away its folder and older ones."""
    try:
        rows = json.loads(text)
        found = [
            Shown(str(row["key"]), tuple(QImage(str(folder / name)) for name in names))
            for row in rows
            if (names := [row["original"], *row["augmented"]])
        ]
    except (ValueError, KeyError, TypeError):
        found = []
    for old in folder.parent.glob(f"preview-{os.getpid()}-*"):
        if int(old.name.rpartition("-")[2]) <= int(folder.name.rpartition("-")[2]):
            shutil.rmtree(old, ignore_errors=True)
    return tuple(one for one in found if not any(image.isNull() for image in one.images))
