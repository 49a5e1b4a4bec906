"""Parts that several pages are made of: cards, facts, small pictures of cases, folder rows."""

from __future__ import annotations

from pathlib import PurePosixPath

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import icons, theme, tokens
from tumordesk.gui.panels.parts import ElidedLabel, IconLabel, label, tight
from tumordesk.gui.panels.rows import RowButton
from tumordesk.gui.training_wizard.thumbnails import ThumbnailStore


class Card(QFrame):
    """A framed field. ``column`` is what to fill, ``heading`` what it is headed with."""

    def __init__(self, title: str = "", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("field")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(
            tokens.SPACE_16, tokens.SPACE_12, tokens.SPACE_16, tokens.SPACE_12
        )
        self.column.setSpacing(tokens.SPACE_8)
        self.heading = label(title, "strong")
        if title:
            row = tight(QHBoxLayout(), tokens.SPACE_8)
            if icon:
                row.addWidget(IconLabel(icon))
            row.addWidget(self.heading, 1)
            self.column.addLayout(row)


def explained(button: QWidget, note: QLabel) -> QBoxLayout:
    """A choice, and close below it, indented, what it means."""
    column = tight(QVBoxLayout())
    note.setContentsMargins(tokens.SPACE_24, 0, 0, tokens.SPACE_4)
    column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
    column.addWidget(note)
    return column


class Fact(QWidget):
    """A number, and below it what it counts."""

    def __init__(self, value: str, caption: str, tone: str = "") -> None:
        super().__init__()
        column = tight(QVBoxLayout(self))
        self.value = label(value, "number", tone)
        column.addWidget(self.value)
        column.addWidget(label(caption, "small"))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)


class Picture(QWidget):
    """A square with a small picture in it, or why there is none."""

    def __init__(self, side: int = tokens.CASE_THUMBNAIL) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._words = ""
        self.setFixedSize(side, side)

    @property
    def image(self) -> QImage | None:
        """The picture that is shown."""
        return self._image

    @property
    def words(self) -> str:
        """What is shown instead of a picture."""
        return self._words

    def set_image(self, image: QImage) -> None:
        """Show a picture."""
        self._image = image
        self._words = ""
        self.update()

    def set_words(self, words: str) -> None:
        """Show words instead."""
        self._words = words
        self._image = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture on black, whole, with round corners."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        colours = theme.palette()
        frame = QRectF(self.rect())
        path = QPainterPath()
        path.addRoundedRect(frame, tokens.RADIUS, tokens.RADIUS)
        painter.setClipPath(path)
        painter.fillRect(frame, QColor(colours.viewport if self._image else colours.raised))
        if self._image is not None:
            painter.drawImage(_fitted(frame, self._image.size()), self._image)
        elif self._words:
            painter.setPen(QColor(colours.text_secondary))
            painter.setFont(theme.base_font(tokens.FONT_SMALL))
            inner = self.rect().adjusted(6, 6, -6, -6)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(inner, int(flags), self._words)
        else:
            size = tokens.ICON
            place = self.rect().center()
            ratio = self.devicePixelRatioF()
            waiting = icons.pixmap("sample", colours.text_disabled, size, ratio)
            painter.drawPixmap(place.x() - size // 2, place.y() - size // 2, waiting)


def _fitted(frame: QRectF, size: QSize) -> QRectF:
    scale = min(frame.width() / max(1, size.width()), frame.height() / max(1, size.height()))
    width, height = size.width() * scale, size.height() * scale
    return QRectF(frame.center().x() - width / 2, frame.center().y() - height / 2, width, height)


class CasePicture(Picture):
    """The thumbnail of a case as a store has it, now or later; words where there is none."""

    def __init__(self, key: str, store: ThumbnailStore, side: int = tokens.CASE_THUMBNAIL) -> None:
        super().__init__(side)
        self.key = key
        self._store = store
        store.ready.connect(self._ready)
        store.failed.connect(self._failed)
        if store.image(key) is None and store.error(key):
            self.set_words(store.error(key))
        self._ready(key)

    def _ready(self, key: str) -> None:
        image = self._store.image(key) if key == self.key else None
        if image is not None:
            self.set_image(image)

    def _failed(self, key: str, reason: str) -> None:
        if key == self.key:
            self.set_words(reason)


class CaseThumbnail(QWidget):
    """A case of the data: its thumbnail, and below it its name."""

    def __init__(self, key: str, store: ThumbnailStore, side: int = tokens.CASE_THUMBNAIL) -> None:
        super().__init__()
        self.key = key
        self.picture = CasePicture(key, store, side)
        name = ElidedLabel(PurePosixPath(key).name, "small")
        name.setFixedWidth(side)
        column = tight(QVBoxLayout(self), tokens.SPACE_4)
        column.addWidget(self.picture)
        column.addWidget(name)
        self.setToolTip(key)
        self.setAccessibleName(key)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)


class FolderRow(RowButton):
    """A folder that can be chosen: its name, and where it is."""

    def __init__(self, name: str, where: str, icon: str = "folder") -> None:
        super().__init__()
        self.add(IconLabel(icon))
        column = tight(QVBoxLayout())
        texts = QWidget()
        texts.setLayout(column)
        column.addWidget(ElidedLabel(name))
        column.addWidget(ElidedLabel(where, "small"))
        self.add(texts, 1)
        self.setToolTip(where)
        self.setAccessibleName(f"{name}, {where}")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
