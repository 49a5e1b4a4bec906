"""What was run on what, and what was exported: one line of JSON each, without names.

Files ``audit-YYYY-MM.jsonl`` in the data folder are only ever appended to. A study is a keyed hash
(HMAC-SHA256); the key lies in the settings folder and never in the log. No names, no paths, no
UIDs: doubts are kept as their stable codes, failures as their kind.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import logging
import math
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from tumordesk import __version__
from tumordesk.core.errors import plain_reason
from tumordesk.core.file_lock import FileLock
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.jsonio import to_plain, write_json
from tumordesk.core.model_card import NOTICE
from tumordesk.core.paths import config_dir, data_dir
from tumordesk.core.study import Series, Study
from tumordesk.core.tables import write_table

_log = logging.getLogger(__name__)

Action = Literal["run", "export"]
Via = Literal["window", "command line", "batch"]
_ACTIONS, _VIAS = get_args(Action), get_args(Via)
CODE_DIGITS = 12
KEY_NAME = "audit.key"
_LOCK_WAIT_S = 2.0
_trouble: list[str] = []
_told: list[bool] = []


@dataclass(frozen=True)
class UsedModel:
    """A model that was run."""

    id: str
    version: str
    sha256: str


@dataclass(frozen=True)
class AuditEntry:
    """One line of the log. ``time``: ISO 8601 with the zone. ``study``: see :meth:`AuditLog.code`.

    ``outcome``: 'tumour', 'no tumour', 'cancelled', 'failed: <kind of error>', 'written'.
    ``verdict``: what the geometry is good for. ``doubts``: codes of the preflight.
    ``warnings``: how many the result carries. ``formats``: of an export.
    """

    time: str
    action: Action
    via: Via
    study: str
    outcome: str
    models: tuple[UsedModel, ...] = ()
    device: str = ""
    seconds: float | None = None
    verdict: str = ""
    doubts: tuple[str, ...] = ()
    warnings: int = 0
    formats: tuple[str, ...] = ()
    program: str = __version__


@dataclass(frozen=True)
class AuditRead:
    """What the log holds, oldest first; ``damaged`` lines could not be read."""

    entries: tuple[AuditEntry, ...]
    damaged: int = 0


class AuditLog:
    """The log of this user. ``folder``, ``key_path``: other places than the usual ones."""

    def __init__(self, folder: Path | None = None, key_path: Path | None = None) -> None:
        self.folder = folder or data_dir() / "audit"
        self._key_path = key_path or config_dir() / KEY_NAME

    def code(self, *uid: str) -> str:
        """A study as 12 hexadecimal digits that only this user's key can give again."""
        text = "\x1f".join(("study", *uid)).encode("utf-8", "surrogatepass")
        return hmac.new(_key(self._key_path), text, hashlib.sha256).hexdigest()[:CODE_DIGITS]

    def append(self, entry: AuditEntry) -> bool:
        """Add one line. False where it cannot be written: see :func:`take_trouble`."""
        line = json.dumps(to_plain(entry), ensure_ascii=True, allow_nan=False)
        try:
            self._append(f"audit-{entry.time[:7]}.jsonl", line.encode("ascii"))
        except OSError as error:
            _keep_trouble(plain_reason(error))
            return False
        return True

    def _append(self, name: str, line: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".lock")
        # Where a lock cannot be had, appending is still one write at the end of the file.
        with contextlib.suppress(OSError):
            lock.acquire(_LOCK_WAIT_S)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        handle = os.open(self.folder / name, flags, 0o600)
        try:
            # A line that was torn (power cut) must not take the next one with it.
            start = b"" if _ends_a_line(handle) else b"\n"
            data = start + line + b"\n"
            if os.write(handle, data) != len(data):
                raise OSError("the disk is full")
            os.fsync(handle)
        finally:
            os.close(handle)
            lock.release()

    def read(self) -> AuditRead:
        """All entries. Raises OSError where the folder is there and cannot be read."""
        if not self.folder.is_dir():
            return AuditRead(())
        entries: list[AuditEntry] = []
        damaged = 0
        for path in sorted(self.folder.glob("audit-*.jsonl")):
            for line in path.read_bytes().splitlines():
                entry = _parsed(line)
                if entry is not None:
                    entries.append(entry)
                elif line.strip():
                    damaged += 1
        return AuditRead(tuple(entries), damaged)


def now() -> str:
    """The time with its zone, to the second."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def study_uid(series: Series, study: Study | None) -> str:
    """What stands for the study of a series: a file that is no DICOM is a study of its own."""
    return study.uid if study is not None and series.kind == "dicom" else series.file_uid


def run_entry(
    via: Via,
    code: str,
    results: Sequence[AnalysisResult],
    series: Series,
    *,
    doubts: Iterable[str] = (),
) -> AuditEntry:
    """The entry of a run that ended with results: of all models that ran, in order."""
    made = [result.provenance for result in results]
    return AuditEntry(
        time=now(),
        action="run",
        via=via,
        study=code,
        outcome=results[0].outcome if results else "nothing was run",
        models=tuple(UsedModel(p.model_id, p.model_version, p.model_sha256) for p in made),
        device=", ".join(dict.fromkeys(p.device for p in made)),
        seconds=round(sum(p.seconds for p in made), 2),
        verdict=series.geometry.verdict.value,
        doubts=tuple(dict.fromkeys(doubts)),
        warnings=len({text for p in made for text in p.warnings}),
    )


def export_entry(
    via: Via, code: str, formats: Sequence[str], results: Sequence[AnalysisResult], outcome: str
) -> AuditEntry:
    """The entry of an export. ``outcome``: 'written', or 'failed: <kind>'."""
    made = [result.provenance for result in results]
    models = (UsedModel(p.model_id, p.model_version, p.model_sha256) for p in made)
    return AuditEntry(
        now(), "export", via, code, outcome, tuple(dict.fromkeys(models)), formats=tuple(formats)
    )


def take_trouble() -> str:
    """Why the log could not be written, in words; empty where it could, or after it was told."""
    if not _trouble or _told:
        return ""
    _told.append(True)
    return f"The audit log could not be written: {_trouble[-1]}."


def forget_trouble() -> None:
    """Start anew (tests)."""
    _trouble.clear()
    _told.clear()


def _keep_trouble(reason: str) -> None:
    _log.warning("audit log not written: %s", reason)
    _trouble.append(reason)


_COLUMNS = (
    "time", "action", "by", "study", "outcome", "models", "device", "seconds", "geometry",
    "doubts", "warnings", "formats", "program", "notice",
)  # fmt: skip


def write_entries_csv(
    path: Path, entries: Sequence[AuditEntry], *, overwrite: bool = False
) -> None:
    """Write entries as a table. Raises WriteError, also where the file is there already."""
    write_table(path, _COLUMNS, [_row(entry) for entry in entries], overwrite=overwrite)


def write_entries_json(
    path: Path, entries: Sequence[AuditEntry], *, overwrite: bool = False
) -> None:
    """Write entries as JSON. Raises WriteError, also where the file is there already."""
    document = {"schema": 1, "notice": NOTICE, "entries": list(entries)}
    write_json(path, document, overwrite=overwrite)


def models_words(entry: AuditEntry) -> str:
    """'t1c-tumour 1.1 (sha256 3f2a91c0d7e4), tumour-type 1.0 (…)'."""
    return ", ".join(f"{m.id} {m.version} (sha256 {m.sha256[:12]})" for m in entry.models)


def _row(entry: AuditEntry) -> tuple[object, ...]:
    models = "; ".join(f"{m.id} {m.version} sha256:{m.sha256}" for m in entry.models)
    return (
        entry.time, entry.action, entry.via, entry.study, entry.outcome, models, entry.device,
        entry.seconds, entry.verdict, " ".join(entry.doubts), entry.warnings,
        " ".join(entry.formats), entry.program, NOTICE,
    )  # fmt: skip


def _parsed(line: bytes) -> AuditEntry | None:
    """The entry of one line; unknown fields of a newer program are left out, None if damaged.

    By hand, since a log of years is read in one go.
    """
    try:
        data = json.loads(line)
        if data["action"] not in _ACTIONS or data["via"] not in _VIAS:
            return None
        return AuditEntry(
            time=_text(data["time"]),
            action=data["action"],
            via=data["via"],
            study=_text(data["study"]),
            outcome=_text(data["outcome"]),
            models=tuple(
                UsedModel(_text(m["id"]), _text(m["version"]), _text(m["sha256"]))
                for m in data.get("models", ())
            ),
            device=_text(data.get("device", "")),
            seconds=_seconds(data.get("seconds")),
            verdict=_text(data.get("verdict", "")),
            doubts=tuple(map(_text, data.get("doubts", ()))),
            warnings=int(data.get("warnings", 0)),
            formats=tuple(map(_text, data.get("formats", ()))),
            program=_text(data.get("program", "")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    value.encode("utf-8")  # half a surrogate could not be exported
    return value


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    found = float(value)  # type: ignore[arg-type]
    if not math.isfinite(found):
        raise ValueError("not a time")
    return found


def _ends_a_line(handle: int) -> bool:
    size = os.lseek(handle, 0, os.SEEK_END)
    if size == 0:
        return True
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) == b"\n"


_fallback_key = secrets.token_bytes(32)


def _key(path: Path) -> bytes:
    """The key of this user, made the first time; where none can be kept, one of this process."""
    try:
        return _kept_key(path) or _new_key(path)
    except OSError as error:
        _keep_trouble(plain_reason(error))
        return _fallback_key


def _kept_key(path: Path) -> bytes | None:
    try:
        key = path.read_bytes().strip()
    except FileNotFoundError:
        return None
    return key if len(key) >= 32 else None


def _new_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire(_LOCK_WAIT_S)
        kept = _kept_key(path)
        if kept is not None:
            return kept
        part = path.with_suffix(f".part-{os.getpid()}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_hex(32).encode("ascii") + b"\n")
        part.replace(path)
        return _kept_key(path) or _fallback_key
    finally:
        lock.release()
