"""The change since an earlier study of the same patient, kept up to date while both are open."""

from __future__ import annotations

from dataclasses import replace

from tumordesk.core.activation import map_mark
from tumordesk.core.change import Change
from tumordesk.core.study import Patient, Sequence, Series, Study
from tumordesk.imaging.change import Measured, compare_measured, series_name
from tumordesk.session.layers import Layer
from tumordesk.session.session import Session

_NOBODY = {
    "", "0", "anon", "anonym", "anonymous", "anonymized", "anonymised", "deidentified",
    "id", "na", "n/a", "nn", "no id", "none", "patient", "removed", "unknown", "xxx",
}  # fmt: skip
SHARED_ID = (
    "No change: the patient's ID is missing or says nothing, so the studies may be of two persons."
)
NO_DATE = "No change: a study of this patient has no date, so which is earlier is not known."
SAME_DAY = "No change: the other study of this patient is of the same day."


def change_of(session: Session, series_key: str) -> Change | None:
    """The change of a series' active outline since the best comparable earlier series.

    Best is one with an outline, of the same sequence where there is one, then of the newest earlier
    study. None where no other study of the patient is open, where the series has no measured
    outline, or where it is of the earliest study. A Change without numbers says in ``refused`` what
    stands in the way.
    """
    owner, layer = session.owner(series_key), _outline(session, series_key)
    series = session.series(series_key)
    if owner is None or series is None or layer is None:
        return None
    patient, study = owner
    others = [s for s in patient.studies if s.uid != study.uid and _usable(s)]
    if not others or not (patient.patient_id.strip() or patient.name.strip("^ ")):
        return None
    refusal = _refusal(patient, study, others)
    earlier = [s for s in others if s.date and study.date and s.date < study.date]
    if refusal and not (earlier and refusal != SHARED_ID):
        return _without_numbers(study, refusal)
    if not earlier:
        return None
    outlined = [(s, one) for s in earlier for one in _usable(s) if _outline(session, one.key)]
    if not outlined:
        return _not_outlined(study, earlier, series)
    before_study, before = max(
        outlined, key=lambda pair: _likeness(pair, series, layer, _outline(session, pair[1].key))
    )
    before_layer = _outline(session, before.key)
    if before_layer is None:
        return None
    return compare_measured(_side(before, before_study, before_layer), _side(series, study, layer))


def _usable(study: Study) -> list[Series]:
    return [s for s in study.series if s.guess.sequence is not Sequence.LOCALIZER]


def _outline(session: Session, key: str) -> Layer | None:
    """The active layer if it is measured and an outline; the region of a map is none."""
    layer = session.results(key).active
    if layer is None or layer.measurements is None or map_mark(layer.segments):
        return None
    return layer


def _refusal(patient: Patient, study: Study, others: list[Study]) -> str:
    """What stands in the way of a comparison with any other study, or empty."""
    if patient.patient_id.strip().lower() in _NOBODY:
        return SHARED_ID
    if not study.date or any(not other.date for other in others):
        return NO_DATE
    if any(other.date == study.date for other in others):
        return SAME_DAY
    return ""


def _likeness(
    pair: tuple[Study, Series], series: Series, layer: Layer, other: Layer | None
) -> tuple[bool, str, bool, bool, int]:
    """The larger, the better to compare with."""
    study, candidate = pair
    known = series.guess.sequence is not Sequence.UNKNOWN
    made = [one.result.provenance if one and one.result else None for one in (layer, other)]
    return (
        known and candidate.guess.sequence is series.guess.sequence,
        study.date,
        made[0] is not None and made[1] is not None and made[0].model_id == made[1].model_id,
        candidate.geometry.plane == series.geometry.plane,
        -abs(candidate.slices - series.slices),
    )


def _side(series: Series, study: Study, layer: Layer) -> Measured:
    made = layer.result.provenance if layer.result is not None else None
    return Measured(series, study.date, layer.measurements, layer.origin, made)


def _without_numbers(study: Study, why: str) -> Change:
    return Change("", study.date, "", None, None, None, None, None, None, refused=(why,))


def _not_outlined(study: Study, earlier: list[Study], series: Series) -> Change:
    """Names the series to outline: of the same sequence and of the newest study, if it can be."""
    pairs = [(s, one) for s in earlier for one in _usable(s)]
    alike = [p for p in pairs if p[1].guess.sequence is series.guess.sequence]
    before_study, before = max(alike or pairs, key=lambda pair: pair[0].date)
    why = "No change yet: nothing is outlined in the earlier study. Run a model there, or draw."
    return replace(
        _without_numbers(study, why),
        earlier_date=before_study.date,
        earlier_series=series_name(before),
        earlier_key=before.key,
    )


class ChangeKeeper:
    """Makes the change of every outlined series again whenever something of it may differ.

    Must be made before others listen to the session: they then find the change up to date.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        session.results_changed.connect(self._results_changed)
        session.studies_changed.connect(self._studies_changed)

    def _results_changed(self, key: str) -> None:
        """The series itself is told of by this signal; those compared with it are told anew."""
        self._refresh(key)
        owner = self._session.owner(key)
        if owner is None:
            return
        for study in owner[0].studies:
            if study.uid != owner[1].uid:
                self._refresh_and_tell(study)

    def _studies_changed(self) -> None:
        for patient in self._session.scan.patients:
            for study in patient.studies:
                self._refresh_and_tell(study)

    def _refresh_and_tell(self, study: Study) -> None:
        for series in study.series:
            if self._session.results(series.key).layers and self._refresh(series.key):
                self._session.results_changed.emit(series.key)

    def _refresh(self, key: str) -> bool:
        """True where the change differs now; what was written from it is then dropped."""
        results = self._session.results(key)
        change = change_of(self._session, key)
        if change == results.change:
            return False
        results.change = change
        results.explanation = None
        return True
