"""Commands of the training program as processes, and runs that are followed and attached to."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import training_factories
from tumordesk.core.training_run import RunState, read_run
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.training_process import (
    Outcome,
    TrainerProcess,
    TrainingRunProcess,
    failure_text,
    read_progress,
)
from tumordesk.session.folds import folds_in, read_summary
from tumordesk.session.results import evaluation_file, read_evaluation
from tumordesk.session.run_process import is_alive, note_process, pid_alive, process_of
from window_fixtures import until

FAKE = [sys.executable, str(Path(__file__).parents[1] / "fake_trainer.py")]


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    """Threads for files; ended after the test."""
    made = JobRunner()
    yield made
    made.shutdown()


@pytest.fixture
def training(runner: JobRunner, tmp_path: Path) -> Iterator[TrainingRunProcess]:
    """A run process with the fake trainer; what it started is ended after the test."""
    made = TrainingRunProcess(runner, command=FAKE)
    yield made
    made.detach()
    for note in tmp_path.rglob("process.json"):
        pid = process_of(note.parent)
        if pid_alive(pid):
            os.kill(pid, signal.SIGKILL)


def _outcome(qtbot: QtBot, process: TrainerProcess, args: list[str], stdin: str = "") -> Outcome:
    with qtbot.waitSignal(process.finished, timeout=20_000) as told:
        process.start(args, stdin)
    outcome = told.args[0]
    assert isinstance(outcome, Outcome)
    return outcome


def test_a_command_tells_progress_and_gives_its_answer(qtbot: QtBot, tmp_path: Path) -> None:
    folder = training_factories.class_folder(tmp_path / "Ψ data", each=3)
    process = TrainerProcess(command=FAKE)
    seen: list[tuple[float, str]] = []
    process.progress.connect(lambda share, text: seen.append((share, text)))
    outcome = _outcome(qtbot, process, ["check-data", str(folder)])
    assert outcome.kind == "done"
    assert '"pictures": 6' in outcome.stdout
    assert seen[-1] == (1.0, "Looking at the pictures")


def test_a_failure_tells_the_sentence_for_people(qtbot: QtBot, tmp_path: Path) -> None:
    outcome = _outcome(qtbot, TrainerProcess(command=FAKE), ["check-data", str(tmp_path)])
    assert (outcome.kind, outcome.exit_code) == ("failed", 2)
    assert outcome.message == f"{tmp_path.name} holds no pictures. Choose another."


def test_a_defect_is_told_without_a_traceback(qtbot: QtBot) -> None:
    outcome = _outcome(qtbot, TrainerProcess(command=FAKE), ["no-such-command"])
    assert outcome.kind == "failed"
    assert "Traceback" not in outcome.message
    assert "KeyError" in outcome.message


def test_a_program_that_is_not_there(qtbot: QtBot) -> None:
    outcome = _outcome(qtbot, TrainerProcess(command=["/nowhere/tumordesk-train"]), ["recipes"])
    assert outcome.kind == "failed"
    assert "could not be started" in outcome.message


def test_cancel_ends_the_process(qtbot: QtBot, tmp_path: Path) -> None:
    folder = training_factories.class_folder(tmp_path / "data", each=2)
    process = TrainerProcess(command=[*FAKE, "--slow", str(tmp_path / "never")])
    process.start(["check-data", str(folder)])
    qtbot.waitSignal(process.progress, timeout=20_000).wait()
    with qtbot.waitSignal(process.finished, timeout=20_000) as told:
        process.cancel()
    assert told.args[0].kind == "cancelled"
    assert not process.running


def test_lines_of_progress_and_words() -> None:
    assert read_progress(b'{"progress": 0.5, "text": "Half"}') == (0.5, "Half")
    assert read_progress(b"tumordesk-train: no") is None
    assert read_progress(b'{"other": 1}') is None
    assert "memory" in failure_text(["Traceback", "MemoryError: no"])
    assert "suddenly" in failure_text([], crashed=True)


# Runs ------------------------------------------------------------------------------------------


def _start(qtbot: QtBot, training: TrainingRunProcess, tmp_path: Path) -> Path:
    folder = tmp_path / "Ψ runs" / "one"
    config = training_factories.class_config(tmp_path)
    training.start(config, folder)
    until(qtbot, lambda: _epochs(training) == 2)
    return folder


def _epochs(training: TrainingRunProcess) -> int:
    follower = training.follower
    events = follower.events if follower is not None else []
    return sum(event.kind == "epoch" for event in events)


def test_a_run_is_followed_to_its_end(
    qtbot: QtBot, training: TrainingRunProcess, tmp_path: Path
) -> None:
    states: list[RunState] = []
    training.state_changed.connect(states.append)
    folder = _start(qtbot, training, tmp_path)
    assert training.running
    assert read_run(folder).config.name == "Blob or ring"
    (folder / "FINISH").touch()
    until(qtbot, lambda: not training.running)
    assert states == [RunState.RUNNING, RunState.FINISHED]


def test_pause_go_on_and_stop(qtbot: QtBot, training: TrainingRunProcess, tmp_path: Path) -> None:
    _start(qtbot, training, tmp_path)
    training.pause()
    until(qtbot, lambda: training.state is RunState.PAUSED)
    assert training.running
    training.go_on()
    until(qtbot, lambda: training.state is RunState.RUNNING)
    training.stop()
    until(qtbot, lambda: training.state is RunState.STOPPED)
    assert not training.running


def test_a_killed_run_is_noticed_and_resumed(
    qtbot: QtBot, training: TrainingRunProcess, tmp_path: Path
) -> None:
    folder = _start(qtbot, training, tmp_path)
    with qtbot.waitSignal(training.lost, timeout=20_000) as told:
        os.kill(process_of(folder), signal.SIGKILL)
    assert "go on" in told.args[0]
    assert not training.running
    training.resume(folder)
    until(qtbot, lambda: training.running and _epochs(training) == 4)


def test_what_a_dying_process_said_is_told(
    qtbot: QtBot, training: TrainingRunProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "REFUSE").touch()
    with qtbot.waitSignal(training.lost, timeout=20_000) as told:
        training.start(training_factories.class_config(tmp_path), folder)
    assert told.args[0] == "The disk is full. Make room, then resume."


def test_another_window_attaches_and_sees_everything(
    qtbot: QtBot, training: TrainingRunProcess, runner: JobRunner, tmp_path: Path
) -> None:
    folder = _start(qtbot, training, tmp_path)
    training.detach()
    assert is_alive(folder)
    other = TrainingRunProcess(runner, command=FAKE)
    other.attach(folder)
    until(qtbot, lambda: _epochs(other) == 2)
    assert other.running
    (folder / "FINISH").touch()
    until(qtbot, lambda: other.state is RunState.FINISHED)
    other.detach()


def test_a_run_that_goes_on_is_not_started_again(
    qtbot: QtBot, training: TrainingRunProcess, runner: JobRunner, tmp_path: Path
) -> None:
    folder = _start(qtbot, training, tmp_path)
    other = TrainingRunProcess(runner, command=FAKE)
    with qtbot.waitSignal(other.failed, timeout=20_000) as told:
        other.resume(folder)
    assert "being trained already" in told.args[0]


def test_a_number_that_is_used_by_another_program_is_not_the_run(tmp_path: Path) -> None:
    note_process(tmp_path, os.getpid())
    assert is_alive(tmp_path)  # young: the number is trusted
    note = (tmp_path / "process.json").read_text(encoding="utf-8")
    old = note.replace(note.split('"started": ')[1].split("\n")[0], "1.0")
    (tmp_path / "process.json").write_text(old, encoding="utf-8")
    (tmp_path / "run.lock").touch()
    assert not is_alive(tmp_path)


def test_a_damaged_line_is_passed_over(
    qtbot: QtBot, training: TrainingRunProcess, tmp_path: Path
) -> None:
    folder = _start(qtbot, training, tmp_path)
    with (folder / "events.jsonl").open("ab") as stream:
        stream.write(b"\xff\xfe nonsense\n")
    (folder / "FINISH").touch()
    until(qtbot, lambda: training.state is RunState.FINISHED)


def test_two_real_folds_end_with_their_mean(
    qtbot: QtBot, runner: JobRunner, tmp_path: Path
) -> None:
    data = training_factories.mask_folder(tmp_path / "data", patients=4)
    config = training_factories.mask_config(data, epochs=1)
    config = replace(config, split=replace(config.split, folds=2, validation=0.25))
    training = TrainingRunProcess(runner)
    seen: list[str] = []
    training.begun.connect(lambda folder: seen.append(folder.name))
    training.start(config, tmp_path / "Ψ run", all_folds=True)
    # A real process that imports torch, on a machine that may be busy.
    qtbot.waitUntil(lambda: seen == ["fold-0", "fold-1"], timeout=180_000)
    qtbot.waitUntil(lambda: not training.running, timeout=180_000)
    assert training.state is RunState.FINISHED
    found = read_summary(tmp_path / "Ψ run" / "fold-1")
    assert found is not None
    assert (found.folds, found.finished) == (2, 2)
    runs = [read_evaluation(evaluation_file(fold)) for fold in folds_in(tmp_path / "Ψ run")]
    mean = sum(run.figures["dice_by_image_mean"].value for run in runs if run is not None) / 2
    assert found.figures["dice_by_image_mean"][0] == pytest.approx(mean)
    training.detach()
