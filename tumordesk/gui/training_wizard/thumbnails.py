"""Small pictures of training cases, made by the training program, kept in the cache folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from tumordesk.core.jsonio import dumps
from tumordesk.core.label_numbers import labels_text
from tumordesk.core.paths import cache_dir
from tumordesk.core.sequence_sources import sequences_text
from tumordesk.core.training_run import DataConfig
from tumordesk.gui.training_process import Outcome, TrainerProcess
from tumordesk.io.parts import stored_in

if TYPE_CHECKING:
    from tumordesk.gui.training_wizard.context import WizardContext

SIZE = 160
KEPT = 1200
"""Pictures kept in memory; older ones are read again from the cache folder."""
BATCH = 48
"""Pictures asked of one process: few enough that the first ones come soon."""


def file_name(key: str) -> str:
    """Name of the thumbnail of a case, as the training program writes it."""
    return f"{hashlib.sha1(key.encode('utf-8'), usedforsecurity=False).hexdigest()[:16]}.png"


def data_options(data: DataConfig) -> list[str]:
    """How the folder is read, as options of the training program."""
    args = ["--layout", data.layout]
    if data.channel is not None:
        args += ["--channel", str(data.channel)]
    if data.sequences:
        args += ["--sequences", sequences_text(data.sequences)]
    if data.labels:
        args += ["--labels", labels_text(data.labels)]
    for index in data.indexes:
        args += ["--index", f"{index.file}:{index.key}:{index.group}"]
    if data.group_pattern:
        args += ["--group-pattern", data.group_pattern]
    return args


class ThumbnailStore(QObject):
    """Asks for thumbnails in batches and reads them off the window's thread.

    ``ready(key)``: :meth:`image` has it now. ``failed(key, reason)``: it cannot be shown.
    """

    ready = Signal(str)
    failed = Signal(str, str)

    def __init__(self, context: WizardContext) -> None:
        super().__init__(context)
        self._context = context
        self._data = DataConfig()
        self._images: dict[str, QImage] = {}
        self._errors: dict[str, str] = {}
        self._wanted: list[str] = []
        self._asked: set[str] = set()
        self._process: TrainerProcess | None = None
        self._stopped = False

    def use(self, data: DataConfig) -> None:
        """Show cases of this folder from now on."""
        same = (data.root, data_options(data)) == (self._data.root, data_options(self._data))
        if same:
            return
        if self._process is not None:
            self._process.cancel()
            self._process = None
        self._data = data
        for store in (self._images, self._errors, self._wanted, self._asked):
            store.clear()

    @property
    def folder(self) -> Path:
        """Where the thumbnails of this data folder lie."""
        words = dumps([self._data.root, data_options(self._data), SIZE])
        name = hashlib.sha1(words.encode("utf-8"), usedforsecurity=False).hexdigest()[:16]
        return cache_dir() / "thumbnails" / name

    def image(self, key: str) -> QImage | None:
        """The picture, where it is there already."""
        return self._images.get(key)

    def error(self, key: str) -> str:
        """Why there is no picture of that case; "" where none was found yet."""
        return self._errors.get(key, "")

    def request(self, keys: Iterable[str]) -> None:
        """Have these made where they are not there; ``ready`` tells of each."""
        new = [key for key in dict.fromkeys(keys) if key not in self._asked]
        if not new or not self._data.root or self._stopped:
            return
        self._asked.update(new)
        folder, root = self.folder, Path(self._data.root)
        self._context.runner.submit(
            "io",
            f"thumbnails:{folder.name}:{new[0]}:{len(new)}",
            lambda _: _kept(folder, root, new),
            done=lambda found: self._read_back(folder, new, found),
        )

    def stop(self) -> None:
        """Ask for nothing more."""
        self._stopped = True

    def _read_back(self, folder: Path, keys: list[str], found: dict[str, QImage]) -> None:
        if folder != self.folder or self._stopped:
            return
        self._take(found)
        self._wanted += [key for key in keys if key not in found]
        self._next()

    def _take(self, found: dict[str, QImage]) -> None:
        self._images.update(found)
        for key in found:
            self.ready.emit(key)
        for key in list(self._images)[: max(0, len(self._images) - KEPT)]:
            del self._images[key]
            self._asked.discard(key)

    def _next(self) -> None:
        if self._process is not None or not self._wanted or self._stopped:
            return
        batch, self._wanted = self._wanted[:BATCH], self._wanted[BATCH:]
        folder = self.folder
        args = ["thumbnails", self._data.root, "-", "--out", str(folder), "--size", str(SIZE)]
        stdin = "\n".join(batch) + "\n"
        self._process = self._context.trainer([*args, *data_options(self._data)], stdin)
        self._process.finished.connect(lambda outcome: self._made(folder, batch, outcome))

    def _made(self, folder: Path, batch: list[str], outcome: Outcome) -> None:
        if folder != self.folder or self._stopped:
            return
        self._process = None
        names, errors = read_answer(outcome, batch)
        for key, reason in errors.items():
            self._errors[key] = reason
            self.failed.emit(key, reason)
        if names:
            self._context.runner.submit(
                "io",
                f"thumbnails-made:{folder.name}:{batch[0]}",
                lambda _: _load(folder, names),
                done=lambda found: self._take(found) if folder == self.folder else None,
            )
        self._next()


def read_answer(outcome: Outcome, batch: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """(file names, reasons) by key, of what the command printed."""
    if outcome.kind != "done":
        reason = outcome.message or "Stopped"
        return {}, dict.fromkeys(batch, reason)
    try:
        answer = json.loads(outcome.stdout)
    except ValueError:
        return {}, dict.fromkeys(batch, "The training program gave no answer")
    names = {key: value for key, value in answer.items() if isinstance(value, str)}
    rest = {key: answer.get(key) for key in batch if key not in names}
    reasons = {
        key: str(value.get("error", "Cannot be shown")) if isinstance(value, dict) else "Missing"
        for key, value in rest.items()
    }
    return names, reasons


def _kept(folder: Path, root: Path, keys: list[str]) -> dict[str, QImage]:
    """Thumbnails of the cache that are newer than their pictures."""
    names = {}
    for key in keys:
        try:
            made = (folder / file_name(key)).stat().st_mtime
            source = stored_in(root / key)[0]
            fresh = not source.exists() or source.stat().st_mtime <= made
        except OSError:
            continue
        if fresh:
            names[key] = file_name(key)
    return _load(folder, names)


def _load(folder: Path, names: dict[str, str]) -> dict[str, QImage]:
    images = {key: QImage(str(folder / name)) for key, name in names.items()}
    return {key: image for key, image in images.items() if not image.isNull()}
