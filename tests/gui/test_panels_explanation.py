"""The explanation: made offline, linked to the picture; a language model only when asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

import factories
import panel_fakes as fakes
from llm_server import MODEL, LanguageServer, language_server
from socket_watch import watched_sockets
from tumordesk.core.explanation import Explanation, Fact, Language, Link, Register
from tumordesk.core.model_card import NOTICE
from tumordesk.core.policy import Policy
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.settings import Settings, SettingsStore
from tumordesk.explain.address import DEFAULT_ADDRESS
from tumordesk.gui import tokens
from tumordesk.gui.dialogs import language_model as dialog_module
from tumordesk.gui.dialogs.language_model import LanguageModelDialog
from tumordesk.gui.dialogs.settings import SettingsDialog
from tumordesk.gui.main_window import MainWindow
from tumordesk.gui.panels import explanation as panel_module
from tumordesk.gui.panels.explanation import NOTHING, WRITING, ExplanationPanel
from tumordesk.gui.panels.linked_text import LinkedText, tip_of
from tumordesk.session.use_cases import RunOutcome
from window_fixtures import fake_entries, opened, until

LEFT = Qt.MouseButton.LeftButton
TRUE = "The outlined area has a volume of 24.3 mL."
REMOTE = "https://models.example.invalid/v1"

FACTS = (
    Fact("slices.count", 26, "", "number of slices of the series"),
    Fact("lesion.1.number", 1, "", "number of the lesion, largest first", 5, (30.0, 31.0)),
    Fact("lesion.1.volume", 24.3, "mL", "volume of lesion 1", 5, (30.0, 31.0), 1),
    Fact("total.volume", 24.3, "mL", "volume of all that is outlined", digits=1),
)


def text_of(words: str, *keys: str, **changes: object) -> Explanation:
    """An explanation whose {braces} are linked to ``keys`` in turn."""
    plain, links = "", []
    for number, piece in enumerate(words.replace("}", "{").split("{")):
        if number % 2:
            links.append(Link(len(plain), len(plain) + len(piece), keys[number // 2]))
        plain += piece
    made = Explanation(Language.ENGLISH, Register.PATIENT, plain, tuple(links), FACTS)
    return replace(made, **changes)


def words(widget: QWidget) -> str:
    """All that can be read."""
    QApplication.processEvents()
    return " ".join(one.text() for one in widget.findChildren(QLabel) if one.isVisibleTo(widget))


# The panel by itself -----------------------------------------------------------------------


@pytest.fixture
def panel(qtbot: QtBot) -> ExplanationPanel:
    """A shown panel of the window's width."""
    made = ExplanationPanel()
    qtbot.addWidget(made)
    made.setFixedWidth(tokens.RIGHT_PANEL_W - 16)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def test_every_number_can_be_reached_and_followed_by_keyboard(
    qtbot: QtBot, panel: ExplanationPanel
) -> None:
    shown = text_of(
        "Area {1} of {26} slices holds {24.3} mL.",
        "lesion.1.number", "slices.count", "lesion.1.volume",
    )  # fmt: skip
    panel.show_explanation(shown)
    chosen: list[str] = []
    panel.fact_chosen.connect(chosen.append)
    panel.language.setFocus()
    for _ in range(3):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert panel.text.hasFocus()
        qtbot.keyClick(panel.text, Qt.Key.Key_Return)
    assert chosen == ["lesion.1.number", "slices.count", "lesion.1.volume"]
    qtbot.keyClick(panel.text, Qt.Key.Key_Tab)
    assert panel.copy_button.hasFocus()
    qtbot.keyClick(panel.copy_button, Qt.Key.Key_Backtab)
    qtbot.keyClick(panel.text, Qt.Key.Key_Return)
    assert chosen[3:] == ["lesion.1.volume"]


def test_hovering_a_number_says_what_it_is(panel: ExplanationPanel) -> None:
    panel.show_explanation(text_of("It holds {24.3} mL.", "lesion.1.volume"))
    panel.text.linkHovered.emit("0")
    assert "Volume of lesion 1. Go to slice 6." in panel.text.toolTip()
    panel.text.linkHovered.emit("")
    assert panel.text.toolTip() == ""
    assert tip_of("slices.count", FACTS) == "Number of slices of the series."


def test_nothing_in_a_text_is_taken_for_markup(panel: ExplanationPanel) -> None:
    evil = '<img src="file:///etc/passwd"><a href="http://x.invalid">{24.3}</a> & <b>'
    panel.show_explanation(text_of(evil, "total.volume"))
    html = panel.text.text()
    assert "<img" not in html
    assert html.count("<a ") == 1
    assert "&lt;img" in html


def test_what_is_being_written_says_that_it_is_not_checked(
    qtbot: QtBot, panel: ExplanationPanel
) -> None:
    panel.show_explanation(text_of("Offline."))
    panel.show_writing("The volume is 99 mL", "small:1b")
    assert WRITING in words(panel)
    assert "99 mL" in panel.text.text()
    assert not panel.copy_button.isEnabled()
    with qtbot.waitSignal(panel.cancel_requested):
        qtbot.mouseClick(panel.cancel_button, LEFT)
    panel.show_explanation(text_of("Offline."))
    assert WRITING not in words(panel)
    assert "99" not in words(panel)
    assert panel.cancel_button.isHidden()


def test_a_model_text_names_its_model_and_can_be_put_away(
    qtbot: QtBot, panel: ExplanationPanel
) -> None:
    panel.show_explanation(text_of(TRUE, source="model", model="small:1b"))
    assert "Written by small:1b" in words(panel)
    with qtbot.waitSignal(panel.own_requested):
        qtbot.mouseClick(panel.own_button, LEFT)
    panel.show_explanation(text_of(TRUE, rejected="The text of small:1b was not used. A reason."))
    assert "was not used. A reason." in words(panel)
    assert panel.own_button.isHidden()


def test_copy_takes_text_source_and_notice(qtbot: QtBot, panel: ExplanationPanel) -> None:
    panel.show_explanation(text_of(TRUE))
    qtbot.mouseClick(panel.copy_button, LEFT)
    copied = QGuiApplication.clipboard().text()
    assert TRUE in copied
    assert NOTICE in copied
    assert "<" not in copied


def test_a_script_that_no_font_has_is_said(
    panel: ExplanationPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel_module, "missing_glyphs", lambda text: "부" in text)
    panel.show_explanation(text_of("부피", language=Language.KOREAN))
    assert "No font on this computer can write Korean" in words(panel)
    assert panel.text.isHidden()
    assert panel.copy_button.isEnabled()
    panel.show_explanation(text_of(TRUE))
    assert panel.text.isVisible()


def test_what_the_administrator_switched_off_says_so(panel: ExplanationPanel) -> None:
    panel.forbid_asking("Asking a language model is switched off.")
    panel.show_explanation(text_of(TRUE))
    assert not panel.ask_button.isEnabled()
    assert "switched off" in panel.ask_button.toolTip()
    assert panel.copy_button.isEnabled()


def test_without_findings_it_says_what_to_do(panel: ExplanationPanel) -> None:
    assert NOTHING in panel.text.text()
    assert not panel.ask_button.isEnabled()
    assert not panel.copy_button.isEnabled()


def test_long_texts_are_as_high_as_they_must_be(panel: ExplanationPanel) -> None:
    panel.show_explanation(text_of("A sentence that goes on for a while. " * 20))
    QApplication.processEvents()
    assert isinstance(panel.text, LinkedText)
    assert panel.text.height() == panel.text.heightForWidth(panel.text.width())


# The dialog --------------------------------------------------------------------------------


def fake_request(model: str):
    """A request about one fact."""
    from tumordesk.explain.prompt import build_request

    return build_request(FACTS, Language.ENGLISH, Register.PATIENT, model)


@pytest.fixture
def dialog(qtbot: QtBot) -> LanguageModelDialog:
    """The dialog as it opens for the first time."""
    made = LanguageModelDialog("", "", (), fake_request)
    qtbot.addWidget(made)
    made.show()
    return made


def test_it_begins_on_this_machine_and_asks_only_with_a_model(
    qtbot: QtBot, dialog: LanguageModelDialog
) -> None:
    assert dialog.address.text() == DEFAULT_ADDRESS
    assert not dialog.consent.isVisible()
    assert not dialog.ask_button.isEnabled()
    dialog.model.setEditText(MODEL)
    assert dialog.ask_button.isEnabled()
    dialog.address.setText("http://")
    assert not dialog.ask_button.isEnabled()
    assert "names no host" in dialog.status.text()


def test_the_dialog_shows_the_very_bytes(qtbot: QtBot, dialog: LanguageModelDialog) -> None:
    dialog.model.setEditText(MODEL)
    assert "volume of lesion 1: 24.3 mL" in dialog.prompt.toPlainText()
    qtbot.mouseClick(dialog.form_switch.button(1), LEFT)
    shown = dialog.prompt.toPlainText()
    assert shown.encode("utf-8") == dialog.request().body
    assert json.loads(shown)["model"] == MODEL


def test_another_host_waits_for_consent(qtbot: QtBot, dialog: LanguageModelDialog) -> None:
    dialog.model.setEditText(MODEL)
    dialog.address.setText(REMOTE)
    assert dialog.consent.isVisible()
    assert not dialog.ask_button.isEnabled()
    assert not dialog.test_button.isEnabled()
    with qtbot.waitSignal(dialog.consent_changed) as told:
        qtbot.mouseClick(dialog.consent, LEFT, pos=dialog.consent.rect().center() / 4)
    assert told.args == ["https://models.example.invalid", True]
    assert dialog.ask_button.isEnabled()
    assert dialog.endpoint().allowed == {"https://models.example.invalid"}
    dialog.address.setText(REMOTE.replace("https", "http"))
    assert not dialog.consent.isChecked()
    assert not dialog.ask_button.isEnabled()
    assert "not encrypted" in dialog.consent_note.text()


def test_without_a_network_no_consent_is_offered(
    dialog: LanguageModelDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog_module, "policy", lambda: Policy(offline_only=True))
    dialog.model.setEditText(MODEL)
    assert dialog.ask_button.isEnabled()
    dialog.address.setText(REMOTE)
    assert not dialog.consent.isVisible()
    assert "switched off on this machine" in dialog.consent_note.text()
    assert not dialog.ask_button.isEnabled()


def test_a_key_does_not_follow_to_another_address(dialog: LanguageModelDialog) -> None:
    dialog.key.setText("s3cret")
    dialog.address.setText("http://127.0.0.1:9999/v1")
    assert dialog.key.text() == ""
    dialog.address.setText(DEFAULT_ADDRESS)
    assert dialog.key.text() == "s3cret"


def test_a_cloud_model_cannot_be_chosen_and_says_why(dialog: LanguageModelDialog) -> None:
    dialog.model.setEditText("gpt-oss:120b-cloud")
    assert not dialog.ask_button.isEnabled()
    assert "sent on to a cloud" in dialog.status.text()
    dialog.model.setEditText(MODEL)
    assert dialog.ask_button.isEnabled()
    assert dialog.status.isHidden()


# The window --------------------------------------------------------------------------------


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
    made = MainWindow(store, warm_up=False)
    made.running.load_models = lambda: None  # type: ignore[method-assign]
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.running._models_loaded((fake_entries(), ()))
    folder = tmp_path / "flair"
    factories.write_series(folder, factories.phantom((12, 64, 64)), spacing_mm=(5.0, 3.0, 3.0))
    made.open_paths([folder])
    until(qtbot, lambda: opened(made))
    yield made
    made.close()
    made.deleteLater()


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
