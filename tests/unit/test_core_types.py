"""Volumes, label maps, series and results hold what they promise."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from tumordesk.core.errors import plain_reason
from tumordesk.core.finding import AnalysisResult, Classification, Lesion, Measurements, Provenance
from tumordesk.core.geometry import Geometry
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import (
    Instance,
    Patient,
    ScanResult,
    Sequence,
    SequenceGuess,
    Series,
    Study,
)
from tumordesk.core.volume import Volume

GEOMETRY = Geometry((2, 3, 4), (0.5, 0.5), 5.0)
PROVENANCE = Provenance("m", "1", "0" * 64, "unet", "1.2", "cpu", 4, 1.0, "TumorDesk 0")


def test_voxels_cannot_be_changed():
    volume = Volume(np.zeros((2, 3, 4), np.uint16), GEOMETRY, "1.2")
    with pytest.raises(ValueError, match="read-only"):
        volume.array[0, 0, 0] = 1


def test_a_volume_must_fit_its_geometry():
    with pytest.raises(ValueError):
        Volume(np.zeros((3, 3, 4), np.uint16), GEOMETRY, "1.2")


def test_colour_becomes_grey_by_luma():
    array = np.zeros((2, 3, 4, 3), np.uint8)
    array[..., 1] = 100
    volume = Volume(array, GEOMETRY, "1.2")
    assert volume.colour
    assert volume.grey().shape == (2, 3, 4)
    assert np.allclose(volume.grey(), 58.7)


def test_grey_voxels_are_given_as_they_are():
    volume = Volume(np.zeros((2, 3, 4), np.int16), GEOMETRY, "1.2")
    assert not volume.colour
    assert volume.grey() is volume.array


@pytest.mark.parametrize(
    "array", [np.zeros((2, 3, 4), np.int32), np.zeros((2, 3, 5), np.uint8), np.zeros((3, 4), bool)]
)
def test_a_label_map_of_another_kind_is_refused(array):
    with pytest.raises(ValueError):
        Segmentation(array, GEOMETRY, (Segment(1, "Tumour"),), "1.2")


def _segmentation(filled: bool) -> Segmentation:
    array = np.full((2, 3, 4), int(filled), np.uint8)
    return Segmentation(array, GEOMETRY, (Segment(1, "Tumour"),), "1.2")


def _classification(*probabilities: float) -> Classification:
    names = ("glioma", "no_tumor")
    return Classification(names, names, probabilities, (), ())


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (AnalysisResult(PROVENANCE, segmentation=_segmentation(True)), "tumour"),
        (AnalysisResult(PROVENANCE, segmentation=_segmentation(False)), "no tumour"),
        (AnalysisResult(PROVENANCE, classification=_classification(0.9, 0.1)), "tumour"),
        (AnalysisResult(PROVENANCE, classification=_classification(0.1, 0.9)), "no tumour"),
    ],
)
def test_the_outcome_of_a_result(result, outcome):
    assert result.outcome == outcome


def test_millilitres_are_thousands_of_cubic_millimetres_or_unknown():
    lesion = Lesion(1, 1, 10, 2500.0, None, None, (0, 1), 0, (0.0, 0.0, 0.0), None)
    assert lesion.volume_ml == 2.5
    found = Measurements((lesion,), None, 10, (0,), 0.5, 0.1, ("no spacing",))
    assert found.volume_ml is None


def test_a_scan_lists_all_series_in_order():
    def series(key: str) -> Series:
        guess = SequenceGuess(Sequence.FLAIR, "description")
        return Series(key, key, "dicom", 1, "MR", "", guess, GEOMETRY, (Instance(Path("a")),) * 2)

    studies = (Study("1", "", "", (series("a"), series("b"))), Study("2", "", "", (series("c"),)))
    result = ScanResult((Patient("", "", studies),), ())
    assert [s.key for s in result.series] == ["a", "b", "c"]
    assert (result.series[0].slices, result.series[0].rows, result.series[0].columns) == (2, 3, 4)


@pytest.mark.parametrize(
    ("sequence", "shown"),
    [
        (Sequence.T1C, "T1 post-contrast"),
        (Sequence.FLAIR, "FLAIR"),
        (Sequence.LOCALIZER, "Localizer"),
    ],
)
def test_a_sequence_is_shown_in_words(sequence, shown):
    assert sequence.shown == shown


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(), "the system gave no reason"),
        (zipfile.BadZipFile("x"), "it is not a whole zip archive"),
        (zlib.error("x"), "its compressed data are damaged"),
        (struct.error("x"), "it ends too early"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "x"), "its text is not in a known encoding"),
        (ValueError("x"), "its contents make no sense"),
    ],
)
def test_reasons_are_words_and_never_names_of_classes(error: Exception, words: str) -> None:
    assert plain_reason(error) == words


@pytest.mark.parametrize("name", ["no_tumor", "no_tumour", "notumor", "No"])
def test_a_classifier_that_finds_no_tumour_says_so_whatever_the_class_is_called(name) -> None:
    found = Classification((name, "tumour"), (name, "Tumour"), (0.9, 0.1), (), ())
    assert AnalysisResult(PROVENANCE, classification=found).outcome == "no tumour"


@pytest.mark.parametrize(
    ("classes", "shares", "answer"),
    [
        (("glioma", "meningioma", "pituitary"), (0.45, 0.35, 0.2), "Undecided"),
        (("glioma", "meningioma", "pituitary"), (0.6, 0.3, 0.1), "Glioma"),
        (("no_tumour", "tumour"), (0.1, 0.9), "Tumour seen"),
        (("no_tumour", "tumour"), (0.9, 0.1), "No tumour seen"),
    ],
)
def test_the_answer_of_a_classifier_in_words(classes, shares, answer) -> None:
    labels = tuple(name.replace("_", " ").capitalize() for name in classes)
    assert Classification(classes, labels, shares, (), ()).answer == answer
