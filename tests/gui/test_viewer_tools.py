"""Distances and the brush: what is drawn, measured, painted, told, and taken back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tumordesk.gui.viewer import LayerEdit, OverlayLayer, ViewerArea
from viewer_fixtures import (
    CTRL,
    LEFT,
    NO_KEYS,
    RIGHT,
    drag,
    geometry,
    middle,
    screen_point,
    send_move,
    shown_viewer,
    source,
    wheel,
)

SHAPE = (12, 60, 40)


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[ViewerArea]:
    """Twelve slices of 60 x 40, at slice 6."""
    with shown_viewer(qtbot) as area:
        area.set_source(source())
        yield area


@pytest.fixture
def edits(viewer: ViewerArea) -> list[LayerEdit]:
    """Strokes told by the viewer."""
    told: list[LayerEdit] = []
    viewer.layer_edited.connect(told.append)
    return told


@pytest.fixture
def refusals(viewer: ViewerArea) -> list[str]:
    """Sentences on why a tool did nothing."""
    told: list[str] = []
    viewer.refused.connect(told.append)
    return told


def layer(key: str = "mine", *, editable: bool = True, **changes: object) -> OverlayLayer:
    """An empty layer."""
    values = {"name": key, "array": np.zeros(SHAPE, np.uint8), "editable": editable} | changes
    return OverlayLayer(key, **values)  # type: ignore[arg-type]


def texts(viewer: ViewerArea) -> list[str]:
    """What stands beside the distances of the active view."""
    view = viewer.active_view
    return [ruler.text(view.plane) for ruler in view.rulers()]


def lengths_mm(viewer: ViewerArea) -> list[float]:
    """The distances of the active view."""
    return [float(text.removesuffix(" mm")) for text in texts(viewer)]


# Distance


def test_distances_are_in_mm_of_anisotropic_pixels(viewer: ViewerArea) -> None:
    viewer.set_source(source(where=geometry(SHAPE, (5.0, 2.0, 0.5))))
    viewer.set_tool("distance")
    view = viewer.views[0]
    drag(view, LEFT, screen_point(view, 6, 10, 10), screen_point(view, 6, 10, 30))
    drag(view, LEFT, screen_point(view, 6, 20, 5), screen_point(view, 6, 50, 5))
    drag(view, LEFT, screen_point(view, 6, 40, 20), screen_point(view, 6, 43, 28))
    assert lengths_mm(viewer) == [
        pytest.approx(10.0, abs=0.2),
        pytest.approx(60.0, abs=0.2),
        pytest.approx(np.hypot(6.0, 4.0), abs=0.3),
    ]
    assert viewer.position() == (6, 30, 20)


def test_distances_in_other_planes_know_the_slice_spacing(viewer: ViewerArea) -> None:
    viewer.set_layout("three")
    viewer.set_tool("distance")
    view = viewer.views[1]
    drag(view, LEFT, screen_point(view, 2, 30, 10), screen_point(view, 8, 30, 10))
    assert lengths_mm(viewer) == [pytest.approx(30.0, abs=0.4)]
    assert viewer.views[0].rulers() == []


def test_distances_are_in_pixels_where_their_size_is_unknown(viewer: ViewerArea) -> None:
    viewer.set_source(source(where=geometry(SHAPE, None, None)))
    viewer.set_tool("distance")
    view = viewer.views[0]
    drag(view, LEFT, screen_point(view, 6, 10, 10), screen_point(view, 6, 40, 10))
    assert texts(viewer) == ["30 px"]


def test_a_distance_stays_on_its_slice(viewer: ViewerArea) -> None:
    viewer.set_tool("distance")
    view = viewer.views[0]
    drag(view, LEFT, screen_point(view, 6, 10, 10), screen_point(view, 6, 10, 30))
    wheel(view, 1)
    assert texts(viewer) == []
    wheel(view, -1)
    assert lengths_mm(viewer) == [pytest.approx(20.0, abs=0.3)]


def test_delete_removes_the_selected_distance(qtbot: QtBot, viewer: ViewerArea) -> None:
    viewer.set_tool("distance")
    view = viewer.views[0]
    view.setFocus()
    drag(view, LEFT, screen_point(view, 6, 10, 10), screen_point(view, 6, 10, 30))
    drag(view, LEFT, screen_point(view, 6, 40, 10), screen_point(view, 6, 40, 20))
    viewer.set_tool("window")
    qtbot.mouseClick(view.viewport(), LEFT, pos=screen_point(view, 6, 10, 20))
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert lengths_mm(viewer) == [pytest.approx(10.0, abs=0.3)]
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert lengths_mm(viewer) == [pytest.approx(10.0, abs=0.3)], "none was selected"
    qtbot.mouseClick(view.viewport(), LEFT, pos=screen_point(view, 6, 40, 15))
    qtbot.mouseClick(view.viewport(), LEFT, pos=screen_point(view, 6, 55, 35))
    assert not viewer.delete_selected_measurement(), "a click beside it deselects"
    viewer.clear_measurements()
    assert texts(viewer) == []


def test_ends_of_a_distance_can_be_moved(viewer: ViewerArea) -> None:
    viewer.set_tool("distance")
    view = viewer.views[0]
    drag(view, LEFT, screen_point(view, 6, 10, 10), screen_point(view, 6, 10, 30))
    drag(view, LEFT, screen_point(view, 6, 10, 30), screen_point(view, 6, 10, 35))
    assert lengths_mm(viewer) == [pytest.approx(25.0, abs=0.3)]


def test_a_click_makes_no_distance(qtbot: QtBot, viewer: ViewerArea) -> None:
    viewer.set_tool("distance")
    view = viewer.views[0]
    qtbot.mouseClick(view.viewport(), LEFT, pos=middle(view))
    assert texts(viewer) == []


def test_distances_go_with_their_series(viewer: ViewerArea) -> None:
    viewer.set_tool("distance")
    view = viewer.views[0]
    drag(view, LEFT, screen_point(view, 6, 10, 10), screen_point(view, 6, 10, 30))
    viewer.set_source(source())
    assert texts(viewer) == []
    assert viewer.tool() == "distance"


# Brush


def test_the_brush_paints_only_in_the_editable_layer(
    viewer: ViewerArea, edits: list[LayerEdit]
) -> None:
    mine, other = layer(), layer("ai", editable=False)
    viewer.set_layers([mine, other])
    viewer.set_tool("brush")
    viewer.set_brush_size(5)
    view = viewer.views[0]
    window = viewer.window()
    drag(view, LEFT, screen_point(view, 6, 20, 10), screen_point(view, 6, 20, 30))
    assert not other.array.any()
    assert np.flatnonzero(mine.array.any(axis=(1, 2))).tolist() == [6]
    painted = mine.array[6]
    assert painted[20, 10:31].all()
    assert painted[18:23, 20].all()
    assert not painted[16, :].any()
    assert not painted[:, 34:].any()
    assert viewer.window() == window
    assert len(edits) == 1
    edit = edits[0]
    assert (edit.key, edit.axis, edit.slice_index, edit.erased) == ("mine", 0, 6, False)
    assert not edit.before.any()
    assert np.array_equal(edit.after, painted)


def test_a_stroke_can_be_undone_and_redone(viewer: ViewerArea, edits: list[LayerEdit]) -> None:
    mine = layer()
    mine.array[6, 20, 5] = 1
    before = mine.array.copy()
    viewer.set_layers([mine])
    viewer.set_tool("brush")
    view = viewer.views[0]
    drag(view, LEFT, screen_point(view, 6, 20, 10), screen_point(view, 6, 20, 30))
    after = mine.array.copy()
    edits[0].restore(mine.array)
    assert np.array_equal(mine.array, before)
    edits[0].restore(mine.array, redo=True)
    assert np.array_equal(mine.array, after)


@pytest.mark.parametrize("how", ["right", "ctrl", "eraser"])
def test_three_ways_to_erase(viewer: ViewerArea, edits: list[LayerEdit], how: str) -> None:
    mine = layer()
    mine.array[6] = 1
    viewer.set_layers([mine])
    viewer.set_tool("eraser" if how == "eraser" else "brush")
    view = viewer.views[0]
    asked = []
    viewer.context_menu_requested.connect(asked.append)
    point = screen_point(view, 6, 20, 20)
    button, keys = (RIGHT if how == "right" else LEFT), (CTRL if how == "ctrl" else NO_KEYS)
    drag(view, button, point, point, keys)
    assert mine.array[6, 20, 20] == 0
    assert mine.array[6, 50, 20] == 1
    assert [edit.erased for edit in edits] == [True]
    assert asked == []


def test_the_wheel_still_steps_slices_while_painting(viewer: ViewerArea) -> None:
    viewer.set_layers([layer()])
    viewer.set_tool("brush")
    wheel(viewer.views[0], 1)
    assert viewer.position()[0] == 7


def test_a_stroke_stays_on_the_slice_it_began_on(
    viewer: ViewerArea, edits: list[LayerEdit]
) -> None:
    mine = layer()
    viewer.set_layers([mine])
    viewer.set_tool("brush")
    view = viewer.views[0]
    QTest.mousePress(view.viewport(), LEFT, NO_KEYS, screen_point(view, 6, 20, 10))
    wheel(view, 1)
    send_move(view, QPointF(screen_point(view, 6, 20, 30)), NO_KEYS, LEFT)
    QTest.mouseRelease(view.viewport(), LEFT, NO_KEYS, screen_point(view, 6, 20, 30))
    assert [edit.slice_index for edit in edits] == [6]
    assert np.flatnonzero(mine.array.any(axis=(1, 2))).tolist() == [6]


def test_strokes_in_other_planes_and_in_turned_pictures_land_under_the_pointer(
    viewer: ViewerArea, edits: list[LayerEdit]
) -> None:
    mine = layer()
    viewer.set_layers([mine])
    viewer.set_layout("three")
    viewer.set_tool("brush")
    viewer.set_brush_size(1)
    viewer.flip_horizontal()
    viewer.rotate(1)
    for axis, voxel in ((0, (6, 11, 33)), (1, (2, 30, 9)), (2, (9, 44, 20))):
        view = viewer.views[axis]
        point = screen_point(view, *voxel)
        drag(view, LEFT, point, point)
        assert mine.array[voxel] == 1
        assert [edits[-1].axis, edits[-1].slice_index] == [axis, voxel[axis]]
    assert mine.array.sum() == 3


def test_a_small_brush_is_round_in_mm(viewer: ViewerArea) -> None:
    viewer.set_source(source(where=geometry(SHAPE, (5.0, 2.0, 1.0))))
    mine = layer()
    viewer.set_layers([mine])
    viewer.set_tool("brush")
    viewer.set_brush_size(12)
    view = viewer.views[0]
    point = screen_point(view, 6, 30, 20)
    drag(view, LEFT, point, point)
    rows, columns = mine.array[6].any(axis=1).sum(), mine.array[6].any(axis=0).sum()
    assert rows * 2.0 == pytest.approx(columns * 1.0, abs=2)
    assert columns == pytest.approx(12, abs=1)


def test_without_an_editable_layer_the_brush_says_why_it_does_nothing(
    viewer: ViewerArea, edits: list[LayerEdit], refusals: list[str]
) -> None:
    read_only = layer("ai", editable=False)
    viewer.set_layers([read_only])
    viewer.set_tool("brush")
    drag(viewer.views[0], LEFT, middle(viewer.views[0]), middle(viewer.views[0]))
    assert len(refusals) == 1
    assert "editable" in refusals[0]
    assert edits == []
    assert not read_only.array.any()


def test_the_chosen_layer_and_label_are_painted(viewer: ViewerArea, edits: list[LayerEdit]) -> None:
    first = layer("one", colours={1: (255, 0, 0), 3: (0, 255, 0)})
    viewer.set_layers([first, layer("two")])
    viewer.set_brush("one", 3)
    viewer.set_tool("brush")
    view = viewer.views[0]
    point = screen_point(view, 6, 20, 20)
    drag(view, LEFT, point, point)
    assert edits[0].key == "one"
    assert first.array[6, 20, 20] == 3


def test_painting_what_is_painted_tells_nothing(viewer: ViewerArea, edits: list[LayerEdit]) -> None:
    mine = layer()
    mine.array[6] = 1
    viewer.set_layers([mine])
    viewer.set_tool("brush")
    drag(viewer.views[0], LEFT, middle(viewer.views[0]), middle(viewer.views[0]))
    assert edits == []


def test_the_brush_size_has_limits(viewer: ViewerArea) -> None:
    viewer.change_brush_size(-50)
    assert viewer.brush_size() == 1
    viewer.change_brush_size(1)
    assert viewer.brush_size() == 2
    viewer.change_brush_size(200)
    assert viewer.brush_size() == 100


def test_a_stroke_under_way_is_taken_back_when_the_series_changes(
    viewer: ViewerArea, edits: list[LayerEdit]
) -> None:
    mine = layer()
    viewer.set_layers([mine])
    viewer.set_tool("brush")
    view = viewer.views[0]
    QTest.mousePress(view.viewport(), LEFT, NO_KEYS, middle(view))
    assert mine.array.any()
    viewer.set_source(source())
    assert not mine.array.any()
    QTest.mouseRelease(view.viewport(), LEFT, NO_KEYS, middle(view))
    assert edits == []


def test_an_unknown_tool_is_an_error(viewer: ViewerArea) -> None:
    with pytest.raises(ValueError, match="lasso"):
        viewer.set_tool("lasso")  # type: ignore[arg-type]
