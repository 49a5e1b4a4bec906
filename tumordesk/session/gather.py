"""Everything known of a series, gathered for explaining, exporting and listing."""

from __future__ import annotations

from tumordesk.core.study_findings import StudyFindings
from tumordesk.core.volume import Volume
from tumordesk.session.session import Session


def findings_of(session: Session, series_key: str, volume: Volume) -> StudyFindings | None:
    """What is known of a series now, with copies of what a person may go on changing.

    ``volume``: its voxels. None where no such series is open.
    """
    series = session.series(series_key)
    if series is None:
        return None
    owner = session.owner(series_key)
    patient, study = owner if owner is not None else (None, None)
    results = session.results(series_key)
    layer = results.active
    return StudyFindings(
        series=series,
        volume=volume,
        patient=patient,
        study=study,
        outline=None if layer is None else layer.segmentation(),
        origin="ai" if layer is None else layer.origin,
        made_by=None if layer is None else layer.result,
        measurements=None if layer is None else layer.measurements,
        classifications=tuple(results.classifications.values()),
        maps=dict(results.maps),
        foci=dict(results.foci),
        change=results.change,
        explanation=results.explanation,
    )
