"""Doubts about a series before a run: the right ones, and none without cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference_fakes import make_card, make_series, make_volume
from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.model_card import InputSpec
from tumordesk.core.study import Sequence, SequenceGuess
from tumordesk.inference.preflight import preflight

VOLUME, _ = make_volume((20, 200, 200), spacing=(5.0, 1.0, 1.0))
GEOMETRY = VOLUME.geometry
CARD = make_card()


def codes(series, card=CARD) -> set[str]:
    found = preflight(series, card)
    assert all(w.message[0].isupper() and w.message.endswith(".") for w in found)
    return {w.code for w in found}


def guess(sequence: Sequence) -> SequenceGuess:
    return SequenceGuess(sequence, "the description says so")


def test_a_series_like_the_training_data_raises_no_doubt() -> None:
    assert codes(make_series(GEOMETRY)) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"guess": guess(Sequence.T2)}, {"sequence"}),
        ({"guess": guess(Sequence.UNKNOWN)}, {"sequence-unknown"}),
        ({"guess": guess(Sequence.LOCALIZER)}, {"localizer"}),
        ({"modality": "CT", "guess": guess(Sequence.CT)}, {"ct"}),
        ({"modality": "PT", "guess": guess(Sequence.UNKNOWN)}, {"modality", "sequence-unknown"}),
        ({"colour": True}, {"colour"}),
    ],
)
def test_source_and_sequence(changes, expected) -> None:
    assert codes(make_series(GEOMETRY, **changes)) == expected


def test_plane() -> None:
    sagittal = replace(
        GEOMETRY,
        affine=affine_from((0, 0, 0), [[1, 0, 0], [0, 0, 1], [0, -1, 0]], (5.0, 1.0, 1.0)),
    )
    assert codes(make_series(sagittal)) == {"plane"}
    unknown = replace(GEOMETRY, affine=None)
    assert codes(make_series(unknown)) == {"plane-unknown"}
    anything = make_card(input=InputSpec(sequence="unknown", plane="any", size=(64, 64)))
    assert codes(make_series(sagittal), anything) == set()


def test_picture_is_told_once_and_without_questions_it_cannot_answer() -> None:
    series = make_series(
        Geometry((1, 512, 512)), kind="picture", modality="", guess=guess(Sequence.UNKNOWN)
    )
    assert codes(series) == {"picture"}
    (warning,) = preflight(series, CARD)
    assert "an axial FLAIR slice" in warning.message


def test_size_spacing_and_geometry() -> None:
    few = replace(GEOMETRY, shape=(2, 200, 200))
    assert codes(make_series(few)) == {"few-slices"}
    thick = replace(GEOMETRY, slice_spacing_mm=12.0)
    assert codes(make_series(thick)) == {"thick-slices"}
    gap = replace(GEOMETRY, verdict=Verdict.GAP)
    assert codes(make_series(gap)) == {"geometry"}
    small = replace(GEOMETRY, shape=(20, 40, 200))
    assert codes(make_series(small)) == {"small"}
    knee = replace(GEOMETRY, pixel_spacing_mm=(0.3, 0.3))
    assert codes(make_series(knee)) == {"field-of-view"}
