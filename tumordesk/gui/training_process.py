"""The training program as a process: short commands with progress, an outcome and Cancel."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

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


def trainer_command() -> list[str]:
    """The training program: of this Python, or beside this program where it is frozen."""
    if not getattr(sys, "frozen", False):
        return [sys.executable, "-m", "tumordesk_training"]
    name = "tumordesk-train.exe" if sys.platform == "win32" else "tumordesk-train"
    return [str(Path(sys.executable).with_name(name))]


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
