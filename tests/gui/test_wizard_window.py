"""The wizard's window: opened and closed, stages, keyboard, and what a running training asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tumordesk.core.policy import Policy
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.main_window import MainWindow
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from window_fixtures import shown_window, until


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A shown main window; closed and gone after the test."""
    with shown_window(qtbot, SettingsStore(tmp_path / "settings.json"), ()) as made:
        yield made


def _wizard(window: MainWindow) -> TrainingWizard:
    wizard = window.training.wizard
    assert wizard is not None
    return wizard


def test_ctrl_t_opens_one_wizard(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    wizard = _wizard(window)
    assert wizard.isVisible()
    assert wizard.stage == "data"
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert _wizard(window) is wizard


def test_the_start_screen_opens_it(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(window.parts.start.train_button, Qt.MouseButton.LeftButton)
    assert _wizard(window).isVisible()


def test_what_an_administrator_switched_off_is_not_read_ahead(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = Policy(disabled=frozenset({"training"}))
    monkeypatch.setattr("tumordesk.gui.controllers.training.policy", lambda: off)
    window.training.warm_up()
    assert not window.runner.busy("warm-up-wizard")
    window.training.show()
    assert window.training.wizard is None
    assert "switched off" in window.parts.banner.message.title


def test_it_closes_alone_and_with_the_main_window(qtbot: QtBot, window: MainWindow) -> None:
    window.training.show()
    _wizard(window).close()
    assert window.training.wizard is None
    assert window.isVisible()
    window.training.show()
    window.close()
    assert window.training.wizard is None
    assert not window.isVisible()


def test_what_is_read_for_a_closed_wizard_is_dropped(qtbot: QtBot, window: MainWindow) -> None:
    window.training.show()
    wizard, go, said = _wizard(window), threading.Event(), []
    wizard.context.runner.submit("io", "slow", lambda _: go.wait(5.0), done=said.append)
    with qtbot.waitSignal(wizard.destroyed):
        wizard.close()
    go.set()
    window.runner.submit("io", "next", lambda _: None, done=lambda _: said.append("next"))
    until(qtbot, lambda: "next" in said)
    qtbot.wait(20)
    assert said == ["next"]


def test_guided_or_expert_is_remembered(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.training.show()
    wizard = _wizard(window)
    assert wizard.mode.index == 0
    qtbot.mouseClick(wizard.mode.button(1), Qt.MouseButton.LeftButton)
    assert window.settings.training.expert
    until(qtbot, lambda: SettingsStore(tmp_path / "settings.json").load().training.expert)
    wizard.close()
    window.training.show()
    assert _wizard(window).mode.index == 1


def test_stages_that_need_data_cannot_be_visited_yet(qtbot: QtBot, window: MainWindow) -> None:
    window.training.show()
    wizard = _wizard(window)
    enabled = [stage for stage, button in wizard.rail.buttons.items() if button.isEnabled()]
    assert enabled == ["data"]
    assert not wizard.next.isEnabled()
    assert wizard.sentence.text()


def test_the_keyboard_comes_back_to_next(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.training.show()
    wizard = _wizard(window)
    ready = True
    monkeypatch.setattr(wizard.page, "complete", lambda: ready)
    wizard.refresh()
    wizard.next.setFocus()
    until(qtbot, wizard.next.hasFocus)
    ready = False
    wizard.refresh()
    assert not any(button.hasFocus() for button in wizard.rail.buttons.values())
    ready = True
    wizard.refresh()
    assert wizard.next.hasFocus()


def test_enter_presses_the_button_that_has_the_focus(qtbot: QtBot, window: MainWindow) -> None:
    button = window.parts.start.train_button
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)
    wizard = _wizard(window)
    wizard.show_stage("data")
    expert = wizard.mode.button(1)
    expert.setFocus()
    qtbot.keyClick(expert, Qt.Key.Key_Enter)
    assert wizard.mode.index == 1
