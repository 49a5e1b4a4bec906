"""Slices that arrive one by one, stacks that are none, running through slices."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tumordesk.core.geometry import Verdict
from tumordesk.core.volume import Window
from tumordesk.gui.viewer import CornerTexts, ViewerArea
from tumordesk.gui.viewer.scene_hud import _loading, _why_nothing
from tumordesk.gui.viewer.strip import SliceStrip
from tumordesk.gui.viewer.texts import corners
from tumordesk.session.image_source import ImageSource
from viewer_fixtures import (
    GREY,
    WINDOW,
    bright_box,
    colour_at,
    empty_source,
    geometry,
    middle,
    picture,
    screen_point,
    shown_viewer,
    source,
)

SHAPE = (12, 60, 40)


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[ViewerArea]:
    """An empty viewer."""
    with shown_viewer(qtbot) as area:
        yield area


@pytest.fixture
def arriving(viewer: ViewerArea) -> ImageSource:
    """A series of which nothing is there yet, shown."""
    made = empty_source(geometry(SHAPE))
    viewer.set_source(made)
    return made


def arrive(viewer: ViewerArea, source: ImageSource, *indices: int, value: int = GREY) -> None:
    """Slices come from the decoder."""
    for index in indices:
        source.put(index, np.full(SHAPE[1:], value, np.uint16))
        viewer.notify_loaded(index)


# Loading


def test_a_slice_that_is_not_there_says_so_and_appears_when_it_comes(
    viewer: ViewerArea, arriving: ImageSource
) -> None:
    view = viewer.views[0]
    waiting = picture(view)
    assert not view.picture_there
    assert _loading(view)[0].startswith("Loading")
    assert bright_box(waiting, above=80)[2] > 0, "words stand on the black"
    arrive(viewer, arriving, 3)
    picture(view)
    assert not view.picture_there
    arrive(viewer, arriving, 6)
    shown = picture(view)
    assert view.picture_there
    assert colour_at(shown, screen_point(view, 6, 40, 10)) == (128, 128, 128)


def test_other_planes_wait_for_all_slices_and_count_them(
    viewer: ViewerArea, arriving: ImageSource
) -> None:
    viewer.set_layout("three")
    arrive(viewer, arriving, *range(11))
    coronal = viewer.views[1]
    picture(coronal)
    assert not coronal.picture_there
    assert _loading(coronal) == ("Loading…  11 of 12",)
    arrive(viewer, arriving, 11)
    viewer.notify_complete()
    assert colour_at(picture(coronal), screen_point(coronal, 9, 30, 30)) == (128, 128, 128)


def test_slices_can_be_stepped_while_they_arrive(viewer: ViewerArea, arriving: ImageSource) -> None:
    arrive(viewer, arriving, 6)
    picture(viewer.views[0])
    viewer.step_slice(2)
    picture(viewer.views[0])
    assert viewer.position()[0] == 8
    assert not viewer.views[0].picture_there
    viewer.step_slice(-2)
    picture(viewer.views[0])
    assert viewer.views[0].picture_there


def test_the_file_window_is_used_first(viewer: ViewerArea) -> None:
    viewer.set_source(empty_source(geometry(SHAPE)))
    assert viewer.window() == WINDOW


def test_without_a_window_in_the_file_the_values_decide_slice_first_then_volume(
    viewer: ViewerArea,
) -> None:
    arriving = empty_source(geometry(SHAPE), windows=())
    viewer.set_source(arriving)
    for index in range(12):
        values = np.linspace(0, 100 * (index + 1), 2400).reshape(SHAPE[1:])
        arriving.put(index, values.astype(np.uint16))
    viewer.notify_loaded(6)
    assert viewer.window().width == pytest.approx(700, rel=0.05)
    viewer.notify_complete()
    assert viewer.window().width == pytest.approx(1200, rel=0.1)


def test_a_window_that_was_chosen_stays_when_all_is_there(viewer: ViewerArea) -> None:
    arriving = empty_source(geometry(SHAPE), windows=())
    viewer.set_source(arriving)
    arrive(viewer, arriving, 6)
    viewer.set_window(Window(50.0, 60.0))
    arrive(viewer, arriving, *range(12))
    viewer.notify_complete()
    assert viewer.window() == Window(50.0, 60.0)


# Not a volume


@pytest.mark.parametrize(
    ("verdict", "slices", "words"),
    [(Verdict.SINGLE, 1, "single slice"), (Verdict.FLAT, 12, "parallel slices")],
)
def test_what_is_no_volume_says_so_in_the_other_planes(
    viewer: ViewerArea, verdict: Verdict, slices: int, words: str
) -> None:
    where = geometry((slices, 60, 40), None, None, verdict)
    viewer.set_source(source(where=where))
    viewer.set_layout("three")
    native, *others = viewer.views
    assert native.shown
    picture(native)
    assert native.picture_there
    for view in others:
        assert not view.shown
        said = _why_nothing(view)
        assert said[0] == "Not a volume"
        assert words in " ".join(said).lower()
        _, _, width, height = bright_box(picture(view), above=80)
        assert width > 20
        assert height > 20


def test_a_single_slice_needs_no_strip_and_no_cine(viewer: ViewerArea) -> None:
    viewer.set_source(source(where=geometry((1, 60, 40), None, None, Verdict.SINGLE)))
    assert not any(strip.isVisible() for strip in viewer.findChildren(SliceStrip))
    viewer.toggle_cine()
    assert not viewer.cine_running()


def test_a_stack_after_a_single_slice_is_whole_again(viewer: ViewerArea) -> None:
    viewer.set_layout("three")
    viewer.set_source(source(where=geometry((1, 60, 40), None, None, Verdict.SINGLE)))
    viewer.set_source(source())
    assert all(view.shown for view in viewer.views)
    picture(viewer.views[1])
    assert viewer.views[1].picture_there


# Cine


def test_cine_runs_through_the_slices_and_begins_again(qtbot: QtBot, viewer: ViewerArea) -> None:
    viewer.set_source(source(where=geometry((3, 20, 20))))
    seen = []
    viewer.position_changed.connect(lambda position: seen.append(position[0]))
    viewer.toggle_cine()
    assert viewer.cine_running()
    qtbot.waitUntil(lambda: len(seen) >= 4)
    assert seen[:4] == [2, 0, 1, 2]
    viewer.toggle_cine()
    assert not viewer.cine_running()


@pytest.mark.parametrize("how", ["hide", "source", "close"])
def test_cine_stops_when_nobody_sees_it(viewer: ViewerArea, how: str) -> None:
    viewer.set_source(source())
    told = []
    viewer.cine_changed.connect(told.append)
    viewer.toggle_cine()
    {"hide": viewer.hide, "source": lambda: viewer.set_source(None), "close": viewer.close}[how]()
    assert not viewer.cine_running()
    assert told == [True, False]


# Words and pictures


def test_corner_texts_say_where_and_how(viewer: ViewerArea) -> None:
    viewer.set_source(
        source(where=geometry(SHAPE, (5.0, 0.9, 0.8))),
        CornerTexts(("PATIENT", "2002-06-06"), ("S005 FLAIR",)),
    )
    view = viewer.views[0]
    texts = corners(viewer.model, 0, view.camera, None)
    assert texts.top_left == ("PATIENT", "2002-06-06")
    assert texts.top_right == ("S005 FLAIR", "7 / 12")
    assert texts.bottom_left[0] == f"Zoom {view.camera.zoom * 100:.0f} %"
    assert "0.90 × 0.80 mm" in texts.bottom_left[1]
    assert "slices 5.0 mm" in texts.bottom_left[1]
    assert texts.bottom_right == ("W 1000  L 500",)
    viewer.set_texts(CornerTexts())
    assert corners(viewer.model, 0, view.camera, None).top_left == ()


def test_the_grabbed_picture_is_the_view_or_all_of_them(viewer: ViewerArea) -> None:
    viewer.set_source(source())
    single = viewer.grab_picture()
    assert single.size() == viewer.views[0].size() * single.devicePixelRatio()
    viewer.set_layout("three")
    assert viewer.grab_picture().width() == viewer.width() * single.devicePixelRatio()


def test_go_to_brings_a_zoomed_view_along(viewer: ViewerArea) -> None:
    viewer.set_source(source())
    view = viewer.views[0]
    view.camera.zoom_at(20.0, middle(view).toPointF())
    view.camera_moved()
    viewer.go_to(2, 55, 2)
    assert view.viewport().rect().contains(screen_point(view, 2, 55, 2))


def test_places_outside_are_brought_inside(viewer: ViewerArea) -> None:
    viewer.set_source(source())
    viewer.go_to(99, -5, 400)
    assert viewer.position() == (11, 0, 39)


def test_a_resized_view_still_shows_the_whole_picture(viewer: ViewerArea) -> None:
    viewer.set_source(source(np.full(SHAPE, 1000, np.uint16)))
    viewer.set_text_visible(False)
    viewer.resize(400, 300)
    view = viewer.views[0]
    _, _, _, height = bright_box(picture(view), above=100)
    assert height == pytest.approx(view.viewport().height() - 8, abs=2)


# No work twice


class _Paints(QObject):
    """Counts the paintings of a widget."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def _settle() -> None:
    for _ in range(5):
        QApplication.processEvents()


def test_a_step_is_painted_once(viewer: ViewerArea) -> None:
    viewer.set_source(source())
    _settle()
    paints = _Paints()
    viewer.views[0].viewport().installEventFilter(paints)
    viewer.step_slice(1)
    _settle()
    assert paints.count == 1
    viewer.views[0].viewport().removeEventFilter(paints)


def test_a_step_leaves_the_pictures_of_other_planes_alone(
    viewer: ViewerArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = source()
    viewer.set_source(shown)
    viewer.set_layout("three")
    _settle()
    asked = []
    take = shown.slice
    monkeypatch.setattr(shown, "slice", lambda *at: asked.append(at) or take(*at))
    viewer.step_slice(1)
    _settle()
    assert {axis for axis, _ in asked} == {0}
