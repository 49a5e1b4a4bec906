"""The manual opens offline, its links lead where they say, its pictures are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from tumordesk.core.paths import manual_dir
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.help_window import HelpWindow, contents, slug
from tumordesk.gui.main_window import MainWindow
from window_fixtures import shown_window

LINK = re.compile(r"!?\[[^]]*\]\((?P<target>[^)\s]+)\)")


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A shown main window without models."""
    with shown_window(qtbot, SettingsStore(tmp_path / "settings.json"), ()) as made:
        yield made


@pytest.fixture
def manual(qtbot: QtBot) -> HelpWindow:
    window = HelpWindow()
    qtbot.addWidget(window)
    window.show()
    return window


def test_every_page_can_be_chosen(qtbot: QtBot, manual: HelpWindow) -> None:
    titles = [manual.pages.item(row).text() for row in range(manual.pages.count())]
    assert titles[:3] == ["Start", "Install", "The first study"]
    for row in range(manual.pages.count()):
        manual.pages.setCurrentRow(row)
        assert len(manual.browser.toPlainText()) > 200, titles[row]


def test_a_link_leads_to_its_page_and_place(qtbot: QtBot, manual: HelpWindow) -> None:
    manual.browser.follow(QUrl("install.md#remove"))
    assert manual.pages.currentItem().text() == "Install"
    assert manual.browser.textCursor().block().text() == "Remove"
    qtbot.keyClick(manual, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert manual.pages.currentItem().text() == "Start"


def test_a_missing_manual_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    window = HelpWindow(folder=tmp_path)
    qtbot.addWidget(window)
    assert "missing" in window.browser.toPlainText()


def test_no_link_of_the_documents_leads_nowhere() -> None:
    files = [*manual_dir().glob("*.md"), *manual_dir().parent.glob("*.md")]
    broken = []
    for file in files:
        for found in LINK.finditer(file.read_text(encoding="utf-8")):
            path, _, anchor = found["target"].partition("#")
            if "://" in path or not (path or anchor):
                continue
            target = (file.parent / path) if path else file
            if not target.exists():
                broken.append(f"{file.name}: {found['target']}")
            elif anchor and anchor not in _anchors(target):
                broken.append(f"{file.name}: {found['target']} (no such heading)")
    assert not broken


def _anchors(file: Path) -> set[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return {slug(line.lstrip("#")) for line in lines if line.startswith("#")}


def test_every_page_of_the_folder_is_listed() -> None:
    listed = {path.name for _, path in contents(manual_dir())}
    assert {path.name for path in manual_dir().glob("*.md")} == listed


def test_f1_opens_the_manual_with_all_keys(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: window.findChild(HelpWindow) is not None)
    help_window = window.findChild(HelpWindow)
    assert help_window is not None
    with qtbot.waitActive(help_window):
        help_window.activateWindow()
    help_window.pages.setCurrentRow(1)
    said = help_window.browser.toPlainText()
    for action in window.actions_by_name.all():
        for key in action.shortcuts():
            assert key.toString(QKeySequence.SequenceFormat.NativeText) in said, action.text()
    with qtbot.waitSignal(help_window.destroyed):
        qtbot.keyClick(help_window, Qt.Key.Key_Escape)
