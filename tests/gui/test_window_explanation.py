"""The explanation: made offline, linked to the picture; a language model only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

import factories
import panel_fakes as fakes
from llm_server import MODEL, LanguageServer, language_server
from socket_watch import watched_sockets
from tumordesk.core.explanation import Explanation, Register
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.settings import Settings, SettingsStore
from tumordesk.gui.dialogs.language_model import LanguageModelDialog
from tumordesk.gui.dialogs.settings import SettingsDialog
from tumordesk.gui.main_window import MainWindow
from tumordesk.gui.panels.explanation import NOTHING, WRITING
from tumordesk.session.use_cases import RunOutcome
from window_fixtures import fake_entries, opened, shown_window, until, words

LEFT = Qt.MouseButton.LeftButton
TRUE = "The outlined area has a volume of 24.3 mL."
REMOTE = "https://models.example.invalid/v1"


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    """A language model on this machine."""
    with language_server(words=TRUE) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> SettingsStore:
    """Settings of the window."""
    return SettingsStore(tmp_path / "settings.json")


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, store: SettingsStore) -> Iterator[MainWindow]:
    """A window with an open series; closed and gone after the test."""
    with shown_window(qtbot, store, fake_entries()) as made:
        folder = tmp_path / "flair"
        factories.write_series(folder, factories.phantom((12, 64, 64)), spacing_mm=(5.0, 3.0, 3.0))
        made.open_paths([folder])
        until(qtbot, lambda: opened(made))
        yield made


def find(qtbot: QtBot, window: MainWindow) -> None:
    """A run outlined one lesion of 24.3 mL."""
    series = window.session.active
    made = fakes.result(fakes.measurements(fakes.lesion(slice_range=(3, 7), largest_slice=5)))
    array = np.zeros(series.geometry.shape, np.uint8)
    array[3:8, 20:40, 20:40] = 1
    outline = Segmentation(array, series.geometry, (Segment(1, "Tumour"),), series.uid)
    window.session.take_outcome(
        RunOutcome(series.key, replace(made, segmentation=outline), None), 0.45
    )
    until(qtbot, lambda: window.parts.explanation.state == "shown")


def ask(qtbot: QtBot, window: MainWindow, address: str) -> None:
    """Ask as a person does: button, dialog, button."""
    qtbot.mouseClick(window.parts.explanation.ask_button, LEFT)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, LanguageModelDialog)
    dialog.address.setText(address)
    dialog.model.setEditText(MODEL)
    qtbot.mouseClick(dialog.ask_button, LEFT)


def answered(window: MainWindow) -> bool:
    """Whether a language model's text, or why there is none, is shown."""
    shown = window.parts.explanation.shown
    done = shown is not None and (shown.source == "model" or bool(shown.rejected))
    return done and window.parts.explanation.state == "shown"


def explanation(window: MainWindow) -> Explanation | None:
    """What the session holds for the active series."""
    return window.session.results(window.session.active.key).explanation


def test_findings_are_explained_at_once_and_kept(qtbot: QtBot, window: MainWindow) -> None:
    panel = window.parts.explanation
    assert NOTHING in panel.text.text()
    find(qtbot, window)
    assert "24.3" in panel.shown.text
    assert explanation(window) == panel.shown
    assert panel.shown.source == "offline"


def test_language_and_reader_are_changed_and_remembered(
    qtbot: QtBot, window: MainWindow, store: SettingsStore
) -> None:
    find(qtbot, window)
    first = window.parts.explanation.shown.text
    window.parts.explanation.reader.choose(Register.RADIOLOGIST)
    until(qtbot, lambda: window.parts.explanation.shown.text != first)
    until(qtbot, lambda: store.load().explain_register == "radiologist")
    assert explanation(window).register is Register.RADIOLOGIST


def test_a_number_leads_to_its_slice(qtbot: QtBot, window: MainWindow) -> None:
    find(qtbot, window)
    panel = window.parts.explanation
    window.parts.viewer.go_to(0, None, None)
    index = next(i for i, link in enumerate(panel.shown.links) if link.key == "lesion.1.volume")
    panel.text.linkActivated.emit(str(index))
    assert window.parts.viewer.position()[0] == 5


def test_a_correction_is_explained_with_its_new_numbers(qtbot: QtBot, window: MainWindow) -> None:
    find(qtbot, window)
    series = window.session.active
    layer = window.session.results(series.key).layers[0]
    smaller = replace(fakes.measurements(), volume_mm3=11_100.0)
    smaller = replace(smaller, lesions=(replace(smaller.lesions[0], volume_mm3=11_100.0),))
    window.session.set_measurements(series.key, layer.key, smaller)
    until(qtbot, lambda: "11.1" in window.parts.explanation.shown.text)
    assert "24.3" not in window.parts.explanation.shown.text


def test_a_true_answer_streams_in_and_stays(
    qtbot: QtBot, window: MainWindow, server: LanguageServer, store: SettingsStore
) -> None:
    server.mode = "waits"
    find(qtbot, window)
    panel = window.parts.explanation
    ask(qtbot, window, server.address)
    until(qtbot, lambda: TRUE[:10] in panel.text.text())
    assert WRITING in words(panel)
    assert explanation(window).source == "offline"
    server.go.set()
    until(qtbot, lambda: answered(window))
    assert panel.shown.text == TRUE
    assert explanation(window).model == MODEL
    window.session.results_changed.emit(window.session.active.key)
    until(qtbot, lambda: window.runner.active == 0)
    assert explanation(window).source == "model", "the same findings: the text still holds"
    until(qtbot, lambda: store.load().explain_model == MODEL)
    assert store.load().explain_endpoint == server.address
    qtbot.mouseClick(panel.own_button, LEFT)
    until(qtbot, lambda: panel.shown.source == "offline")


def test_a_lie_is_replaced_by_the_offline_text_with_the_reason(
    qtbot: QtBot, window: MainWindow, server: LanguageServer
) -> None:
    server.words = "The volume is 99 mL."
    find(qtbot, window)
    offline = window.parts.explanation.shown.text
    ask(qtbot, window, server.address)
    until(qtbot, lambda: answered(window))
    assert window.parts.explanation.shown.text == offline
    assert "was not used" in words(window.parts.explanation)
    reader = window.parts.explanation.reader
    until(qtbot, lambda: not reader.visibleRegion().isEmpty())
    assert "99 mL" not in window.parts.explanation.text.text()


def test_cancel_closes_the_connection_and_shows_the_offline_text(
    qtbot: QtBot, window: MainWindow, server: LanguageServer
) -> None:
    server.mode = "stalls"
    find(qtbot, window)
    panel = window.parts.explanation
    offline = panel.shown.text
    ask(qtbot, window, server.address)
    until(qtbot, server.began.is_set)
    qtbot.mouseClick(panel.cancel_button, LEFT)
    assert panel.shown.text == offline
    assert panel.state == "shown"
    until(qtbot, server.gone.is_set)


def test_findings_that_change_cancel_the_question(
    qtbot: QtBot, window: MainWindow, server: LanguageServer
) -> None:
    server.mode = "stalls"
    find(qtbot, window)
    ask(qtbot, window, server.address)
    until(qtbot, server.began.is_set)
    series = window.session.active
    layer = window.session.results(series.key).layers[0]
    window.session.set_measurements(series.key, layer.key, fakes.NOTHING)
    until(qtbot, server.gone.is_set)
    until(qtbot, lambda: window.parts.explanation.state == "shown")
    assert "24.3" not in window.parts.explanation.shown.text


def test_closing_the_window_ends_a_question(
    qtbot: QtBot, window: MainWindow, server: LanguageServer
) -> None:
    server.mode = "hangs"
    find(qtbot, window)
    ask(qtbot, window, server.address)
    until(qtbot, lambda: bool(server.chats))
    window.close()
    until(qtbot, server.gone.is_set)


def test_the_connection_is_tested_without_findings(
    qtbot: QtBot, window: MainWindow, server: LanguageServer
) -> None:
    server.models = (MODEL, "huge:cloud")
    find(qtbot, window)
    qtbot.mouseClick(window.parts.explanation.ask_button, LEFT)
    dialog = QApplication.activeModalWidget()
    dialog.address.setText(server.address)
    qtbot.mouseClick(dialog.test_button, LEFT)
    until(qtbot, lambda: "Connected" in dialog.status.text())
    assert dialog.model.currentText() == MODEL
    refused = dialog.model.model().item(1)
    assert not refused.isEnabled()
    assert "refused" in refused.text()
    assert server.chats == []
    dialog.reject()


def test_no_socket_is_opened_by_a_whole_session_without_consent(
    qtbot: QtBot, window: MainWindow
) -> None:
    with watched_sockets() as seen:
        find(qtbot, window)
        panel = window.parts.explanation
        panel.reader.choose(Register.REFERRER)
        until(qtbot, lambda: panel.shown.register is Register.REFERRER)
        qtbot.mouseClick(panel.copy_button, LEFT)
        qtbot.mouseClick(panel.ask_button, LEFT)
        dialog = QApplication.activeModalWidget()
        dialog.address.setText(REMOTE)
        dialog.model.setEditText(MODEL)
        qtbot.mouseClick(dialog.test_button, LEFT)
        qtbot.mouseClick(dialog.ask_button, LEFT)
        qtbot.keyClick(dialog.model, Qt.Key.Key_Return)
        assert dialog.isVisible()
        dialog.reject()
        window.close()
    assert seen == []


def test_consent_is_remembered_and_withdrawn_in_the_settings(
    qtbot: QtBot, window: MainWindow, store: SettingsStore
) -> None:
    window.explaining.set_consent("https://models.example.invalid", True)
    assert window.settings.explain_consent == ("https://models.example.invalid",)
    dialog = SettingsDialog(window.settings, "CPU")
    qtbot.addWidget(dialog)
    dialog.show()
    button = next(b for b in dialog.consent.findChildren(QPushButton) if b.isVisible())
    qtbot.mouseClick(button, LEFT)
    window.use_settings(dialog.settings())
    assert window.settings.explain_consent == ()
    until(qtbot, lambda: store.load() == Settings(**vars(window.settings)))


def test_the_key_is_written_nowhere(
    qtbot: QtBot, window: MainWindow, server: LanguageServer, own_home: Path, tmp_path: Path
) -> None:
    find(qtbot, window)
    qtbot.mouseClick(window.parts.explanation.ask_button, LEFT)
    dialog = QApplication.activeModalWidget()
    dialog.address.setText(server.address)
    dialog.model.setEditText(MODEL)
    dialog.key.setText("s3cret-key")
    qtbot.mouseClick(dialog.ask_button, LEFT)
    until(qtbot, lambda: answered(window))
    assert server.chats[0].headers["authorization"] == "Bearer s3cret-key"
    until(qtbot, lambda: window.runner.active == 0)
    files = [p for root in (own_home, tmp_path) for p in root.rglob("*") if p.is_file()]
    assert files
    assert not any(b"s3cret-key" in path.read_bytes() for path in files)
