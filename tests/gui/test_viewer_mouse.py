"""Mouse and wheel mean what readers of scans are used to (scheme PACS)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tumordesk.gui.viewer import ContextRequest, CornerTexts, ViewerArea
from viewer_fixtures import (
    CTRL,
    LEFT,
    MIDDLE,
    NO_KEYS,
    RIGHT,
    SHIFT,
    WINDOW,
    drag,
    geometry,
    middle,
    screen_point,
    send_move,
    shown_viewer,
    source,
    wheel,
)


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[ViewerArea]:
    """A viewer with twelve grey slices, at slice 6."""
    with shown_viewer(qtbot) as area:
        area.set_source(source())
        yield area


@pytest.fixture
def three(viewer: ViewerArea) -> ViewerArea:
    """The same with three planes."""
    viewer.set_layout("three")
    return viewer


def test_the_wheel_steps_slices_and_never_zooms(viewer: ViewerArea) -> None:
    view = viewer.views[0]
    before = view.camera.transform()
    wheel(view, 1)
    assert viewer.position()[0] == 7
    wheel(view, -3)
    assert viewer.position()[0] == 4
    assert view.camera.transform() == before


def test_the_wheel_stops_at_both_ends(viewer: ViewerArea) -> None:
    wheel(viewer.views[0], 100)
    assert viewer.position()[0] == 11
    wheel(viewer.views[0], -100)
    assert viewer.position()[0] == 0


def test_small_steps_of_a_touchpad_add_up_to_a_slice(viewer: ViewerArea) -> None:
    for _ in range(3):
        wheel(viewer.views[0], 0.25)
    assert viewer.position()[0] == 6
    wheel(viewer.views[0], 0.25)
    assert viewer.position()[0] == 7


def test_left_drag_changes_the_window(viewer: ViewerArea) -> None:
    view = viewer.views[0]
    camera, start = view.camera.transform(), middle(view)
    told = []
    viewer.window_changed.connect(told.append)
    drag(view, LEFT, start, start + QPoint(70, 35))
    assert viewer.window().width == pytest.approx(WINDOW.width * 1.2)
    assert viewer.window().center == pytest.approx(WINDOW.center + WINDOW.width * 0.1)
    assert told[-1] == viewer.window()
    assert view.camera.transform() == camera
    drag(view, LEFT, start, start - QPoint(2000, 0))
    assert viewer.window().width == 1.0


def test_right_drag_zooms_around_the_pressed_point(viewer: ViewerArea) -> None:
    view = viewer.views[0]
    start = middle(view) + QPoint(60, 30)
    before, there = view.camera.zoom, view.camera.to_index(QPointF(start))
    drag(view, RIGHT, start, start - QPoint(0, 150))
    assert view.camera.zoom == pytest.approx(2 * before)
    assert view.camera.to_index(QPointF(start)).x() == pytest.approx(there.x())
    assert viewer.window() == WINDOW
    drag(view, RIGHT, start, start + QPoint(0, 150))
    assert view.camera.zoom == pytest.approx(before)


def test_middle_drag_pans(viewer: ViewerArea) -> None:
    view = viewer.views[0]
    start, zoom = middle(view), view.camera.zoom
    under = view.camera.to_index(QPointF(start))
    drag(view, MIDDLE, start, start + QPoint(50, -20))
    moved = view.to_view((under.x(), under.y())) - QPointF(start)
    assert (moved.x(), moved.y()) == (pytest.approx(50), pytest.approx(-20))
    assert view.camera.zoom == pytest.approx(zoom)


def test_a_picture_cannot_be_lost_by_panning(viewer: ViewerArea) -> None:
    view = viewer.views[0]
    for _ in range(5):
        drag(view, MIDDLE, middle(view), middle(view) + QPoint(350, 0))
    left = view.to_view((0, 0)).x()
    assert left < view.viewport().width()


@pytest.mark.parametrize("turn", ["", "flip_horizontal", "flip_vertical", "rotate"])
def test_ctrl_and_wheel_zoom_at_the_pointer(viewer: ViewerArea, turn: str) -> None:
    view = viewer.views[0]
    if turn:
        getattr(viewer, turn)()
    point = middle(view) + QPoint(90, -70)
    before, zoom = view.camera.to_index(QPointF(point)), view.camera.zoom
    for _ in range(4):
        wheel(view, -1, point, CTRL)
    after = view.camera.to_index(QPointF(point))
    assert view.camera.zoom > 1.9 * zoom
    assert (after.x(), after.y()) == (pytest.approx(before.x()), pytest.approx(before.y()))
    assert viewer.position()[0] == 6


def test_space_for_the_whole_picture_again(viewer: ViewerArea) -> None:
    view = viewer.views[0]
    fitted = view.camera.transform()
    wheel(view, -4, middle(view) + QPoint(90, -70), CTRL)
    viewer.rotate(1)
    viewer.invert()
    viewer.reset_view()
    assert view.camera.transform() == fitted
    assert not viewer.model.inverted


def test_right_click_asks_for_the_menu(qtbot: QtBot, viewer: ViewerArea) -> None:
    view = viewer.views[0]
    asked: list[ContextRequest] = []
    viewer.context_menu_requested.connect(asked.append)
    point = screen_point(view, 6, 10, 30)
    before = view.camera.transform()
    qtbot.mouseClick(view.viewport(), RIGHT, pos=point)
    assert [(one.axis, one.position) for one in asked] == [(0, (6, 10, 30))]
    place = view.viewport().mapToGlobal(point)
    assert (asked[0].global_x, asked[0].global_y) == (place.x(), place.y())
    drag(view, RIGHT, point, point + QPoint(2, 1))
    assert len(asked) == 2
    assert view.camera.transform() == before


def test_right_drag_does_not_ask_for_the_menu(viewer: ViewerArea) -> None:
    asked: list[ContextRequest] = []
    viewer.context_menu_requested.connect(asked.append)
    start = middle(viewer.views[0])
    drag(viewer.views[0], RIGHT, start, start + QPoint(0, 40))
    QTest.mousePress(viewer.views[0].viewport(), RIGHT, NO_KEYS, start)
    send_move(viewer.views[0], QPointF(start + QPoint(0, 40)), NO_KEYS, RIGHT)
    send_move(viewer.views[0], QPointF(start), NO_KEYS, RIGHT)
    QTest.mouseRelease(viewer.views[0].viewport(), RIGHT, NO_KEYS, start)
    assert asked == []


def test_shift_and_move_link_the_planes(three: ViewerArea) -> None:
    view = three.views[0]
    send_move(view, QPointF(screen_point(view, 6, 10, 30)))
    assert three.position() == (6, 30, 20)
    send_move(view, QPointF(screen_point(view, 6, 10, 30)), SHIFT)
    assert three.position() == (6, 10, 30)
    assert three.model.crosshair
    coronal = three.views[1]
    assert coronal.index == 10
    send_move(coronal, QPointF(screen_point(coronal, 2, 10, 5)), SHIFT)
    assert three.position() == (2, 10, 5)
    send_move(view, QPointF(screen_point(view, 2, 20, 20)))
    assert not three.model.crosshair
    assert three.position() == (2, 10, 5)


def test_double_click_maximises_and_restores(qtbot: QtBot, three: ViewerArea) -> None:
    for axis in range(3):
        view = three.views[axis]
        qtbot.mouseDClick(view.viewport(), LEFT, pos=middle(view))
        assert [v.isVisible() for v in three.views] == [axis == a for a in range(3)]
        assert three.active_view is view
        qtbot.mouseDClick(view.viewport(), LEFT, pos=middle(view))
        assert all(v.isVisible() for v in three.views)
    assert three.window() == WINDOW


def test_the_wheel_steps_the_plane_under_the_pointer(three: ViewerArea) -> None:
    wheel(three.views[1], 2)
    assert three.position() == (6, 32, 20)
    wheel(three.views[2], -2)
    assert three.position() == (6, 32, 18)


def test_keys_act_on_the_clicked_view(qtbot: QtBot, three: ViewerArea) -> None:
    qtbot.mouseClick(three.views[2].viewport(), LEFT, pos=middle(three.views[2]))
    three.step_slice(5)
    assert three.position() == (6, 30, 25)
    three.last_slice()
    assert three.position() == (6, 30, 39)
    three.first_slice()
    assert three.position() == (6, 30, 0)


def test_the_focus_stays_in_the_viewer_when_its_view_goes(qtbot: QtBot, three: ViewerArea) -> None:
    qtbot.mouseClick(three.views[2].viewport(), LEFT, pos=middle(three.views[2]))
    three.views[2].setFocus()
    three.set_layout("single")
    assert three.views[0].hasFocus()
    assert not three.views[0].keyboard_focus


def test_the_value_under_the_pointer_is_told(qtbot: QtBot, viewer: ViewerArea) -> None:
    array = np.zeros((4, 20, 20), np.int16)
    array[2, 5, 7] = -1000
    array[3, 5, 7] = 312
    viewer.set_source(source(array), CornerTexts(units="HU"))
    view = viewer.views[0]
    told = []
    viewer.pixel_hovered.connect(told.append)
    send_move(view, QPointF(screen_point(view, 2, 5, 7)))
    assert (told[-1].position, told[-1].value, told[-1].units) == ((2, 5, 7), -1000.0, "HU")
    wheel(view, 1)
    assert (told[-1].position, told[-1].value) == ((3, 5, 7), 312.0)
    send_move(view, QPointF(1, 1))
    assert told[-1] is None


def test_a_button_let_go_elsewhere_ends_the_drag(viewer: ViewerArea) -> None:
    view = viewer.views[0]
    start = middle(view)
    QTest.mousePress(view.viewport(), LEFT, NO_KEYS, start)
    send_move(view, QPointF(start + QPoint(20, 0)), NO_KEYS, LEFT)
    width = viewer.window().width
    send_move(view, QPointF(start + QPoint(120, 0)))
    assert viewer.window().width == width


@pytest.mark.parametrize("scheme", ["itk-snap", "slicer"])
def test_other_schemes_move_the_crosshair_or_pan(viewer: ViewerArea, scheme: str) -> None:
    viewer.set_mouse_scheme(scheme)
    view = viewer.views[0]
    start = screen_point(view, 6, 30, 20)
    drag(view, LEFT, start, screen_point(view, 6, 12, 9))
    if scheme == "itk-snap":
        assert viewer.position() == (6, 12, 9)
        assert viewer.window() == WINDOW
    else:
        assert viewer.window() != WINDOW
    before = view.to_view((0, 0))
    drag(view, LEFT, start, start + QPoint(30, 0), Qt.KeyboardModifier.ShiftModifier)
    assert (view.to_view((0, 0)) != before) == (scheme == "slicer")


@pytest.mark.parametrize(("tool", "changed"), [("pan", "place"), ("zoom", "zoom")])
def test_the_left_button_does_what_the_tool_says(
    viewer: ViewerArea, tool: str, changed: str
) -> None:
    view = viewer.views[0]
    zoom, corner = view.camera.zoom, view.to_view((0, 0))
    viewer.set_tool(tool)
    drag(view, LEFT, middle(view), middle(view) + QPoint(0, -50))
    assert viewer.window() == WINDOW
    assert (view.camera.zoom != pytest.approx(zoom)) == (changed == "zoom")
    assert view.to_view((0, 0)) != corner


def test_nothing_is_shown_and_nothing_breaks_without_a_series(
    qtbot: QtBot, viewer: ViewerArea
) -> None:
    viewer.set_source(None)
    view = viewer.views[0]
    for button in (LEFT, MIDDLE, RIGHT):
        drag(view, button, middle(view), middle(view) + QPoint(30, 30))
    wheel(view, 1)
    send_move(view, QPointF(middle(view)), SHIFT)
    qtbot.mouseDClick(view.viewport(), LEFT, pos=middle(view))
    for act in (viewer.reset_view, viewer.invert, viewer.rotate, viewer.toggle_cine):
        act()
    assert viewer.position() == (0, 0, 0)
    assert not viewer.cine_running()


def test_pixels_of_another_size_than_the_last_series_fit(viewer: ViewerArea) -> None:
    viewer.go_to(11, 59, 39)
    viewer.set_source(source(where=geometry((3, 10, 10))))
    assert viewer.position() == (1, 5, 5)
