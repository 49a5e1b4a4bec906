"""Reads the studies of a batch: the series that fits the model, one study ahead of the models."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tumordesk.core.errors import InputMismatch, ReadError
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Patient, ScanResult, Series, Study
from tumordesk.core.volume import Volume
from tumordesk.session.batch.plan import keys_of
from tumordesk.session.batch.types import PlannedStudy
from tumordesk.session.batch.unpacked import remove, unpacked_folders

_WAIT_S = 0.1


@dataclass(frozen=True, eq=False)
class LoadedStudy:
    """The series that was chosen, with its voxels. ``several``: a sentence where there was a
    choice. ``unpacked``: folders to remove once nothing needs the files any more."""

    patient: Patient
    study: Study
    series: Series
    volume: Volume
    several: str = ""
    unpacked: frozenset[Path] = frozenset()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be told of the input."""
        told = (self.several, *self.series.warnings, *self.volume.warnings)
        return tuple(dict.fromkeys(text for text in told if text))


class Loader:
    """Reads studies on a thread of its own; :meth:`close` ends it.

    ``strict``: a study that raises any doubt is refused.
    """

    def __init__(self, card: ModelCard, *, strict: bool = False) -> None:
        self._card = card
        self._strict = strict
        self._context = JobContext()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batch-read")
        self._ahead: dict[str, Future[LoadedStudy]] = {}
        self._scan: tuple[tuple[str, ...], ScanResult] | None = None
        self._in_use: set[Path] = set()
        self._lock = threading.Lock()

    def prefetch(self, study: PlannedStudy | None) -> None:
        """Begin to read ``study``, if that has not begun yet; None is no study."""
        if study is not None and study.code not in self._ahead:
            self._ahead[study.code] = self._pool.submit(self._load, study)

    def take(self, study: PlannedStudy, context: JobContext) -> LoadedStudy:
        """The study, waited for where it is still being read.

        Raises:
            ReadError: it cannot be read, or is not there any more.
            InputMismatch: none of its series fits the model; or, with ``strict``, not wholly.
            Cancelled: ``context`` was cancelled.
        """
        self.prefetch(study)
        future = self._ahead[study.code]
        while not future.done():
            context.check()
            try:
                future.exception(_WAIT_S)
            except TimeoutError:
                continue
        # What was read must not stay in memory once it is used.
        return self._ahead.pop(study.code).result()

    def release(self, loaded: LoadedStudy) -> None:
        """The files of a study are not needed any more."""
        with self._lock:
            cached = unpacked_folders(self._scan[1]) if self._scan is not None else frozenset()
            self._in_use -= loaded.unpacked - cached
            remove(loaded.unpacked - cached)

    def close(self) -> None:
        """Stop reading, wait for the thread, remove what was unpacked."""
        self._context.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._ahead.clear()
        self._scan = None
        remove(self._in_use)
        self._in_use.clear()

    def _load(self, study: PlannedStudy) -> LoadedStudy:
        from tumordesk.io.mask_file import is_label_map
        from tumordesk.io.reader import open_series

        scan = self._scanned(study)
        members = self._members(scan, study)
        patient, owner, series, several = self._chosen(members)
        if is_label_map(series):
            raise InputMismatch("It holds labels (an outline), not a scan.")
        reader = open_series(series)
        try:
            volume = reader.read_volume(self._context)
        except MemoryError as error:
            raise ReadError(f"{study.input}: there is not enough memory to read it.") from error
        finally:
            reader.close()
        return LoadedStudy(patient, owner, series, volume, several, unpacked_folders(scan))

    def _scanned(self, study: PlannedStudy) -> ScanResult:
        """Headers of the study's files; those of an archive serve all studies in it."""
        from tumordesk.io.scan import scan_paths

        if self._scan is not None and self._scan[0] == study.sources:
            return self._scan[1]
        scan = scan_paths([Path(source) for source in study.sources], self._context)
        with self._lock:
            self._scan = (study.sources, scan)
            self._in_use |= unpacked_folders(scan)
        return scan

    def _members(
        self, scan: ScanResult, study: PlannedStudy
    ) -> list[tuple[Patient, Study, Series]]:
        archive = study.sources[0] if unpacked_folders(scan) else ""
        members = keys_of(scan, archive).get((study.patient, study.uid), [])
        if members:
            return members
        if scan.skipped:
            first = scan.skipped[0]
            raise ReadError(f"{study.input}: {first.path.name}: {first.reason.rstrip('.')}.")
        raise ReadError(f"{study.input}: its files are not there any more.")

    def _chosen(
        self, members: Iterable[tuple[Patient, Study, Series]]
    ) -> tuple[Patient, Study, Series, str]:
        from tumordesk.inference.fitting import best_series, hopeless
        from tumordesk.inference.preflight import preflight

        by_key = {series.key: (patient, owner, series) for patient, owner, series in members}
        studies = {key: owner.series for key, (_, owner, _) in by_key.items()}
        best = best_series(
            [series for _, _, series in by_key.values()], self._card, lambda one: studies[one.key]
        )
        doubts = preflight(best, self._card, studies[best.key])
        worst = hopeless(doubts)
        count = len(by_key)
        if worst is not None:
            none = "The series does not fit" if count == 1 else f"None of its {count} series fits"
            raise InputMismatch(f"{none} {self._card.name}. {worst.message}")
        if self._strict and doubts:
            raise InputMismatch(f"Left out, because it is doubtful. {doubts[0].message}")
        patient, owner, series = by_key[best.key]
        used = "carries the outline" if self._card.input.sequences else "was used"
        several = f"The study holds {count} series; the one that fits the model best {used}."
        return patient, owner, series, several if count > 1 else ""
