"""Session: several drops in one list, layers that do not overwrite each other, undo, choices."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

import inference_fakes
from several_factories import several_card
from tumordesk.core.finding import AnalysisResult, Provenance
from tumordesk.core.geometry import Geometry
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import InputSpec
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import (
    Patient,
    ScanResult,
    Sequence,
    SequenceGuess,
    Series,
    Skipped,
    Study,
)
from tumordesk.session.model_choice import choose_models
from tumordesk.session.naming import export_stem, safe_part
from tumordesk.session.run_state import RunState, shown_eta
from tumordesk.session.session import Session
from tumordesk.session.undo import Edit
from tumordesk.session.use_cases import RunOutcome, shrink

GEOMETRY = Geometry((4, 8, 8))


def _series(key: str = "a", geometry: Geometry = GEOMETRY) -> Series:
    return inference_fakes.make_series(geometry, key=key, uid=key)


def _scan(*series: Series, study: str = "s", patient: str = "p") -> ScanResult:
    return ScanResult((Patient(patient, "Name", (Study(study, "2024-01-02", "MR", series),)),), ())


def _result(value: int = 1, model: str = "m") -> AnalysisResult:
    array = np.zeros(GEOMETRY.shape, np.uint8)
    array[1, 2:4, 2:4] = value
    made_by = Provenance(model, "1", "0", "unet", "a", "CPU", 1, 0.1, "test")
    outline = Segmentation(array, GEOMETRY, (Segment(1, "Tumour"),), "a")
    return AnalysisResult(made_by, outline)


@pytest.fixture
def session() -> Session:
    """A session with one open series that is shown."""
    made = Session()
    made.add_scan(_scan(_series()))
    made.activate("a")
    return made


def test_several_drops_make_one_list_and_nothing_is_listed_twice() -> None:
    session = Session()
    session.add_scan(_scan(_series("a")))
    session.add_scan(_scan(_series("a"), _series("b")))
    session.add_scan(replace(_scan(), patients=(), skipped=(Skipped(Path("x"), "broken"),)))
    assert [s.key for s in session.scan.series] == ["a", "b"]
    assert len(session.scan.patients) == 1
    assert len(session.scan.skipped) == 1


def test_results_of_a_part_of_a_series_are_dropped_when_more_is_found(session: Session) -> None:
    session.take_outcome(RunOutcome("a", _result()), 0.45)
    session.add_scan(_scan(_series("a", Geometry((9, 8, 8)))))
    assert session.results("a").layers == []


def test_running_again_replaces_the_models_layer_but_never_the_persons(session: Session) -> None:
    layer = session.take_outcome(RunOutcome("a", _result()), 0.45)
    assert layer is not None
    mine = session.edit_copy("a", layer.key)
    assert mine is not None
    after = mine.array[1].copy()
    after[0, 0] = 1
    session.record_edit(Edit("a", mine.key, 1, mine.array[1].copy(), after))
    session.take_outcome(RunOutcome("a", _result()), 0.45)
    layers = session.results("a").layers
    assert [x.origin for x in layers] == ["ai", "mine"]
    assert mine.array[1, 0, 0] == 1
    assert layers[0].array[1, 0, 0] == 0
    assert not layers[0].array.flags.writeable


def test_undo_and_redo_restore_strokes_in_any_plane(session: Session) -> None:
    layer = session.add_own("a", GEOMETRY, "a")
    before = layer.array[:, 3].copy()
    after = before.copy()
    after[2, 5] = 1
    session.record_edit(Edit("a", layer.key, 3, before, after, "brush stroke", axis=1))
    assert layer.array[2, 3, 5] == 1
    assert session.undo_name == "brush stroke"
    session.undo()
    assert not layer.array.any()
    session.redo()
    assert layer.array[2, 3, 5] == 1


def test_closing_a_study_takes_its_results_along(session: Session) -> None:
    session.take_outcome(RunOutcome("a", _result()), 0.45)
    session.close_study("s")
    assert session.active is None
    assert session.scan.series == ()
    assert session.results("a").layers == []


def test_changes_are_told(session: Session) -> None:
    heard: list[str] = []
    session.layers_changed.connect(heard.append)
    layer = session.take_outcome(RunOutcome("a", _result()), 0.45)
    assert layer is not None
    session.set_layer_look("a", layer.key, opacity=3.0)
    assert heard == ["a", "a"]
    assert layer.opacity == 1.0


def _entries() -> tuple[object, ...]:
    contrast = InputSpec(sequence="T1C", size=(64, 64))
    make = inference_fakes.make_card
    cards = (
        make(id="flair"),
        make(id="t1c", input=contrast),
        make("classification", id="kind", input=contrast),
    )
    return tuple(inference_fakes.make_entry(card) for card in cards)


@pytest.mark.parametrize(
    ("sequence", "segmentation", "classification"),
    [(Sequence.FLAIR, "flair", None), (Sequence.T1C, "t1c", "kind"), (Sequence.T2, "flair", None)],
)
def test_models_follow_the_kind_of_series(
    sequence: Sequence, segmentation: str, classification: str | None
) -> None:
    series = replace(_series(), guess=SequenceGuess(sequence, "test"))
    choice = choose_models(series, _entries())  # type: ignore[arg-type]
    assert choice.segmentation is not None
    assert choice.segmentation.card.id == segmentation
    found = choice.classification.card.id if choice.classification else None
    assert found == classification
    assert choice.reason


def test_a_picked_model_is_used() -> None:
    choice = choose_models(_series(), _entries(), "t1c")  # type: ignore[arg-type]
    assert choice.segmentation is not None
    assert choice.segmentation.card.id == "t1c"


def test_a_model_of_several_sequences_is_only_used_where_it_was_picked() -> None:
    together = inference_fakes.make_entry(several_card(sequence="FLAIR"))
    entries = (together, *_entries())
    for sequence in (Sequence.FLAIR, Sequence.T2):
        series = replace(_series(), guess=SequenceGuess(sequence, "test"))
        choice = choose_models(series, entries)  # type: ignore[arg-type]
        assert choice.segmentation is not None
        assert choice.segmentation.card.id == "flair"
    assert choose_models(_series(), (together,)).empty
    t1, t1c = (
        replace(_series(), key=key, number=n, guess=SequenceGuess(Sequence(key), "test"))
        for n, key in enumerate(("T1", "T1C"), start=7)
    )
    picked = choose_models(_series(), entries, "several-fake", (t1, _series()))  # type: ignore[arg-type]
    assert picked.segmentation is together
    assert "there is no T1 post-contrast series" in picked.reason
    whole = choose_models(_series(), entries, "several-fake", (t1, t1c))  # type: ignore[arg-type]
    assert "It reads T1 (series 7), FLAIR (" in whole.reason
    assert "T1 post-contrast (series 8)." in whole.reason


def test_file_names_are_safe_everywhere() -> None:
    patient = Patient("A/B:c*", "Doe^Jane", ())
    study = Study("1", "2024-01-02", "", ())
    when = datetime(2024, 5, 6, 7, 8, 9)
    stem = export_stem(patient, study, _series(), "m", when)
    assert stem == "A-B-c_20240102_AX-FLAIR_m_20240506-070809"
    assert "A-B" not in export_stem(patient, study, _series(), "m", when, hide_names=True)
    assert safe_part("con", "x") == "x"
    assert safe_part("  ..  ", "x") == "x"


def test_time_left_is_said_only_when_it_is_known() -> None:
    state = RunState("running", "Segmenting", 0.5, 100.0)
    assert state.eta_s(104.0) == pytest.approx(4.0)
    assert state.eta_s(100.2) is None
    assert shown_eta(None) == ""
    assert shown_eta(4.2) == "4 s left"
    assert shown_eta(150) == "2 min left"


def test_thumbnails_have_square_pixels() -> None:
    wide = np.zeros((100, 50), np.uint8)
    assert shrink(wide, (0.5, 2.0), 64).shape == (32, 64)


def test_a_job_that_was_cancelled_reads_nothing(tmp_path: Path) -> None:
    from tumordesk.core.errors import Cancelled
    from tumordesk.session.use_cases import open_paths

    context = JobContext()
    context.cancel()
    (tmp_path / "x.dcm").write_bytes(b"x" * 200)
    with pytest.raises(Cancelled):
        open_paths(context, [tmp_path])
