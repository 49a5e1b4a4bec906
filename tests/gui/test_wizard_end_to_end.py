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
from tumordesk.core.training_run import RunState, TrainingEvent, read_run
from tumordesk.gui.dialogs.preflight import PreflightDialog
from tumordesk.gui.main_window import MainWindow
from tumordesk.gui.training_process import TrainingRunProcess
from tumordesk.gui.training_wizard.data_page import DataPage
from tumordesk.gui.training_wizard.model_page import ModelPage
from tumordesk.gui.training_wizard.results_page import ResultsPage
from tumordesk.gui.training_wizard.train_page import TrainPage
from tumordesk.gui.training_wizard.use_page import UsePage
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from tumordesk.session.run_process import OVER, is_alive, pid_alive, process_of
from tumordesk.session.training import Goal, runs_dir
from tumordesk.session.use_cases import RunOutcome
from window_fixtures import drop, opened, shown_window

LONG_MS = 180_000
"""A training process on a busy machine: torch alone may take half a minute to start."""
EPOCHS = 3


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A shown main window; it, and every training process, is gone after the test."""
    with shown_window(qtbot, SettingsStore(tmp_path / "settings.json")) as made:
        yield made
        wizard = made.training.wizard
        if wizard is not None:
            wizard.context.training.detach()
        _kill_all(runs_dir())


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


def _to_the_model(
    qtbot: QtBot, wizard: TrainingWizard, data: Path, goal: Goal | None = None
) -> None:
    """Data, Check and Split, as they come, up to the Model page."""
    page = wizard.pages["data"]
    assert isinstance(page, DataPage)
    drop(page, [data])
    _wait(qtbot, lambda: wizard.context.draft.report is not None)
    if goal is not None:
        _click(qtbot, page.goal.buttons[goal])
    _next(qtbot, wizard, "check")
    _next(qtbot, wizard, "split")
    _next(qtbot, wizard, "model")


def _model_chosen(qtbot: QtBot, wizard: TrainingWizard, **numbers: Any) -> None:
    """Every number is shown; some are made so small that a test can wait for them."""
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
    _to_the_model(qtbot, wizard, data)
    report = wizard.context.draft.report
    assert report is not None
    assert report.patients.count == 6
    assert wizard.context.draft.split.method == "group"
    _model_chosen(qtbot, wizard, epochs=2, batch_size=4, input__size__0=64, input__size__1=64)
    config = wizard.context.draft.config()
    assert (config.task, config.epochs, config.input.size) == ("segmentation", 2, (64, 64))
    _next(qtbot, wizard, "train")
    _trained(qtbot, wizard)
    _next(qtbot, wizard, "results")
    _evaluated(qtbot, wizard)
    _next(qtbot, wizard, "use")
    model_id = _published(qtbot, wizard)
    _wait(qtbot, lambda: any(entry.card.id == model_id for entry in window.running.entries))
    _segments(qtbot, window, model_id, data / "TCGA_AA_0001_2.png")


def _trained(qtbot: QtBot, wizard: TrainingWizard) -> None:
    """Start with the button; every stage but this one is closed while it trains."""
    page = wizard.page
    assert isinstance(page, TrainPage)
    _wait(qtbot, wizard.next.isEnabled)
    _click(qtbot, wizard.next)
    _wait(qtbot, lambda: wizard.context.training.running)
    assert not wizard.rail.buttons["model"].isEnabled()
    _wait(qtbot, lambda: wizard.context.training.state is RunState.FINISHED)
    assert [e.epoch for e in _events(wizard.context.training, "epoch")] == [1, 2]
    assert wizard.rail.buttons["data"].isEnabled()


def _evaluated(qtbot: QtBot, wizard: TrainingWizard) -> None:
    """The results come by themselves."""
    page = wizard.page
    assert isinstance(page, ResultsPage)
    _wait(qtbot, lambda: page.found is not None)
    assert page.found.task == "segmentation"
    assert "dice_mean" in page.found.figures


def _published(qtbot: QtBot, wizard: TrainingWizard) -> str:
    """Publish as the form proposes it."""
    page = wizard.page
    assert isinstance(page, UsePage)
    _wait(qtbot, page.publish.isEnabled)
    _click(qtbot, page.publish)
    _wait(qtbot, lambda: bool(page.model_id) and not page.export.busy)
    return page.model_id


def _segments(qtbot: QtBot, window: MainWindow, model_id: str, picture: Path) -> None:
    """Open a picture in the viewer, choose the new model, and run it in spite of its doubts."""
    wizard = _wizard(window)
    _click(qtbot, wizard.pages["use"].use)  # type: ignore[attr-defined]
    assert window.running.wish == model_id
    window.open_paths([picture])
    _wait(qtbot, lambda: opened(window))
    outcomes: list[RunOutcome] = []
    window.running.finished.connect(outcomes.append)
    _wait(qtbot, window.actions_by_name["run"].isEnabled)
    window.actions_by_name["run"].trigger()
    for dialog in window.findChildren(PreflightDialog):
        _click(qtbot, dialog.run_button)
    _wait(qtbot, lambda: bool(outcomes))
    result = outcomes[0].segmentation
    assert result is not None
    assert result.provenance.model_id == model_id


@pytest.mark.timeout(1200)
def test_closed_while_it_trains_and_attached_to_again(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    data = training_factories.mask_folder(tmp_path / "data", patients=8, slices=6)
    config = training_factories.mask_config(data, epochs=EPOCHS, batch_size=1)
    wizard = _wizard(window)
    wizard.context.training.start(config, runs_dir() / "kept")
    _wait(qtbot, lambda: bool(_events(wizard.context.training, "epoch")))
    wizard.context.training.pause()  # so that it cannot end before it is attached to
    _wait(qtbot, lambda: wizard.context.training.state is RunState.PAUSED)
    wizard.close()
    question = wizard.question
    assert question is not None
    assert wizard.isVisible()
    _click(qtbot, question.keep)
    assert window.training.wizard is None
    assert is_alive(runs_dir() / "kept")

    again = _wizard(window)
    training = again.context.training
    _wait(qtbot, lambda: training.state is RunState.PAUSED)
    assert again.stage == "train"
    assert _events(training, "epoch")
    training.go_on()
    _wait(qtbot, lambda: training.state is RunState.FINISHED)
    assert [event.epoch for event in _events(training, "epoch")] == [1, 2, 3]


@pytest.mark.timeout(900)
def test_closing_the_main_window_asks_and_stops_the_training(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    data = training_factories.mask_folder(tmp_path / "data", patients=8, slices=6)
    config = training_factories.mask_config(data, epochs=50, batch_size=1)
    run = runs_dir() / "stopped"
    wizard = _wizard(window)
    wizard.context.training.start(config, run)
    _wait(qtbot, lambda: bool(_events(wizard.context.training, "epoch")))
    window.close()
    assert window.isVisible()
    _click(qtbot, wizard.question.stay)
    assert wizard.isVisible()
    window.close()
    _click(qtbot, wizard.question.stop)
    _wait(qtbot, lambda: not window.isVisible())
    _wait(qtbot, lambda: not is_alive(run))
    assert read_run(run).state is RunState.STOPPED
    assert (run / "checkpoints" / "best.pt").is_file()


@pytest.mark.timeout(900)
def test_a_learning_rate_is_found_and_used(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    data = training_factories.mask_folder(tmp_path / "data")
    wizard = _wizard(window)
    _to_the_model(qtbot, wizard, data)
    small = {"batch_size": 4, "input__size__0": 64, "input__size__1": 64}
    _model_chosen(qtbot, wizard, **small)
    page = wizard.pages["model"]
    assert isinstance(page, ModelPage)
    finder = page.expert.finder
    page.expert.show_section("Learning")
    _wait(qtbot, lambda: not finder.begin.visibleRegion().isEmpty())
    _click(qtbot, finder.begin)
    assert finder.bar.isVisible()
    _wait(qtbot, lambda: not finder.command.running)
    assert finder.plot is not None, finder.words.text()
    rates, losses = finder.plot.line("loss")
    assert len(rates) > 10
    assert len(losses) == len(rates)
    assert finder.plot.isVisible()
    assert finder.answer is not None
    if finder.answer.suggested is None:
        assert finder.words.text() == finder.answer.reason != ""
        return
    _click(qtbot, finder.use)
    assert page.expert.rows["optimiser.rate"].control.value() == finder.answer.suggested
    assert wizard.context.draft.config().optimiser.rate == finder.answer.suggested


RECIPES: tuple[tuple[str, str, tuple[str, ...], Goal | None], ...] = (
    ("coco-seg-512", "unet-mobilenetv2", (), None),
    ("yesno-224", "mobilenetv2", ("no", "yes"), None),
    ("four-class", "mobilenet", ("glioma", "meningioma", "no_tumor", "pituitary"), None),
    ("detect-resnet", "resnet18", (), "presence"),
)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("recipe", "network", "classes", "goal"), RECIPES)
def test_every_recipe_trains_an_epoch_from_the_wizard(
    qtbot: QtBot,
    window: MainWindow,
    tmp_path: Path,
    recipe: str,
    network: str,
    classes: tuple[str, ...],
    goal: Goal | None,
) -> None:
    if classes:
        data = training_factories.class_folder(tmp_path / "data", each=10, classes=classes)
    else:
        data = training_factories.mask_folder(tmp_path / "data")
    wizard = _wizard(window)
    _to_the_model(qtbot, wizard, data, goal)
    small = {"epochs": 1, "batch_size": 4, "input__size__0": 64, "input__size__1": 64}
    _model_chosen(qtbot, wizard, recipe=recipe, architecture=network, **small)
    _next(qtbot, wizard, "train")
    _wait(qtbot, wizard.next.isEnabled)
    _click(qtbot, wizard.next)
    training = wizard.context.training
    _wait(qtbot, lambda: training.state in OVER or (bool(training.folder) and not training.running))
    assert training.state is RunState.FINISHED
    assert training.folder is not None
    config = read_run(training.folder).config
    assert (config.recipe, config.architecture, config.epochs) == (recipe, network, 1)
