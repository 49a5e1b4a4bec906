"""The segments panel says what the hand did, and shows what the layers are now."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

import panel_fakes as fakes
from tumordesk.core.segmentation import Segment
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import ElidedLabel
from tumordesk.gui.panels.section import Section
from tumordesk.gui.panels.segments import EMPTY, SegmentsPanel
from tumordesk.session.layers import SEGMENT_COLOURS, Layer

LEFT = Qt.MouseButton.LeftButton
TRAIN = "Add to training set…"


@pytest.fixture
def panel(qtbot: QtBot) -> SegmentsPanel:
    """A shown panel."""
    made = SegmentsPanel()
    qtbot.addWidget(made)
    made.resize(tokens.RIGHT_PANEL_W - 16, 300)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def layers(panel: SegmentsPanel) -> tuple[Layer, Layer]:
    """An outline by a model and the person's own, shown."""
    origin = fakes.layer()
    own = fakes.mine(origin)
    panel.show_results(fakes.results(origin, own))
    QApplication.processEvents()
    return origin, own


def heard(signal: Any) -> list[tuple[Any, ...]]:
    """What a signal says from now on."""
    told: list[tuple[Any, ...]] = []
    signal.connect(lambda *values: told.append(values))
    return told


def test_without_outlines_it_says_what_to_do(panel: SegmentsPanel) -> None:
    panel.show_results(None)
    assert panel.rows == ()
    shown = [one.text() for one in panel.findChildren(QLabel) if one.isVisibleTo(panel)]
    assert shown == [EMPTY]
    panel.show_results(fakes.results(fakes.layer()))
    assert not any(one.text() == EMPTY and one.isVisible() for one in panel.findChildren(QLabel))


def test_parts_of_an_outline_have_colour_and_name(panel: SegmentsPanel) -> None:
    plain = fakes.layer()
    panel.show_results(fakes.results(plain))
    QApplication.processEvents()
    (row,) = panel.rows
    assert not row.legend.isVisible()
    height = row.sizeHint().height()
    names = ("Core", "Oedema", "=<b>Cyst</b> with a name that is far too long for the panel")
    plain.segments = tuple(Segment(n, name) for n, name in enumerate(names, start=1))
    plain.colours = dict(zip((1, 2, 3), SEGMENT_COLOURS, strict=False))
    panel.show_results(fakes.results(plain))
    assert row.legend.isVisible()
    assert [one.full for one in row.legend.findChildren(ElidedLabel)] == list(names)
    assert "Core, Oedema" in row.accessibleName()
    assert row.sizeHint().height() > height
    assert row.minimumSizeHint().width() == 0


def test_the_eye_hides_and_shows(
    qtbot: QtBot, panel: SegmentsPanel, layers: tuple[Layer, Layer]
) -> None:
    told = heard(panel.look_changed)
    row = panel.rows[0]
    qtbot.mouseClick(row.eye, LEFT)
    assert told == [(layers[0].key, {"visible": False})]
    layers[0].visible = False
    panel.show_results(fakes.results(*layers))
    assert row.eye.toolTip() == "Show this outline"
    assert not row.slider.isEnabled()
    qtbot.mouseClick(row.eye, LEFT)
    assert told[-1] == (layers[0].key, {"visible": True})


def test_the_slider_changes_the_opacity(
    qtbot: QtBot, panel: SegmentsPanel, layers: tuple[Layer, Layer]
) -> None:
    told = heard(panel.look_changed)
    slider = panel.rows[1].slider
    assert slider.value() == 45
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert told == [(layers[1].key, {"opacity": 0.46})]
    start = QPoint(round(slider.width() * 0.46), slider.height() // 2)
    qtbot.mousePress(slider, LEFT, pos=start)
    qtbot.mouseMove(slider, QPoint(slider.width() - 1, start.y()))
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(slider.width() - 1, start.y()))
    assert told[-1][1]["opacity"] > 0.8


def test_what_the_layers_say_is_shown_without_being_told_again(
    panel: SegmentsPanel, layers: tuple[Layer, Layer]
) -> None:
    told = heard(panel.look_changed)
    layers[0].opacity = 0.2
    panel.show_results(fakes.results(*layers))
    assert panel.rows[0].slider.value() == 20
    assert told == []


def test_a_slider_under_the_hand_is_left_alone(
    panel: SegmentsPanel, layers: tuple[Layer, Layer]
) -> None:
    slider = panel.rows[0].slider
    slider.setSliderDown(True)
    slider.setValue(80)
    panel.show_results(fakes.results(*layers))
    assert slider.value() == 80
    slider.setSliderDown(False)


def test_edit_a_copy_is_asked_for_of_a_models_outline(
    qtbot: QtBot, panel: SegmentsPanel, layers: tuple[Layer, Layer]
) -> None:
    told, removed = heard(panel.copy_requested), heard(panel.remove_requested)
    assert panel.rows[0].action.toolTip() == "Edit a copy of this outline"
    qtbot.mouseClick(panel.rows[0].action, LEFT)
    assert told == [(layers[0].key,)]
    assert removed == []


def test_only_ones_own_outline_can_be_removed(
    qtbot: QtBot, panel: SegmentsPanel, layers: tuple[Layer, Layer]
) -> None:
    removed = heard(panel.remove_requested)
    qtbot.mouseClick(panel.rows[1].action, LEFT)
    assert removed == [(layers[1].key,)]
    names = [[a.text() for a in row.make_menu().actions() if a.text()] for row in panel.rows]
    assert names == [
        ["Hide", "Edit a copy", TRAIN],
        ["Hide", "Edit a copy", TRAIN, "Add a part…", "Name the part…", "Remove…"],
    ]


def test_a_click_or_enter_selects(
    qtbot: QtBot, panel: SegmentsPanel, layers: tuple[Layer, Layer]
) -> None:
    told = heard(panel.layer_selected)
    QTest.mouseClick(panel.rows[0], LEFT, Qt.KeyboardModifier.NoModifier, QPoint(60, 12))
    qtbot.keyClick(panel.rows[1], Qt.Key.Key_Return)
    assert told == [(layers[0].key,), (layers[1].key,)]
    assert "selected" in panel.rows[1].accessibleName()
    assert "selected" not in panel.rows[0].accessibleName()


def test_rows_stay_while_their_layers_stay(
    panel: SegmentsPanel, layers: tuple[Layer, Layer]
) -> None:
    first, second = panel.rows
    panel.show_results(fakes.results(*reversed(layers)))
    assert panel.rows == (second, first)
    panel.show_results(fakes.results(layers[1]))
    assert panel.rows == (second,)


def test_outlines_of_two_models_are_told_apart(panel: SegmentsPanel) -> None:
    one, two = fakes.layer(model_id="flair-glioma"), fakes.layer(model_id="t1c-tumour")
    panel.show_results(fakes.results(one, two))
    names = [row.accessibleName() for row in panel.rows]
    assert "flair-glioma" in names[0]
    assert "t1c-tumour" in names[1]


def test_a_long_name_never_makes_the_panel_wider(panel: SegmentsPanel) -> None:
    layer = fakes.layer()
    layer.name = "Tumour " * 40
    panel.show_results(fakes.results(layer))
    assert panel.minimumSizeHint().width() <= tokens.RIGHT_PANEL_W - 16
    row = panel.rows[0]
    QApplication.processEvents()
    assert row.eye.geometry().right() <= row.width()


def test_a_section_folds_by_mouse_and_keyboard(qtbot: QtBot) -> None:
    body = QLabel("body")
    section = Section("Findings", "findings", body)
    qtbot.addWidget(section)
    section.show()
    told = heard(section.collapsed_changed)
    qtbot.mouseClick(section.heading, LEFT)
    assert section.collapsed
    assert not body.isVisible()
    qtbot.keyClick(section.heading, Qt.Key.Key_Space)
    assert not section.collapsed
    assert body.isVisible()
    assert told == [(True,), (False,)]
