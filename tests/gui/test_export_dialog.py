"""Export: one dialog, one click, every format; refusals, retry, and nothing overwritten unasked."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import factories
import inference_fakes
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.dialogs.export import ExportDialog, in_bytes
from tumordesk.gui.main_window import MainWindow
from tumordesk.inference import cache
from window_fixtures import fake_entries, opened, until

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


def _window(qtbot: QtBot, tmp_path: Path, scan: Path) -> MainWindow:
    made = MainWindow(SettingsStore(tmp_path / "settings.json"), warm_up=False)
    made.running.load_models = lambda: None  # type: ignore[method-assign]
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.running._models_loaded((fake_entries()[:1], ()))
    made.open_paths([scan])
    until(qtbot, lambda: opened(made))
    return made


def _run(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.running.ended, timeout=20_000):
        # Without the question whether the picture fits the model.
        active = window.session.active
        assert active is not None
        window.running.start(active, window.running.choice())


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "get_model", lambda _: inference_fakes.BrightIsTumour(0.7))


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, network: None) -> Iterator[MainWindow]:
    """A window whose model outlined the DICOM series that is open in it."""
    scan = tmp_path / "flair"
    factories.write_series(
        scan, factories.phantom((8, 64, 64)), spacing_mm=(5.0, 3.0, 3.0), PatientID="SECRET-77"
    )
    made = _window(qtbot, tmp_path, scan)
    _run(qtbot, made)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "Výstup (1)"
    folder.mkdir()
    return folder


def _dialog(qtbot: QtBot, window: MainWindow) -> ExportDialog:
    window.activateWindow()  # without a window manager nobody else does after a dialog
    until(qtbot, window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_S, CTRL)
    until(qtbot, lambda: window.findChild(ExportDialog) is not None)
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    until(qtbot, lambda: dialog.isVisible() and dialog.isActiveWindow())
    return dialog


def _choose(qtbot: QtBot, dialog: ExportDialog, *formats: str) -> None:
    for one, box in dialog.formats.boxes.items():
        if box.isChecked() != (one in formats):
            box.setFocus()
            qtbot.keyClick(box, Qt.Key.Key_Space)
    assert dialog.formats.chosen() == formats


def _click_export(qtbot: QtBot, window: MainWindow, dialog: ExportDialog) -> None:
    with qtbot.waitSignal(window.exporting.exported, timeout=30_000):
        qtbot.mouseClick(dialog.export, LEFT)
    assert dialog.state == "done"


def test_one_click_writes_all_that_is_chosen(qtbot: QtBot, window: MainWindow, out: Path) -> None:
    dialog = _dialog(qtbot, window)
    assert not dialog.export.isEnabled()  # no folder yet
    dialog.folder.set_folder(out)
    _choose(qtbot, dialog, "seg", "sc", "pdf", "nifti", "nrrd", "png", "csv", "json")
    assert dialog.export.isDefault()
    _click_export(qtbot, window, dialog)
    assert set(dialog.outcome.texts) == {"seg", "sc", "pdf", "nifti", "nrrd", "png", "csv", "json"}
    stem = dialog.preview.full.removesuffix(" …")
    assert stem.startswith("SECRET-77_")
    there = sorted(path.name for path in out.iterdir())
    assert all(name.startswith(stem) for name in there)
    for end in ("_seg.dcm", "_sc-1.dcm", ".pdf", ".nii.gz", ".seg.nrrd", ".csv", ".json"):
        assert f"{stem}{end}" in there
    document = json.loads((out / f"{stem}.json").read_text(encoding="utf-8"))
    assert document["provenance"]["model_id"] == "flair-fake"
    qtbot.mouseClick(dialog.close_button, LEFT)
    assert window.settings.export.folder == str(out)
    assert "csv" in window.settings.export.formats


def test_saved_outline_reads_back_in_place(qtbot: QtBot, window: MainWindow, out: Path) -> None:
    from tumordesk.io.reader import open_series
    from tumordesk.io.scan import scan_paths

    dialog = _dialog(qtbot, window)
    dialog.folder.set_folder(out)
    _choose(qtbot, dialog, "nifti")
    _click_export(qtbot, window, dialog)
    (mask,) = out.glob("*.nii.gz")
    again = open_series(scan_paths([mask]).series[0]).read_volume()
    active = window.session.active
    assert active is not None
    layer = window.session.results(active.key).active
    assert layer is not None
    assert again.array.astype(bool).sum() == layer.array.astype(bool).sum()
    point = again.geometry.to_patient(np.argwhere(again.array)[0])
    assert layer.array[tuple(np.rint(layer.geometry.to_index(point)).astype(int))] == 1
    dialog.close()


def test_choices_are_remembered_for_the_next_time(
    qtbot: QtBot, window: MainWindow, out: Path
) -> None:
    dialog = _dialog(qtbot, window)
    dialog.folder.set_folder(out)
    _choose(qtbot, dialog, "png", "csv")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    until(qtbot, lambda: window.findChild(ExportDialog) is None)
    again = _dialog(qtbot, window)
    assert again.formats.chosen() == ("png", "csv")
    assert again.folder.folder == out
    assert list(out.iterdir()) == []
    again.close()


def test_patient_id_is_hidden_where_names_are(qtbot: QtBot, window: MainWindow, out: Path) -> None:
    qtbot.keyClick(window, Qt.Key.Key_P)
    assert window.settings.hide_names
    dialog = _dialog(qtbot, window)
    dialog.folder.set_folder(out)
    assert dialog.hide_names.isChecked()
    assert "SECRET" not in dialog.preview.full
    _choose(qtbot, dialog, "pdf", "json")
    assert "DICOM files always name the patient" not in dialog._hint.text()
    dialog.formats.boxes["seg"].setChecked(True)
    assert "DICOM files always name the patient" in dialog._hint.text()
    dialog.formats.boxes["seg"].setChecked(False)
    _click_export(qtbot, window, dialog)
    for path in out.iterdir():
        assert path.name.startswith("anonymous_")
        assert b"SECRET" not in path.read_bytes()
    dialog.close()


def test_files_that_are_there_are_asked_about(qtbot: QtBot, window: MainWindow, out: Path) -> None:
    dialog = _dialog(qtbot, window)
    dialog.folder.set_folder(out)
    _choose(qtbot, dialog, "csv", "json")
    _click_export(qtbot, window, dialog)
    table = next(out.glob("*.csv"))
    table.write_text("mine")
    qtbot.mouseClick(dialog.back, LEFT)
    qtbot.mouseClick(dialog.export, LEFT)
    until(qtbot, lambda: dialog.state == "asking")
    assert dialog.keep_both.isDefault()
    with qtbot.waitSignal(window.exporting.exported, timeout=30_000):
        qtbot.mouseClick(dialog.keep_both, LEFT)
    assert table.read_text() == "mine"
    assert len(list(out.glob("* (2).csv"))) == 1
    qtbot.mouseClick(dialog.back, LEFT)
    qtbot.mouseClick(dialog.export, LEFT)
    until(qtbot, lambda: dialog.state == "asking")
    with qtbot.waitSignal(window.exporting.exported, timeout=30_000):
        qtbot.mouseClick(dialog.replace, LEFT)
    assert table.read_text() != "mine"
    assert len(list(out.iterdir())) == 4
    dialog.close()


def test_failed_formats_are_told_and_retried_alone(
    qtbot: QtBot, window: MainWindow, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync
    calls: list[int] = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        real(handle)

    dialog = _dialog(qtbot, window)
    dialog.folder.set_folder(out)
    _choose(qtbot, dialog, "png", "csv", "json")
    until(qtbot, lambda: window.runner.active == 0)  # settings are written with fsync, too
    monkeypatch.setattr(os, "fsync", full)
    _click_export(qtbot, window, dialog)
    monkeypatch.setattr(os, "fsync", real)
    written = list(out.iterdir())
    assert all(path.suffix == ".png" for path in written)
    assert "No space left on device" in dialog.outcome.texts["json"]
    assert dialog.retry.isVisible()
    assert dialog.retry.hasFocus()
    with qtbot.waitSignal(window.exporting.exported, timeout=30_000) as again:
        qtbot.mouseClick(dialog.retry, LEFT)
    assert "csv" in {one for one, _ in again.args[0].by_format}
    assert not dialog.retry.isVisible()
    assert set(dialog.outcome.texts) == {"png", "csv", "json"}
    assert {path.suffix for path in out.iterdir()} == {".png", ".csv", ".json"}
    dialog.close()


def test_vanished_drive(qtbot: QtBot, window: MainWindow, out: Path) -> None:
    dialog = _dialog(qtbot, window)
    dialog.folder.set_folder(out)
    _choose(qtbot, dialog, "json")
    shutil.rmtree(out)
    _click_export(qtbot, window, dialog)
    assert "Is the drive still connected?" in dialog.outcome.texts["json"]
    assert dialog.retry.isVisible()
    assert not out.exists()
    dialog.close()


def test_a_picture_refuses_what_needs_dicom_and_says_why(
    qtbot: QtBot, tmp_path: Path, out: Path, network: None
) -> None:
    window = _window(qtbot, tmp_path, factories.write_picture(tmp_path / "a.png"))
    _run(qtbot, window)
    dialog = _dialog(qtbot, window)
    dialog.folder.set_folder(out)
    for one in ("seg", "sr", "sc"):
        box = dialog.formats.boxes[one]  # type: ignore[index]
        assert not box.isEnabled()
        assert "DICOM" in box.toolTip()
    assert not dialog.pdf_as_dicom.isEnabled()
    assert "seg" in dialog.choices().formats  # offered again for the next DICOM series
    _choose(qtbot, dialog, "nifti", "json")
    _click_export(qtbot, window, dialog)
    assert len(list(out.iterdir())) == 3
    dialog.close()
    window.close()
    window.deleteLater()


def test_nothing_to_export_is_said(qtbot: QtBot, tmp_path: Path, network: None) -> None:
    window = _window(qtbot, tmp_path, factories.write_picture(tmp_path / "a.png"))
    qtbot.keyClick(window, Qt.Key.Key_S, CTRL)
    assert window.findChild(ExportDialog) is None
    message = window.parts.banner.message
    assert message is not None
    assert message.title == "Nothing to export yet"
    window.close()
    window.deleteLater()


def test_closing_while_it_writes_cancels(
    qtbot: QtBot, window: MainWindow, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    entered, go = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> str:
        entered.set()
        go.wait(10.0)
        return "x"

    monkeypatch.setattr("tumordesk.session.export_tables.lesion_table", slow)
    dialog = _dialog(qtbot, window)
    dialog.folder.set_folder(out)
    _choose(qtbot, dialog, "csv", "json")
    qtbot.mouseClick(dialog.export, LEFT)
    until(qtbot, entered.is_set)
    assert dialog.state == "running"
    qtbot.mouseClick(dialog.cancel, LEFT)
    go.set()
    until(qtbot, lambda: dialog.state == "choose")
    assert not list(out.glob("*.json"))
    assert window.parts.banner.message.title == "Export cancelled"
    dialog.close()


def test_findings_panel_opens_it(qtbot: QtBot, window: MainWindow) -> None:
    button = window.parts.findings.save_button
    assert button is not None
    assert button.text() == "Export…"
    button.click()
    until(qtbot, lambda: window.findChild(ExportDialog) is not None)
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    dialog.close()


def test_room_in_words() -> None:
    assert [in_bytes(n) for n in (0, 340_000, 4_200_000, 12_000_000, 1_400_000_000)] == [
        "1 kB",
        "340 kB",
        "4.2 MB",
        "12 MB",
        "1.4 GB",
    ]


def test_retry_of_a_replacement_replaces(
    qtbot: QtBot, window: MainWindow, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = _dialog(qtbot, window)
    dialog.folder.set_folder(out)
    _choose(qtbot, dialog, "csv")
    _click_export(qtbot, window, dialog)
    table = next(out.glob("*.csv"))
    table.write_text("older")
    qtbot.mouseClick(dialog.back, LEFT)
    qtbot.mouseClick(dialog.export, LEFT)
    until(qtbot, lambda: dialog.state == "asking")
    real = os.fsync

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with qtbot.waitSignal(window.exporting.exported, timeout=30_000):
        qtbot.mouseClick(dialog.replace, LEFT)
    assert table.read_text() == "older"
    monkeypatch.setattr(os, "fsync", real)
    with qtbot.waitSignal(window.exporting.exported, timeout=30_000):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)  # Retry is what Enter presses
    assert table.read_text() != "older"
    assert dialog.state == "done"
    dialog.close()
