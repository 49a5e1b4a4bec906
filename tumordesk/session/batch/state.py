"""What a batch keeps in its folder, so that it can be stopped, killed and continued.

``batch.json`` says what is being done; ``state/<study>.json`` appears, whole, when a study is
finished. Nothing else decides what is still to do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tumordesk import __version__
from tumordesk.core.errors import ConfigError, TumorDeskError, WriteError, plain_reason
from tumordesk.core.file_lock import FileLock
from tumordesk.core.jsonio import from_plain, read_json, write_json
from tumordesk.core.model_card import NOTICE, ModelCard
from tumordesk.session.batch.table import RESULTS
from tumordesk.session.batch.types import MARK, BatchOptions, StudyRecord

STATE = "state"
LOCK = ".batch.lock"
_NAMES = {
    "paths": "the folder of scans",
    "models": "the model or its version",
    "model": "the model",
    "classify_with": "the classifier",
    "outline_with": "the outline model",
    "formats": "the formats",
    "device": "the device",
    "flips": "mirrored slices",
    "strict": "strictness",
    "identify": "patient IDs in the table",
}


@dataclass(frozen=True)
class BatchFile:
    """The content of batch.json. ``options``: of BatchOptions without ``out``; ``models``: id,
    version and hash of each; ``studies``: how many there are."""

    paths: tuple[str, ...]
    options: dict[str, Any]
    models: tuple[str, ...]
    studies: int = 0
    schema: int = 1
    software: str = f"TumorDesk {__version__}"
    notice: str = NOTICE


@dataclass(frozen=True)
class Unfinished:
    """A batch that can be continued: where, what, and how far it is."""

    out: Path
    paths: tuple[Path, ...]
    options: BatchOptions
    done: int
    studies: int


def batch_file(
    paths: Iterable[Path], options: BatchOptions, cards: Iterable[ModelCard], studies: int
) -> BatchFile:
    """What batch.json says of a batch."""
    plain = asdict(options)
    del plain["out"]
    plain["formats"] = sorted(options.formats)
    models = tuple(f"{c.id} {c.version} sha256:{c.weights_sha256}" for c in cards)
    return BatchFile(tuple(str(path) for path in paths), plain, models, studies)


def claim(out: Path) -> FileLock:
    """The lock of a folder of results; held as long as the batch is worked on.

    Raises:
        WriteError: another program works on it, or it cannot be written.
    """
    if out.exists() and not out.is_dir():
        raise WriteError(f"{out.name} is a file, not a folder.", "Choose another folder.")
    lock = FileLock(out / LOCK)
    try:
        out.mkdir(parents=True, exist_ok=True)
        taken = lock.acquire()
    except OSError as error:
        raise WriteError(
            f"{out.name} cannot be written: {plain_reason(error)}.",
            "Check free space and that the folder can be written, then try again.",
        ) from error
    if not taken:
        raise WriteError(
            f"Another TumorDesk is working on {out.name}.", "Wait for it, or choose another folder."
        )
    return lock


def check_same(out: Path, wanted: BatchFile) -> None:
    """Refuse to mix two batches in one folder.

    Raises:
        WriteError: the folder holds a batch with other options, or a table that is not ours.
        ConfigError: its batch.json is damaged.
    """
    if not (out / MARK).exists():
        if (out / RESULTS).exists():
            raise WriteError(
                f"{out.name} already holds {RESULTS}, which is of no batch.",
                "Choose another folder.",
            )
        return
    kept = read_batch_file(out)
    before, now = _identity(kept), _identity(wanted)
    # A change of the model's name makes its hash another one too: say the plainer of the two.
    differing = [name for name in now if before.get(name) != now[name]]
    if "model" in differing and "models" in differing:
        differing.remove("models")
    if differing:
        words = ", ".join(_NAMES.get(name, name) for name in differing)
        raise WriteError(
            f"{out.name} holds a batch that was started with other options: {words} differ.",
            "Give the same options, or choose another folder for the results.",
        )


def _identity(file: BatchFile) -> dict[str, Any]:
    return {"paths": file.paths, **file.options, "models": file.models}


def read_batch_file(out: Path) -> BatchFile:
    """batch.json of a folder. Raises ConfigError where it is missing or damaged."""
    return from_plain(BatchFile, read_json(out / MARK), MARK)


def write_batch_file(out: Path, file: BatchFile) -> None:
    """Keep what is being done. Raises WriteError."""
    write_json(out / MARK, file)


def options_of(out: Path) -> tuple[tuple[Path, ...], BatchOptions]:
    """Paths and options of the batch in ``out``, to continue it.

    Raises:
        WriteError: there is no batch in it, or its batch.json is damaged.
    """
    try:
        file = read_batch_file(out)
        options = from_plain(BatchOptions, {**file.options, "out": str(out)}, MARK)
    except ConfigError as error:
        raise WriteError(
            f"There is no batch to continue in {out.name or out}: {error.message}",
            "Choose the folder with the results of an earlier start.",
        ) from error
    return tuple(Path(path) for path in file.paths), options


def unfinished(out: Path) -> Unfinished | None:
    """The batch in ``out`` where it is not finished; None where there is none."""
    try:
        paths, options = options_of(out)
        studies = read_batch_file(out).studies
    except TumorDeskError:
        return None
    done = sum(1 for _ in (out / STATE).glob("study-*.json"))
    return Unfinished(out, paths, options, done, studies) if done < studies else None


def sweep(out: Path) -> None:
    """Remove what a program that was killed left half written. Only while ``out`` is claimed."""
    for pattern in (".part-*", f"{STATE}/.part-*", "study-*/.part-*"):
        for path in out.glob(pattern):
            with contextlib.suppress(OSError):
                path.unlink()


# Finished studies ---------------------------------------------------------------------------


def read_records(out: Path, signatures: Mapping[str, str]) -> dict[str, StudyRecord]:
    """Records of studies whose files are still the same; damaged ones count as not there.

    ``signatures`` by study code.
    """
    found: dict[str, StudyRecord] = {}
    for code, signature in signatures.items():
        path = out / STATE / f"{code}.json"
        if not path.exists():
            continue
        try:
            record = from_plain(StudyRecord, read_json(path), path.name)
        except ConfigError:
            continue
        if record.signature == signature and record.study == code:
            found[code] = record
    return found


def keep_record(out: Path, record: StudyRecord) -> None:
    """Keep a finished study. Raises WriteError."""
    write_json(out / STATE / f"{record.study}.json", record)


def forget_failures(records: Mapping[str, StudyRecord]) -> dict[str, StudyRecord]:
    """Without the failed ones, which are tried again: the disk may have been full."""
    return {code: record for code, record in records.items() if record.state == "done"}
