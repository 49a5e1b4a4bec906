"""An outline of several parts: told apart, chosen for the brush, corrected, kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit
from pytestqt.qtbot import QtBot

import factories
import panel_fakes as fakes
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.main_window import MainWindow
from tumordesk.imaging.measure import measure
from tumordesk.session.layers import Layer
from tumordesk.session.use_cases import RunOutcome
from viewer_fixtures import drag, screen_point
from window_fixtures import opened, shown_window, until

LEFT = Qt.MouseButton.LeftButton
SLICE = 4


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A window whose series a model has outlined: core inside oedema."""
    with shown_window(qtbot, SettingsStore(tmp_path / "settings.json"), ()) as made:
        folder = tmp_path / "flair"
        factories.write_series(folder, factories.phantom((9, 64, 64)), spacing_mm=(5.0, 3.0, 3.0))
        made.open_paths([folder])
        until(qtbot, lambda: opened(made))
        series = made.session.active
        array = np.zeros(series.geometry.shape, np.uint8)
        array[2:7, 20:40, 20:40], array[3:6, 26:34, 26:34] = 1, 2
        segments = (Segment(1, "Oedema"), Segment(2, "Core"))
        outline = Segmentation(array, series.geometry, segments, series.uid)
        result = AnalysisResult(fakes.provenance(), outline, measure(outline))
        made.session.take_outcome(RunOutcome(series.key, result), 0.45)
        yield made


def _own(window: MainWindow) -> Layer:
    active = window.session.results(window.session.active.key).active
    assert active is not None
    assert active.editable
    return active


def _dab(window: MainWindow, row: int, column: int) -> int:
    """Paint a dab there; what the voxel is of then."""
    view = window.parts.viewer.views[0]
    point = screen_point(view, SLICE, row, column)
    drag(view, LEFT, point, point)
    return int(_own(window).array[SLICE, row, column])


def _ready(qtbot: QtBot, window: MainWindow) -> None:
    window.parts.viewer.go_to(SLICE)
    window.parts.viewer.set_brush_size(3)
    qtbot.mouseClick(window.parts.segments.rows[0].action, LEFT)
    QApplication.processEvents()


def test_the_brush_paints_the_part_that_is_chosen(qtbot: QtBot, window: MainWindow) -> None:
    assert window.parts.segments.rows[0].legend.buttons == {}  # a model's parts are only shown
    _ready(qtbot, window)
    theirs, mine = window.session.results(window.session.active.key).layers
    assert len({*theirs.colours.values(), *mine.colours.values()}) == 4
    assert "The brush paints Oedema" in window.parts.banner.message.text
    legend = window.parts.segments.rows[-1].legend
    assert [button.isChecked() for button in legend.buttons.values()] == [True, False]
    assert _dab(window, 50, 50) == 1
    qtbot.mouseClick(legend.buttons[2], LEFT)
    assert [button.isChecked() for button in legend.buttons.values()] == [False, True]
    assert _dab(window, 50, 56) == 2
    assert window.parts.viewer.model.brush_colour() == _own(window).colours[2]
    window.viewing.undo()
    assert _own(window).array[SLICE, 50, 56] == 0
    assert _own(window).array[SLICE, 50, 50] == 1


def test_a_key_goes_through_the_parts(qtbot: QtBot, window: MainWindow) -> None:
    _ready(qtbot, window)
    window.parts.viewer.setFocus()
    for label in (2, 1, 2):
        qtbot.keyClick(window.parts.viewer, Qt.Key.Key_N)
        assert _dab(window, 10, 10 + 4 * label) == label


def test_choosing_a_part_takes_the_brush_to_that_layer(qtbot: QtBot, window: MainWindow) -> None:
    _ready(qtbot, window)
    series = window.session.active
    window.session.edit_copy(series.key, window.session.results(series.key).layers[0].key)
    QApplication.processEvents()
    first, second = window.parts.segments.rows[1:]
    window.actions_by_name["eraser_tool"].trigger()
    for row, place in ((first, 8), (second, 14)):
        qtbot.mouseClick(row.legend.buttons[2], LEFT)
        assert window.parts.viewer.tool() == "brush"
        assert window.session.results(series.key).active_key == row.key
        assert _dab(window, 55, place) == 2
    painted = [
        layer.array[SLICE, 55, [8, 14]].tolist()
        for layer in window.session.results(series.key).layers[1:]
    ]
    assert painted == [[2, 0], [0, 2]]


def test_corrected_parts_are_measured_apart(qtbot: QtBot, window: MainWindow) -> None:
    _ready(qtbot, window)
    before = _own(window).measurements
    qtbot.mouseClick(window.parts.segments.rows[-1].legend.buttons[2], LEFT)
    window.parts.viewer.set_brush_size(9)
    _dab(window, 30, 37)
    until(qtbot, lambda: _own(window).measurements not in (None, before))
    (lesion,) = _own(window).measurements.lesions
    sizes = {part.segment: part.voxels for part in lesion.parts}
    assert sizes[2] > 3 * 64
    assert sizes[1] + sizes[2] == lesion.voxels


def _answer(qtbot: QtBot, window: MainWindow, name: str) -> None:
    """Type a name into the dialog that asks for one."""
    dialog = window.findChild(QInputDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    field = dialog.findChild(QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, name)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    until(qtbot, lambda: window.findChild(QInputDialog) is None)


def test_parts_are_added_and_named_by_hand(qtbot: QtBot, window: MainWindow) -> None:
    assert not window.parts.segments.rows[0].part.isVisible()  # a model's outline stays
    _ready(qtbot, window)
    row = window.parts.segments.rows[-1]
    qtbot.mouseClick(row.part, LEFT)
    _answer(qtbot, window, "Cyst")
    own = _own(window)
    assert [one.label for one in own.segments] == ["Oedema", "Core", "Cyst"]
    assert row.legend.buttons[3].isChecked()
    assert len(set(own.colours.values())) == 3
    assert _dab(window, 50, 50) == 3
    until(qtbot, lambda: own.measurements is not None and len(own.measurements.parts) == 3)
    row.part_requested.emit(row.key, False)
    _answer(qtbot, window, "Necrosis")
    assert [one.label for one in own.segments] == ["Oedema", "Core", "Necrosis"]
    theirs = window.session.results(window.session.active.key).layers[0]
    assert [one.label for one in theirs.segments] == ["Oedema", "Core"]


@pytest.mark.parametrize("name", ["core", "a, b", "", "background"])
def test_names_that_cannot_be_taken_are_refused_in_words(
    qtbot: QtBot, window: MainWindow, name: str
) -> None:
    _ready(qtbot, window)
    qtbot.mouseClick(window.parts.segments.rows[-1].part, LEFT)
    _answer(qtbot, window, name)
    assert window.parts.banner.message.tone == "warning"
    assert len(_own(window).segments) == 2
