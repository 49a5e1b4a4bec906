"""Runs a batch: one study at a time, the next one read ahead, every finished one kept at once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tumordesk.core.errors import Cancelled, TumorDeskError, WriteError
from tumordesk.core.file_lock import FileLock
from tumordesk.core.job import JobContext
from tumordesk.core.policy import policy
from tumordesk.session.batch import state
from tumordesk.session.batch.loading import Loader
from tumordesk.session.batch.models import BatchModels, find_models
from tumordesk.session.batch.plan import plan as make_plan
from tumordesk.session.batch.study import export_study, row_of, run_models
from tumordesk.session.batch.table import write_tables
from tumordesk.session.batch.types import (
    MARK,
    BatchOptions,
    BatchPlan,
    PlannedStudy,
    RecordState,
    StudyRecord,
    StudyRow,
)

if TYPE_CHECKING:
    from tumordesk.session.exporting import PdfWriter

_log = logging.getLogger(__name__)

SMALL = 300
"""Studies up to which the tables are written after each of them."""
TABLE_EVERY_S = 5.0
_AGAIN = "All results are kept; close it and start again, which writes the table only."
_MODELS = 0.8
"""Share of a study's time that the models take, about; writing takes the rest."""


class Batch:
    """A batch that was claimed and planned; one program at a time works on it.

    Made by :func:`open_batch`; :meth:`close` gives it back. ``records``: finished studies by
    code, those of earlier starts included. ``write_pdf``: writes PDF reports where it is set.
    ``table_trouble``: why the tables are not up to date; empty where they are.
    """

    def __init__(
        self, plan: BatchPlan, options: BatchOptions, models: BatchModels, lock: FileLock
    ) -> None:
        self.plan = plan
        self.options = options
        self.models = models
        self.write_pdf: PdfWriter | None = None
        signatures = {study.code: study.signature for study in plan.studies}
        self.records = state.forget_failures(state.read_records(options.out, signatures))
        self.table_trouble = ""
        self._lock = lock
        self._loader = Loader(models.main.card, strict=options.strict)
        self._tables_at = float("-inf")

    @property
    def waiting(self) -> tuple[PlannedStudy, ...]:
        """Studies still to be run, in order."""
        return tuple(s for s in self.plan.studies if s.code not in self.records)

    @property
    def failed(self) -> tuple[StudyRecord, ...]:
        """Studies that gave no result."""
        return tuple(r for r in self.records.values() if r.state == "failed")

    def folder(self, study: PlannedStudy) -> Path:
        """Where the files of a study are."""
        return self.options.out / study.code

    def run_study(
        self, context: JobContext, study: PlannedStudy, then: PlannedStudy | None = None
    ) -> StudyRecord:
        """Run one study and keep what came of it; ``then`` is read meanwhile.

        A study that cannot be used gives a failed record, with the reason.

        Raises:
            Cancelled: nothing of this study is kept; it will be run again.
            WriteError: the record cannot be written.
        """
        record = self._recorded(context, study, then)
        state.keep_record(self.options.out, record)
        self.records[study.code] = record
        total = len(self.plan.studies)
        due = total <= SMALL or time.monotonic() - self._tables_at > TABLE_EVERY_S
        if due or len(self.records) >= total:
            self._try_tables()
        return record

    def _try_tables(self) -> None:
        """A table that is open in a spreadsheet must not stop the batch: it is made anew later."""
        try:
            self.write_tables()
            self.table_trouble = ""
        except WriteError as error:
            self.table_trouble = f"{error.message} Is it open in another program? {_AGAIN}"

    def _recorded(
        self, context: JobContext, study: PlannedStudy, then: PlannedStudy | None
    ) -> StudyRecord:
        try:
            return self._run(context, study, then)
        except Cancelled:
            raise
        except TumorDeskError as error:
            return _failure(study, str(error))
        except MemoryError:
            return _failure(study, "There is not enough memory for it.")
        except Exception as error:  # noqa: BLE001  one study must not end a night's work
            _log.error("a study of a batch failed: %s", type(error).__name__)
            return _failure(study, f"TumorDesk ran into a defect ({type(error).__name__}).")

    def _run(
        self, context: JobContext, study: PlannedStudy, then: PlannedStudy | None
    ) -> StudyRecord:
        context.progress(None, "Reading")
        loaded = self._loader.take(study, context)
        try:
            self._loader.prefetch(then)
            found = run_models(_Stretch(context, 0.0, _MODELS), loaded, self.models, self.options)
            writing = _Stretch(context, _MODELS, 1.0)
            files, refused = export_study(
                writing, loaded, found, self.models, self.options, self.folder(study),
                self.write_pdf,
            )  # fmt: skip
            row = row_of(loaded, found, self.options, self.models.cards, refused)
            return _record(study, "done", row, files=files)
        finally:
            self._loader.release(loaded)

    def write_tables(self) -> None:
        """Write results.csv and failures.csv of what is finished. Raises WriteError."""
        write_tables(
            self.options.out, self.plan, self.records, self.models.main.card,
            identify=self.options.identify,
        )  # fmt: skip
        self._tables_at = time.monotonic()

    def close(self) -> None:
        """Stop reading ahead and let other programs have the folder."""
        self._loader.close()
        self._lock.release()


def open_batch(
    context: JobContext, paths: Sequence[Path], options: BatchOptions, *, resume: bool = False
) -> Batch:
    """Find models and studies, and claim ``options.out``; what is finished there is kept.

    ``resume``: there must be a batch in it.

    Raises:
        TumorDeskError: the administrator switched batches off.
        ModelError: a model is missing or not what its card says.
        ReadError: there is nothing to run on.
        WriteError: the folder is in use, holds another batch, or cannot be written.
        Cancelled: the person cancelled.
    """
    policy().require("batch")
    if resume:
        state.options_of(options.out)
    context.progress(None, "Checking the models")
    models = find_models(options)
    fresh = not (options.out / MARK).exists()
    lock = state.claim(options.out)
    try:
        roots = [Path(path).absolute() for path in paths]
        state.sweep(options.out)
        state.check_same(options.out, state.batch_file(roots, options, models.cards, 0))
        found = make_plan(paths, options.out, context, card=models.main.card)
        file = state.batch_file(roots, options, models.cards, len(found.studies))
        state.write_batch_file(options.out, file)
        batch = Batch(found, options, models, lock)
        batch.write_tables()
    except BaseException:
        lock.release()
        if fresh:
            _leave_no_trace(options.out)
        raise
    return batch


def run_batch(
    context: JobContext,
    batch: Batch,
    on_start: Callable[[PlannedStudy], None] | None = None,
    on_done: Callable[[PlannedStudy, StudyRecord], None] | None = None,
) -> None:
    """Run everything that is still to do; the progress is that of the whole batch.

    Raises:
        Cancelled: the person cancelled; what is finished is kept.
        WriteError: the folder of results, or a table, cannot be written.
    """
    waiting = batch.waiting
    total = len(batch.plan.studies)
    for number, study in enumerate(waiting):
        context.check()
        if on_start is not None:
            on_start(study)
        then = waiting[number + 1] if number + 1 < len(waiting) else None
        place = total - len(waiting) + number
        part = _Stretch(
            context, place / total, (place + 1) / total, f"Study {place + 1} of {total}: "
        )
        record = batch.run_study(part, study, then)
        if on_done is not None:
            on_done(study, record)
    if batch.table_trouble:
        raise WriteError(batch.table_trouble)


class _Stretch(JobContext):
    """A part of a longer job: its 0..1 becomes low..high of the whole, its words get ``before``."""

    def __init__(self, whole: JobContext, low: float, high: float, before: str = "") -> None:
        super().__init__(
            lambda report: whole.progress(
                low + (high - low) * (report.fraction or 0.0), f"{before}{report.message}"
            )
        )
        self._whole = whole

    @property
    def cancelled(self) -> bool:
        """True once the batch is to stop."""
        return self._whole.cancelled

    def cancel(self) -> None:
        """Ask the batch to stop."""
        self._whole.cancel()

    def check(self) -> None:
        """Raise Cancelled once the batch is to stop."""
        self._whole.check()


def _record(
    study: PlannedStudy,
    how: RecordState,
    row: StudyRow,
    *,
    reason: str = "",
    files: tuple[str, ...] = (),
) -> StudyRecord:
    return StudyRecord(study.code, study.signature, how, row, reason, files)


def _failure(study: PlannedStudy, reason: str) -> StudyRecord:
    return _record(study, "failed", StudyRow(), reason=reason)


def _leave_no_trace(out: Path) -> None:
    """Remove the folder that a batch made which did not come about."""
    (out / state.LOCK).unlink(missing_ok=True)
    try:
        out.rmdir()
    except OSError:
        return
