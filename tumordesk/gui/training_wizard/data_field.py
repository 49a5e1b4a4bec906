"""The drop field, and what it turns into once a folder is chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import ElidedLabel, IconLabel, clear, label, tight
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.flow import FlowLayout
from tumordesk.gui.training_wizard.widgets import Card, CaseThumbnail, Picture
from tumordesk.session.folder_peek import Peek, number

_KINDS = (
    ("Class folders", "glioma/  meningioma/  …, with or without train, val and test above them"),
    ("Pictures with masks", "scan.png + scan_mask.png, or images/ + masks/"),
    ("COCO", "one json file for each split"),
    ("Scans with label maps", "NIfTI or DICOM series"),
    ("A table", "CSV with the columns image, mask or label, patient"),
)
_ICON = 36
_SHOWN = 8


class DropField(QFrame):
    """The dashed field of the first page. ``choose``: a person wants to look for a folder."""

    choose = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dropField")
        self.setAccessibleName("Drop a data folder here")
        column = QVBoxLayout(self)
        margin = tokens.SPACE_24
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(tokens.SPACE_8)
        column.addWidget(IconLabel("drop", size=_ICON), 0, Qt.AlignmentFlag.AlignCenter)
        headline = label("Drop a folder anywhere on this page", "strong")
        headline.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(headline)
        self.button = QPushButton("&Choose folder…")
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self.choose)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        column.addSpacing(tokens.SPACE_16)
        column.addWidget(label("WHAT IS UNDERSTOOD", "heading"))
        column.addLayout(_kinds())

    def set_over(self, over: bool) -> None:
        """Something is held over the page, or no longer."""
        self.setProperty("over", "true" if over else "false")
        self.style().unpolish(self)
        self.style().polish(self)


def _kinds() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(tokens.SPACE_16)
    grid.setVerticalSpacing(tokens.SPACE_4)
    for row, (name, example) in enumerate(_KINDS):
        grid.addWidget(label(name), row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(label(example, "secondary", wrap=True), row, 1)
    grid.setColumnStretch(1, 1)
    return grid


class ChosenFolder(Card):
    """The folder: its name, what was recognised, and some of its pictures."""

    choose = Signal()

    def __init__(self, context: WizardContext) -> None:
        super().__init__()
        self._context = context
        self._keys: tuple[str, ...] = ()
        head = tight(QHBoxLayout(), tokens.SPACE_12)
        head.addWidget(IconLabel("folder", size=tokens.ICON))
        names = tight(QVBoxLayout())
        self.name = ElidedLabel("", "strong")
        self.path = ElidedLabel("", "small")
        names.addWidget(self.name)
        names.addWidget(self.path)
        head.addLayout(names, 1)
        self.button = QPushButton("&Choose another…")
        self.button.clicked.connect(self.choose)
        head.addWidget(self.button)
        self.column.addLayout(head)
        self.column.addSpacing(tokens.SPACE_4)
        self.found = label("", wrap=True)
        self.layout_words = label("", "strong", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.doing = label("", "small", wrap=True)
        for widget in (self.layout_words, self.found, self.bar, self.doing):
            self.column.addWidget(widget)
        self._pictures = QWidget()
        self._grid = FlowLayout(self._pictures)
        self.column.addSpacing(tokens.SPACE_4)
        self.column.addWidget(self._pictures)

    def show_folder(self, folder: Path) -> None:
        """A folder was chosen; nothing is known of it yet."""
        self._keys = ()
        clear(self._grid)
        self.name.set_full(folder.name or str(folder))
        self.path.set_full(str(folder))
        self.found.setText("Looking into the folder")
        self.show_check()

    def show_problem(self, sentence: str) -> None:
        """The folder cannot be read."""
        self.found.setText(sentence)

    def show_peek(self, seen: Peek) -> None:
        """How many files there are, and some of them."""
        self.found.setText(_peek_words(seen))
        if self._keys:
            return
        clear(self._grid)
        frames = []
        for path in seen.samples[:_SHOWN]:
            frame = Picture()
            frame.setToolTip(path.name)
            self._grid.addWidget(frame)
            frames.append((frame, path))
        self._load(frames)

    def _load(self, frames: list[tuple[Picture, Path]]) -> None:
        paths = [path for _, path in frames]
        side = round(tokens.CASE_THUMBNAIL * self.devicePixelRatioF())

        def show(images: list[QImage]) -> None:
            if self._keys:
                return
            for (frame, _), image in zip(frames, images, strict=True):
                if not image.isNull():
                    frame.set_image(image)

        self._context.runner.submit(
            "io", "peek-pictures", lambda _: [small(path, side) for path in paths], done=show
        )

    def show_check(self) -> None:
        """How far the check is, and what it found."""
        check, report = self._context.check, self._context.draft.report
        self.bar.setVisible(check.running)
        self.bar.setValue(round(100 * check.share))
        self.doing.setVisible(check.running or bool(check.problem))
        self.doing.setText(f"{check.text} …" if check.running else check.problem)
        self.layout_words.setVisible(report is not None)
        if report is None:
            return
        self.layout_words.setText(report.layout_title[:1].upper() + report.layout_title[1:])
        classes = ", ".join(f"{name} {number(n)}" for name, n in report.classes.items())
        words = f"{number(report.pictures)} {report.many(report.pictures)}"
        self.found.setText(f"{words}: {classes}" if len(report.classes) > 1 else words)
        self._show_keys(report.preview[:_SHOWN])

    def _show_keys(self, keys: tuple[str, ...]) -> None:
        if not keys or keys == self._keys:
            return
        self._keys = keys
        clear(self._grid)
        for key in keys:
            self._grid.addWidget(CaseThumbnail(key, self._context.thumbnails))
        self._context.thumbnails.request(keys)


def _peek_words(seen: Peek) -> str:
    names = [name for name, _ in seen.folders if name != "."]
    few = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
    return f"{seen.sentence}: {few}" if few else seen.sentence


def small(path: Path, side: int) -> QImage:
    """A picture, at most ``side`` pixels large; null where it cannot be read."""
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > side:
        reader.setScaledSize(size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()
