"""Letters at the edges, and the picture between them, agree with the patient."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.gui.viewer import ViewerArea
from tumordesk.gui.viewer.slice_view import SliceView
from tumordesk.gui.viewer.texts import UNKNOWN_ORIENTATION, corners
from viewer_fixtures import (
    TOWARDS,
    bright_box,
    geometry,
    picture,
    shown_viewer,
    source,
)

EVERY_STACK = [
    "".join(letters)
    for order in itertools.permutations(("LR", "AP", "HF"))
    for letters in itertools.product(*order)
]
STACKS = ["HPL", "FPL", "HAR", "LFP", "RFP", "AFL", "PHR", "PFL"]
TURNS = ["none", "flip_horizontal", "flip_vertical", "rotate", "flip_then_rotate"]


@pytest.fixture
def viewer(qtbot: QtBot) -> Iterator[ViewerArea]:
    """An empty viewer."""
    with shown_viewer(qtbot) as area:
        yield area


def notes(view: SliceView) -> tuple[str, ...]:
    """What a view says in warning."""
    return corners(view.model, view.axis, view.camera, None).notes


def edges_by_anatomy(view: SliceView, where: Geometry) -> tuple[str, str, str, str]:
    """Letters towards (left, right, top, bottom), from where voxels stand on the screen."""
    here = np.array(view.model.position, dtype=float)
    origin = where.to_patient(here)
    found = {}
    for axis in range(3):
        for step in (-1, 1):
            there = here.copy()
            there[axis] += step
            if axis == view.axis:
                continue
            start, end = (view.plane.point_of(tuple(p)) for p in (here, there))
            way = view.to_view(end) - view.to_view(start)
            vector = where.to_patient(there) - origin
            letter = max(TOWARDS, key=lambda name: float(vector @ np.array(TOWARDS[name])))
            if abs(way.x()) > abs(way.y()):
                found["right" if way.x() > 0 else "left"] = letter
            else:
                found["bottom" if way.y() > 0 else "top"] = letter
    return found["left"], found["right"], found["top"], found["bottom"]


def turn(viewer: ViewerArea, how: str) -> None:
    """Flip or turn the active view."""
    if "flip" in how:
        getattr(viewer, "flip_vertical" if how == "flip_vertical" else "flip_horizontal")()
    if "rotate" in how:
        viewer.rotate(1)


@pytest.mark.parametrize(
    ("towards", "letters"),
    [
        ("HPL", ("R", "L", "A", "P")),
        ("FPL", ("R", "L", "A", "P")),
        ("HAR", ("R", "L", "A", "P")),
        ("LFP", ("A", "P", "H", "F")),
        ("RFP", ("A", "P", "H", "F")),
        ("LHA", ("A", "P", "H", "F")),
        ("AFL", ("R", "L", "H", "F")),
        ("PHR", ("R", "L", "H", "F")),
    ],
)
def test_the_usual_letters_stand_at_the_edges(
    viewer: ViewerArea, towards: str, letters: tuple[str, str, str, str]
) -> None:
    viewer.set_source(source(where=geometry((6, 20, 20), towards=towards)))
    assert viewer.views[0].camera.letters() == letters


def test_three_planes_are_named_and_lettered(viewer: ViewerArea) -> None:
    viewer.set_source(source())
    viewer.set_layout("three")
    assert [view.plane.name for view in viewer.views] == ["Axial", "Coronal", "Sagittal"]
    assert viewer.views[1].camera.letters() == ("R", "L", "H", "F")
    assert viewer.views[2].camera.letters() == ("A", "P", "H", "F")


@pytest.mark.parametrize("towards", EVERY_STACK)
def test_letters_agree_with_the_patient_in_all_planes(viewer: ViewerArea, towards: str) -> None:
    where = geometry((6, 20, 20), towards=towards)
    viewer.set_source(source(where=where))
    viewer.set_layout("three")
    for view in viewer.views:
        assert view.camera.letters() == edges_by_anatomy(view, where)


@pytest.mark.parametrize("how", TURNS)
@pytest.mark.parametrize("towards", STACKS)
def test_letters_follow_flips_and_turns(viewer: ViewerArea, towards: str, how: str) -> None:
    where = geometry((6, 20, 20), towards=towards)
    viewer.set_source(source(where=where))
    view = viewer.views[0]
    for _ in range(3):
        turn(viewer, how)
        assert view.camera.letters() == edges_by_anatomy(view, where)


def test_turning_is_clockwise_and_flipping_mirrors_what_is_seen(viewer: ViewerArea) -> None:
    viewer.set_source(source())
    camera = viewer.views[0].camera
    viewer.rotate(1)
    assert camera.letters() == ("P", "A", "R", "L")
    viewer.flip_horizontal()
    assert camera.letters() == ("A", "P", "R", "L")
    viewer.rotate(1)
    assert camera.letters() == ("L", "R", "A", "P")
    viewer.rotate(-2)
    viewer.flip_vertical()
    assert camera.letters() == ("R", "L", "A", "P")


@pytest.mark.parametrize("how", TURNS)
@pytest.mark.parametrize("towards", STACKS)
def test_the_picture_is_drawn_where_its_letters_say(
    viewer: ViewerArea, towards: str, how: str
) -> None:
    where = geometry((6, 24, 24), (4.0, 1.0, 2.0), towards=towards)
    array = np.zeros(where.shape, np.uint16)
    array[3, 2:6, 4:8] = 1000
    viewer.set_source(source(array, where))
    viewer.set_text_visible(False)
    turn(viewer, how)
    view = viewer.views[0]
    first, last = view.to_view((4, 2)), view.to_view((8, 6))
    left, top, width, height = bright_box(picture(view), above=127)
    assert left == pytest.approx(min(first.x(), last.x()), abs=1.5)
    assert top == pytest.approx(min(first.y(), last.y()), abs=1.5)
    assert width == pytest.approx(abs(first.x() - last.x()), abs=2)
    assert height == pytest.approx(abs(first.y() - last.y()), abs=2)


def test_unknown_orientation_says_so_and_shows_no_letters(viewer: ViewerArea) -> None:
    viewer.set_source(source(where=geometry((6, 20, 20), towards=None)))
    view = viewer.views[0]
    assert view.camera.letters() is None
    assert UNKNOWN_ORIENTATION in notes(view)
    viewer.set_source(source())
    assert notes(view) == ()


def test_orientation_without_position_still_gives_letters(viewer: ViewerArea) -> None:
    viewer.set_source(source(where=geometry((6, 20, 20), None, "FAR", Verdict.NO_MM)))
    assert viewer.views[0].camera.letters() == ("R", "L", "A", "P")
    assert notes(viewer.views[0]) == ()


def test_a_tilted_stack_has_the_letters_of_its_main_directions(viewer: ViewerArea) -> None:
    angle = np.deg2rad(25.0)
    tilted = np.array(
        [[0, 0, 1], [-np.sin(angle), np.cos(angle), 0], [np.cos(angle), np.sin(angle), 0]]
    )
    affine = affine_from((0, 0, 0), tilted, (5.0, 1.0, 1.0))
    where = Geometry((6, 20, 20), (1.0, 1.0), 5.0, affine, verdict=Verdict.OK)
    viewer.set_source(source(where=where))
    assert viewer.views[0].camera.letters() == ("R", "L", "A", "P")
    assert viewer.views[0].plane.name == "Axial"


@pytest.mark.parametrize(
    ("verdict", "words"), [(Verdict.GAP, "Uneven"), (Verdict.SHEARED, "sheared")]
)
def test_planes_that_are_only_nearly_true_say_so(
    viewer: ViewerArea, verdict: Verdict, words: str
) -> None:
    viewer.set_source(source(where=geometry(verdict=verdict)))
    viewer.set_layout("three")
    assert notes(viewer.views[0]) == ()
    assert words in notes(viewer.views[1])[0]


@pytest.mark.parametrize("size", [(800, 600), (500, 700)])
@pytest.mark.parametrize("spacing", [(5.0, 1.0, 1.0), (3.0, 0.5, 2.0), (1.0, 1.7, 0.4)])
def test_pixels_are_as_wide_and_high_on_the_screen_as_in_the_patient(
    qtbot: QtBot, size: tuple[int, int], spacing: tuple[float, float, float]
) -> None:
    where = geometry((10, 40, 50), spacing)
    white = np.full(where.shape, 1000, np.uint16)
    extents = np.array(where.shape) * spacing
    with shown_viewer(qtbot, *size) as viewer:
        viewer.set_source(source(white, where))
        viewer.set_text_visible(False)
        for axis, (down, across) in enumerate(((1, 2), (0, 2), (0, 1))):
            viewer.set_layout("three" if axis else "single")
            viewer.toggle_maximised(axis)
            QApplication.processEvents()
            view = viewer.views[axis]
            assert view.isVisible()
            _, _, width, height = bright_box(_without_frame(view), above=100)
            wanted = extents[across] / extents[down]
            assert width == pytest.approx(height * wanted, abs=1 + wanted)
            fills = max(width / view.viewport().width(), height / view.viewport().height())
            assert fills > 0.97


def _without_frame(view: SliceView) -> QImage:
    view.framed = view.keyboard_focus = False
    return picture(view)
