"""The audit log in the window: runs leave lines, which can be found, filtered and taken along."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import factories
import inference_fakes
import panel_fakes
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.dialogs.audit import AuditDialog
from tumordesk.gui.main_window import MainWindow
from tumordesk.inference import cache
from tumordesk.session import audit
from tumordesk.session.audit import AuditLog, run_entry
from window_fixtures import SlowBrightIsTumour, fake_entries, opened, shown_window, until

HEAD_MM = (5.0, 3.0, 3.0)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A shown window with fake models; closed and gone after the test."""
    audit.forget_trouble()
    with shown_window(qtbot, SettingsStore(tmp_path / "settings.json"), fake_entries()) as made:
        yield made


def _open(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    factories.write_series(folder, factories.phantom((6, 64, 64)), spacing_mm=HEAD_MM)
    window.open_paths([folder])
    until(qtbot, lambda: opened(window))


def _log(*outcomes: str) -> None:
    for outcome in outcomes:
        entry = run_entry("window", "abc", [panel_fakes.result()], panel_fakes.series())
        AuditLog().append(replace(entry, outcome=outcome))


def _dialog(qtbot: QtBot, window: MainWindow) -> AuditDialog:
    window.actions_by_name["audit"].trigger()
    dialog = window.findChild(AuditDialog)
    assert dialog is not None
    until(qtbot, lambda: "Reading" not in dialog.count.text())
    return dialog


def test_a_run_and_a_cancelled_run_are_recorded(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network: inference_fakes.BrightIsTumour = inference_fakes.BrightIsTumour(0.7)
    monkeypatch.setattr(cache, "get_model", lambda e: network)
    _open(qtbot, window, tmp_path / "Mustermann")
    with qtbot.waitSignal(window.running.ended, timeout=20_000):
        window.running.run()
    network = slow = SlowBrightIsTumour()
    monkeypatch.setattr(cache, "get_model", lambda e: slow)
    with qtbot.waitSignal(window.running.ended, timeout=20_000):
        window.running.run()
        until(qtbot, slow.entered.is_set)
        window.running.cancel()
        slow.go.set()
    assert [entry.outcome for entry in AuditLog().read().entries] == ["tumour", "cancelled"]
    written = next(AuditLog().folder.glob("*.jsonl")).read_bytes()
    for secret in (b"Mustermann", b"TEST-1", b"Test^Patient", factories.uid("study").encode()):
        assert secret not in written


def test_a_log_that_cannot_be_written_is_told_once(
    qtbot: QtBot, window: MainWindow, own_home: Path
) -> None:
    (own_home / "data").mkdir(exist_ok=True)
    (own_home / "data" / "audit").write_text("in the way")
    _log("tumour")
    window.running.ended.emit("done")
    message = window.parts.banner.message
    assert message is not None
    assert "audit log could not be written" in message.title
    window.parts.banner.dismiss()
    _log("tumour")
    window.running.ended.emit("done")
    assert window.parts.banner.message is None


def test_filter_and_export(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    _log("tumour", "no tumour", "cancelled")
    old = run_entry("batch", "abc", [panel_fakes.result()], panel_fakes.series())
    AuditLog().append(replace(old, time="2020-01-01T10:00:00+01:00", outcome="tumour"))
    dialog = _dialog(qtbot, window)
    assert dialog.model.rowCount() == 4
    assert "4 of 4 entries" in dialog.count.text()
    qtbot.keyClicks(dialog.filter, "no tumour")
    assert dialog.model.rowCount() == 1
    dialog.filter.clear()
    dialog.period.choose(7)
    assert dialog.model.rowCount() == 3
    assert dialog.model.index(0, 4).data() == "cancelled"
    dialog.export_to(tmp_path / "log.json")
    until(qtbot, lambda: "Written" in dialog.said.text())
    kept = json.loads((tmp_path / "log.json").read_text())["entries"]
    assert [entry["outcome"] for entry in kept] == ["tumour", "no tumour", "cancelled"]
    dialog.export_to(tmp_path / "missing" / "x" / "log.csv")
    until(qtbot, lambda: (tmp_path / "missing" / "x" / "log.csv").exists())
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    until(qtbot, lambda: window.findChild(AuditDialog) is None)


def test_an_empty_log_says_so(qtbot: QtBot, window: MainWindow) -> None:
    dialog = _dialog(qtbot, window)
    assert dialog.count.text() == "Nothing was run yet."
    assert not dialog.export_button.isEnabled()
    dialog.accept()
