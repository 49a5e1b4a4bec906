"""What a person sees first: where to drop scans, the sample study, what was open before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import theme, tokens
from tumordesk.gui.icons import icon
from tumordesk.gui.panels.parts import IconLabel
from tumordesk.gui.viewer.guard import never_raises

RECENT_SHOWN = 5
_DROP_ICON = 36
_WIDTH = 760


class DropTarget(QFrame):
    """The dashed field; the whole window takes drops, this says so."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(164)
        self.setAccessibleName("Drop scans here")

    @never_raises
    def paintEvent(self, event: QPaintEvent) -> None:
        """A dashed, rounded field."""
        colours = theme.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme.colour(colours.text_disabled), 1.5, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(theme.colour(colours.panel))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 10, 10)
        painter.end()


class StartScreen(QWidget):
    """Drop target, then Sample study, Recent, Train a model."""

    open_files = Signal()
    open_folder = Signal()
    open_sample = Signal()
    open_recent = Signal(str)
    train = Signal()
    batch = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Start")
        self._recent_box = QVBoxLayout()
        self._recent_box.setSpacing(0)
        centre = QWidget()
        centre.setMaximumWidth(_WIDTH)
        centre.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(centre)
        column.setSpacing(tokens.SPACE_12)
        column.addWidget(self._welcome())
        column.addWidget(self._target())
        column.addLayout(self._cards())
        outer = QHBoxLayout(self)
        outer.setContentsMargins(tokens.SPACE_24, tokens.SPACE_16, tokens.SPACE_24, tokens.SPACE_16)
        outer.addStretch(1)
        inner = QVBoxLayout()
        inner.addStretch(1)
        inner.addWidget(centre)
        inner.addStretch(2)
        outer.addLayout(inner, 8)
        outer.addStretch(1)
        self.set_recent(())

    def _welcome(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.SPACE_4)
        title = _label("Open a brain scan", "title")
        text = _label(
            "TumorDesk outlines, measures and classifies brain tumours on this computer. "
            "Nothing is sent anywhere.",
            "secondary",
        )
        column.addWidget(title)
        column.addWidget(text)
        return box

    def _target(self) -> QWidget:
        target = DropTarget()
        column = QVBoxLayout(target)
        column.setSpacing(tokens.SPACE_8)
        column.addStretch(1)
        picture = IconLabel("drop", size=_DROP_ICON)
        column.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        headline = _label("Drop scans anywhere on this window", "strong")
        headline.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(headline)
        kinds = _label(
            "DICOM folders, single slices, DICOMDIR, zip · NIfTI, NRRD, MHA · PNG, JPEG, TIFF, BMP",
            "secondary",
        )
        kinds.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(kinds)
        buttons = QHBoxLayout()
        buttons.setSpacing(tokens.SPACE_8)
        buttons.addStretch(1)
        files = QPushButton("Open files…")
        files.setProperty("role", "primary")
        files.setToolTip("Open files (Ctrl+O)")
        files.clicked.connect(self.open_files)
        folder = QPushButton("Open folder…")
        folder.setToolTip("Open a folder with everything in it (Ctrl+Shift+O)")
        folder.clicked.connect(self.open_folder)
        buttons.addWidget(files)
        buttons.addWidget(folder)
        self.batch_button = QPushButton("Many studies…")
        self.batch_button.setToolTip("Run a model on many studies, one after the other (Ctrl+B)")
        self.batch_button.clicked.connect(self.batch)
        buttons.addWidget(self.batch_button)
        buttons.addStretch(1)
        column.addSpacing(tokens.SPACE_4)
        column.addLayout(buttons)
        column.addStretch(1)
        return target

    def _cards(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(tokens.SPACE_16)
        sample = _card(
            "sample",
            "Sample study",
            "A brain MR study with a low-grade glioma (TCGA-FG-6692, CC BY 3.0).",
        )
        self.sample_button = QPushButton("Open sample study")
        self.sample_button.clicked.connect(self.open_sample)
        sample[1].addWidget(self.sample_button)
        recent = _card("clock", "Recent", "")
        recent[1].insertLayout(recent[1].count(), self._recent_box)
        recent[1].addStretch(1)
        train = _card(
            "train",
            "Train a model",
            "Teach the bundled networks on a folder of your own.",
        )
        self.train_button = QPushButton("Train a model")
        self.train_button.setToolTip("Open the training wizard (Ctrl+T)")
        self.train_button.clicked.connect(self.train)
        train[1].addWidget(self.train_button)
        for column, (frame, _) in enumerate((sample, recent, train)):
            grid.addWidget(frame, 0, column)
            grid.setColumnStretch(column, 1)
        return grid

    def set_recent(self, paths: Sequence[str]) -> None:
        """Show what was open before; only names, the whole path in the tooltip."""
        while (item := self._recent_box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for path in paths[:RECENT_SHOWN]:
            button = QPushButton(icon("folder"), Path(path).name or path)
            button.setIconSize(QSize(tokens.ICON_SMALL, tokens.ICON_SMALL))
            button.setProperty("role", "row")
            button.setToolTip(path)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, chosen=path: self.open_recent.emit(chosen))
            self._recent_box.addWidget(button)
        if not paths:
            self._recent_box.addWidget(_label("What you open is listed here.", "secondary"))


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label


def _card(name: str, title: str, text: str) -> tuple[QFrame, QVBoxLayout]:
    frame = QFrame()
    frame.setObjectName("card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(tokens.SPACE_16, tokens.SPACE_12, tokens.SPACE_16, tokens.SPACE_16)
    column.setSpacing(tokens.SPACE_8)
    head = QHBoxLayout()
    head.setSpacing(tokens.SPACE_8)
    head.addWidget(IconLabel(name, "accent", tokens.ICON))
    head.addWidget(_label(title, "strong"), 1)
    column.addLayout(head)
    if text:
        column.addWidget(_label(text, "secondary"))
        column.addStretch(1)
    return frame, column
