"""The activation map lies where its pixels are, below the outlines, clear where it is low."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from tumordesk.core.activation import ActivationMap
from tumordesk.gui.viewer import OverlayLayer, ViewerArea
from tumordesk.gui.viewer.hud import view_font
from tumordesk.gui.viewer.map_scale import scale_box
from tumordesk.gui.viewer.slice_view import SliceView
from tumordesk.gui.viewer.texts import corners
from tumordesk.imaging.heat import heat_colours
from viewer_fixtures import colour_at, geometry, picture, screen_point, shown_viewer, source

SHAPE = (12, 60, 40)
PLAIN = (128, 128, 128)
SPOT = (slice(10, 20), slice(22, 34))


def made_map(slices: tuple[int, ...] = (5, 6, 7), shape: tuple[int, int] = (60, 40)):  # type: ignore[no-untyped-def]
    """1 on rows 10..19 and columns 22..33 of slice 6, half of it on the others."""
    array = np.zeros((len(slices), *shape), np.float32)
    for place, index in enumerate(slices):
        array[place][SPOT] = 1.0 if index == 6 else 0.5
    return ActivationMap("types", "glioma", "Glioma", "Grad-CAM", slices, array)


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[ViewerArea]:
    """Twelve middle-grey slices, at slice 6, without texts."""
    with shown_viewer(qtbot) as area:
        area.set_source(source())
        area.set_text_visible(False)
        area.set_map(made_map())
        yield area


def seen(view: SliceView, slice_: int, row: float, column: float) -> tuple[int, int, int]:
    """What is seen in the middle of a voxel."""
    return colour_at(picture(view), screen_point(view, slice_, row, column))


def hot(opacity: float, value: float = 1.0) -> list[object]:
    """The colour of the highest value over middle grey."""
    colour = heat_colours(np.array([value]))[0]
    return [pytest.approx(128 + (float(part) - 128) * opacity, abs=3) for part in colour]


def test_the_map_is_hidden_until_it_is_asked_for(viewer: ViewerArea) -> None:
    view = viewer.views[0]
    assert seen(view, 6, 15, 28) == PLAIN
    viewer.set_map_look(True, 0.5)
    assert list(seen(view, 6, 15, 28)) == hot(0.5)
    viewer.set_map_look(True, 0.8)
    assert list(seen(view, 6, 15, 28)) == hot(0.8)
    viewer.set_map_look(False, 0.8)
    assert seen(view, 6, 15, 28) == PLAIN


def test_the_map_ends_where_its_pixels_end(viewer: ViewerArea) -> None:
    viewer.set_map_look(True, 0.6)
    view = viewer.views[0]
    inside = [(10.6, 22.6), (10.6, 32.4), (18.4, 22.6), (18.4, 32.4)]
    outside = [(8.4, 28), (20.6, 28), (15, 20.4), (15, 34.6), (45, 12)]
    assert all(list(seen(view, 6, *at)) == hot(0.6) for at in inside)
    assert all(seen(view, 6, *at) == PLAIN for at in outside)


@pytest.mark.parametrize(
    "turn", ["flip_horizontal", "flip_vertical", "rotate", "none"], ids=lambda name: name
)
@pytest.mark.parametrize("towards", ["HPL", "HAR", "LPF", "HLP", None])
def test_the_map_follows_the_picture(viewer: ViewerArea, turn: str, towards: str | None) -> None:
    viewer.set_source(source(where=geometry(SHAPE, (5.0, 0.8, 1.3), towards)))
    viewer.set_map(made_map())
    viewer.set_map_look(True, 0.6)
    if turn != "none":
        getattr(viewer, turn)()
    view = viewer.views[0]
    assert list(seen(view, 6, 15, 28)) == hot(0.6)
    assert seen(view, 6, 45, 28) == PLAIN
    assert seen(view, 6, 15, 8) == PLAIN


def test_other_slices_show_their_own_map_or_none(viewer: ViewerArea) -> None:
    viewer.set_map_look(True, 0.6)
    view = viewer.views[0]
    viewer.go_to(7)
    half = heat_colours(np.array([0.5]))[0]
    share = 0.6 * (0.5 - 0.05) / 0.95
    expected = [pytest.approx(128 + (float(c) - 128) * share, abs=3) for c in half]
    assert list(seen(view, 7, 15, 28)) == expected
    viewer.go_to(4)
    assert seen(view, 4, 15, 28) == PLAIN


def test_the_map_lies_in_the_same_place_in_all_planes(viewer: ViewerArea) -> None:
    viewer.set_map_look(True, 0.6)
    viewer.set_layout("three")
    viewer.go_to(5, 13, 25)  # where the crosshair is not on what is looked at
    across, down = viewer.views[1], viewer.views[2]
    assert list(seen(across, 6, 13, 29)) == hot(0.6)
    assert list(seen(down, 6, 16, 25)) == hot(0.6)
    for slice_ in (4, 8):
        assert seen(across, slice_, 13, 29) == PLAIN
        assert seen(down, slice_, 16, 25) == PLAIN
    assert seen(across, 6, 13, 20) == PLAIN
    assert seen(down, 6, 22, 25) == PLAIN


def test_outlines_stay_on_top_with_their_own_opacity(viewer: ViewerArea) -> None:
    viewer.set_map_look(True, 1.0)
    array = np.zeros(SHAPE, np.uint8)
    array[6, 10:20, 10:28] = 1
    viewer.set_layers([OverlayLayer("a", "Tumour", array, {1: (86, 180, 233)}, opacity=0.0)])
    view = viewer.views[0]
    edge = view.to_view((28, 15)).toPoint()
    assert list(colour_at(picture(view), edge)) == [
        pytest.approx(part, abs=20) for part in (86, 180, 233)
    ]
    assert list(seen(view, 6, 15, 25)) == hot(1.0)
    viewer.set_overlay_visible(False)
    assert list(seen(view, 6, 15, 25)) == hot(1.0)


def test_class_and_method_are_written_beside_it(viewer: ViewerArea) -> None:
    model, camera = viewer.model, viewer.views[0].camera
    assert corners(model, 0, camera, None).bottom_left[0].startswith("Zoom")
    viewer.set_map_look(True, 0.6)
    assert corners(model, 0, camera, None).bottom_left[:2] == ("Glioma map", "Grad-CAM")
    viewer.go_to(2)
    assert corners(model, 0, camera, None).bottom_left[0] == "Glioma map: this slice was not read"


def test_another_series_starts_without_a_map_and_a_wrong_one_is_not_drawn(
    viewer: ViewerArea, qtbot: QtBot
) -> None:
    viewer.set_map_look(True, 0.6)
    viewer.set_source(source())
    assert viewer.activation_map() is None
    assert viewer.map_look() == (True, 0.6)
    with qtbot.waitSignal(viewer.map_changed):
        viewer.set_map(made_map(shape=(50, 40)))
    assert seen(viewer.views[0], 6, 15, 28) == PLAIN
    viewer.set_map(made_map((5, 6, 12)))
    assert seen(viewer.views[0], 6, 15, 28) == PLAIN


def test_the_colours_have_a_scale_while_a_map_is_drawn(viewer: ViewerArea) -> None:
    viewer.set_text_visible(True)
    view = viewer.views[0]
    lines = len(corners(viewer.model, 0, view.camera, None).bottom_left)
    font = view_font(view.font())
    viewer.set_map_look(True, 0.6)
    box = scale_box(view.viewport().rect(), font, lines + 2)
    at_end = box.adjusted(0, 0, -2, 0)
    highest = heat_colours(np.array([1.0]))[0]
    end = QPointF(at_end.right(), box.center().y()).toPoint()
    assert list(colour_at(picture(view), end)) == [pytest.approx(int(c), abs=12) for c in highest]
    viewer.go_to(2)
    other = scale_box(view.viewport().rect(), font, lines + 1)
    end = QPointF(other.right() - 2, other.center().y()).toPoint()
    assert list(colour_at(picture(view), end)) != [pytest.approx(int(c), abs=12) for c in highest]
