"""The explanation's panel and the dialog of the language model, each by itself."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from llm_server import MODEL
from tumordesk.core.explanation import Explanation, Fact, Language, Link, Register
from tumordesk.core.model_card import NOTICE
from tumordesk.core.policy import Policy
from tumordesk.explain.address import DEFAULT_ADDRESS
from tumordesk.gui import tokens
from tumordesk.gui.dialogs import language_model as dialog_module
from tumordesk.gui.dialogs.language_model import LanguageModelDialog
from tumordesk.gui.panels import explanation as panel_module
from tumordesk.gui.panels.explanation import NOTHING, WRITING, ExplanationPanel
from tumordesk.gui.panels.linked_text import LinkedText, tip_of
from window_fixtures import words

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
