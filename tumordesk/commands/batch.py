"""Runs a model on many studies; may be stopped or killed at any time, and goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tumordesk.commands.console import (
    Exit,
    clear_progress,
    complain,
    interruptible,
    say,
    show_progress,
)
from tumordesk.core.errors import Cancelled, WriteError
from tumordesk.core.job import JobContext
from tumordesk.session.audit import take_trouble

if TYPE_CHECKING:
    from tumordesk.session.batch import Batch, BatchOptions, PlannedStudy, StudyRecord


def batch(paths: Sequence[Path], options: BatchOptions, *, resume: bool = False) -> int:
    """Run every study of ``paths``; returns the exit code.

    With ``resume`` and no paths, paths and options are those of the batch in ``options.out``.

    Raises:
        ModelError: a model is missing or not what its card says.
        ReadError: there is nothing to run on.
        WriteError: the folder of results cannot be used.
        Cancelled: Ctrl+C; what is finished is kept.
    """
    from tumordesk.inference.devices import limit_threads
    from tumordesk.session.batch import open_batch, options_of, run_batch

    if resume and not (paths and options.model):
        kept_paths, kept = options_of(options.out)
        _refuse_mixed(paths, options)
        paths, options = kept_paths, replace(kept, out=options.out)
    context = JobContext(show_progress)
    with interruptible(context):
        limit_threads()
        job = open_batch(context, paths, options, resume=resume)
        try:
            _give_pdf_writer(job)
            _say_start(job)
            total = len(job.plan.studies)
            places = {study.code: n for n, study in enumerate(job.plan.studies, start=1)}
            run_batch(context, job, on_done=lambda s, r: _say_study(places[s.code], total, s, r))
        except Cancelled:
            _say_stopped(job)
            raise
        finally:
            job.close()
            _tell_trouble()
    return _say_end(job)


def _refuse_mixed(paths: Sequence[Path], options: BatchOptions) -> None:
    if paths or options.model:
        raise WriteError(
            "Give both the folder and --model, or neither.",
            "With --resume alone, both are taken from the earlier start.",
        )


def _give_pdf_writer(job: Batch) -> None:
    """A PDF needs a part of the program that may not be installed."""
    if "pdf" not in job.options.formats:
        return
    try:
        from tumordesk.commands.pdf import pdf_writer
    except ImportError:
        return
    job.write_pdf = pdf_writer()


def _say_start(job: Batch) -> None:
    clear_progress()
    total, done = len(job.plan.studies), len(job.records)
    studies = "1 study" if total == 1 else f"{total} studies"
    before = f", {done} of them finished before" if done else ""
    say(f"{studies}{before}. Results: {job.options.out}")


def _say_study(number: int, total: int, study: PlannedStudy, record: StudyRecord) -> None:
    clear_progress()
    if record.state == "failed":
        complain(f"[{number}/{total}] {study.input}: {record.reason}")
        return
    row = record.row
    parts = [row.outcome]
    if row.volume_ml:
        parts.append(f"{row.volume_ml:.1f} mL")
    if row.tumour_type:
        parts.append(row.tumour_type)
    warned = len(row.warnings)
    note = f" ({warned} warning{'s' if warned > 1 else ''})" if warned else ""
    say(f"[{number}/{total}] {study.input}: {', '.join(parts)}{note}")


def _say_stopped(job: Batch) -> None:
    clear_progress()
    left = len(job.waiting)
    complain(
        f"Stopped with {left} of {len(job.plan.studies)} studies to go. The same command goes on "
        "from here."
    )


def _say_end(job: Batch) -> int:
    from tumordesk.session.batch import FAILURES, RESULTS

    clear_progress()
    failed, skipped = len(job.failed), len(job.plan.skipped)
    say(f"{len(job.records) - failed} of {len(job.plan.studies)} studies gave a result: {RESULTS}")
    if failed:
        say(f"{failed} failed, with the reasons in {FAILURES}")
    if skipped:
        say(f"{skipped} files were not used, with the reasons in {FAILURES}")
    return Exit.UNREADABLE if failed else Exit.OK


def _tell_trouble() -> None:
    trouble = take_trouble()
    if trouble:
        complain(trouble)
