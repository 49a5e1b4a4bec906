"""Change since an earlier study: right numbers, thresholds by name, doubts, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import panel_fakes as fakes
from tumordesk.core.activation import MAP_REGION, map_region_name
from tumordesk.core.finding import Measurements
from tumordesk.core.geometry import Geometry, Verdict
from tumordesk.core.segmentation import Segment
from tumordesk.core.study import Patient, ScanResult, Sequence, SequenceGuess, Series, Study
from tumordesk.core.study_findings import StudyFindings
from tumordesk.core.volume import Volume
from tumordesk.imaging.change import Measured, compare, compare_measured
from tumordesk.session import comparison
from tumordesk.session.comparison import ChangeKeeper, change_of
from tumordesk.session.session import Session
from tumordesk.session.use_cases import RunOutcome


def sized(volume_ml: float, longest: float, across: float) -> Measurements:
    """One lesion of this size."""
    lesion = fakes.lesion(
        volume_mm3=1000.0 * volume_ml,
        longest=fakes.diameter(13, longest),
        perpendicular=fakes.diameter(13, across),
    )
    return fakes.measurements(lesion)


def side(measured: Measurements | None, **changes) -> Measured:
    made = Measured(fakes.series(), "2023-05-01", measured, "ai", fakes.provenance())
    return replace(made, **changes)


def change(before: Measurements, after: Measurements, **of_after):
    return compare_measured(side(before), side(after, date="2024-01-02", **of_after))


def test_percent_of_the_earlier_values() -> None:
    found = change(sized(20.0, 40.0, 30.0), sized(25.0, 44.0, 30.0))
    assert found.volume_percent == pytest.approx(25.0)
    assert found.product_before_mm2 == pytest.approx(1200.0)
    assert found.product_after_mm2 == pytest.approx(1320.0)
    assert found.product_percent == pytest.approx(10.0)
    assert (found.earlier_date, found.later_date) == ("2023-05-01", "2024-01-02")
    assert (found.earlier_series, found.earlier_key) == ("AX FLAIR", "s1")
    assert found.thresholds == found.refused == found.doubts == ()


def test_products_are_summed_over_lesions() -> None:
    two = fakes.measurements(fakes.lesion(1), fakes.lesion(2))
    one = fakes.measurements(fakes.lesion(1))
    found = change(one, two)
    assert found.product_percent == pytest.approx(100.0)
    assert found.volume_percent == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("product", "volume", "named"),
    [
        (24.9, 39.0, []),
        (25.0, 39.0, ["RANO threshold of 25 % increase of the product"]),
        (60.0, 40.0, ["25 % increase of the product", "RANO 2.0 threshold of 40 % increase"]),
        (-49.0, -60.0, []),
        (-50.0, -60.0, ["RANO threshold of 50 % decrease of the product"]),
        (-80.0, -65.0, ["50 % decrease of the product", "65 % decrease of the volume"]),
    ],
)
def test_thresholds_are_named_as_such_and_nothing_is_concluded(product, volume, named) -> None:
    contrast = replace(fakes.series(), guess=SequenceGuess(Sequence.T1C, "its name"))
    before = side(sized(20.0, 40.0, 30.0), series=contrast)
    after = side(
        sized(20.0 * (1 + volume / 100), 40.0 * (1 + product / 100), 30.0),
        series=contrast,
        date="2024-01-02",
    )
    found = compare_measured(before, after)
    assert len(found.thresholds) == len(named)
    for text, part in zip(found.thresholds, named, strict=True):
        assert part in text
    words = " ".join((*found.thresholds, *found.doubts, *found.refused)).lower()
    for conclusion in ("progress", "response", "respond", "stable", "recurren", "diagnos"):
        assert conclusion not in words


def test_tumour_without_contrast_uptake_has_a_threshold_of_its_own() -> None:
    found = change(sized(20.0, 40.0, 30.0), sized(15.0, 30.0, 30.0))
    assert len(found.thresholds) == 1
    assert "without contrast uptake" in found.thresholds[0]
    assert "25 % decrease" in found.thresholds[0]


def test_what_makes_the_comparison_weak_is_said() -> None:
    contrast = replace(fakes.series(), guess=SequenceGuess(Sequence.T1C, "its name"))
    thin = replace(contrast.geometry, slice_spacing_mm=1.0)
    measured = sized(20.0, 40.0, 30.0)
    found = change(
        measured,
        replace(measured, volume_estimated=True),
        series=replace(contrast, geometry=thin),
        made_by=fakes.provenance("t1c-tumour", model_sha256="a" * 64),
    )
    doubts = " ".join(found.doubts)
    assert "FLAIR then, T1 post-contrast now" in doubts
    assert "5.0 mm then, 1.0 mm now" in doubts
    assert "flair-glioma 1.0 then, t1c-tumour 1.0 now" in doubts
    assert "estimate" in doubts
    assert found.volume_percent == pytest.approx(0.0)
    found = change(measured, measured, origin="mine")
    assert "corrected by a person now" in found.doubts[0]
    found = change(sized(0.4, 9.0, 8.0), sized(0.4, 9.0, 8.0))
    assert "10 mm or more" in found.doubts[0]
    unknown = replace(fakes.series(), guess=SequenceGuess(Sequence.UNKNOWN, ""))
    assert "not known whether" in change(measured, measured, series=unknown).doubts[0]


def test_numbers_that_one_study_does_not_have_are_refused_with_its_reason() -> None:
    reason = "No volume: there is only one slice."
    flat = fakes.measurements(fakes.lesion(volume_mm3=None), volume_mm3=None, refused=(reason,))
    found = compare_measured(side(flat), side(sized(20.0, 40.0, 30.0)))
    assert found.volume_percent is None
    assert found.volume_after_mm3 == pytest.approx(20_000.0)
    assert found.product_percent is not None
    assert found.refused == (f"No change of the volume, because of the earlier study. {reason}",)
    pixels = fakes.measurements(fakes.lesion(mm=False), refused=(fakes.PIXELS_ONLY,))
    found = change(sized(20.0, 40.0, 30.0), pixels)
    assert (found.volume_percent, found.product_percent) == (None, None)
    assert len(found.refused) == 2
    assert "because of the study. " + fakes.PIXELS_ONLY in found.refused[0]
    nothing = change(fakes.NOTHING, sized(20.0, 40.0, 30.0))
    assert nothing.volume_percent is None
    assert "nothing is outlined in the earlier study" in nothing.refused[0]
    gone = change(sized(20.0, 40.0, 30.0), fakes.NOTHING)
    assert gone.volume_percent == -100.0
    unmeasured = compare_measured(side(None), side(fakes.NOTHING))
    assert "earlier study has no measured outline" in unmeasured.refused[0]


def test_findings_of_two_studies_are_compared() -> None:
    series = fakes.series()
    volume = Volume(np.zeros(series.geometry.shape, np.uint8), series.geometry, series.uid)
    study = Study("1.1", "2023-05-01", "", (series,))
    before = StudyFindings(series, volume, study=study, measurements=sized(20.0, 40.0, 30.0))
    after = StudyFindings(series, volume, measurements=sized(30.0, 40.0, 30.0))
    found = compare(before, after)
    assert found.volume_percent == pytest.approx(50.0)
    assert (found.earlier_date, found.later_date) == ("2023-05-01", "")


# In a session ------------------------------------------------------------------------------


def one(key: str, sequence: Sequence = Sequence.FLAIR) -> Series:
    geometry = Geometry((26, 8, 8), (0.9, 0.9), 5.0, verdict=Verdict.OK)
    return replace(
        fakes.series(), key=key, uid=key, description=f"AX {key}", geometry=geometry,
        guess=SequenceGuess(sequence, ""),
    )  # fmt: skip


def opened(*studies: Study, patient_id: str = "P-17") -> Session:
    session = Session()
    session.keeper = ChangeKeeper(session)
    session.add_scan(ScanResult((Patient(patient_id, "Doe^J", studies),), ()))
    return session


def outline(session: Session, key: str, volume_ml: float, **made) -> None:
    result = fakes.result(sized(volume_ml, 40.0, 30.0), **made)
    session.take_outcome(RunOutcome(key, result), 0.4)


EARLY = Study("1.1", "2023-05-01", "", (one("flair-23"), one("t1c-23", Sequence.T1C)))
MIDDLE = Study("1.2", "2023-11-01", "", (one("t1c-mid", Sequence.T1C),))
LATE = Study("1.3", "2024-01-02", "", (one("flair-24"),))


def test_a_change_appears_when_both_are_outlined_and_follows_the_outline() -> None:
    session = opened(EARLY, LATE)
    told: list[str] = []
    session.results_changed.connect(told.append)
    outline(session, "flair-24", 30.0)
    waiting = session.results("flair-24").change
    assert waiting is not None
    assert "nothing is outlined in the earlier study" in waiting.refused[0]
    assert waiting.earlier_key == "flair-23"
    outline(session, "flair-23", 20.0)
    assert told.count("flair-24") == 2
    found = session.results("flair-24").change
    assert found is not None
    assert found.volume_percent == pytest.approx(50.0)
    assert session.results("flair-23").change is None
    layer = session.edit_copy("flair-24", session.results("flair-24").active_key)
    session.set_measurements("flair-24", layer.key, sized(40.0, 40.0, 30.0))
    found = session.results("flair-24").change
    assert found.volume_percent == pytest.approx(100.0)
    assert "by a person now" in found.doubts[0]
    session.remove_layer("flair-24", layer.key)
    assert session.results("flair-24").change.volume_percent == pytest.approx(50.0)
    session.close_study("1.1")
    assert session.results("flair-24").change is None


def test_the_same_sequence_is_compared_before_the_newest_study() -> None:
    session = opened(EARLY, MIDDLE, LATE)
    for key, volume in (("flair-24", 30.0), ("t1c-mid", 5.0), ("t1c-23", 4.0)):
        outline(session, key, volume)
    assert change_of(session, "flair-24").earlier_key == "t1c-mid"
    assert "Another sequence" in change_of(session, "flair-24").doubts[0]
    outline(session, "flair-23", 20.0)
    assert change_of(session, "flair-24").earlier_key == "flair-23"
    assert change_of(session, "t1c-mid").earlier_key == "t1c-23"


def test_only_studies_that_are_earlier_and_of_one_person_are_compared() -> None:
    session = opened(LATE)
    outline(session, "flair-24", 30.0)
    assert session.results("flair-24").change is None
    same_day = replace(EARLY, date=LATE.date)
    session = opened(same_day, LATE)
    outline(session, "flair-24", 30.0)
    assert session.results("flair-24").change.refused == (comparison.SAME_DAY,)
    session = opened(replace(EARLY, date=""), LATE)
    outline(session, "flair-24", 30.0)
    assert session.results("flair-24").change.refused == (comparison.NO_DATE,)
    session = opened(EARLY, LATE, patient_id="anonymous")
    outline(session, "flair-23", 20.0)
    outline(session, "flair-24", 30.0)
    assert session.results("flair-24").change.refused == (comparison.SHARED_ID,)
    assert session.results("flair-24").change.volume_percent is None


def test_pictures_of_nobody_are_never_compared() -> None:
    session = Session()
    session.keeper = ChangeKeeper(session)
    session.add_scan(ScanResult((Patient("", "", (EARLY, LATE)),), ()))
    outline(session, "flair-23", 20.0)
    outline(session, "flair-24", 30.0)
    assert session.results("flair-24").change is None


def test_the_region_of_a_map_is_never_compared() -> None:
    session = opened(EARLY, LATE)
    outline(session, "flair-23", 20.0)
    outline(session, "flair-24", 30.0)
    layer = session.results("flair-24").active
    region = Segment(1, MAP_REGION, None, "AUTOMATIC", map_region_name("tumour-type"))
    layer.segments = (region,)
    assert change_of(session, "flair-24") is None


def test_an_explanation_of_another_change_is_dropped() -> None:
    session = opened(EARLY, LATE)
    outline(session, "flair-24", 30.0)
    session.results("flair-24").explanation = object()
    outline(session, "flair-23", 20.0)
    assert session.results("flair-24").explanation is None
