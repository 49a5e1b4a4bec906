"""Many studies, one after the other: planned, run, stopped and continued; one table of it all."""

from tumordesk.session.batch.plan import plan
from tumordesk.session.batch.run import Batch, open_batch, run_batch
from tumordesk.session.batch.state import Unfinished, options_of, unfinished
from tumordesk.session.batch.table import FAILURES, RESULTS
from tumordesk.session.batch.types import (
    DEFAULT_FORMATS,
    BatchOptions,
    BatchPlan,
    PlannedStudy,
    StudyRecord,
    StudyRow,
)

__all__ = [
    "DEFAULT_FORMATS",
    "FAILURES",
    "RESULTS",
    "Batch",
    "BatchOptions",
    "BatchPlan",
    "PlannedStudy",
    "StudyRecord",
    "StudyRow",
    "Unfinished",
    "open_batch",
    "options_of",
    "plan",
    "run_batch",
    "unfinished",
]
