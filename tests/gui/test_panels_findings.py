"""The findings panel: numbers that lead to their place, and words for every other state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

import panel_fakes as fakes
from tumordesk.core.finding import Part
from tumordesk.core.segmentation import Segment
from tumordesk.gui import tokens
from tumordesk.gui.panels.findings import SHOWN_LESIONS, FindingsPanel
from tumordesk.gui.panels.lesion_view import LesionView
from tumordesk.gui.panels.parts import ElidedLabel
from tumordesk.gui.panels.rows import PlaceRow
from tumordesk.session.layers import SEGMENT_COLOURS, new_own

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot) -> FindingsPanel:
    """A shown panel of the window's width."""
    made = FindingsPanel()
    qtbot.addWidget(made)
    made.setFixedWidth(tokens.RIGHT_PANEL_W - 16)
    with qtbot.waitExposed(made):
        made.show()
    return made


def show(panel: FindingsPanel, *layers: Any, classes: Any = None, running: bool = False) -> None:
    """Show these layers of the FLAIR series."""
    panel.show_results(fakes.series(), fakes.results(*layers, classes=classes), running)


def words(widget: QWidget) -> str:
    """All that can be read, without what was taken out and is still to be deleted."""
    QApplication.processEvents()
    found = []
    for one in widget.findChildren(QLabel):
        if one.isVisibleTo(widget):
            found.append(one.full if isinstance(one, ElidedLabel) else one.text())
    found += [one.text() for one in widget.findChildren(QPushButton) if one.isVisibleTo(widget)]
    return " ".join(found)


def visible(panel: FindingsPanel, kind: type) -> list[Any]:
    """The visible parts of a kind, from top to bottom."""
    QApplication.processEvents()
    found = [one for one in panel.findChildren(kind) if one.isVisibleTo(panel)]
    return sorted(found, key=lambda one: one.mapTo(panel, one.rect().topLeft()).y())


def many(count: int) -> Any:
    """A layer with this many lesions."""
    lesions = [replace(fakes.lesion(n + 1), volume_mm3=24_000 / (n + 1)) for n in range(count)]
    return fakes.layer(fakes.measurements(*lesions))


def of_parts(*names: str) -> Any:
    """A layer of a model whose lesions have parts of these names."""
    parts = tuple(Part(n, 100 * n, 2_000.0 * n) for n in range(1, len(names) + 1))
    both = fakes.lesion(1, segment=0, parts=parts[::-1])
    measured = fakes.measurements(both, fakes.lesion(2), parts=parts)
    segments = tuple(Segment(n, name) for n, name in enumerate(names, start=1))
    plain = fakes.layer(measured)
    colours = dict(zip(range(1, len(names) + 1), SEGMENT_COLOURS, strict=False))
    return replace(plain, segments=segments, colours=colours)


def test_parts_of_lesions_have_their_names_and_volumes(qtbot: QtBot, panel: FindingsPanel) -> None:
    show(panel, of_parts("Core", "Oedema"))
    totals, first, second = panel.totals, *panel.lesions
    assert "Core 2.0 mL Oedema 4.0 mL" in words(totals)
    assert "Oedema 4.0 mL Core 2.0 mL" in words(first)
    assert "Core" in words(second.heading)
    assert "2.0 mL" not in words(second)
    told: list[Any] = []
    totals.lesion_requested.connect(told.append)
    oedema = next(row for row in visible(panel, PlaceRow) if "Oedema" in row.accessibleName())
    qtbot.mouseClick(oedema, LEFT)
    assert told == [first.lesion]


def test_an_outline_of_one_kind_names_no_parts(panel: FindingsPanel) -> None:
    show(panel, fakes.layer())
    assert "Tumour " not in words(panel.lesions[0])


def test_without_a_series_it_says_what_to_do(panel: FindingsPanel) -> None:
    panel.show_results(None, None, False)
    assert "Ctrl+O" in words(panel)
    assert panel.save_button is None


def test_before_and_during_the_first_run(panel: FindingsPanel) -> None:
    show(panel)
    assert "Nothing run yet" in words(panel)
    show(panel, running=True)
    assert "Looking for tumour…" in words(panel)
    assert "Nothing run yet" not in words(panel)


def test_a_run_over_old_findings_says_so(panel: FindingsPanel) -> None:
    show(panel, fakes.layer(), running=True)
    assert "run before" in words(panel)
    assert "24.3" in words(panel)


def test_numbers_with_their_units(panel: FindingsPanel) -> None:
    show(panel, fakes.layer())
    said = words(panel)
    for text in ("24.3", "mL", "41 × 32", "mm", "1 lesion", "10 of 26", "(38", "Right side"):
        assert text in said


def test_a_number_and_its_unit_stand_close_together(panel: FindingsPanel) -> None:
    show(panel, fakes.layer())
    value = next(x for x in visible(panel, QLabel) if x.property("role") == "number")
    unit = next(x for x in visible(panel, QLabel) if x.text() == "mL")
    end = value.mapTo(panel, value.rect().topRight()).x()
    assert unit.mapTo(panel, unit.rect().topLeft()).x() - end <= tokens.SPACE_8


def test_a_click_on_the_diameters_goes_to_them(qtbot: QtBot, panel: FindingsPanel) -> None:
    show(panel, fakes.layer())
    selected = []
    panel.lesion_selected.connect(selected.append)
    row = panel.lesions[0].diameters
    assert row is not None
    with qtbot.waitSignal(panel.jump_requested) as jump:
        qtbot.mouseClick(row, LEFT)
    assert jump.args == [13, 100.0, 120.0]
    assert selected == [panel.lesions[0].lesion]


def test_a_click_on_the_volume_goes_to_the_middle(qtbot: QtBot, panel: FindingsPanel) -> None:
    show(panel, fakes.layer())
    with qtbot.waitSignal(panel.jump_requested) as jump:
        qtbot.mouseClick(panel.lesions[0].volume, LEFT)
    assert jump.args == [13, 101.0, 118.0]


def test_the_heading_of_a_lesion_goes_there_by_keyboard_too(
    qtbot: QtBot, panel: FindingsPanel
) -> None:
    show(panel, fakes.layer())
    with qtbot.waitSignal(panel.jump_requested) as jump:
        qtbot.keyClick(panel.lesions[0].heading, Qt.Key.Key_Space)
    assert jump.args[0] == 13


def test_slice_numbers_go_to_their_slices(qtbot: QtBot, panel: FindingsPanel) -> None:
    show(panel, fakes.layer(), classes=fakes.classification())
    for number in ("9", "18"):
        link = next(x for x in visible(panel, QPushButton) if x.text() == number)
        with qtbot.waitSignal(panel.jump_requested) as jump:
            qtbot.mouseClick(link, LEFT)
        assert jump.args == [int(number) - 1, 101.0, 118.0]


def test_what_was_refused_is_said_with_its_reason(panel: FindingsPanel) -> None:
    measured = fakes.measurements(
        fakes.lesion(mm=False), tumour_slices=(0,), refused=(fakes.PIXELS_ONLY,)
    )
    layer = fakes.layer(measured)
    layer.geometry = fakes.geometry(mm=False, shape=(1, 480, 512))
    panel.show_results(fakes.series(picture=True), fakes.results(layer), False)
    said = words(panel)
    assert fakes.PIXELS_ONLY in said
    assert "46 × 36" in said
    assert "px" in said
    assert "mL" not in said
    assert " mm " not in said
    assert "No side" in said


def test_no_tumour_is_a_finding_with_its_limits(panel: FindingsPanel) -> None:
    show(panel, fakes.layer(fakes.NOTHING))
    said = words(panel)
    assert "No tumour found" in said
    assert "26 slices of FLAIR" in said
    assert "does not rule a tumour out" in said
    assert panel.lesions == ()


def test_an_outline_of_ones_own_is_called_so(panel: FindingsPanel) -> None:
    origin = fakes.layer()
    show(panel, origin, fakes.mine(origin))
    assert "Measurements of your outline" in words(panel)
    measuring = fakes.mine(origin)
    measuring.measurements = None
    show(panel, origin, measuring)
    assert "Measuring your outline" in words(panel)
    empty = fakes.mine(origin)
    empty.measurements = fakes.NOTHING
    show(panel, origin, empty)
    assert "Your outline is empty" in words(panel)
    assert "No tumour found" not in words(panel)
    show(panel, new_own(1, origin.geometry, origin.series_uid))
    assert "Your outline is empty" in words(panel)


def test_the_likely_type_stands_above_the_lesions_and_leads_to_the_classifier(
    qtbot: QtBot, panel: FindingsPanel
) -> None:
    show(panel, many(9), classes=fakes.classification(0.09, 0.87, 0.03, 0.005))
    panel.layout().activate()
    panel.adjustSize()
    assert panel.type is not None
    assert "Meningioma 87" in panel.type.accessibleName()
    first = visible(panel, LesionView)[0]
    assert panel.type.mapTo(panel, panel.type.rect().bottomLeft()).y() < first.y()
    with qtbot.waitSignal(panel.classifier_requested):
        qtbot.mouseClick(panel.type, LEFT)


def test_many_lesions_are_folded_and_unfold(qtbot: QtBot, panel: FindingsPanel) -> None:
    show(panel, many(9))
    assert len(panel.lesions) == SHOWN_LESIONS
    more = visible(panel, QPushButton)
    button = next(x for x in more if x.objectName() == "moreLesions")
    assert button.text() == "Show 4 more"
    qtbot.mouseClick(button, LEFT)
    assert len(panel.lesions) == 9
    button = next(x for x in visible(panel, QPushButton) if x.text() == "Show fewer")
    qtbot.mouseClick(button, LEFT)
    assert len(panel.lesions) == SHOWN_LESIONS
    show(panel, many(SHOWN_LESIONS))
    assert "Show" not in words(panel)


def test_unfolding_with_the_keyboard_keeps_the_focus(qtbot: QtBot, panel: FindingsPanel) -> None:
    show(panel, many(9))
    with qtbot.waitActive(panel):
        panel.activateWindow()
    qtbot.waitUntil(lambda: panel.more_button.isVisible())
    panel.more_button.setFocus()
    qtbot.keyClick(panel.more_button, Qt.Key.Key_Space)
    assert len(panel.lesions) == 9
    assert panel.more_button.text() == "Show fewer"
    assert panel.more_button.hasFocus()


def test_warnings_notes_and_origin_come_with_the_numbers(panel: FindingsPanel) -> None:
    warning, note = "Slices are 5.0 mm apart.", "Run on the CPU: the GPU had too little memory."
    show(panel, fakes.layer(warnings=(warning, warning), notes=(note,)))
    said = words(panel)
    assert said.count(warning) == 1
    assert note in said
    assert "flair-glioma 1.0 on CPU in 12" in said
    assert "3f2a91c0d7e4" in said
    assert "Research use only" in said


def test_save_is_asked_for(qtbot: QtBot, panel: FindingsPanel) -> None:
    show(panel, fakes.layer())
    assert panel.save_button is not None
    with qtbot.waitSignal(panel.save_requested):
        qtbot.mouseClick(panel.save_button, LEFT)


@pytest.mark.parametrize("text", ["word " * 60, "/home/" + "x" * 300 + "/scan.dcm"])
def test_long_texts_never_make_the_panel_wider(panel: FindingsPanel, text: str) -> None:
    panel.setMinimumWidth(0)
    panel.setMaximumWidth(10_000)
    measured = fakes.measurements(refused=(text,), notes=(text,))
    show(panel, fakes.layer(measured, warnings=(text,)), classes=fakes.classification())
    assert panel.minimumSizeHint().width() <= tokens.RIGHT_PANEL_W - 16


def test_wrapped_texts_get_the_height_they_need(panel: FindingsPanel) -> None:
    text = "Slices are five millimetres apart: small tumours between them are missed. " * 3
    show(panel, fakes.layer(warnings=(text,)))
    panel.resize(panel.width(), panel.layout().heightForWidth(panel.width()))
    panel.layout().activate()
    shown = next(x for x in visible(panel, QLabel) if x.text() == text)
    assert shown.wordWrap()
    assert shown.height() >= shown.heightForWidth(shown.width()) > 3 * shown.fontMetrics().height()


def test_text_from_files_is_never_read_as_markup(panel: FindingsPanel) -> None:
    show(panel, fakes.layer(warnings=("<b>bold</b>",)))
    shown = next(x for x in visible(panel, QLabel) if "bold" in x.text())
    assert shown.textFormat() is Qt.TextFormat.PlainText
