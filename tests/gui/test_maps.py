"""Activation maps in the window: made after a run, shown with G, compared with the outline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import factories
import inference_fakes
from tumordesk.core.activation import map_mark
from tumordesk.core.model_card import InputSpec
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.main_window import MainWindow
from tumordesk.inference import cache
from tumordesk.session.model_choice import ModelChoice
from window_fixtures import drop, opened, shown_window, until

SPEC = InputSpec(sequence="FLAIR", channels=1, size=(64, 64))


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A classifier that fires on what is bright; segmentation models outline it."""
    made = inference_fakes.BlobDecides(pool=4).eval()
    outliner = inference_fakes.BrightIsTumour(0.7)
    monkeypatch.setattr(
        cache, "get_model", lambda e: made if e.card.task == "classification" else outliner
    )
    return made


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, network: None) -> Iterator[MainWindow]:
    """A window that shows a FLAIR series, with an outliner and a classifier."""
    cards = (
        inference_fakes.make_card(id="outliner"),
        inference_fakes.make_card("classification", id="types", input=SPEC),
    )
    with shown_window(
        qtbot,
        SettingsStore(tmp_path / "settings.json"),
        tuple(inference_fakes.make_entry(c) for c in cards),
    ) as made:
        folder = tmp_path / "study"
        factories.write_series(folder, factories.phantom((8, 64, 64)), spacing_mm=(5.0, 3.0, 3.0))
        drop(made, [folder])
        until(qtbot, lambda: opened(made))
        yield made


def classify(window: MainWindow, *, outline: bool = True) -> None:
    """Run, as the Run button does after the choice."""
    first, second = window.running.entries
    choice = ModelChoice(first if outline else None, second, "")
    window.running.start(window.session.active, choice)


def test_a_map_is_made_shown_and_compared(qtbot: QtBot, window: MainWindow) -> None:
    classify(window)
    results = window.session.results(window.session.active.key)
    until(qtbot, lambda: "types" in results.foci)
    viewer = window.parts.viewer
    assert viewer.activation_map() is results.maps["types"]
    assert viewer.map_look()[0] is False
    assert window.maps.state(window.session.active.key, "types") == "ready"
    found = results.foci["types"]
    assert found.verdict == "inside"
    assert found.inside_share > 3 * found.expected_share
    viewer.setFocus()
    QTest.keyClick(viewer.active_view, Qt.Key.Key_G)
    assert viewer.map_look()[0] is True
    assert window.actions_by_name["activation_map"].isChecked()
    QTest.keyClick(viewer.active_view, Qt.Key.Key_G)
    assert viewer.map_look()[0] is False


def test_another_outline_is_compared_anew(qtbot: QtBot, window: MainWindow) -> None:
    classify(window)
    key = window.session.active.key
    results = window.session.results(key)
    until(qtbot, lambda: "types" in results.foci)
    own = window.session.add_own(key, window.session.source.geometry, window.session.active.uid)
    until(qtbot, lambda: "types" in results.foci)
    assert results.foci["types"].verdict == "unknown"
    from tumordesk.session.undo import Edit

    before = own.array[4].copy()
    after = before.copy()
    after[:6, :6] = 1
    window.session.record_edit(Edit(key, own.key, 4, before, after, "brush stroke", 0))
    until(qtbot, lambda: "types" in results.foci)
    assert results.foci["types"].verdict == "elsewhere"
    window.session.select_layer(key, results.layers[0].key)
    until(qtbot, lambda: "types" in results.foci)
    assert results.foci["types"].verdict == "inside"


def test_the_region_becomes_a_marked_layer(qtbot: QtBot, window: MainWindow) -> None:
    classify(window, outline=False)
    key = window.session.active.key
    results = window.session.results(key)
    until(qtbot, lambda: "types" in results.maps)
    window.maps.add_region("types")
    until(qtbot, lambda: results.active is not None and results.active.measurements is not None)
    layer = results.active
    assert layer.name == "Map region"
    assert not layer.editable
    assert map_mark(layer.segments) == "Activation map of types, not an outline of the tumour"
    assert layer.measurements.notes[0].startswith("Activation map of types")
    assert np.array_equal(layer.array > 0, results.maps["types"].array >= 0.5)
    assert "not an outline" in window.parts.banner.message.text
    headings = [one.heading.accessibleName() for one in window.parts.findings.lesions]
    assert headings
    assert all(heading.startswith("Region ") for heading in headings)
    window.training_set.ask(layer.key)
    assert "no outline to learn from" in window.parts.banner.message.title


def test_a_classifier_without_features_leaves_its_answer_and_says_why_when_asked(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = inference_fakes.MeanDecides()
    monkeypatch.setattr(cache, "get_model", lambda _: blind)
    classify(window, outline=False)
    key = window.session.active.key
    until(qtbot, lambda: window.maps.state(key, "types") == "failed")
    assert window.session.results(key).classification is not None
    title = window.parts.banner.message.title
    assert "feature maps" not in title
    window.actions_by_name["activation_map"].trigger()
    assert "feature maps" in window.parts.banner.message.title


def test_a_run_takes_the_lane_from_a_map_and_the_map_comes_after(
    qtbot: QtBot, window: MainWindow
) -> None:
    classify(window, outline=False)
    key = window.session.active.key
    results = window.session.results(key)
    until(qtbot, lambda: results.classification is not None)
    first = results.classification
    classify(window, outline=False)  # while the map waits or is being made
    until(qtbot, lambda: results.classification is not first and "types" in results.maps)
    assert window.parts.viewer.activation_map() is results.maps["types"]
