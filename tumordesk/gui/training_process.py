"""The training program as a process: short commands, and a run that outlives the window."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from tumordesk.core.errors import ConfigError, WriteError
from tumordesk.core.fold_names import fold_folder
from tumordesk.core.training_run import (
    CONFIG_NAME,
    EVENTS_NAME,
    PAUSE_NAME,
    STOP_NAME,
    RunState,
    TrainingConfig,
    read_config,
    write_config,
)
from tumordesk.gui.jobs import Failure, JobRunner
from tumordesk.gui.run_follower import RunFollower
from tumordesk.session.folds import folds_in, series_of
from tumordesk.session.run_process import (
    LOG_NAME,
    OVER,
    is_alive,
    note_process,
    start_detached,
    trainer_command,
)

PREFIX = "tumordesk-train: "
KILL_MS = 3000
"""How long a cancelled process may take to tidy up."""

Kind = Literal["done", "failed", "cancelled"]


@dataclass(frozen=True)
class Outcome:
    """How a command ended. ``message``: for people, where it failed; ``stdout`` as printed."""

    kind: Kind
    stdout: str = ""
    message: str = ""
    exit_code: int = 0


def trainer_environment() -> QProcessEnvironment:
    """Unbuffered output in UTF-8, whatever the system says."""
    environment = QProcessEnvironment.systemEnvironment()
    environment.insert("PYTHONUNBUFFERED", "1")
    environment.insert("PYTHONUTF8", "1")
    return environment


class TrainerProcess(QObject):
    """One command of the training program. It ends in exactly one :class:`Outcome`."""

    progress = Signal(float, str)
    finished = Signal(object)

    def __init__(self, parent: QObject | None = None, command: list[str] | None = None) -> None:
        super().__init__(parent)
        self._command = command or trainer_command()
        self._cancelled = False
        self._ended = False
        self._rest = b""
        self._words: list[str] = []
        self._process = QProcess(self)
        self._process.setProcessEnvironment(trainer_environment())
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._over)
        self._process.errorOccurred.connect(self._error)
        self._killer = QTimer(self)
        self._killer.setSingleShot(True)
        self._killer.setInterval(KILL_MS)
        self._killer.timeout.connect(self._process.kill)

    def start(self, args: list[str], stdin: str = "") -> None:
        """Run the command with these arguments; signals come later, never from within."""
        self._process.start(self._command[0], [*self._command[1:], *args])
        if stdin:
            self._process.write(stdin.encode("utf-8"))
        self._process.closeWriteChannel()

    @property
    def running(self) -> bool:
        """True until the outcome was told."""
        return not self._ended

    def cancel(self) -> None:
        """Ask the process to stop; a process that does not is killed."""
        if self._ended or self._cancelled:
            return
        self._cancelled = True
        if sys.platform == "win32":
            self._process.kill()
        else:
            self._process.terminate()
            self._killer.start()

    def shutdown(self) -> None:
        """End the process now and tell nobody: the window closes."""
        self._ended = True
        self._killer.stop()
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(KILL_MS)

    def _read_errors(self) -> None:
        self._rest += bytes(self._process.readAllStandardError().data())
        *lines, self._rest = self._rest.split(b"\n")
        latest: tuple[float, str] | None = None
        for line in lines:
            report = read_progress(line)
            if report is None:
                self._words.append(line.decode("utf-8", "replace").rstrip())
            else:
                latest = report
        if latest is not None and not self._ended and not self._cancelled:
            self.progress.emit(*latest)

    def _error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            words = "The training program could not be started. Install TumorDesk again."
            outcome = Outcome("failed", message=words, exit_code=-1)
            QTimer.singleShot(0, self, lambda: self._tell(outcome))

    def _over(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read_errors()
        if self._rest:
            self._words.append(self._rest.decode("utf-8", "replace").rstrip())
        text = bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace")
        crashed = status == QProcess.ExitStatus.CrashExit
        if self._cancelled:
            self._tell(Outcome("cancelled", exit_code=code))
        elif code == 0 and not crashed:
            self._tell(Outcome("done", text))
        else:
            self._tell(Outcome("failed", text, failure_text(self._words, crashed), code))

    def _tell(self, outcome: Outcome) -> None:
        self._killer.stop()
        if not self._ended:
            self._ended = True
            self.finished.emit(outcome)


def read_progress(line: bytes) -> tuple[float, str] | None:
    """(share 0..1, what is being done) where the line is a report of progress."""
    if not line.startswith(b"{"):
        return None
    try:
        data = json.loads(line)
    except ValueError:
        return None
    share = data.get("progress")
    return (float(share), str(data.get("text", ""))) if isinstance(share, (int, float)) else None


def failure_text(words: list[str], crashed: bool = False) -> str:
    """What to show of a failed command: the sentences it gave, never a traceback."""
    told = [line.removeprefix(PREFIX) for line in words if line.startswith(PREFIX)]
    if told:
        return "\n".join(told)
    if any("MemoryError" in line for line in words):
        return "This computer ran out of memory. Close other programs, then try again."
    how = "ended suddenly" if crashed else "ran into a defect"
    return f"The training program {how}. {_last_word(words)}".strip()


def _last_word(words: list[str]) -> str:
    """The last line that says something, for whoever reports the defect."""
    lines = [line.strip() for line in words if line.strip()]
    return f"({lines[-1][:200]})" if lines else ""


class TrainingRunProcess(QObject):
    """One training run: started, paused, stopped, resumed, attached to.

    The process is detached: it goes on when the window closes, and is found again by its run
    folder. Signals are those of :class:`RunFollower`; ``failed(sentence, hint)``: it could not be
    started. ``begun(folder)``: a run is being followed from now on; of a cross-validation that is
    one fold after the other. ``ended``: the process is gone.
    """

    begun = Signal(object)
    happened = Signal(object)
    batch = Signal(object)
    state_changed = Signal(object)
    lost = Signal(str)
    failed = Signal(str, str)
    ended = Signal()

    def __init__(
        self, runner: JobRunner, parent: QObject | None = None, command: list[str] | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._command = command
        self.follower: RunFollower | None = None
        self._in_series = False

    @property
    def folder(self) -> Path | None:
        """The run folder that is followed, or was last."""
        return self.follower.folder if self.follower is not None else None

    @property
    def state(self) -> RunState:
        """Where the run stands."""
        return self.follower.state if self.follower is not None else RunState.CREATED

    @property
    def running(self) -> bool:
        """True while a process trains, or is paused, or has folds left, as far as is known."""
        follower = self.follower
        if follower is None or not follower.active or follower.state is RunState.STOPPED:
            return False
        return follower.state not in OVER or self._in_series

    def start(self, config: TrainingConfig, folder: Path, *, all_folds: bool = False) -> None:
        """Write the order into a new run folder and start training there.

        With ``all_folds`` every fold of the split is trained, in a folder of its own within.
        """
        self._launch(folder, config, fold_folder(folder, 0) if all_folds else folder)

    def resume(self, folder: Path) -> None:
        """Go on from the last checkpoint of a run folder; of a fold also with those after it."""
        self._launch(series_of(folder) or folder, None, folder)

    def attach(self, folder: Path) -> None:
        """Follow a run that is there already, from its first event."""
        self.detach()
        follower = RunFollower(folder, self._runner, self)
        self.follower = follower
        self._in_series = series_of(folder) is not None
        follower.ended.connect(self.ended)
        follower.moved.connect(self.attach)
        follower.happened.connect(self.happened)
        follower.batch.connect(self.batch)
        follower.state_changed.connect(self.state_changed)
        follower.lost.connect(self.lost)
        follower.start()
        self.begun.emit(folder)

    def detach(self) -> None:
        """Follow no more; the process goes on."""
        if self.follower is not None:
            self.follower.stop()
            self.follower.deleteLater()
            self.follower = None

    def stop(self) -> None:
        """Ask the process to stop and keep the best checkpoint; no other fold begins then."""
        for folder in self._asked_to_stop():
            self._file_job((folder / STOP_NAME).touch)

    def stop_now(self) -> None:
        """As :meth:`stop`, at once: the window, and the threads for files, are closing."""
        for folder in self._asked_to_stop():
            with suppress(OSError):  # nobody is left to tell; the training then goes on
                (folder / STOP_NAME).touch()

    def _asked_to_stop(self) -> tuple[Path, ...]:
        """The run, and the whole that it is a fold of: it may be between two folds."""
        folder = self.folder
        series = series_of(folder) if folder is not None else None
        return tuple(one for one in (series, folder) if one is not None)

    def pause(self) -> None:
        """Ask the process to wait after the present step."""
        folder = self.folder
        if folder is not None:
            self._file_job(lambda: (folder / PAUSE_NAME).touch())

    def go_on(self) -> None:
        """End a pause."""
        folder = self.folder
        if folder is not None:
            self._file_job(lambda: (folder / PAUSE_NAME).unlink(missing_ok=True))

    def _file_job(self, act: Callable[[], None]) -> None:
        def job(_: object) -> None:
            try:
                act()
            except OSError as error:
                raise WriteError(f"The run folder cannot be written: {error.strerror}.") from error

        self._runner.submit("io", f"run-file:{id(act)}", job, failed=self._refused)

    def _refused(self, failure: Failure) -> None:
        self.failed.emit(failure.message, failure.hint)

    def _launch(self, folder: Path, config: TrainingConfig | None, followed: Path) -> None:
        command = self._command or trainer_command()
        self.detach()
        self._runner.submit(
            "io",
            f"launch:{folder}",
            lambda _: launch(command, folder, config, folds=followed != folder),
            done=lambda _: self.attach(followed),
            failed=self._refused,
        )


def launch(
    command: list[str], folder: Path, config: TrainingConfig | None, *, folds: bool = False
) -> int:
    """Start a run, or with ``folds`` a cross-validation, as a process of its own.

    Returns its number. ``config`` None resumes.

    Raises:
        WriteError: the run folder cannot be written.
        ConfigError: a process trains there already, or the folder holds another run.
        TumorDeskError: the training program could not be started.
    """
    if is_alive(folder):
        raise ConfigError(f"{folder.name} is being trained already.", "Attach to it instead.")
    if config is not None:
        if (folder / EVENTS_NAME).exists() or folds_in(folder):
            raise ConfigError(f"{folder.name} holds a run already.", "Resume it instead.")
        write_config(folder / CONFIG_NAME, config)
    _tidy(folder)
    for fold in folds_in(folder) if folds else ():
        _tidy(fold)
    written = str(folder / CONFIG_NAME)
    if folds:
        count = (config or read_config(folder / CONFIG_NAME)).split.folds
        order = ["kfold", written, "--folds", str(count), "--resume"]
    else:
        order = ["run", "--resume"] if config is None else ["run", written]
    pid = start_detached([*command, *order, "--out", str(folder)], folder / LOG_NAME)
    note_process(folder, pid)
    return pid


def _tidy(folder: Path) -> None:
    """Take away what an earlier process was asked and said. Raises WriteError."""
    try:
        for name in (STOP_NAME, PAUSE_NAME, LOG_NAME):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(f"{folder.name} cannot be changed: {error.strerror}.") from error
