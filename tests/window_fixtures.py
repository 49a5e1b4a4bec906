"""A main window with networks whose answer is known, and hands to use it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

import inference_fakes
from tumordesk.core.model_card import InputSpec
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.main_window import MainWindow
from tumordesk.zoo import ModelEntry

WAIT_MS = 20_000


class SlowBrightIsTumour(inference_fakes.BrightIsTumour):
    """Waits in every batch until it is let go: a test decides how far a run gets."""

    def __init__(self) -> None:
        super().__init__(0.7)
        self.entered = threading.Event()
        self.go = threading.Event()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, once the test says so."""
        self.entered.set()
        self.go.wait(10.0)
        return super().forward(x)


@contextmanager
def shown_window(
    qtbot: QtBot, store: SettingsStore, models: Sequence[ModelEntry] | None = None
) -> Iterator[MainWindow]:
    """A shown main window that knows these models alone (None: those that are installed); closed
    and gone afterwards."""
    made = MainWindow(store, warm_up=False)
    if models is not None:
        made.running.load_models = lambda: None  # type: ignore[method-assign]
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    if models:
        made.running._models_loaded((tuple(models), ()))
    yield made
    made.close()
    made.deleteLater()


def fake_entries() -> tuple[ModelEntry, ...]:
    """A FLAIR outliner, a T1 post-contrast outliner and a classifier."""
    contrast = InputSpec(sequence="T1C", size=(64, 64))
    return (
        inference_fakes.make_entry(
            inference_fakes.make_card(
                id="flair-fake", input=InputSpec(sequence="FLAIR", size=(64, 64))
            )
        ),
        inference_fakes.make_entry(inference_fakes.make_card(id="t1c-fake", input=contrast)),
        inference_fakes.make_entry(
            inference_fakes.make_card("classification", id="type-fake", input=contrast)
        ),
    )


def drop(widget: QWidget, paths: Sequence[Path]) -> None:
    """Drag files onto a widget and let go, as a file manager does."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    centre = widget.rect().center()
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(centre, Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(centre), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(widget, event)


def wheel(widget: QWidget, notches: int) -> None:
    """Turn the wheel towards the hand for positive ``notches``."""
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre,
        QPointF(widget.mapToGlobal(QPoint(0, 0))) + centre,
        QPoint(0, 0),
        QPoint(0, -120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    """Wait for something true, for as long as a busy machine may need."""
    qtbot.waitUntil(condition, timeout=WAIT_MS)


def words(widget: QWidget) -> str:
    """All labels that can be read."""
    QApplication.processEvents()
    return " ".join(one.text() for one in widget.findChildren(QLabel) if one.isVisibleTo(widget))


def opened(window: MainWindow) -> bool:
    """The folder is read and the shown series decoded."""
    source = window.session.source
    return source is not None and source.complete and not window.opening.scanning
