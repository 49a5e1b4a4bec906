"""Outlines lie where their voxels are, in their own colour, over the right grey."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tumordesk.core.volume import Window
from tumordesk.gui import tokens
from tumordesk.gui.viewer import MeasureLine, OverlayLayer, ViewerArea
from tumordesk.gui.viewer.slice_view import SliceView
from viewer_fixtures import (
    colour_at,
    geometry,
    picture,
    screen_point,
    shown_viewer,
    source,
)

ORANGE, BLUE = (230, 159, 0), (86, 180, 233)
PLAIN = (128, 128, 128)
SHAPE = (12, 60, 40)


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[ViewerArea]:
    """Twelve middle-grey slices, at slice 6, without texts."""
    with shown_viewer(qtbot) as area:
        area.set_source(source())
        area.set_text_visible(False)
        yield area


def layer(**changes: object) -> OverlayLayer:
    """Rows 20..39 and columns 10..29 of slices 5..7, half opaque."""
    array = np.zeros(SHAPE, np.uint8)
    array[5:8, 20:40, 10:30] = 1
    values = {"key": "a", "name": "Tumour", "array": array, "opacity": 0.5} | changes
    return OverlayLayer(**values)  # type: ignore[arg-type]


def mixed(colour: tuple[int, int, int], opacity: float, grey: int = 128) -> list[object]:
    """A colour over grey."""
    return [pytest.approx(grey + (part - grey) * opacity, abs=3) for part in colour]


def voxel(view: SliceView, slice_: int, row: float, column: float) -> tuple[int, int, int]:
    """What is seen in the middle of a voxel."""
    return colour_at(picture(view), screen_point(view, slice_, row, column))


def test_the_window_turns_values_into_grey(viewer: ViewerArea) -> None:
    array = np.zeros((4, 30, 30), np.int16)
    array[2, :, :10], array[2, :, 10:20], array[2, :, 20:] = -200, 0, 200
    viewer.set_source(source(array))
    view = viewer.views[0]
    viewer.set_window(Window(0.0, 800.0))
    seen = [voxel(view, 2, 15, column)[0] for column in (4, 15, 25)]
    assert seen == [pytest.approx(64, abs=2), pytest.approx(127, abs=2), pytest.approx(191, abs=2)]
    viewer.set_window(Window(0.0, 100.0))
    assert [voxel(view, 2, 15, column)[0] for column in (4, 25)] == [0, 255]
    viewer.invert()
    assert [voxel(view, 2, 15, column)[0] for column in (4, 25)] == [255, 0]


def test_monochrome1_is_shown_dark_where_values_are_high(viewer: ViewerArea) -> None:
    array = np.zeros((2, 30, 30), np.uint16)
    array[:, :, 15:] = 1000
    viewer.set_source(source(array, inverted=True))
    view = viewer.views[0]
    assert [voxel(view, 1, 15, column)[0] for column in (5, 25)] == [255, 0]
    viewer.invert()
    assert [voxel(view, 1, 15, column)[0] for column in (5, 25)] == [0, 255]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32])
def test_every_kind_of_values_is_shown_alike(viewer: ViewerArea, dtype: type) -> None:
    array = np.zeros((2, 30, 30), dtype)
    array[:, :, 10:20], array[:, :, 20:] = 100, 200
    viewer.set_source(source(array, windows=(Window(100.0, 200.0),)))
    seen = [voxel(viewer.views[0], 1, 15, column)[0] for column in (4, 15, 25)]
    assert seen == [0, pytest.approx(127, abs=2), 255]


def test_colour_is_shown_as_it_is(viewer: ViewerArea) -> None:
    array = np.zeros((1, 20, 20, 3), np.uint8)
    array[..., :] = (200, 90, 30)
    viewer.set_source(source(array, geometry((1, 20, 20), None, None)))
    assert voxel(viewer.views[0], 0, 10, 10) == (200, 90, 30)


def test_fill_and_contour_have_the_layers_colour(viewer: ViewerArea) -> None:
    viewer.set_layers([layer()])
    view = viewer.views[0]
    assert list(voxel(view, 6, 30, 20)) == mixed(ORANGE, 0.5)
    assert list(voxel(view, 6, 10, 20)) == list(PLAIN)
    edge = view.to_view((10, 30)).toPoint()
    assert list(colour_at(picture(view), edge)) == mixed(ORANGE, 1.0)
    outside = [view.to_view((9.5, 30)).toPoint(), view.to_view((20, 40.5)).toPoint()]
    assert all(colour_at(picture(view), point) == PLAIN for point in outside)


def test_a_layer_is_shown_only_on_its_slices(viewer: ViewerArea) -> None:
    viewer.set_layers([layer()])
    for index in (4, 8):
        viewer.go_to(index)
        assert voxel(viewer.views[0], index, 30, 20) == PLAIN
    viewer.go_to(7)
    assert list(voxel(viewer.views[0], 7, 30, 20)) == mixed(ORANGE, 0.5)


def test_a_layer_lies_in_the_same_place_in_all_planes(viewer: ViewerArea) -> None:
    viewer.set_layers([layer()])
    viewer.set_layout("three")
    viewer.go_to(6, 30, 20)
    for axis, inside, outside in (
        (0, (6, 25, 15), (6, 45, 15)),
        (1, (5, 30, 15), (3, 30, 15)),
        (2, (7, 25, 20), (9, 25, 20)),
    ):
        assert list(voxel(viewer.views[axis], *inside)) == mixed(ORANGE, 0.5)
        assert voxel(viewer.views[axis], *outside) == PLAIN


@pytest.mark.parametrize("turn", ["flip_horizontal", "flip_vertical", "rotate"])
def test_a_layer_turns_with_the_picture(viewer: ViewerArea, turn: str) -> None:
    viewer.set_layers([layer()])
    getattr(viewer, turn)()
    assert list(voxel(viewer.views[0], 6, 21, 11)) == mixed(ORANGE, 0.5)
    assert voxel(viewer.views[0], 6, 42, 11) == PLAIN


def test_opacity_changes_the_fill_and_leaves_the_contour(viewer: ViewerArea) -> None:
    viewer.set_layers([layer()])
    view = viewer.views[0]
    edge = view.to_view((10, 30)).toPoint()
    for opacity in (1.0, 0.2, 0.0):
        viewer.set_opacity(opacity)
        assert list(voxel(view, 6, 30, 20)) == mixed(ORANGE, opacity)
        assert list(colour_at(picture(view), edge)) == mixed(ORANGE, 1.0)
    viewer.set_opacity(7.0)
    assert viewer.model.layers[0].opacity == 1.0


def test_layers_can_be_hidden_together_and_alone(viewer: ViewerArea) -> None:
    first = layer()
    viewer.set_layers([first])
    viewer.set_overlay_visible(False)
    assert voxel(viewer.views[0], 6, 30, 20) == PLAIN
    viewer.set_overlay_visible(True)
    assert list(voxel(viewer.views[0], 6, 30, 20)) == mixed(ORANGE, 0.5)
    first.visible = False
    viewer.set_layers([first])
    assert voxel(viewer.views[0], 6, 30, 20) == PLAIN


def test_the_last_layer_lies_on_top_and_labels_have_their_own_colours(viewer: ViewerArea) -> None:
    second = np.zeros(SHAPE, np.uint8)
    second[6, 30:50, 20:38] = 2
    second[6, 30:50, 33:38] = 9
    top = layer(key="b", array=second, colours={2: BLUE}, opacity=1.0)
    viewer.set_layers([layer(), top])
    view = viewer.views[0]
    assert list(voxel(view, 6, 25, 15)) == mixed(ORANGE, 0.5)
    assert list(voxel(view, 6, 35, 25)) == mixed(BLUE, 1.0)
    assert voxel(view, 6, 45, 35) == PLAIN, "a label without a colour is not shown"


def test_a_layer_of_another_shape_is_left_out(viewer: ViewerArea) -> None:
    viewer.set_layers([layer(array=np.ones((3, 4, 5), np.uint8))])
    assert voxel(viewer.views[0], 6, 30, 20) == PLAIN


def test_changed_labels_are_seen_after_set_layers(viewer: ViewerArea) -> None:
    shown = layer(opacity=1.0)
    viewer.set_layers([shown])
    picture(viewer.views[0])
    shown.array[6] = 0
    viewer.set_layers([shown])
    assert voxel(viewer.views[0], 6, 30, 20) == PLAIN


def test_another_series_starts_without_layers_and_lines(viewer: ViewerArea) -> None:
    viewer.set_layers([layer()])
    viewer.set_measurement_lines([MeasureLine(6, (10, 10), (10, 30), "20 mm")])
    viewer.set_source(source())
    viewer.set_text_visible(False)
    assert voxel(viewer.views[0], 6, 30, 20) == PLAIN
    assert viewer.model.lines == ()


def test_measurement_lines_join_the_middles_of_voxels_on_their_slice(viewer: ViewerArea) -> None:
    viewer.set_measurement_lines([MeasureLine(6, (30, 10), (30, 30), "41 mm")])
    view = viewer.views[0]
    on_line = screen_point(view, 6, 30, 20)
    assert colour_at(picture(view), on_line)[0] > 170
    viewer.go_to(7)
    assert colour_at(picture(view), on_line) == PLAIN
    viewer.go_to(6)
    viewer.set_overlay_visible(False)
    assert colour_at(picture(view), on_line) == PLAIN


def test_corner_texts_can_be_hidden(viewer: ViewerArea) -> None:
    without = viewer.grab_picture()
    viewer.set_text_visible(True)
    assert viewer.grab_picture() != without
    viewer.set_text_visible(False)
    assert viewer.grab_picture() == without


def test_the_strip_marks_outlined_slices_and_jumps(qtbot: QtBot, viewer: ViewerArea) -> None:
    from tumordesk.gui.viewer.strip import SliceStrip
    from viewer_fixtures import LEFT

    viewer.set_layers([layer()])
    strips = {strip._view.axis: strip for strip in viewer.findChildren(SliceStrip)}
    assert np.flatnonzero(strips[0].marked()).tolist() == [5, 6, 7]
    assert np.flatnonzero(strips[1].marked()).tolist() == list(range(20, 40))
    assert np.flatnonzero(strips[2].marked()).tolist() == list(range(10, 30))
    qtbot.mouseClick(strips[0], LEFT, pos=QPoint(5, strips[0].height() - 1))
    assert viewer.position()[0] == 11
    qtbot.mouseClick(strips[0], LEFT, pos=QPoint(5, 0))
    assert viewer.position()[0] == 0
    viewer.set_overlay_visible(False)
    assert not strips[0].marked().any()


def test_lines_between_the_planes_are_dark_in_every_theme(viewer: ViewerArea) -> None:
    viewer.set_layout("three")
    QApplication.processEvents()
    image = viewer.grab().toImage()
    first = viewer.views[0].parentWidget().geometry().right() + 1
    assert colour_at(image, QPoint(first, 5)) == tokens.rgb(tokens.VIEW_BORDER)


def test_the_crosshair_runs_through_the_shown_place_and_leaves_it_open(viewer: ViewerArea) -> None:
    viewer.set_layout("three")
    QApplication.processEvents()
    for place in ((6, 30, 20), (2, 5, 33)):
        viewer.go_to(*place)
        view = viewer.views[0]
        image, at = picture(view), view.to_view((place[2] + 0.5, place[1] + 0.5)).toPoint()
        blue = [colour_at(image, at + QPoint(*way))[2] for way in ((40, 0), (-40, 0), (0, 40))]
        assert min(blue) > 170
        assert colour_at(image, at) == PLAIN


def test_fill_and_contour_end_exactly_at_the_edges_of_their_voxels(viewer: ViewerArea) -> None:
    shown = layer(opacity=1.0)
    viewer.set_layers([shown])
    view = viewer.views[0]
    filled = [voxel(view, 6, *at) for at in ((20, 20), (39, 20), (30, 10), (30, 29))]
    assert all(list(colour) == mixed(ORANGE, 1.0) for colour in filled)
    beside = [voxel(view, 6, *at) for at in ((19, 20), (40, 20), (30, 9), (30, 30))]
    assert beside == [PLAIN] * 4
    viewer.set_opacity(0.0)
    image = picture(view)
    for h, v in ((20.5, 20), (20.5, 40), (10, 30.5), (30, 30.5)):
        red, _, blue = colour_at(image, view.to_view((h, v)).toPoint())
        assert red - blue > 100, "orange, softened at most"
    inside = [voxel(view, 6, *at) for at in ((20, 20), (39, 20), (30, 10), (30, 29))]
    assert inside == [PLAIN] * 4
