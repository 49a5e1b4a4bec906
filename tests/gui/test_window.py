"""The window as a person uses it: dropping, reading, running, cancelling, closing."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

import factories
import inference_fakes
from tumordesk.core.settings import SettingsStore
from tumordesk.gui import tokens
from tumordesk.gui.dialogs.settings import SettingsDialog
from tumordesk.gui.main_window import MainWindow
from tumordesk.inference import cache
from tumordesk.session.run_state import IDLE
from window_fixtures import (
    SlowBrightIsTumour,
    drop,
    fake_entries,
    opened,
    shown_window,
    until,
    wheel,
)

HEAD_MM = (5.0, 3.0, 3.0)
"""Spacing with which 64 pixels are as wide as a head, so that no doubt is raised."""


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A shown window with fake models; closed and gone after the test."""
    with shown_window(qtbot, SettingsStore(tmp_path / "settings.json"), fake_entries()) as made:
        yield made


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> inference_fakes.BrightIsTumour:
    """The outliner that every model of the window turns out to be."""
    made = inference_fakes.BrightIsTumour(0.7)
    classifier = inference_fakes.MeanDecides()
    monkeypatch.setattr(
        cache, "get_model", lambda e: classifier if e.card.task == "classification" else made
    )
    return made


@pytest.fixture
def flair(tmp_path: Path) -> Path:
    """A folder with one FLAIR series, in a path as people have them."""
    folder = tmp_path / "Lékař" / "Ψ study (1)"
    factories.write_series(folder, factories.phantom((12, 64, 64)), spacing_mm=HEAD_MM)
    return folder


def _open(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    drop(window, [path])
    until(qtbot, lambda: opened(window))


def test_dropped_folder_is_shown(qtbot: QtBot, window: MainWindow, flair: Path) -> None:
    assert window.parts.start.isVisible()
    _open(qtbot, window, flair)
    assert window.parts.viewer.isVisible()
    assert window.session.active.slices == 12
    assert window.parts.viewer.position()[0] == 6
    item = window.parts.browser.item(window.session.active.key)
    assert item is not None
    assert item.isChecked()


def test_one_dropped_slice_opens_its_series(qtbot: QtBot, window: MainWindow, flair: Path) -> None:
    _open(qtbot, window, sorted(flair.iterdir())[3])
    assert window.session.active.slices == 12


def test_dropped_png_is_turned_as_exif_says(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    array = np.zeros((40, 64), np.uint8)
    array[:10, :10] = 250
    path = factories.write_picture(tmp_path / "turned.jpg", array, exif_orientation=6)
    _open(qtbot, window, path)
    shown = window.session.source.slice(0, 0)
    assert shown.shape == (64, 40)
    assert shown[5, -5] > 200
    assert shown[-5, 5] < 50


def test_dropped_zip_is_read(qtbot: QtBot, window: MainWindow, flair: Path, tmp_path: Path) -> None:
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for path in flair.iterdir():
            out.write(path, f"a/{path.name}")
    _open(qtbot, window, archive)
    assert window.session.active.slices == 12


def test_broken_file_is_named_and_the_rest_opens(
    qtbot: QtBot, window: MainWindow, flair: Path
) -> None:
    broken = flair / "IM0004.dcm"
    broken.write_bytes(broken.read_bytes()[:900])
    _open(qtbot, window, flair)
    assert window.session.active.slices == 11
    message = window.parts.banner.message
    assert message is not None
    assert "IM0004.dcm" in message.title + message.text
    assert message.action is not None
    message.action[1]()
    from tumordesk.gui.dialogs.skipped import SkippedDialog

    shown = window.findChild(SkippedDialog)
    assert shown.table.item(0, 0).text() == "IM0004.dcm"
    shown.accept()


def test_only_a_broken_file_is_an_error_with_its_name(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "letter.dcm"
    path.write_text("dear colleague")
    drop(window, [path])
    until(qtbot, lambda: window.parts.banner.message is not None)
    message = window.parts.banner.message
    assert message.tone == "error"
    assert "letter.dcm" in message.title
    assert window.parts.start.isVisible()


def test_run_outlines_measures_and_jumps(
    qtbot: QtBot,
    window: MainWindow,
    flair: Path,
    network: inference_fakes.BrightIsTumour,
) -> None:
    _open(qtbot, window, flair)
    window.parts.viewer.go_to(0)
    with qtbot.waitSignal(window.running.ended, timeout=20_000) as ended:
        qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert ended.args == ["done"]
    layer = window.session.results(window.session.active.key).active
    assert layer.result.provenance.model_id == "flair-fake"
    assert layer.measurements.volume_ml > 0
    assert window.parts.viewer.position()[0] == layer.measurements.lesions[0].largest_slice
    assert not window.session.run.busy


def test_contrast_series_is_also_classified(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, network: inference_fakes.BrightIsTumour
) -> None:
    folder = tmp_path / "t1c"
    factories.write_series(
        folder,
        factories.phantom((6, 64, 64)),
        spacing_mm=HEAD_MM,
        SeriesDescription="AX T1 POST GAD",
    )
    _open(qtbot, window, folder)
    with qtbot.waitSignal(window.running.ended, timeout=20_000):
        window.parts.toolbar.run_button.click()
    results = window.session.results(window.session.active.key)
    assert results.classification.classification.classes[0] == "glioma"


def test_cancel_stops_within_one_batch(
    qtbot: QtBot, window: MainWindow, flair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowBrightIsTumour()
    monkeypatch.setattr(cache, "get_model", lambda entry: slow)
    _open(qtbot, window, flair)
    window.running.run()
    until(qtbot, slow.entered.is_set)
    with qtbot.waitSignal(window.running.ended, timeout=20_000) as ended:
        window.parts.status.cancel.click()
        assert window.parts.status.cancel.text() == "Cancelling…"
        slow.go.set()
    assert ended.args == ["cancelled"]
    assert len(slow.batches) == 1
    assert window.session.run == IDLE
    assert window.session.results(window.session.active.key).layers == []


def test_short_memory_is_survived_and_told(
    qtbot: QtBot, window: MainWindow, flair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = inference_fakes.BrightIsTumour(0.7, largest_batch=2)
    monkeypatch.setattr(cache, "get_model", lambda entry: small)
    _open(qtbot, window, flair)
    with qtbot.waitSignal(window.running.ended, timeout=20_000) as ended:
        window.running.run()
    assert ended.args == ["done"]
    result = window.session.results(window.session.active.key).active.result
    assert result.provenance.batch_size <= 2
    assert any("memory" in note.lower() for note in result.provenance.notes)


def test_doubts_are_shown_and_the_person_decides(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, network: inference_fakes.BrightIsTumour
) -> None:
    from tumordesk.gui.dialogs.preflight import PreflightDialog

    _open(qtbot, window, factories.write_picture(tmp_path / "slice.png"))
    window.running.run()
    dialog = window.findChild(PreflightDialog)
    assert dialog is not None
    assert not window.session.run.busy
    with qtbot.waitSignal(window.running.ended, timeout=20_000):
        dialog.run_button.click()
    result = window.session.results(window.session.active.key).active.result
    assert any("picture" in warning for warning in result.provenance.warnings)


def test_wheel_changes_the_slice_and_left_drag_the_window(
    qtbot: QtBot, window: MainWindow, flair: Path
) -> None:
    _open(qtbot, window, flair)
    view = window.parts.viewer.views[0].viewport()
    before = window.parts.viewer.position()[0]
    wheel(view, 2)
    assert window.parts.viewer.position()[0] == before + 2
    old = window.parts.viewer.window()
    start = view.rect().center()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 9):
        qtbot.mouseMove(view, start + type(start)(6 * step, 3 * step))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + type(start)(48, 24))
    new = window.parts.viewer.window()
    assert new.width > old.width
    assert new.center != old.center


def test_s_hides_and_shows_the_outline(
    qtbot: QtBot, window: MainWindow, flair: Path, network: inference_fakes.BrightIsTumour
) -> None:
    _open(qtbot, window, flair)
    with qtbot.waitSignal(window.running.ended, timeout=20_000):
        window.running.run()
    shown = window.parts.viewer.grab_picture()
    qtbot.keyClick(window, Qt.Key.Key_S)
    hidden = window.parts.viewer.grab_picture()
    assert shown != hidden
    qtbot.keyClick(window, Qt.Key.Key_S)
    assert window.parts.viewer.grab_picture() == shown


def test_painting_makes_a_layer_of_ones_own_that_a_new_run_leaves_alone(
    qtbot: QtBot, window: MainWindow, flair: Path, network: inference_fakes.BrightIsTumour
) -> None:
    _open(qtbot, window, flair)
    with qtbot.waitSignal(window.running.ended, timeout=20_000):
        window.running.run()
    results = window.session.results(window.session.active.key)
    of_model = results.layers[0].array.copy()
    qtbot.keyClick(window, Qt.Key.Key_B)
    view = window.parts.viewer.views[0].viewport()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
    mine = next(layer for layer in results.layers if layer.editable)
    assert mine.array.sum() != of_model.sum()
    painted = mine.array.copy()
    until(qtbot, lambda: mine.measurements is not None)
    with qtbot.waitSignal(window.running.ended, timeout=20_000):
        window.running.run()
    assert np.array_equal(mine.array, painted)
    assert np.array_equal(results.layers[0].array, of_model)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(mine.array, of_model)


def test_names_can_be_hidden(qtbot: QtBot, window: MainWindow, flair: Path) -> None:
    _open(qtbot, window, flair)
    qtbot.keyClick(window, Qt.Key.Key_P)
    assert window.settings.hide_names
    texts = window.parts.viewer.model.texts.top_left
    assert not any("Patient" in line or "TEST" in line for line in texts)


def test_closing_during_a_run_ends_it(
    qtbot: QtBot, window: MainWindow, flair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowBrightIsTumour()
    monkeypatch.setattr(cache, "get_model", lambda entry: slow)
    _open(qtbot, window, flair)
    window.running.run()
    until(qtbot, slow.entered.is_set)
    slow.go.set()
    window.close()
    assert window.runner.active == 0
    assert len(slow.batches) <= 2


def test_every_key_is_in_the_shortcuts_sheet(qtbot: QtBot, window: MainWindow) -> None:
    from PySide6.QtWidgets import QLabel

    from tumordesk.gui.dialogs.shortcuts import ShortcutsDialog

    qtbot.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    dialog = window.findChild(ShortcutsDialog)
    words = {label.text() for label in dialog.findChildren(QLabel)}
    for action in window.actions_by_name.all():
        if action.shortcuts():
            assert action.text().removesuffix("…") in words
    dialog.accept()


@pytest.mark.parametrize("name", ["settings", "about"])
def test_dialogs_open_and_close(qtbot: QtBot, window: MainWindow, name: str) -> None:
    from tumordesk.gui.dialogs.base import BaseDialog

    window.actions_by_name[name].trigger()
    dialog = window.findChild(BaseDialog)
    assert dialog.isVisible()
    dialog.accept()


def test_right_click_shows_a_menu_and_a_right_drag_does_not(
    qtbot: QtBot, window: MainWindow, flair: Path
) -> None:
    from PySide6.QtWidgets import QMenu

    _open(qtbot, window, flair)
    view = window.parts.viewer.views[0].viewport()
    centre = view.rect().center()
    qtbot.mousePress(view, Qt.MouseButton.RightButton, pos=centre)
    qtbot.mouseMove(view, centre + type(centre)(0, 40))
    qtbot.mouseRelease(view, Qt.MouseButton.RightButton, pos=centre + type(centre)(0, 40))
    assert QApplication.activePopupWidget() is None
    qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=centre)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert window.actions_by_name["invert"] in menu.actions()
    menu.close()


def test_place_and_folded_panels_are_kept(qtbot: QtBot, tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "settings.json")
    first = MainWindow(store, warm_up=False)
    first.running.load_models = lambda: None  # type: ignore[method-assign]
    first.resize(900, 560)
    first.show()
    first.actions_by_name["right_panel"].setChecked(False)
    first.close()
    first.deleteLater()
    second = MainWindow(store, warm_up=False)
    second.running.load_models = lambda: None  # type: ignore[method-assign]
    second.show()
    assert second.parts.right.collapsed
    assert second.settings.window_geometry
    second.close()
    second.deleteLater()


def test_a_new_theme_is_used_at_once(qtbot: QtBot, window: MainWindow) -> None:
    def brightness() -> int:
        picture = window.parts.toolbar.grab().toImage()
        return picture.pixelColor(picture.width() // 2, 3).lightness()

    assert brightness() < 60
    window.actions_by_name["settings"].trigger()
    dialog = window.findChild(SettingsDialog)
    qtbot.waitUntil(dialog.isVisible)
    qtbot.keyClick(dialog.theme, Qt.Key.Key_Down)
    save = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Save")
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.settings.theme == "light")
    qtbot.waitUntil(lambda: brightness() > 200)
    icon = window.actions_by_name["open_files"].icon().pixmap(20, 20).toImage()
    inks = {icon.pixelColor(x, y).name() for x in range(20) for y in range(20)}
    assert tokens.LIGHT.text.lower() in inks
