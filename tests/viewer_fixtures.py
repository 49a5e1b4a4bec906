"""A shown viewer, made-up series to show in it, and hands to use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.study import Instance, Sequence, SequenceGuess, Series
from tumordesk.core.volume import Window
from tumordesk.gui.viewer import ViewerArea, guard
from tumordesk.gui.viewer.slice_view import SliceView
from tumordesk.session.image_source import ImageSource

LEFT = Qt.MouseButton.LeftButton
MIDDLE = Qt.MouseButton.MiddleButton
RIGHT = Qt.MouseButton.RightButton
NO_KEYS = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier

TOWARDS = {
    "L": (1.0, 0.0, 0.0),
    "R": (-1.0, 0.0, 0.0),
    "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0),
    "H": (0.0, 0.0, 1.0),
    "F": (0.0, 0.0, -1.0),
}
WINDOW = Window(500.0, 1000.0)
GREY = 500
"""This value through WINDOW is the middle grey."""


def directions(letters: str) -> np.ndarray:
    """Columns for slices, rows and columns that grow towards these letters: 'HPL' is axial."""
    return np.array([TOWARDS[letter] for letter in letters]).T


def geometry(
    shape: tuple[int, int, int] = (12, 60, 40),
    spacing_mm: tuple[float, float, float] | None = (5.0, 1.0, 1.0),
    towards: str | None = "HPL",
    verdict: Verdict = Verdict.OK,
) -> Geometry:
    """A stack whose axes grow towards ``towards``; None where something is unknown."""
    turned = None if towards is None else directions(towards)
    if spacing_mm is None:
        return Geometry(shape, orientation=turned, verdict=verdict)
    affine = None if turned is None else affine_from((3.0, -4.0, 7.0), turned, spacing_mm)
    return Geometry(shape, spacing_mm[1:], spacing_mm[0], affine, verdict=verdict)


def empty_source(where: Geometry, **changes: Any) -> ImageSource:
    """A source none of whose slices is there yet."""
    series = Series(
        key="s1",
        uid="1.2.3",
        kind="dicom",
        number=1,
        modality="MR",
        description="AX FLAIR",
        guess=SequenceGuess(Sequence.FLAIR, "description says FLAIR"),
        geometry=where,
        instances=tuple(Instance(Path(f"{i}.dcm")) for i in range(where.shape[0])),
    )
    return ImageSource(series, **({"geometry": where, "windows": (WINDOW,)} | changes))


def source(
    array: np.ndarray | None = None, where: Geometry | None = None, **changes: Any
) -> ImageSource:
    """A complete source; middle grey everywhere unless an array is given."""
    where = where or geometry(geometry().shape if array is None else array.shape[:3])
    values = np.full(where.shape, GREY, np.uint16) if array is None else array
    made = empty_source(where, colour=values.ndim == 4, **changes)
    for index, pixels in enumerate(values):
        made.put(index, pixels)
    return made


@contextmanager
def shown_viewer(qtbot: QtBot, width: int = 800, height: int = 600) -> Iterator[ViewerArea]:
    """A viewer on the screen. Every paint method must have worked when it closes."""
    guard.failures.clear()
    area = ViewerArea()
    qtbot.addWidget(area)
    area.resize(width, height)
    with qtbot.waitActive(area):
        area.show()
        area.activateWindow()
    yield area
    area.grab()
    assert guard.failures == []
    area.close()


def middle(view: SliceView) -> QPoint:
    """The middle of a view."""
    return view.viewport().rect().center()


def drag(
    view: SliceView,
    button: Qt.MouseButton,
    start: QPoint,
    end: QPoint,
    keys: Qt.KeyboardModifier = NO_KEYS,
    steps: int = 5,
) -> None:
    """Press, move and let go."""
    target = view.viewport()
    QTest.mousePress(target, button, keys, start)
    for step in range(1, steps + 1):
        point = QPointF(start) + QPointF(end - start) * step / steps
        send_move(view, point, keys, button)
    QTest.mouseRelease(target, button, keys, end)


def send_move(
    view: SliceView,
    point: QPointF,
    keys: Qt.KeyboardModifier = NO_KEYS,
    buttons: Qt.MouseButton = Qt.MouseButton.NoButton,
) -> None:
    """Move the pointer, with these keys and buttons down (QTest's own move knows none)."""
    target = view.viewport()
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        point,
        QPointF(target.mapToGlobal(point)),
        Qt.MouseButton.NoButton,
        buttons,
        keys,
    )
    QApplication.sendEvent(target, event)


def send_press(view: SliceView, button: Qt.MouseButton, point: QPointF) -> None:
    """Press a button and keep it down."""
    QTest.mousePress(view.viewport(), button, NO_KEYS, point.toPoint())


def wheel(
    view: SliceView,
    notches: float,
    at: QPoint | None = None,
    keys: Qt.KeyboardModifier = NO_KEYS,
) -> None:
    """Turn the wheel towards the hand for positive ``notches``."""
    target = view.viewport()
    point = QPointF(at or middle(view))
    event = QWheelEvent(
        point,
        QPointF(target.mapToGlobal(point)),
        QPoint(0, 0),
        QPoint(0, round(-120 * notches)),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(target, event)


def screen_point(view: SliceView, slice_: int, row: float, column: float) -> QPoint:
    """Where the middle of a voxel stands in a view."""
    position = (slice_, row, column)
    plane = view.plane
    h, v = position[plane.horizontal] + 0.5, position[plane.vertical] + 0.5
    return view.to_view((h, v)).toPoint()


def picture(view: SliceView) -> QImage:
    """What a view shows."""
    return view.grab().toImage()


def colour_at(image: QImage, point: QPoint) -> tuple[int, int, int]:
    """(r, g, b) of one pixel of a grabbed picture, at any scale of the screen."""
    ratio = image.devicePixelRatio()
    colour: QColor = image.pixelColor(round(point.x() * ratio), round(point.y() * ratio))
    return colour.red(), colour.green(), colour.blue()


def bright_box(image: QImage, above: int = 200) -> tuple[int, int, int, int]:
    """(left, top, width, height) of the pixels whose green is above a value."""
    grey = image.convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine())
    green = flat[:, : 3 * grey.width()].reshape(grey.height(), grey.width(), 3)[..., 1]
    rows = np.flatnonzero((green > above).any(axis=1))
    columns = np.flatnonzero((green > above).any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1
