"""Whether a run's process lives, and the words it left: for a window that did not start it."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError, TumorDeskError, WriteError
from tumordesk.core.jsonio import read_json, write_json
from tumordesk.core.training_run import EVENTS_NAME, RunState, TrainingEvent, read_event
from tumordesk.session.folds import begun_folds, series_of

PROCESS_NAME = "process.json"
LOG_NAME = "process.log"
LOCK_NAME = "run.lock"
CHUNK = 256 * 1024
"""Bytes of events.jsonl that are read at once: a long run is shown piece by piece."""
_TRUST_S = 600.0
_LOG_TAIL = 8192
_PREFIX = "tumordesk-train: "
OVER = frozenset({RunState.FINISHED, RunState.STOPPED, RunState.FAILED})
_STATES: dict[str, RunState] = {
    "start": RunState.RUNNING,
    "step": RunState.RUNNING,
    "epoch": RunState.RUNNING,
    "paused": RunState.PAUSED,
    "stopped": RunState.STOPPED,
    "finished": RunState.FINISHED,
    "failed": RunState.FAILED,
}


@dataclass(frozen=True)
class Look:
    """What one look at a run folder found.

    ``events`` are new since ``offset`` of the look before; ``alive``: a process trains here;
    ``more``: there is more to read at once; ``last_words``: what a dead process said; ``then``:
    the fold that the process is at, where that is another one.
    """

    events: tuple[TrainingEvent, ...]
    offset: int
    alive: bool
    more: bool = False
    last_words: str = ""
    then: Path | None = None


def state_after(state: RunState, event: TrainingEvent) -> RunState:
    """Where a run stands after ``event``."""
    return _STATES.get(event.kind, state)


_children: dict[int, subprocess.Popen[bytes]] = {}
"""Detached processes of this program: asked after, so that the system forgets the dead."""


def trainer_command() -> list[str]:
    """The training program: of this Python, or beside this program where it is frozen."""
    if not getattr(sys, "frozen", False):
        return [sys.executable, "-m", "tumordesk_training"]
    name = "tumordesk-train.exe" if sys.platform == "win32" else "tumordesk-train"
    return [str(Path(sys.executable).with_name(name))]


def own_command() -> list[str]:
    """This program, to be started once more as a process of its own."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "tumordesk"]


def _let_go() -> None:
    """At the end of the program: detached processes go on, and that is no mistake to warn of."""
    for child in _children.values():
        if child.poll() is None:
            child.returncode = 0
    _children.clear()


atexit.register(_let_go)


def start_detached(command: list[str], log: Path) -> int:
    """Start a process that outlives this one; its words go to ``log``. Returns its number.

    Raises:
        WriteError: ``log`` cannot be written.
        TumorDeskError: the program could not be started.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        options = {"creationflags": flags}
    try:
        stream = log.open("ab")
    except OSError as error:
        raise WriteError(f"{log.name} cannot be written: {error.strerror}.") from error
    with stream:
        try:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, env=environment,
                **options,
            )  # fmt: skip
        except OSError as error:
            raise TumorDeskError(
                f"The training program could not be started: {error.strerror}.",
                "Install TumorDesk again.",
            ) from error
    _children[child.pid] = child
    return child.pid


def note_process(folder: Path, pid: int) -> None:
    """Keep the number of the process that trains in ``folder``. Raises WriteError."""
    write_json(folder / PROCESS_NAME, {"pid": pid, "started": time.time()})


def look(folder: Path, offset: int) -> Look:
    """Read what is new in events.jsonl, and whether the process lives.

    A file that is shorter than ``offset`` (written anew) is read from its start; a damaged line is
    left out, a half-written one is left for the next look.
    """
    alive = is_alive(folder)  # before reading: its last event is then in what is read
    path = folder / EVENTS_NAME
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = offset if offset <= size else 0
            stream.seek(start)
            data = stream.read(CHUNK)
    except OSError:
        start, size, data = 0, 0, b""
    whole = data[: data.rfind(b"\n") + 1]
    end = start + len(whole)
    more = bool(whole) and end < size and len(data) == CHUNK
    words = "" if alive or more else last_words(series_of(folder) or folder)
    return Look(_decoded(whole), end, alive, more, words, _other_fold(folder) if alive else None)


def _other_fold(folder: Path) -> Path | None:
    """The fold that is trained now, by its lock, or was last: a short one may be over before
    anybody looked. None where that is ``folder``, or none has begun."""
    begun = begun_folds(folder)
    if not begun or (folder in begun and lock_held(folder)):
        return None
    locked = (one for one in begun if one != folder and lock_held(one))
    last = max(begun, key=lambda one: (one / EVENTS_NAME).stat().st_mtime)
    found = next(locked, last)
    return None if found == folder else found


def _decoded(data: bytes) -> tuple[TrainingEvent, ...]:
    events = []
    for line in data.split(b"\n")[:-1]:
        try:
            events.append(read_event(line.decode("utf-8")))
        except (ConfigError, UnicodeDecodeError):
            continue
    return tuple(events)


def is_alive(folder: Path) -> bool:
    """Whether a process trains in ``folder`` now, or the folds that it is one of.

    The number in process.json counts; where it is missing or old (numbers are used again), the
    lock of the run folder does.
    """
    series = series_of(folder)
    return _is_alive(folder) or (series is not None and _is_alive(series))


def _is_alive(folder: Path) -> bool:
    try:
        note = read_json(folder / PROCESS_NAME)
        pid, started = int(note["pid"]), float(note["started"])
    except (ConfigError, KeyError, TypeError, ValueError):
        return lock_held(folder)
    if not pid_alive(pid):
        return False
    young = time.time() - started < _TRUST_S
    return young or lock_held(folder)


def lock_held(folder: Path) -> bool:
    """Whether another process holds the lock of the run folder."""
    path = folder / LOCK_NAME
    try:
        with path.open("rb+") as stream:
            return not _takes(stream.fileno())
    except OSError:
        return False


def _windows_takes(number: int) -> bool:
    import msvcrt

    try:
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    msvcrt.locking(number, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    return True


def _posix_takes(number: int) -> bool:
    import fcntl

    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a disk that knows no locks
        return True
    fcntl.flock(number, fcntl.LOCK_UN)
    return True


_takes: Callable[[int], bool] = _windows_takes if sys.platform == "win32" else _posix_takes


def pid_alive(pid: int) -> bool:
    """Whether a process of that number runs; one that is dead and not fetched yet does not."""
    if pid <= 0:
        return False
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        return False
    if sys.platform == "win32":
        return _windows_pid_alive(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return True
    return state.rpartition(")")[2].strip()[:1] not in ("Z", "X")


def _windows_pid_alive(pid: int) -> bool:
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    handle = kernel.OpenProcess(0x00100000, False, pid)  # SYNCHRONIZE
    if not handle:
        return False
    running: bool = kernel.WaitForSingleObject(handle, 0) != 0
    kernel.CloseHandle(handle)
    return running


def last_words(folder: Path) -> str:
    """The sentences that the training program left for people, "" where there are none."""
    try:
        with (folder / LOG_NAME).open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - _LOG_TAIL))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    told = [line.removeprefix(_PREFIX) for line in text.splitlines() if line.startswith(_PREFIX)]
    return told[-1] if told else ""


def process_of(folder: Path) -> int:
    """Number of the process noted for ``folder``; 0 where there is none."""
    try:
        data = json.loads((folder / PROCESS_NAME).read_text(encoding="utf-8"))
        return int(data["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
