"""The tables of a batch: results.csv with every study that was run, failures.csv with reasons.

Both hold nothing that differs from run to run (no times, no durations): a batch that was stopped
and continued ends with the same bytes as one that was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tumordesk.core.model_card import NOTICE, ModelCard
from tumordesk.core.tables import write_table
from tumordesk.session.batch.types import BatchPlan, PlannedStudy, StudyRecord

RESULTS = "results.csv"
FAILURES = "failures.csv"
_COLUMNS = (
    "study", "input", "series", "channels", "model", "version", "sha256", "outcome", "lesions",
    "volume_mL", "longest_mm", "perpendicular_mm", "type", "probabilities", "classifier",
    "geometry", "warnings", "reason", "notice",
)  # fmt: skip
_FAILURE_COLUMNS = ("kind", "study", "input", "reason")


def write_tables(
    out: Path,
    plan: BatchPlan,
    records: Mapping[str, StudyRecord],
    card: ModelCard,
    *,
    identify: bool = False,
) -> None:
    """Write both tables anew, in the order of the plan. Raises WriteError."""
    pairs = [(study, records[study.code]) for study in plan.studies if study.code in records]
    columns = ("study", "patient_id", *_COLUMNS[1:]) if identify else _COLUMNS
    rows = [_row(study, record, card, identify=identify) for study, record in pairs]
    write_table(out / RESULTS, columns, rows, overwrite=True)
    failed = [
        ("study", study.code, study.input, record.reason)
        for study, record in pairs
        if record.state == "failed"
    ]
    unused = [("file", "", name, reason) for name, reason in plan.skipped]
    write_table(out / FAILURES, _FAILURE_COLUMNS, [*failed, *unused], overwrite=True)


def _row(
    study: PlannedStudy, record: StudyRecord, card: ModelCard, *, identify: bool
) -> tuple[object, ...]:
    row = record.row
    shares = "; ".join(f"{label} {share:.3f}" for label, share in row.probabilities)
    patient = (row.patient_id,) if identify else ()
    outcome = "failed" if record.state == "failed" else row.outcome
    return (
        study.code, *patient, study.input, row.series, row.channels, card.id, card.version,
        card.weights_sha256, outcome, row.lesions, row.volume_ml, row.longest_mm,
        row.perpendicular_mm, row.tumour_type, shares, row.classifier, row.geometry,
        " | ".join(row.warnings), record.reason, NOTICE,
    )  # fmt: skip
