"""The Train page: the order in words, a training as it goes, and every way it can end."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

import training_factories
from tumordesk.core.data_report import DataReport, PatientsFound
from tumordesk.core.training_run import CONFIG_NAME, RunState, read_config, write_config
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.train_page import TrainPage
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from tumordesk.session.results import folds_words
from tumordesk.session.run_process import is_alive, process_of
from tumordesk.session.training import SplitReport, known_runs
from window_fixtures import until

FAKE = [sys.executable, str(Path(__file__).parents[1] / "fake_trainer.py")]
LEFT = Qt.MouseButton.LeftButton
Make = Callable[..., TrainingWizard]


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a shown wizard with a draft that may be trained; all trainings end with the test."""
    monkeypatch.setenv("TUMORDESK_HOME", str(tmp_path / "home"))
    runner = JobRunner()
    made: list[TrainingWizard] = []
    root = training_factories.class_folder(tmp_path / "Lékař (1)")

    def build(command: list[str] | None = FAKE, *, drafted: bool = True) -> TrainingWizard:
        context = WizardContext(runner, device="cpu", command=command)
        wizard = TrainingWizard(context)
        with qtbot.waitActive(wizard):
            wizard.show()
            wizard.activateWindow()
        made.append(wizard)
        if drafted:
            _draft(context, root)
            wizard.refresh()
            wizard.show_stage("train")
        return wizard

    yield build
    for wizard in made:
        folder = wizard.context.training.folder
        if folder is not None and folder.is_dir():
            (folder / "STOP").touch()
            until(qtbot, lambda folder=folder: not is_alive(folder))
        wizard._may_close = True
        wizard.close()
        wizard.deleteLater()
    runner.shutdown(5.0)


def _draft(context: WizardContext, root: Path) -> None:
    context.draft.use_folder(root)
    classes = {"blob": 8, "ring": 8}
    context.draft.use_report(
        DataReport(
            root.name, "classes", "Class folders", "classification", 16, classes, {"": 16},
            PatientsFound(False, 16, "none"), {"36x40": 16}, {}, {},
        )
    )  # fmt: skip
    counts = {"train": {"blob": 6, "ring": 6}, "val": {"blob": 1}, "test": {"ring": 1}}
    context.draft.split_report = SplitReport("group", "seeded", "id", counts, {})


def _page(wizard: TrainingWizard) -> TrainPage:
    page = wizard.pages["train"]
    assert isinstance(page, TrainPage)
    return page


def _start(qtbot: QtBot, wizard: TrainingWizard) -> TrainPage:
    page = _page(wizard)
    assert wizard.next.text() == "&Start training"
    qtbot.mouseClick(wizard.next, LEFT)
    until(qtbot, lambda: page.view.kept)
    return page


def _folder(wizard: TrainingWizard) -> Path:
    folder = wizard.context.training.folder
    assert folder is not None
    return folder


def _click(qtbot: QtBot, button: QPushButton) -> None:
    assert button.isVisible()
    qtbot.mouseClick(button, LEFT)


def test_the_order_is_told_before_the_start(make: Make) -> None:
    page = _page(make())
    words = " ".join(label.text() for label in page.start.findChildren(type(page.start.words)))
    assert "Lékař (1): 16 pictures" in words
    assert "Training 12 · validation 1 · test 1 pictures (seeded)" in words
    assert "blob, ring" in words
    assert not page.start.folder.isVisible()


def test_a_run_folder_that_is_there_is_refused_in_words(make: Make, tmp_path: Path) -> None:
    wizard = make()
    wizard.set_expert(True)
    page = _page(wizard)
    assert page.start.folder.isVisible()
    page.start.folder.setText(str(tmp_path))
    assert "is there already" in wizard.sentence.text()
    assert not wizard.next.isEnabled()
    page.start.folder.setText(str(tmp_path / "Ψ run"))
    assert wizard.next.isEnabled()


def test_training_is_shown_as_it_goes_and_leads_to_results(qtbot: QtBot, make: Make) -> None:
    wizard = make()
    page = _start(qtbot, wizard)
    assert page.view.headline.text().startswith("Training, epoch 3")
    assert page.view.curves.loss.line("epochs") == ([1.0, 2.0], [1.0, 0.5])
    assert not wizard.next.isEnabled()
    assert [s for s, b in wizard.rail.buttons.items() if b.isEnabled()] == ["train"]
    (_folder(wizard) / "FINISH").touch()
    until(qtbot, wizard.next.isEnabled)
    assert page.view.headline.text() == "Training finished"
    assert page.view.explanation.text() == "Epoch 2 was the best; it is kept."
    assert not page.view.resume.isVisible()


def test_pause_and_go_on(qtbot: QtBot, make: Make) -> None:
    wizard = make()
    page = _start(qtbot, wizard)
    _click(qtbot, page.view.pause)
    assert page.view.pause.text() == "Pausing…"
    until(qtbot, lambda: page.view.progress.state is RunState.PAUSED)
    assert page.view.pause.text() == "&Go on"
    _click(qtbot, page.view.pause)
    until(qtbot, lambda: page.view.progress.state is RunState.RUNNING)
    assert not (_folder(wizard) / "PAUSE").exists()


def test_stop_keeps_the_best_and_can_go_on(qtbot: QtBot, make: Make) -> None:
    wizard = make()
    page = _start(qtbot, wizard)
    _click(qtbot, page.view.stop)
    until(qtbot, lambda: page.view.progress.state is RunState.STOPPED)
    assert "Epoch 2 was the best; it is kept." in page.view.explanation.text()
    assert wizard.next.isEnabled()
    until(qtbot, lambda: not is_alive(_folder(wizard)))
    _click(qtbot, page.view.resume)
    until(qtbot, lambda: page.view.progress.state is RunState.RUNNING)
    until(qtbot, lambda: page.view.curves.loss.line("epochs")[0][-1] == 4.0)


def test_a_stopped_training_goes_on_where_its_data_are_now(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    wizard = make()
    _folded(wizard)
    page = _start(qtbot, wizard)
    first = _folder(wizard)
    _click(qtbot, page.view.stop)
    until(qtbot, lambda: page.view.progress.state is RunState.STOPPED)
    until(qtbot, lambda: not is_alive(first.parent))
    assert not page.moved.isVisible()
    other = (tmp_path / "Lékař (1)").rename(tmp_path / "F disk")
    wizard.show_stage("data")
    wizard.show_stage("train")
    until(qtbot, page.moved.isVisible)
    assert "The data folder 'Lékař (1)' is not where it was" in page.moved.words.text()
    page.moved.choose.setFocus()
    qtbot.keyClick(page.moved.choose, Qt.Key.Key_Return)
    until(qtbot, lambda: page.moved.findChild(QFileDialog) is not None)
    page.moved.findChild(QFileDialog).fileSelected.emit(str(other))
    page.moved.findChild(QFileDialog).close()
    until(qtbot, lambda: "taken from 'F disk'" in page.moved.words.text())
    assert {read_config(one / CONFIG_NAME).data.root for one in (first, first.parent)} == {
        str(other)
    }
    _click(qtbot, page.view.resume)
    until(qtbot, lambda: page.view.progress.state is RunState.RUNNING)
    assert not page.moved.isVisible()


def test_a_failure_is_told_in_the_words_of_the_training(qtbot: QtBot, make: Make) -> None:
    wizard = make()
    page = _start(qtbot, wizard)
    (_folder(wizard) / "FAIL").touch()
    until(qtbot, lambda: page.view.progress.state is RunState.FAILED)
    assert "Loss is not a number." in page.view.explanation.text()
    assert page.view.resume.isVisible()
    assert not wizard.next.isEnabled()


def test_a_killed_training_is_noticed(qtbot: QtBot, make: Make) -> None:
    wizard = make()
    page = _start(qtbot, wizard)
    (_folder(wizard) / "DIE").touch()
    until(qtbot, lambda: bool(page.view.lost))
    assert page.view.headline.text() == "Training was interrupted"
    assert page.view.resume.isVisible()


def test_a_training_is_found_again_by_a_new_window(qtbot: QtBot, make: Make) -> None:
    first = make()
    _start(qtbot, first)
    folder = _folder(first)
    first._may_close = True
    first.close()
    second = make(drafted=False)
    second.context.training.attach(folder)
    second.show_stage("train")
    page = _page(second)
    until(qtbot, lambda: page.view.kept)
    assert page.view.curves.loss.line("epochs") == ([1.0, 2.0], [1.0, 0.5])
    _click(qtbot, page.view.stop)
    until(qtbot, lambda: page.view.progress.state is RunState.STOPPED)


def test_a_new_training_leaves_the_old_one(qtbot: QtBot, make: Make) -> None:
    wizard = make()
    page = _start(qtbot, wizard)
    old = _folder(wizard)
    (old / "FINISH").touch()
    until(qtbot, wizard.next.isEnabled)
    _click(qtbot, page.view.anew)
    assert not page.training
    assert Path(page.start.folder.text()) != old
    assert read_config(old / "config.json").epochs >= 1


def test_curves_are_saved_and_nothing_is_replaced(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    wizard = make()
    page = _start(qtbot, wizard)
    folder = tmp_path / "out"
    folder.mkdir()
    for count in (2, 4):
        page.save_curves(folder)
        until(qtbot, lambda count=count: len(list(folder.glob("[!.]*"))) == count)
    table = next(iter(sorted(folder.glob("*.csv")))).read_text("utf-8").splitlines()
    assert table[0].startswith("epoch,loss")
    assert len(table) == 3


def test_pictures_of_an_epoch_are_shown(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    run = tmp_path / "run"
    write_config(run / "config.json", training_factories.class_config(tmp_path))
    folder = run / "samples" / "epoch-001"
    training_factories.save(folder / "0.png", training_factories.head(1)[0])
    entries = [
        {"file": "0.png", "key": "blob/1.png", "truth": "blob", "said": "ring", "dice": None},
        {"file": "../../../secret.png", "key": "x", "truth": "", "said": "", "dice": 0.5},
    ]
    (folder / "index.json").write_text(json.dumps(entries), encoding="utf-8")
    events = [
        {"kind": "start", "time": 0.0},
        {"kind": "epoch", "time": 1.0, "epoch": 1, "values": {"loss": 1.0}},
        {"kind": "samples", "time": 1.0, "epoch": 1, "values": {"folder": "samples/epoch-001"}},
        {"kind": "finished", "time": 2.0, "epoch": 1},
    ]
    text = "".join(json.dumps(event) + "\n" for event in events)
    (run / "events.jsonl").write_text(text, encoding="utf-8")
    wizard = make(drafted=False)
    wizard.context.training.attach(run)
    wizard.show_stage("train")
    samples = _page(wizard).view.samples
    until(qtbot, lambda: bool(samples.samples))
    assert [(s.key, s.line, s.truth, s.right) for s in samples.samples] == [
        ("blob/1.png", "ring", "is blob", False)
    ]


def test_in_the_narrowest_window_nothing_is_cut_off(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    write_config(run / "config.json", training_factories.class_config(tmp_path))
    folder = run / "samples" / "epoch-001"
    entries = []
    for name in ("0.png", "1.png", "2.png", "3.png", "4.png", "5.png"):
        training_factories.save(folder / name, training_factories.head(1)[0])
        entries.append({"file": name, "key": name, "truth": "blob", "said": "a long ring"})
    (folder / "index.json").write_text(json.dumps(entries), encoding="utf-8")
    figures = {"loss": 1.0, "balanced_accuracy": 0.5, "accuracy": 0.5, "rate": 1e-5}
    events = [
        {"kind": "start", "time": 0.0},
        {"kind": "epoch", "time": 1.0, "epoch": 1, "values": figures},
        {"kind": "samples", "time": 1.0, "epoch": 1, "values": {"folder": "samples/epoch-001"}},
        {"kind": "stopped", "time": 2.0, "epoch": 1},
    ]
    text = "".join(json.dumps(event) + "\n" for event in events)
    (run / "events.jsonl").write_text(text, encoding="utf-8")
    wizard = make(drafted=False)
    wizard.resize(wizard.minimumSize())
    wizard.context.training.attach(run)
    wizard.show_stage("train")
    page = _page(wizard)
    until(qtbot, lambda: len(page.view.samples.samples) == 6 and page.view.resume.isVisible())
    until(qtbot, lambda: _cut_off(page) == [])
    wizard.resize(1366, 768)
    until(qtbot, lambda: _cut_off(page) == [])


def _cut_off(page: TrainPage) -> list[str]:
    """What of the view reaches over the right side of its page, or is narrower than it must be."""
    return [
        f"{type(part).__name__} {part.accessibleName() or part.property('text')}"
        for part in page.view.findChildren(QWidget)
        if part.isVisible()
        and (
            part.mapTo(page, part.rect().topRight()).x() > page.width()
            or part.width() < part.minimumSizeHint().width()
        )
    ]


# All folds ------------------------------------------------------------------------------------


def _folded(wizard: TrainingWizard, folds: int = 2) -> None:
    draft = wizard.context.draft
    draft.split = replace(draft.split, folds=folds, validation=0.2, method="random")
    _page(wizard).enter()


def _between_folds(qtbot: QtBot, wizard: TrainingWizard) -> tuple[TrainPage, Path]:
    """The page and the first fold, which is over; the process waits before the second."""
    _folded(wizard)
    page = _start(qtbot, wizard)
    first = _folder(wizard)
    (first.parent / "BETWEEN").touch()
    (first / "FINISH").touch()
    until(qtbot, lambda: page.view.progress.state is RunState.FINISHED)
    return page, first


def test_all_folds_are_trained_and_shown_one_after_the_other(qtbot: QtBot, make: Make) -> None:
    wizard = make()
    _folded(wizard)
    page = _page(wizard)
    words = " ".join(label.text() for label in page.start.findChildren(type(page.start.words)))
    assert "2 trainings, one after the other" in words
    _start(qtbot, wizard)
    first = _folder(wizard)
    assert first.name == "fold-0"
    (first.parent / "BETWEEN").touch()
    (first / "FINISH").touch()
    until(qtbot, lambda: page.view.progress.state is RunState.FINISHED)
    assert "then the next one begins" in wizard.sentence.text()
    assert page.view.headline.text() == "Training finished · fold 1 of 2"
    assert not page.view.anew.isVisible()
    assert not wizard.next.isEnabled()
    assert [s for s, b in wizard.rail.buttons.items() if b.isEnabled()] == ["train"]
    (first.parent / "BETWEEN").unlink()
    until(qtbot, lambda: _folder(wizard).name == "fold-1" and page.view.kept)
    assert page.view.progress.state is RunState.RUNNING
    assert wizard.context.choices.last_run == str(first.parent / "fold-1")
    (first.parent / "fold-1" / "FINISH").touch()
    until(qtbot, wizard.next.isEnabled)
    assert page.view.headline.text() == "Training finished · fold 2 of 2"
    assert folds_words(_folder(wizard)) == (
        "All 2 folds, mean \N{PLUS-MINUS SIGN} standard deviation: Accuracy 55.0 "
        "\N{PLUS-MINUS SIGN} 7.1 %."
    )
    assert [run.folder.name for run in known_runs()] == ["fold-1"]
    assert not page.view.resume.isVisible()


def test_stopped_folds_go_on_where_they_stopped(qtbot: QtBot, make: Make) -> None:
    wizard = make()
    _folded(wizard)
    page = _start(qtbot, wizard)
    first = _folder(wizard)
    (first / "FINISH").touch()
    until(qtbot, lambda: _folder(wizard).name == "fold-1" and page.view.kept)
    _click(qtbot, page.view.stop)
    until(qtbot, lambda: page.view.progress.state is RunState.STOPPED)
    until(qtbot, lambda: not is_alive(first.parent))
    assert wizard.next.isEnabled()
    _click(qtbot, page.view.resume)
    until(qtbot, lambda: is_alive(first.parent) and wizard.context.training.running)
    until(qtbot, lambda: page.view.progress.state is RunState.RUNNING)
    assert not (first.parent / "fold-1" / "STOP").exists()
    (first.parent / "fold-1" / "FINISH").touch()
    until(qtbot, lambda: page.view.progress.state is RunState.FINISHED)


def test_stop_between_two_folds_begins_no_other(qtbot: QtBot, make: Make) -> None:
    page, first = _between_folds(qtbot, make())
    _click(qtbot, page.view.stop)
    until(qtbot, lambda: not is_alive(first.parent))
    assert not (first.parent / "fold-1").exists()
    until(qtbot, page.view.resume.isVisible)
    assert page.view.resume.text() == "Train the &other folds"


def test_going_on_with_an_earlier_fold_follows_that_one(qtbot: QtBot, make: Make) -> None:
    """The first failed, the second is finished; whoever looks at the second sees the first."""
    wizard = make()
    _folded(wizard)
    page = _start(qtbot, wizard)
    first = _folder(wizard)
    (first / "FAIL").touch()
    until(qtbot, lambda: _folder(wizard).name == "fold-1" and page.view.kept)
    (_folder(wizard) / "FINISH").touch()
    until(qtbot, lambda: not is_alive(first.parent))
    (first / "FAIL").unlink()
    wizard.context.training.resume(first.parent / "fold-1")
    until(qtbot, lambda: _folder(wizard) == first)
    until(qtbot, lambda: page.view.progress.state is RunState.RUNNING)


def test_folds_that_nobody_trains_are_offered(qtbot: QtBot, make: Make) -> None:
    """The process dies between two of them."""
    wizard = make()
    page, first = _between_folds(qtbot, wizard)
    os.kill(process_of(first.parent), signal.SIGKILL)
    until(qtbot, page.view.resume.isVisible)
    assert page.view.resume.text() == "Train the &other folds"
    assert wizard.next.isEnabled()
    (first.parent / "BETWEEN").unlink()
    _click(qtbot, page.view.resume)
    until(qtbot, lambda: _folder(wizard).name == "fold-1" and page.view.kept)


def test_folds_are_found_again_at_the_one_that_trains(qtbot: QtBot, make: Make) -> None:
    wizard = make()
    _folded(wizard)
    page = _start(qtbot, wizard)
    first = _folder(wizard)
    wizard.context.training.detach()
    (first / "FINISH").touch()
    until(qtbot, lambda: (first.parent / "fold-1" / "events.jsonl").exists())
    other = make(drafted=False)
    other.context.training.attach(first)
    until(qtbot, lambda: _folder(other).name == "fold-1")
    page = _page(other)
    until(qtbot, lambda: page.view.kept)
    assert other.context.training.running


def test_another_choice_than_the_shown_training_is_told(qtbot: QtBot, make: Make) -> None:
    wizard = make()
    page = _start(qtbot, wizard)
    (_folder(wizard) / "FINISH").touch()
    until(qtbot, wizard.next.isEnabled)
    wizard.show_stage("model")
    wizard.show_stage("train")
    assert not page.view.other.isVisible()
    wizard.context.draft.settings = {**wizard.context.draft.settings, "epochs": 77}
    wizard.show_stage("model")
    wizard.show_stage("train")
    assert "not what is chosen now" in page.view.other.text()
    assert page.view.other.isVisible()
    assert "New training begins with what is chosen now" in page.next_sentence()
    _click(qtbot, page.view.anew)
    assert page.start.config is not None
    assert page.start.config.epochs == 77


def test_a_training_of_another_folder_is_told(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    wizard = make()
    page = _start(qtbot, wizard)
    (_folder(wizard) / "FINISH").touch()
    until(qtbot, wizard.next.isEnabled)
    other = training_factories.class_folder(tmp_path / "other", each=8)
    _draft(wizard.context, other)
    wizard.show_stage("model")
    wizard.show_stage("train")
    assert page.view.other.isVisible()
