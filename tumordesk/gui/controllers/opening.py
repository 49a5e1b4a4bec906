"""From paths to a picture: scanning, thumbnails, loading the chosen series."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from tumordesk.core.job import Progress
from tumordesk.core.study import ScanResult, Series, Skipped
from tumordesk.gui.banner import Message, Tone
from tumordesk.gui.jobs import Failure, JobRunner, RunnerContext
from tumordesk.session.image_source import ImageSource
from tumordesk.session.importing import Opened, may_hold_masks, take_masks
from tumordesk.session.session import Session
from tumordesk.session.use_cases import load_series, make_thumbnail, open_paths

LOAD_KEY = "load"
_MAX_NAMED = 3
_PATIENCE_S = 0.8
"""A scan longer than this shows the best series of what it has found so far."""


class OpeningController(QObject):
    """Opens paths and series. All slots are called on the window's thread."""

    source_ready = Signal(object)
    """An ImageSource of the active series: its first slice is there, or all of it."""
    slice_loaded = Signal(int)
    source_complete = Signal()
    thumbnail_ready = Signal(str, object)
    reading_changed = Signal(str)
    """What is being read, or empty."""
    scanning_changed = Signal()
    said = Signal(object)
    """A banner Message."""
    opened = Signal(str)
    """A path that gave something to show, for the recent list."""
    show_skipped = Signal(object)
    masks_found = Signal(object)
    """Outlines (io.import_mask.ImportedMask) that belong to open series."""
    mask_unplaced = Signal(object)
    """A Series that looks like an outline on other voxels than the series that was shown."""

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._numbers = itertools.count(1)
        self._scans: dict[str, str] = {}
        self._held: list[tuple[str, tuple[Path, ...], ScanResult]] = []
        self._matching: set[str] = set()
        self._wanted_thumbnails: dict[str, int] = {}
        self._chosen_by_person = False
        self._loading = ""
        self._load_of: Series | None = None
        self._begun_s = 0.0

    def warm_up(self) -> None:
        """Import the readers in the background, before the first scan asks for them."""

        def job(_: RunnerContext) -> None:
            import tumordesk.imaging.windowing
            import tumordesk.io.reader
            import tumordesk.io.scan  # noqa: F401

        self._runner.submit("io", "warm-up-reading", job)

    # Scanning ------------------------------------------------------------------------------

    def open(self, paths: Sequence[Path]) -> None:
        """Find everything in ``paths``; the most relevant series is shown by itself."""
        if not paths:
            return
        key = f"open:{next(self._numbers)}"
        name = paths[0].name or str(paths[0])
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        self._scans[key] = f"Reading {name}{more}"
        self._chosen_by_person = False
        self._begun_s = time.monotonic()
        wanted = tuple(paths)

        def job(context: RunnerContext) -> ScanResult:
            return open_paths(context, wanted, context.post)

        self._runner.submit(
            "io",
            key,
            job,
            done=lambda result: self._scanned(key, wanted, result),
            failed=lambda failure: self._scan_failed(key, failure),
            cancelled=lambda: self._scan_over(key),
            progress=self._scan_progress,
            partial=self._partly_scanned,
            first=True,
        )
        self._tell_reading()
        self.scanning_changed.emit()

    @property
    def scanning(self) -> bool:
        """Whether folders are still being looked through: a series may yet grow."""
        return bool(self._scans or self._held or self._matching)

    def loads(self, key: str) -> bool:
        """Whether the voxels of that series are on their way."""
        return self._load_of is not None and self._load_of.key == key

    def cancel_scans(self) -> None:
        """Stop everything that is being read into the list."""
        for key in (*self._scans, *self._matching):
            self._runner.cancel(key)

    def _scan_progress(self, progress: Progress) -> None:
        if progress.message:
            self.reading_changed.emit(progress.message)

    def _partly_scanned(self, found: ScanResult) -> None:
        self._session.add_scan(found)
        self._want_thumbnails(found)
        # A scan that takes long shows what it has; a short one waits for the whole series.
        if self._session.active is None and time.monotonic() - self._begun_s > _PATIENCE_S:
            self._show_best(found)

    def _scanned(self, key: str, paths: tuple[Path, ...], found: ScanResult) -> None:
        if may_hold_masks(found):
            self._held.append((key, paths, found))
        else:
            self._take(paths, Opened(found))
        self._scan_over(key)

    def _match_masks(self) -> None:
        """Look where outlines belong, once every series is whole: one that grows yet has other
        slices."""
        if self._scans or not self._held:
            return
        held, self._held = self._held, []
        known = (*self._session.scan.series, *(s for _, _, found in held for s in found.series))
        active = self._session.active
        active_key = active.key if active is not None else ""
        for key, paths, found in held:
            self._matching.add(key)
            self._submit_matching(key, paths, found, known, active_key)

    def _submit_matching(
        self,
        key: str,
        paths: tuple[Path, ...],
        found: ScanResult,
        known: tuple[Series, ...],
        active_key: str,
    ) -> None:
        def job(context: RunnerContext) -> Opened:
            return take_masks(context, found, known, active_key)

        def done(opened: Opened) -> None:
            self._matching.discard(key)
            self._take(paths, opened)
            self.scanning_changed.emit()

        def failed(failure: Failure) -> None:
            done(Opened(found))
            self.said.emit(message_of(failure))

        self._runner.submit(
            "io",
            key,
            job,
            done=done,
            failed=failed,
            cancelled=lambda: done(Opened(found)),
            progress=self._scan_progress,
            first=True,
        )

    def _take(self, paths: tuple[Path, ...], opened: Opened) -> None:
        """Show what a scan found, outlines parted from it."""
        found = opened.scan
        self._session.add_scan(found)
        if opened.taken:
            self._session.drop_series(opened.taken)
        self._want_thumbnails(found)
        if found.series:
            for path in paths:
                self.opened.emit(str(path))
            only_masks = len(opened.unplaced) == len(found.series)
            if not self._chosen_by_person and not only_masks:
                self._show_best(found)
            self._refresh_active()
        if found.skipped or not opened.masks:
            self._tell_skipped(found)
        if opened.masks:
            self.masks_found.emit(opened.masks)
        elif opened.unplaced:
            self.mask_unplaced.emit(opened.unplaced[0])

    def _refresh_active(self) -> None:
        """Load the active series again where the scan has found more of it since."""
        series = self._session.active
        held = self._session.buffers.get(series.key) if series is not None else None
        if series is None:
            return
        # What is being loaded may not be held yet, and be out of date all the same.
        known = self._load_of if self._load_of is not None else held.series if held else None
        if known is not None and known.key == series.key and known != series:
            self._session.buffers.drop(series.key)
            self.load_active()

    def _scan_failed(self, key: str, failure: Failure) -> None:
        self._scan_over(key)
        self.said.emit(message_of(failure))

    def _scan_over(self, key: str) -> None:
        self._scans.pop(key, None)
        self._match_masks()
        self._tell_reading()
        self.scanning_changed.emit()

    def _show_best(self, found: ScanResult) -> None:
        from tumordesk.io.relevance import most_relevant

        best = most_relevant(found.series)
        if best is not None:
            self._session.activate(best.key)

    def _tell_skipped(self, found: ScanResult) -> None:
        if not found.skipped:
            if not found.series:
                text = "No scan was found in what you dropped. Choose a folder with scans in it."
                self.said.emit(Message("error", "Nothing to show", text))
            return
        self.said.emit(skipped_message(found, lambda: self.show_skipped.emit(found.skipped)))

    def _tell_reading(self) -> None:
        text = next(reversed(self._scans.values()), "")
        if not text and self._loading:
            text = self._loading
        self.reading_changed.emit(text)

    # Thumbnails ----------------------------------------------------------------------------

    def _want_thumbnails(self, found: ScanResult) -> None:
        for series in found.series:
            # A series that has grown since has another middle slice.
            if self._wanted_thumbnails.get(series.key) != series.slices:
                self._wanted_thumbnails[series.key] = series.slices
                self._submit_thumbnail(series)

    def _submit_thumbnail(self, series: Series) -> None:
        def job(context: RunnerContext) -> Any:
            return make_thumbnail(context, series)

        # A series that cannot be decoded keeps an empty field; choosing it says why.
        self._runner.submit(
            "io",
            f"thumbnail:{series.key}",
            job,
            done=lambda pixels: self.thumbnail_ready.emit(series.key, pixels),
        )

    # Loading -------------------------------------------------------------------------------

    def choose(self, key: str) -> None:
        """The person picked a series."""
        self._chosen_by_person = True
        self._session.activate(key)

    def load_active(self) -> None:
        """Show the active series: from memory, or decode it, first slice first."""
        self._runner.cancel(LOAD_KEY)
        self._loading = ""
        self._load_of = None
        series = self._session.active
        if series is None:
            self._tell_reading()
            return
        held = self._session.buffers.get(series.key)
        if held is not None and held.complete:
            self._tell_reading()
            self.source_ready.emit(held)
            return
        self._load_of = series
        self._loading = f"Loading {series.slices} slices" if series.slices > 1 else "Loading"
        self._tell_reading()

        def job(context: RunnerContext) -> ImageSource:
            return load_series(context, series, context.post, context.post)

        self._runner.submit(
            "io",
            LOAD_KEY,
            job,
            done=lambda source: self._loaded(series, source),
            failed=lambda failure: self._load_failed(series, failure),
            partial=lambda value: self._partly_loaded(series, value),
            first=True,
        )

    def _partly_loaded(self, series: Series, value: ImageSource | int) -> None:
        if isinstance(value, ImageSource):
            self._session.buffers.put(series.key, value)
            self.source_ready.emit(value)
        else:
            self.slice_loaded.emit(value)

    def _loaded(self, series: Series, source: ImageSource) -> None:
        self._loading = ""
        self._load_of = None
        self._session.buffers.trim()
        self._tell_reading()
        self.source_complete.emit()
        volume = source.volume()
        if volume is not None and volume.missing:
            count = len(volume.missing)
            title = f"{count} slice{'s' if count > 1 else ''} could not be decoded"
            text = "\n".join(volume.warnings[:_MAX_NAMED])
            self.said.emit(Message("warning", title, text))

    def _load_failed(self, series: Series, failure: Failure) -> None:
        self._loading = ""
        self._load_of = None
        self._session.buffers.drop(series.key)
        self._tell_reading()
        self.said.emit(message_of(failure))


def message_of(failure: Failure) -> Message:
    """A failed job as a banner message."""
    return Message("error", failure.message, failure.hint)


def skipped_message(found: ScanResult, details: Callable[[], None]) -> Message:
    """What to say of files that could not be used: an error only where nothing else was found."""
    skipped = found.skipped
    if len(skipped) == 1:
        title = f"{skipped[0].path.name} was not used"
        text = _sentence(skipped[0])
    else:
        title = f"{len(skipped)} files were not used"
        text = f"{skipped[0].path.name}: {_sentence(skipped[0])}"
    tone: Tone = "warning" if found.series else "error"
    return Message(tone, title, text, ("Show details", details))


def _sentence(skipped: Skipped) -> str:
    reason = skipped.reason.strip()
    return reason[:1].upper() + reason[1:] + ("" if reason.endswith((".", "!", "?")) else ".")
