"""The Batch window as a person uses it: drop, start, pause, cancel, go on; beside a single run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

import inference_fakes
from batch_fakes import dicom_study, picture, use_networks, write_models
from tumordesk.core.file_lock import FileLock
from tumordesk.core.job import JobContext
from tumordesk.core.policy import Policy
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.batch.window import BatchWindow
from tumordesk.gui.batch.work import Phase
from tumordesk.gui.main_window import MainWindow
from tumordesk.inference import cache
from tumordesk.session.audit import AuditLog
from tumordesk.session.batch import BatchOptions, open_batch, unfinished
from tumordesk.zoo import Zoo
from window_fixtures import SlowBrightIsTumour, drop, opened, until


@pytest.fixture
def network(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> inference_fakes.BrightIsTumour:
    """The outliner that every segmentation model turns out to be."""
    write_models(own_home)
    return use_networks(monkeypatch.setattr)


def _window(qtbot: QtBot, store: Path) -> MainWindow:
    made = MainWindow(SettingsStore(store), warm_up=False)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    until(qtbot, lambda: bool(made.running.entries))
    return made


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, network: object) -> Iterator[MainWindow]:
    """A shown main window with fake models; closed and gone after the test."""
    made = _window(qtbot, tmp_path / "settings.json")
    yield made
    made.close()
    made.deleteLater()
    cache.clear()


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Four studies, one of them a CT."""
    root = tmp_path / "scans"
    for name in ("a", "b"):
        dicom_study(root / name, name)
    dicom_study(root / "ct", "ct", Modality="CT", SeriesDescription="HEAD CT")
    picture(root / "z.png")
    return root


def _batch(qtbot: QtBot, window: MainWindow, scans: Path) -> BatchWindow:
    window.actions_by_name["batch"].trigger()
    made = window.batch.window
    assert made is not None
    drop(made, [scans])
    made.form.model.choose("fake-segmenter")
    assert made.form.out == scans.parent / "scans-tumordesk"
    return made


def _slow(monkeypatch: pytest.MonkeyPatch) -> SlowBrightIsTumour:
    slow, classifier = SlowBrightIsTumour(), inference_fakes.MeanDecides()
    monkeypatch.setattr(
        cache, "get_model", lambda e: classifier if e.card.task == "classification" else slow
    )
    return slow


def _states(made: BatchWindow) -> list[str]:
    return [made.model.state(row) for row in range(made.model.rowCount())]


def test_ctrl_b_drop_and_start(
    qtbot: QtBot, window: MainWindow, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    made = window.batch.window
    assert made is not None
    assert not made.start_button.isEnabled()
    assert "Choose a folder" in made.headline.text()
    drop(made, [scans])
    assert "Choose a model" in made.headline.text() or made.form.model.value()
    made.form.model.choose("fake-segmenter")
    made.form.classifier.choose("fake-classifier")
    qtbot.mouseClick(made.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: made.work.phase is Phase.DONE)
    assert _states(made) == ["done", "done", "failed", "doubts"]
    assert made.model.index(0, 2).data() == "Glioma"
    assert "mL" in made.model.index(0, 3).data()
    assert "CT" in made.model.index(2, 4).data()
    assert "4 of 4 studies, 1 failed, finished" in made.headline.text()
    out = scans.parent / "scans-tumordesk"
    assert (out / "results.csv").is_file()
    asked: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url.toLocalFile()))
    qtbot.mouseClick(made.csv_button, Qt.MouseButton.LeftButton)
    assert asked == [str(out / "results.csv")]
    assert window.settings.batch_out == ""
    assert {entry.via for entry in AuditLog().read().entries} == {"batch"}


def test_a_finished_study_opens_in_the_viewer(
    qtbot: QtBot, window: MainWindow, scans: Path
) -> None:
    made = _batch(qtbot, window, scans)
    made.start()
    until(qtbot, lambda: made.work.phase is Phase.DONE)
    assert not made.view_button.isEnabled()
    made.table.selectRow(1)
    qtbot.mouseClick(made.view_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: opened(window))
    owner = window.session.owner(window.session.active.key)
    assert owner[0].patient_id == "ID-b"
    results = window.session.results(window.session.active.key)
    until(qtbot, lambda: bool(results.layers))
    assert results.layers[0].array.any()


def test_pause_cancel_and_go_on(
    qtbot: QtBot, window: MainWindow, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _batch(qtbot, window, scans)
    slow = _slow(monkeypatch)
    made.start()
    until(qtbot, slow.entered.is_set)
    assert _states(made) == ["running", "waiting", "waiting", "waiting"]
    assert not made.form.isEnabled()
    qtbot.mouseClick(made.pause_button, Qt.MouseButton.LeftButton)
    slow.go.set()
    until(qtbot, lambda: made.work.phase is Phase.PAUSED)
    assert _states(made) == ["done", "waiting", "waiting", "waiting"]
    assert made.start_button.text() == "&Go on"
    slow.go.clear()
    slow.entered.clear()
    qtbot.mouseClick(made.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, slow.entered.is_set)
    qtbot.mouseClick(made.cancel_button, Qt.MouseButton.LeftButton)
    assert made.cancel_button.text() == "Cancelling…"
    slow.go.set()
    until(qtbot, lambda: made.work.phase is Phase.STOPPED)
    assert _states(made) == ["done", "waiting", "waiting", "waiting"]
    assert window.settings.batch_out == str(made.form.out)
    until(qtbot, lambda: not window.runner.active)
    qtbot.mouseClick(made.start_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: made.work.phase is Phase.DONE)
    assert _states(made) == ["done", "done", "failed", "doubts"]


def test_a_single_run_comes_between(
    qtbot: QtBot, window: MainWindow, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open_paths([scans / "b"])
    until(qtbot, lambda: opened(window))
    made = _batch(qtbot, window, scans)
    slow = _slow(monkeypatch)
    made.start()
    until(qtbot, slow.entered.is_set)
    order: list[str] = []
    window.running.ended.connect(lambda how: order.append(f"run {how}"))
    made.work.study_done.connect(lambda _: order.append("study"))
    window.running.start(window.session.active, window.running.choice())
    assert window.session.run.stage == "Waiting for the study of the batch"
    slow.go.set()
    until(qtbot, lambda: made.work.phase is Phase.DONE and "run done" in order)
    assert order.index("run done") == 1


def test_a_waiting_run_can_be_cancelled_at_once(
    qtbot: QtBot, window: MainWindow, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open_paths([scans / "b"])
    until(qtbot, lambda: opened(window))
    made = _batch(qtbot, window, scans)
    slow = _slow(monkeypatch)
    made.start()
    until(qtbot, slow.entered.is_set)
    window.running.start(window.session.active, window.running.choice())
    with qtbot.waitSignal(window.running.ended) as ended:
        window.running.cancel()
    assert ended.args == ["cancelled"]
    assert made.work.phase is Phase.RUNNING
    slow.go.set()
    until(qtbot, lambda: made.work.phase is Phase.DONE)


def test_trouble_is_told_and_the_folder_is_free_again(
    qtbot: QtBot, window: MainWindow, scans: Path
) -> None:
    made = _batch(qtbot, window, scans)
    out = made.form.out
    assert out is not None
    out.mkdir()
    (out / "results.csv").write_text("mine")
    made.start()
    until(qtbot, lambda: made.work.phase is Phase.STOPPED)
    assert "already holds results.csv" in made.banner.message.title
    made.form.set_out(scans.parent / "other")
    made.start()
    until(qtbot, lambda: made.work.phase is Phase.DONE)


def test_it_goes_on_without_its_window_and_ends_with_the_program(
    qtbot: QtBot, window: MainWindow, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _batch(qtbot, window, scans)
    slow = _slow(monkeypatch)
    made.start()
    until(qtbot, slow.entered.is_set)
    made.close()
    assert made.work.phase is Phase.RUNNING
    slow.go.set()
    until(qtbot, lambda: made.work.phase is Phase.DONE)
    assert window.parts.banner.message.title == "The batch is finished"
    window.parts.banner.message.action[1]()
    assert made.isVisible()
    window.close()
    assert window.batch.window is None


def test_an_unfinished_batch_is_offered_at_the_next_start(
    qtbot: QtBot, scans: Path, tmp_path: Path, network: inference_fakes.BrightIsTumour
) -> None:
    out = tmp_path / "out"
    job = open_batch(JobContext(), [scans], BatchOptions(out, "fake-segmenter", formats=("json",)))
    job.run_study(JobContext(), job.waiting[0])
    job.close()
    store = SettingsStore(tmp_path / "settings.json")
    from dataclasses import replace

    store.save(replace(store.load(), batch_out=str(out)))
    window = _window(qtbot, tmp_path / "settings.json")
    until(qtbot, lambda: window.parts.banner.message is not None)
    message = window.parts.banner.message
    assert message.title == "A batch was not finished"
    assert "1 of 4 studies are done, in out" in message.text
    message.action[1]()
    made = window.batch.window
    until(qtbot, lambda: made.work.phase is Phase.DONE)
    assert made.work.batch.options.formats == ("json",)
    assert len(made.work.batch.records) == 4
    window.close()
    window.deleteLater()


def test_the_models_at_hand_are_offered(qtbot: QtBot, window: MainWindow) -> None:
    window.batch.show()
    made = window.batch.window
    ids = {entry.card.id for entry in Zoo().entries(verify=False)}
    assert set(made.form.model.values) == ids
    made.form.model.choose("fake-classifier")
    assert not made.form.classifier.isEnabled()


def test_an_administrator_may_switch_it_off(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = Policy(disabled=frozenset({"batch"}))
    monkeypatch.setattr("tumordesk.gui.controllers.batch.policy", lambda: off)
    qtbot.mouseClick(window.parts.start.batch_button, Qt.MouseButton.LeftButton)
    assert window.batch.window is None
    assert "switched off" in window.parts.banner.message.title


def test_the_program_may_be_closed_at_any_time(
    qtbot: QtBot, window: MainWindow, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _batch(qtbot, window, scans)
    out = made.form.out
    assert out is not None
    slow = _slow(monkeypatch)
    made.start()
    until(qtbot, slow.entered.is_set)
    slow.go.set()
    window.close()
    lock = FileLock(out / ".batch.lock")
    assert lock.acquire()
    lock.release()
    there = unfinished(out)
    assert there is not None
    assert there.done < there.studies
    assert SettingsStore(scans.parent / "settings.json").load().batch_out == str(out)
