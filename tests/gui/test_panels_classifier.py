"""The classifier panel: answers side by side, the slice, doubts, the map, further classifiers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

import panel_fakes as fakes
from inference_fakes import make_card
from tumordesk.core.activation import ActivationMap, Focus, Unlikeness
from tumordesk.core.calibration import Calibration, CalibrationBin
from tumordesk.core.finding import AnalysisResult, Classification, SliceProbabilities
from tumordesk.gui import tokens
from tumordesk.gui.panels.classifier import ClassifierPanel, ClassifierState
from tumordesk.gui.panels.parts import ElidedLabel
from tumordesk.session.agreement import agreement
from tumordesk.session.layers import SeriesResults

LEFT = Qt.MouseButton.LeftButton
CALIBRATED = Calibration(
    (CalibrationBin(0.8, 0.9, 52, 0.85, 0.77), CalibrationBin(0.9, 1.0, 3, 0.95, 1.0)),
    0.031, "test", "made-up", 55,
)  # fmt: skip


@pytest.fixture
def panel(qtbot: QtBot) -> ClassifierPanel:
    made = ClassifierPanel()
    qtbot.addWidget(made)
    made.setFixedWidth(tokens.RIGHT_PANEL_W - 16)
    with qtbot.waitExposed(made):
        made.show()
    return made


def labels(panel: QWidget, **properties: str) -> list[str]:
    """Texts that can be read, without what was taken out and is still to be deleted."""
    QApplication.processEvents()
    return [
        one.full if isinstance(one, ElidedLabel) else one.text()
        for one in panel.findChildren(QLabel)
        if one.isVisibleTo(panel) and all(one.property(k) == v for k, v in properties.items())
    ]


def words(panel: QWidget) -> str:
    return "\n".join(labels(panel))


def answer(model: str, *probabilities: float, **changes: Any) -> AnalysisResult:
    made = fakes.classification(*probabilities)
    found = replace(made.classification, **changes) if changes else made.classification
    return replace(made, provenance=fakes.provenance(model), classification=found)


def state(*answers: AnalysisResult, **changes: Any) -> ClassifierState:
    results = SeriesResults(
        classification=answers[-1] if answers else None,
        classifications={one.provenance.model_id: one for one in answers},
    )
    cards = {
        model: make_card("classification", id=model, calibration=CALIBRATED)
        for model in results.classifications
    }
    return ClassifierState(
        **({"series": fakes.series(), "results": results, "cards": cards} | changes)
    )


def heat(model: str = "one") -> ActivationMap:
    return ActivationMap(
        model, "glioma", "Glioma", "HiResCAM", (8,), np.ones((1, 4, 4), np.float32)
    )


def test_nothing_read_says_so_and_offers_classifiers(qtbot: QtBot, panel: ClassifierPanel) -> None:
    panel.show_state(state(others=(("one", "First"), ("two", "Second"))))
    assert "No classifier has read this series yet" in words(panel)
    assert not panel.run_button.isEnabled()
    panel.ticks["two"].setFocus()
    qtbot.keyClick(panel.ticks["two"], Qt.Key.Key_Space)
    with qtbot.waitSignal(panel.run_requested) as asked:
        qtbot.mouseClick(panel.run_button, LEFT)
    assert asked.args == [("two",)]


def test_classes_stand_in_order_with_study_and_slice(panel: ClassifierPanel) -> None:
    by_slice = (SliceProbabilities(8, (0.1, 0.6, 0.2, 0.1)),)
    panel.show_state(state(answer("one", 0.09, 0.87, 0.03, 0.005, slices=by_slice), slice_index=8))
    said = words(panel)
    places = [said.index(name) for name in ("Meningioma", "Glioma", "Pituitary", "No tumour")]
    assert places == sorted(places)
    assert "Slice 9" in said
    assert [text.rstrip("\xa0%") for text in panel.grid.slice_texts()] == ["60", "10", "20", "10"]
    panel.show_slice(3)
    assert "Slice 4" in words(panel)
    assert set(panel.grid.slice_texts()) == {"–"}
    assert "Undecided" not in said
    panel.show_state(state(answer("one", 0.44, 0.3, 0.2, 0.06)))
    assert "Undecided" in words(panel)


def test_calibration_is_told_from_measured_bins_only(panel: ClassifierPanel) -> None:
    panel.show_state(state(answer("one", 0.87, 0.1, 0.02, 0.01)))
    assert "When it said 80\xa0% to 90\xa0%, it was right 77\xa0% of the time" in words(panel)
    panel.show_state(state(answer("one", 0.95, 0.03, 0.01, 0.01)))
    assert "was not measured: it was so for only 3 of 55" in words(panel)
    old = {"one": make_card("classification", id="one")}
    panel.show_state(state(answer("one"), cards=old))
    assert "was not measured." in words(panel)


def test_unlike_pictures_are_warned_of_and_no_reference_is_said(panel: ClassifierPanel) -> None:
    far = Unlikeness(3.0, 1.0, "distance", "This picture is unlike those one learned from.")
    panel.show_state(state(answer("one", unlike=far)))
    assert far.text in labels(panel, tone="warning")
    unknown = Unlikeness(None, None, "distance", "It cannot be told: no reference.")
    panel.show_state(state(answer("one", unlike=unknown)))
    assert unknown.text in words(panel)
    assert labels(panel, tone="warning") == []


def test_several_answers_side_by_side_with_their_agreement(
    qtbot: QtBot, panel: ClassifierPanel
) -> None:
    one, two = answer("one", 0.8, 0.1, 0.05, 0.05), answer("two", 0.2, 0.7, 0.05, 0.05)
    panel.show_state(state(one, two, chosen="two"))
    assert "The 2 classifiers disagree: one says Glioma, two says Meningioma." in words(panel)
    assert panel.grid.cells["one", "glioma"].text() == "80\xa0%"
    assert panel.grid.cells["two", "glioma"].text() == "20\xa0%"
    with qtbot.waitActive(panel):
        panel.activateWindow()
    qtbot.waitUntil(panel.rows[0].isVisible)
    with qtbot.waitSignal(panel.model_chosen) as chosen:
        panel.rows[0].setFocus()
        qtbot.keyClick(panel.rows[0], Qt.Key.Key_Space)
    assert chosen.args == ["one"]
    panel.show_state(state(one, two, chosen="one"))
    assert panel.rows[0].isChecked()
    assert panel.rows[0].hasFocus()


def test_classes_without_tumour_are_one_line_whatever_they_are_called(
    panel: ClassifierPanel,
) -> None:
    yes_no = replace(
        answer("two"), classification=replace(other(0.2, 0.8), slices=(), driving_slices=())
    )
    panel.show_state(state(answer("one", 0.7, 0.1, 0.1, 0.1), yes_no, chosen="one"))
    assert labels(panel).count("No tumour") == 1
    assert panel.grid.cells["one", "no_tumor"].text() == "10\xa0%"
    assert panel.grid.cells["two", "no_tumor"].text() == "20\xa0%"
    assert panel.grid.cells["one", "yes"].text() == "–"
    assert "Both classifiers say tumour; their classes differ." in words(panel)


def other(*probabilities: float) -> Classification:
    names = ("no", "yes")
    return Classification(names, ("No tumour", "Tumour"), probabilities, (), ())


def test_agreement_compares_only_what_can_be_compared() -> None:
    glioma = fakes.classification(0.9, 0.05, 0.03, 0.02).classification
    none = fakes.classification(0.1, 0.05, 0.05, 0.8).classification
    assert agreement({"a": glioma}) is None
    assert (
        agreement({"a": glioma, "b": glioma, "c": glioma}).text == "All 3 classifiers say Glioma."
    )
    assert agreement({"a": glioma, "b": glioma, "c": none}).agree is False
    both = agreement({"a": glioma, "b": other(0.1, 0.9)})
    assert (both.agree, both.text) == (True, "Both classifiers say tumour; their classes differ.")
    two = replace(glioma, probabilities=(0.1, 0.8, 0.05, 0.05))
    split = agreement({"a": glioma, "b": two, "c": other(0.1, 0.9)})
    assert split.agree is False
    assert "say tumour, but not which: a says Glioma, b says Meningioma." in split.text
    assert agreement({"a": none, "b": other(0.9, 0.1)}).text == "Both classifiers say no tumour."
    assert "They disagree on whether" in agreement({"a": none, "b": other(0.1, 0.9)}).text
    subtype = replace(glioma, classes=("low", "high", "x", "y"))
    assert agreement({"a": glioma, "b": subtype}).agree is None


def test_the_map_is_switched_faded_and_outlined(qtbot: QtBot, panel: ClassifierPanel) -> None:
    shown = state(answer("one"))
    panel.show_state(shown)
    assert not panel.map.switch.isEnabled()
    assert "The activation map follows" in words(panel)
    shown.results.maps["one"] = heat()
    panel.show_state(shown)
    assert "HiResCAM, for Glioma" in words(panel)
    with qtbot.waitSignal(panel.look_changed) as look:
        panel.map.switch.click()
    assert look.args == [True, 0.5]
    with qtbot.waitSignal(panel.look_changed) as look:
        panel.map.slider.setFocus()
        qtbot.keyClick(panel.map.slider, Qt.Key.Key_PageUp)
    assert look.args == [True, 0.6]
    panel.show_look(False, 0.25)
    assert not panel.map.switch.isChecked()
    assert panel.map.slider.value() == 25
    with qtbot.waitSignal(panel.region_requested) as region:
        qtbot.mouseClick(panel.map.region, LEFT)
    assert region.args == ["one"]


def test_looking_elsewhere_is_a_warning_with_numbers(panel: ClassifierPanel) -> None:
    shown = state(answer("one"))
    shown.results.maps["one"] = heat()
    text = "The classifier looked elsewhere than at the outline."
    shown.results.foci["one"] = Focus(0.04, 0.11, 0.12, "elsewhere", text)
    panel.show_state(shown)
    assert text in labels(panel, tone="warning")
    said = words(panel)
    assert "Map inside the outline" in said
    assert "4.0" in said
    assert "0.11" in said


def test_while_a_run_goes_on_no_other_starts(panel: ClassifierPanel) -> None:
    panel.show_state(state(answer("one"), others=(("two", "Second"),), running=True))
    assert not panel.run_button.isEnabled()
    assert not panel.ticks["two"].isEnabled()


def test_long_names_never_make_the_panel_wider(panel: ClassifierPanel) -> None:
    panel.setMinimumWidth(0)
    panel.setMaximumWidth(10_000)
    names = [f"a-model-with-a-very-long-identifier-of-sixty-letters-in-all-{i}" for i in range(6)]
    labels = ("Oligodendroglioma, IDH-mutant and more words than fit " * 2, "B", "C", "No tumour")
    answers = [answer(name, labels=labels) for name in names]
    panel.show_state(state(*answers, others=((names[0] + "x", "X"),)))
    assert panel.minimumSizeHint().width() <= tokens.RIGHT_PANEL_W - 16


def test_everything_has_a_name_for_readers(panel: ClassifierPanel) -> None:
    shown = state(answer("one"), answer("two"), others=(("three", "Third"),))
    shown.results.maps["two"] = heat("two")
    panel.show_state(shown)
    for button in panel.findChildren(QPushButton):
        assert button.text() or button.accessibleName()
