"""'Add to training set': asked once, written beside the window, said in the window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import factories
import inference_fakes
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.controllers.training_set import added_message
from tumordesk.gui.dialogs.training_set import TrainingSetDialog
from tumordesk.gui.main_window import MainWindow
from tumordesk.inference import cache
from tumordesk.session.training_set import Added
from window_fixtures import fake_entries, opened, shown_window, until

LEFT = Qt.MouseButton.LeftButton
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """A window whose model outlined the series that is open in it."""
    monkeypatch.setattr(cache, "get_model", lambda _: inference_fakes.BrightIsTumour(0.7))
    with shown_window(qtbot, SettingsStore(tmp_path / "settings.json"), fake_entries()[:1]) as made:
        folder = tmp_path / "flair"
        factories.write_series(folder, factories.phantom((8, 64, 64)), spacing_mm=(5.0, 3.0, 3.0))
        made.open_paths([folder])
        until(qtbot, lambda: opened(made))
        with qtbot.waitSignal(made.running.ended, timeout=20_000):
            made.running.run()
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of the person's."""
    made = tmp_path / "Moje data (1)"
    made.mkdir()
    return made


def _dialog(qtbot: QtBot, window: MainWindow) -> TrainingSetDialog:
    qtbot.mouseClick(window.parts.segments.rows[0].training, LEFT)
    dialog = window.findChild(TrainingSetDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def test_outlined_slices_are_added_and_the_window_says_so(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    dialog = _dialog(qtbot, window)
    assert not dialog.add.isEnabled()
    dialog.set_folder(folder)
    layer = window.session.results(window.session.active.key).layers[0]
    outlined = dialog.slices()
    assert outlined == tuple(i for i in range(8) if layer.array[i].any())
    with qtbot.waitSignal(window.training_set.added, timeout=20_000):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    message = window.parts.banner.message
    assert message.tone == "success"
    assert f"{len(outlined)} slices added to Moje data (1)" in message.title
    assert len(list((folder / "images").iterdir())) == len(outlined)
    notes = [json.loads(path.read_text()) for path in (folder / "provenance").iterdir()]
    assert {note["outline"] for note in notes} == {"accepted"}
    assert {note["model"]["id"] for note in notes} == {"flair-fake"}
    assert not any("TEST-1" in path.name for path in folder.rglob("*"))


def test_the_folder_is_asked_for_once_and_remembered(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    dialog = _dialog(qtbot, window)
    dialog.set_folder(folder)
    with qtbot.waitSignal(window.training_set.added, timeout=20_000):
        qtbot.mouseClick(dialog.add, LEFT)
    until(qtbot, lambda: window.findChild(TrainingSetDialog) is None)
    again = _dialog(qtbot, window)
    assert again.folder == folder
    salt = window.settings.training_salt
    with qtbot.waitSignal(window.training_set.added, timeout=20_000) as told:
        qtbot.mouseClick(again.add, LEFT)
    assert told.args[0].written == 0
    assert "Nothing new" in window.parts.banner.message.title
    assert window.settings.training_salt == salt


def test_the_keyboard_alone_chooses_this_slice(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    window.parts.viewer.go_to(3)
    row = window.parts.segments.rows[0]
    row.training.setFocus()
    qtbot.keyClick(row.training, Qt.Key.Key_Space)
    dialog = window.findChild(TrainingSetDialog)
    qtbot.waitUntil(dialog.isActiveWindow)
    dialog.set_folder(folder)
    qtbot.keyClick(dialog, Qt.Key.Key_T, ALT)
    qtbot.waitUntil(lambda: dialog.slices() == (3,))
    with qtbot.waitSignal(window.training_set.added, timeout=20_000) as told:
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert told.args[0].written == 1


def test_cancel_writes_nothing(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    dialog = _dialog(qtbot, window)
    dialog.set_folder(folder)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert list(folder.iterdir()) == []
    assert window.settings.training_set == ""


def test_a_folder_that_is_someone_elses_is_refused_in_words(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    (folder / "index.csv").write_text("image,label\n")
    dialog = _dialog(qtbot, window)
    dialog.set_folder(folder)
    qtbot.mouseClick(dialog.add, LEFT)
    until(qtbot, lambda: window.parts.banner.message.tone == "error")
    assert "index.csv" in window.parts.banner.message.title


def test_a_kept_outline_is_named() -> None:
    message = added_message(Added(Path("x/set"), written=1, same=2, other=1, unreadable=1))
    assert message.tone == "info"
    assert message.title == "1 slice added to set"
    for words in ("2 slices had been added before", "another outline", "could not be decoded"):
        assert words in message.text
