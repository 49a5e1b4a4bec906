"""Runs and exports that leave a line in the audit log, whatever becomes of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from tumordesk.core.errors import Cancelled
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.study import Series, Study
from tumordesk.core.study_findings import StudyFindings
from tumordesk.session.audit import (
    AuditLog,
    UsedModel,
    Via,
    export_entry,
    run_entry,
    study_uid,
)

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry


class Watched(Protocol):
    """What :func:`watched_run` hands out."""

    def took(self, *results: AnalysisResult | None) -> None:
        """Say what the models gave; None where one was left out."""


@dataclass
class _Watch:
    results: list[AnalysisResult] = field(default_factory=list)

    def took(self, *results: AnalysisResult | None) -> None:
        self.results += [result for result in results if result is not None]


@contextmanager
def watched_run(
    via: Via,
    series: Series,
    study: Study | None,
    models: Iterable[ModelEntry | None],
    log: AuditLog | None = None,
) -> Iterator[Watched]:
    """Within it models run on ``series``; one line is written when it ends, in whatever way.

    Give the results to ``took``. Never raises anything of its own.
    """
    log = log or AuditLog()
    entries = [entry for entry in models if entry is not None]
    watch = _Watch()
    started_s = time.monotonic()
    outcome = ""
    try:
        yield watch
    except Cancelled:
        outcome = "cancelled"
        raise
    except Exception as error:
        outcome = f"failed: {type(error).__name__}"
        raise
    finally:
        code = log.code(study_uid(series, study))
        entry = run_entry(via, code, watch.results, series, doubts=_doubts(series, study, entries))
        if outcome or not watch.results:
            entry = replace(
                entry,
                outcome=outcome or "nothing was run",
                models=tuple(_used(one) for one in entries),
                seconds=round(time.monotonic() - started_s, 2),
            )
        log.append(entry)


def record_export(
    via: Via,
    findings: StudyFindings,
    formats: Sequence[str],
    outcome: str = "written",
    log: AuditLog | None = None,
) -> None:
    """Write the line of an export: which formats of which study, by which models."""
    if not formats:
        return
    log = log or AuditLog()
    results = [r for r in (findings.made_by, *findings.classifications) if r is not None]
    code = log.code(study_uid(findings.series, findings.study))
    log.append(export_entry(via, code, formats, results, outcome))


def _used(entry: ModelEntry) -> UsedModel:
    return UsedModel(entry.card.id, entry.card.version, entry.card.weights_sha256)


def _doubts(series: Series, study: Study | None, entries: Sequence[ModelEntry]) -> tuple[str, ...]:
    from tumordesk.inference.preflight import preflight

    beside = study.series if study is not None else ()
    found = [doubt.code for entry in entries for doubt in preflight(series, entry.card, beside)]
    return tuple(dict.fromkeys(found))
