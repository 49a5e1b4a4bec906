"""Patients, studies and series at the left: what is open, the most relevant series first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.study import Patient, ScanResult, Sequence, Series, Study
from tumordesk.gui import theme, tokens
from tumordesk.gui.icons import icon
from tumordesk.gui.viewer.guard import never_raises


def series_title(series: Series) -> str:
    """What a series is called: its description, else its number or kind."""
    if series.description:
        return series.description
    return f"Series {series.number}" if series.number is not None else series.kind.upper()


def series_lines(series: Series) -> tuple[str, str]:
    """('FLAIR?', '26 slices · axial'): the guess is marked as one."""
    kind = series.modality or "Picture"
    if series.guess.sequence is not Sequence.UNKNOWN:
        kind = f"{series.guess.sequence.shown}?"
    count = "1 slice" if series.slices == 1 else f"{series.slices} slices"
    plane = series.geometry.plane
    return kind, f"{count} · {plane}" if plane else count


def series_tip(series: Series) -> str:
    """Everything a person may want to know before choosing it."""
    guess = series.guess
    lines = [
        series_title(series),
        f"{series.rows} × {series.columns} pixels, {series.slices} slices",
        f"Sequence: {guess.sequence.shown}, a guess ({guess.reason})",
    ]
    spacing = series.geometry.spacing_mm
    if spacing is None:
        lines.append("Spacing: not known")
    else:
        lines.append("Spacing: " + " × ".join(f"{v:.2f}" for v in spacing) + " mm")
    lines.append(f"Plane: {series.geometry.plane or 'not known'}")
    return "\n".join([*lines, *series.warnings])


class SeriesItem(QAbstractButton):
    """One series: thumbnail, name, kind. Painted by hand, so that long names are elided."""

    def __init__(self, series: Series, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.series = series
        self._thumbnail: QPixmap | None = None
        self._hover = False
        self.setCheckable(True)
        self.setAutoExclusive(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(", ".join((series_title(series), *series_lines(series))))
        self.setToolTip(series_tip(series))

    def set_thumbnail(self, pixels: npt.NDArray[np.uint8]) -> None:
        """Show uint8 (rows, columns) or (rows, columns, 3)."""
        self._thumbnail = QPixmap.fromImage(to_image(pixels))
        self.update()

    def sizeHint(self) -> QSize:
        """A thumbnail high, as wide as there is room."""
        return QSize(tokens.LEFT_PANEL_W - 2 * tokens.SPACE_8, tokens.THUMBNAIL + tokens.SPACE_12)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Raised under the pointer."""
        self._hover = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Flat again."""
        self._hover = False
        self.update()

    @never_raises
    def paintEvent(self, event: QPaintEvent) -> None:
        """Thumbnail at the left, two lines of text."""
        colours = theme.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = self.rect().adjusted(1, 1, -1, -1)
        if self.isChecked() or self._hover or self.hasFocus():
            painter.setBrush(theme.colour(colours.raised))
            edge = colours.accent if self.isChecked() or self.hasFocus() else colours.raised
            painter.setPen(theme.colour(edge))
            painter.drawRoundedRect(frame, tokens.RADIUS, tokens.RADIUS)
        size = tokens.THUMBNAIL
        box = QRect(frame.x() + 5, frame.y() + (frame.height() - size) // 2, size, size)
        painter.fillRect(box, theme.colour(colours.viewport))
        if self._thumbnail is not None:
            scaled = self._thumbnail.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(box.topLeft(), scaled)
            place.moveCenter(box.center())
            painter.drawPixmap(place, self._thumbnail)
        self._paint_text(painter, box, frame)
        painter.end()

    def _paint_text(self, painter: QPainter, box: QRect, frame: QRect) -> None:
        colours = theme.palette()
        left = box.right() + tokens.SPACE_8
        width = frame.right() - left - tokens.SPACE_4
        weight = tokens.WEIGHT_STRONG if self.isChecked() else tokens.WEIGHT_MEDIUM
        painter.setFont(theme.base_font(tokens.FONT_BASE, weight))
        painter.setPen(theme.colour(colours.text))
        metrics = painter.fontMetrics()
        small = QFontMetrics(theme.base_font(tokens.FONT_SMALL))
        top = frame.center().y() - (metrics.height() + 2 * small.height()) // 2
        # Names of files differ at their end: the sequence, or which volume of the file it is.
        of_file = self.series.kind != "dicom"
        mode = Qt.TextElideMode.ElideMiddle if of_file else Qt.TextElideMode.ElideRight
        title = metrics.elidedText(series_title(self.series), mode, width)
        painter.drawText(left, top + metrics.ascent(), title)
        painter.setFont(theme.base_font(tokens.FONT_SMALL))
        painter.setPen(theme.colour(colours.text_secondary))
        top += metrics.height()
        for text in series_lines(self.series):
            line = small.elidedText(text, Qt.TextElideMode.ElideRight, width)
            painter.drawText(left, top + small.ascent(), line)
            top += small.height()


def to_image(pixels: npt.NDArray[Any]) -> QImage:
    """A QImage of its own of uint8 (rows, columns) or (rows, columns, 3)."""
    rows, columns = pixels.shape[:2]
    data = np.ascontiguousarray(pixels)
    grey = data.ndim == 2
    kind = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    return QImage(data.data, columns, rows, data.strides[0], kind).copy()


class StudyBrowser(QWidget):
    """All open patients and studies; one series is the shown one."""

    series_chosen = Signal(str)
    close_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: dict[str, SeriesItem] = {}
        self._thumbnails: dict[str, npt.NDArray[np.uint8]] = {}
        self._shown: tuple[ScanResult | None, bool] = (None, False)
        self._active = ""
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer.addWidget(self._scroll)
        self.setAccessibleName("Studies")
        self.show_scan(ScanResult((), ()), hide_names=False)

    def show_scan(self, scan: ScanResult, *, hide_names: bool) -> None:
        """List what is open."""
        if self._shown[0] is not None and self._shown == (scan, hide_names):
            return
        self._shown = (scan, hide_names)
        self._items = {}
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(tokens.SPACE_8, tokens.SPACE_4, tokens.SPACE_8, tokens.SPACE_8)
        column.setSpacing(tokens.SPACE_4)
        for patient in scan.patients:
            for study in patient.studies:
                column.addWidget(self._header(patient, study, hide_names))
                for series in ordered(study.series):
                    column.addWidget(self._item(series))
        if not scan.patients:
            column.addWidget(_hint("Nothing is open. Drop scans anywhere on the window."))
        column.addStretch(1)
        self._scroll.setWidget(body)
        self.set_active(self._active)

    def _item(self, series: Series) -> SeriesItem:
        item = SeriesItem(series)
        item.clicked.connect(lambda: self._choose(series.key))
        if series.key in self._thumbnails:
            item.set_thumbnail(self._thumbnails[series.key])
        self._items[series.key] = item
        return item

    def _choose(self, key: str) -> None:
        self.set_active(key)
        self.series_chosen.emit(key)

    def _header(self, patient: Patient, study: Study, hide_names: bool) -> QWidget:
        name = patient.name.replace("^", " ").strip() or patient.patient_id or "No name"
        title = QLabel("Patient" if hide_names else name)
        title.setProperty("role", "strong")
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        line = QLabel(" · ".join(t for t in (study.date, study.description) if t) or "No date")
        line.setProperty("role", "small")
        line.setTextFormat(Qt.TextFormat.PlainText)
        line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        close = QToolButton()
        close.setIcon(icon("close"))
        close.setIconSize(QSize(tokens.ICON_SMALL, tokens.ICON_SMALL))
        close.setToolTip("Close this study (Ctrl+W closes the shown one)")
        close.setAccessibleName("Close study")
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        close.clicked.connect(lambda: self.close_requested.emit(study.uid))
        header = QWidget()
        row = QHBoxLayout(header)
        row.setContentsMargins(tokens.SPACE_4, tokens.SPACE_8, 0, 0)
        row.setSpacing(0)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(title)
        texts.addWidget(line)
        row.addLayout(texts, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        return header

    def set_active(self, key: str) -> None:
        """Mark the shown series and bring it into view."""
        self._active = key
        for other, item in self._items.items():
            item.setChecked(other == key)
        if key in self._items:
            self._scroll.ensureWidgetVisible(self._items[key], 0, tokens.SPACE_8)

    def set_thumbnail(self, key: str, pixels: npt.NDArray[np.uint8]) -> None:
        """Show the small picture of a series."""
        self._thumbnails[key] = pixels
        if key in self._items:
            self._items[key].set_thumbnail(pixels)

    def has_thumbnail(self, key: str) -> bool:
        """Whether there is a small picture of it already."""
        return key in self._thumbnails

    def keys(self) -> tuple[str, ...]:
        """Series keys in the order shown."""
        return tuple(self._items)

    def item(self, key: str) -> SeriesItem | None:
        """The row of a series."""
        return self._items.get(key)


def ordered(series: tuple[Series, ...]) -> list[Series]:
    """Most relevant first, localizers last."""
    from tumordesk.io.relevance import sort_key

    return sorted(series, key=sort_key)


def _hint(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("role", "secondary")
    label.setContentsMargins(tokens.SPACE_4, tokens.SPACE_12, tokens.SPACE_4, 0)
    return label
