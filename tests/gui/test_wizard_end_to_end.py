"""The wizard with the real training program: from a folder to a model at work in the viewer."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import training_factories
from tumordesk.core.settings import SettingsStore
from tumordesk.core.training_run import RunState, TrainingEvent
from tumordesk.gui.main_window import MainWindow
from tumordesk.gui.training_process import TrainingRunProcess
from tumordesk.gui.training_wizard.model_page import ModelPage
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from tumordesk.session.run_process import pid_alive, process_of
from tumordesk.session.training import runs_dir
from window_fixtures import drop

LONG_MS = 180_000
"""A training process on a busy machine: torch alone may take half a minute to start."""
EPOCHS = 3


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A shown main window; it, and every training process, is gone after the test."""
    made = MainWindow(SettingsStore(tmp_path / "settings.json"), warm_up=False)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    wizard = made.training.wizard
    if wizard is not None:
        wizard.context.training.detach()
    _kill_all(runs_dir())
    made.close()
    made.deleteLater()


def _kill_all(folder: Path) -> None:
    for note in folder.rglob("process.json"):
        _kill(note.parent)


def _kill(run: Path) -> None:
    pid = process_of(run)
    if pid_alive(pid):
        os.kill(pid, signal.SIGKILL)


def _wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=LONG_MS)


def _wizard(window: MainWindow) -> TrainingWizard:
    window.training.show()
    wizard = window.training.wizard
    assert wizard is not None
    return wizard


def _events(training: TrainingRunProcess, kind: str) -> list[TrainingEvent]:
    follower = training.follower
    return [e for e in follower.events if e.kind == kind] if follower is not None else []


@pytest.mark.timeout(900)
def test_killed_in_the_middle_of_an_epoch_it_resumes_to_the_same_number_of_epochs(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    data = training_factories.mask_folder(tmp_path / "data", patients=8, slices=6)
    config = training_factories.mask_config(data, epochs=EPOCHS, batch_size=1)
    training = _wizard(window).context.training
    run = runs_dir() / "killed"
    training.start(config, run)
    _wait(qtbot, lambda: bool(_events(training, "epoch")))
    with qtbot.waitSignal(training.lost, timeout=LONG_MS) as told:
        _kill(run)
    assert "go on" in told.args[0]
    assert len(_events(training, "epoch")) < EPOCHS
    training.resume(run)
    _wait(qtbot, lambda: training.state is RunState.FINISHED)
    assert [event.epoch for event in _events(training, "epoch")] == [1, 2, 3]


def _click(qtbot: QtBot, button: QWidget) -> None:
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _next(qtbot: QtBot, wizard: TrainingWizard, stage: str) -> None:
    _wait(qtbot, wizard.next.isEnabled)
    _click(qtbot, wizard.next)
    assert wizard.stage == stage


def _model_chosen(qtbot: QtBot, wizard: TrainingWizard, **numbers: Any) -> None:
    """Data, Check, Split with the mouse; then numbers so small that a test can wait for them."""
    page = wizard.pages["model"]
    assert isinstance(page, ModelPage)
    _click(qtbot, wizard.mode.button(1))
    _wait(qtbot, page.complete)
    for path, value in numbers.items():
        page.expert.put(path.replace("__", "."), value)
    _wait(qtbot, page.complete)


@pytest.mark.timeout(1200)
def test_from_a_folder_to_a_model_in_the_viewer(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    data = training_factories.mask_folder(tmp_path / "Ψ data")
    wizard = _wizard(window)
    drop(wizard.pages["data"], [data])
    _next(qtbot, wizard, "check")
    _wait(qtbot, lambda: wizard.context.draft.report is not None)
    _next(qtbot, wizard, "split")
    report = wizard.context.draft.report
    assert report is not None
    assert report.patients.count == 6
    _next(qtbot, wizard, "model")
    assert wizard.context.draft.split.method == "group"
    _model_chosen(qtbot, wizard, epochs=2, batch_size=4, input__size=(64, 64))
    config = wizard.context.draft.config()
    assert (config.task, config.epochs, config.input.size) == ("segmentation", 2, (64, 64))
