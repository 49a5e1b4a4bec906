"""Corrected outlines as training data: right pixels, no names, nothing overwritten."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import panel_fakes as fakes
from tumordesk.core.errors import Cancelled, DataError, WriteError
from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.job import JobContext
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import Patient
from tumordesk.core.training_run import DataConfig
from tumordesk.core.volume import Volume
from tumordesk.session.layers import Layer, new_own
from tumordesk.session.training_pictures import TrainingPictures, square_size
from tumordesk.session.training_set import (
    Added,
    Contribution,
    add_to_training_set,
    contribution,
    outline_kind,
    outlined_slices,
    patient_code,
)

SALT = "0" * 32
SHAPE = (5, 24, 20)
PATIENT = Patient("MRN-4711", "Nováková^Jana", (), "1961-02-03", "F")


def _geometry(pixel_mm: tuple[float, float] = (0.9, 0.9)) -> Geometry:
    affine = affine_from((0.0, 0.0, 0.0), fakes.AXIAL, (5.0, *pixel_mm))
    return Geometry(SHAPE, pixel_mm, 5.0, affine, verdict=Verdict.OK)


def _volume(geometry: Geometry) -> Volume:
    grey = np.zeros(SHAPE, np.int16)
    grey[:, 4:20, 4:16] = 300 + 10 * np.arange(12)
    grey[1:3, 8:12, 6:10] = 900
    return Volume(grey, geometry, "1.2.3")


def _layer(geometry: Geometry) -> Layer:
    layer = new_own(1, geometry, "1.2.3")
    layer.array[1:3, 8:12, 6:10] = 1
    return layer


def _order(folder: Path, **changes: object) -> Contribution:
    geometry = _geometry()
    layer = _layer(geometry)
    series = replace(fakes.series(), geometry=geometry)
    made = contribution(layer, series, PATIENT, folder, SALT, (1, 2), _volume(geometry))
    return replace(made, **changes)  # type: ignore[arg-type]


def _files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def test_picture_mask_and_provenance_lie_side_by_side(tmp_path: Path) -> None:
    assert add_to_training_set(JobContext(), _order(tmp_path)) == Added(tmp_path, written=2)
    pictures = sorted((tmp_path / "images").iterdir())
    assert [p.name[-8:] for p in pictures] == ["s002.png", "s003.png"]
    picture = np.asarray(Image.open(pictures[0]))
    mask = np.asarray(Image.open(tmp_path / "masks" / pictures[0].name))
    assert picture.dtype == np.uint8
    assert picture.shape == mask.shape == SHAPE[1:]
    assert set(np.unique(mask)) == {0, 255}
    assert picture[mask == 255].min() == 255
    assert picture[0, 0] == 0
    assert 0 < picture[6, 8] < 120
    note = json.loads((tmp_path / "provenance" / f"{pictures[0].stem}.json").read_text())
    assert note["outline"] == "drawn"
    assert note["model"] is None
    assert note["pixel_mm"] == 0.9
    assert note["slice"] == 2


def test_the_training_program_reads_it_with_the_patients(tmp_path: Path) -> None:
    from tumordesk_training.dataset import read_stack
    from tumordesk_training.label_map import ANY
    from tumordesk_training.layouts import scan

    add_to_training_set(JobContext(), _order(tmp_path))
    other = replace(_order(tmp_path), patient=patient_code(SALT, None, fakes.series()))
    add_to_training_set(JobContext(), other)
    data = scan(tmp_path, DataConfig())
    assert data.layout == "masks"
    assert data.problems == ()
    assert len(data.cases) == 4
    assert set(data.groups) == {_order(tmp_path).patient, other.patient}
    from training_factories import SPEC

    unread: list[tuple[str, str]] = []
    stack = read_stack(data.cases[:1], DataConfig(), SPEC, ANY, unread)[0]
    assert stack.masks[0] is not None
    assert stack.masks[0].sum() == 16
    assert unread == []


def test_nothing_written_names_the_patient(tmp_path: Path) -> None:
    add_to_training_set(JobContext(), _order(tmp_path))
    for path in tmp_path.rglob("*"):
        words = path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        for secret in ("4711", "Nov", "1961", "1.2.3", SALT):
            assert secret.encode() not in words
    rows = csv.DictReader((tmp_path / "index.csv").read_text(encoding="utf-8").splitlines())
    assert {row["patient"] for row in rows} == {patient_code(SALT, PATIENT, fakes.series())}


def test_the_hash_depends_on_salt_and_patient_only() -> None:
    series = fakes.series()
    code = patient_code(SALT, PATIENT, series)
    assert code == patient_code(SALT, PATIENT, replace(series, uid="9", key="other"))
    assert code != patient_code("1" * 32, PATIENT, series)
    nobody = Patient("", "", ())
    assert patient_code(SALT, nobody, series) != patient_code(
        SALT, nobody, replace(series, uid="9")
    )


def test_adding_again_changes_nothing_and_says_so(tmp_path: Path) -> None:
    add_to_training_set(JobContext(), _order(tmp_path))
    before = {path: (tmp_path / path).read_bytes() for path in _files(tmp_path)}
    again = add_to_training_set(JobContext(), _order(tmp_path))
    assert (again.written, again.same, again.other) == (0, 2, 0)
    labels = _order(tmp_path).segmentation.array.copy()
    labels[1, 0, 0] = 1
    changed = Segmentation(labels, _geometry(), (Segment(1, "Tumour"),), "1.2.3")
    third = add_to_training_set(JobContext(), _order(tmp_path, segmentation=changed))
    assert (third.written, third.same, third.other) == (0, 1, 1)
    assert {path: (tmp_path / path).read_bytes() for path in _files(tmp_path)} == before


def test_an_interrupted_slice_is_finished_later(tmp_path: Path) -> None:
    add_to_training_set(JobContext(), _order(tmp_path))
    picture = sorted((tmp_path / "images").iterdir())[0]
    picture.unlink()
    assert add_to_training_set(JobContext(), _order(tmp_path)).written == 1
    assert picture.is_file()


def test_a_foreign_index_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text("image,label\na.png,yes\n")
    with pytest.raises(DataError, match=r"index\.csv"):
        add_to_training_set(JobContext(), _order(tmp_path))
    assert _files(tmp_path) == [Path("index.csv")]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(WriteError):
        add_to_training_set(JobContext(), _order(blocked))


def test_cancel_leaves_whole_slices_only(tmp_path: Path) -> None:
    context = JobContext(lambda report: context.cancel() if "slice 3" in report.message else None)
    with pytest.raises(Cancelled):
        add_to_training_set(context, _order(tmp_path, slices=(1, 2, 3)))
    for folder in ("images", "masks"):
        assert len(list((tmp_path / folder).iterdir())) == 2


def test_an_outline_of_another_series_is_refused(tmp_path: Path) -> None:
    geometry = Geometry((5, 10, 10))
    other = new_own(1, geometry, "9").segmentation()
    with pytest.raises(DataError, match="belong"):
        add_to_training_set(JobContext(), _order(tmp_path, segmentation=other))


def test_slices_that_could_not_be_decoded_are_left_out(tmp_path: Path) -> None:
    volume = replace(_volume(_geometry()), missing=(2,))
    added = add_to_training_set(JobContext(), _order(tmp_path, volume=volume))
    assert (added.written, added.unreadable) == (1, 1)


def test_pixels_become_square_and_slices_canonical() -> None:
    assert square_size(_geometry((0.5, 1.0))) == ((24, 40), 0.5)
    flipped = fakes.AXIAL * np.array([1.0, -1.0, 1.0])
    affine = affine_from((0.0, 0.0, 0.0), flipped, (5.0, 0.9, 0.9))
    geometry = Geometry(SHAPE, (0.9, 0.9), 5.0, affine, verdict=Verdict.OK)
    pictures = TrainingPictures(_volume(geometry), _layer(geometry).segmentation())
    upright = TrainingPictures(_volume(_geometry()), _layer(_geometry()).segmentation())
    assert np.array_equal(pictures.mask(1), upright.mask(1)[::-1])
    assert np.array_equal(pictures.picture(1), upright.picture(1)[::-1])


def test_inverted_series_are_written_bright_as_seen() -> None:
    geometry = _geometry()
    volume = _volume(geometry)
    negative = replace(volume, array=volume.array.max() - volume.array, inverted=True)
    outline = _layer(geometry).segmentation()
    assert np.array_equal(
        TrainingPictures(negative, outline).picture(1), TrainingPictures(volume, outline).picture(1)
    )


def test_several_segments_keep_their_numbers() -> None:
    geometry = _geometry()
    labels = np.zeros(SHAPE, np.uint8)
    labels[1, 2:4, 2:4], labels[1, 8:12, 6:10] = 1, 2
    outline = Segmentation(labels, geometry, (Segment(1, "Core"), Segment(2, "Oedema")), "1.2.3")
    assert np.array_equal(TrainingPictures(_volume(geometry), outline).mask(1), labels[1])


def _of_parts(*names: str) -> Segmentation:
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:3, 2:8, 2:8], labels[1:3, 8:14, 6:12] = 1, len(names)
    segments = tuple(Segment(number, name) for number, name in enumerate(names, start=1))
    return Segmentation(labels, _geometry(), segments, "1.2.3")


def test_the_check_knows_what_the_parts_are(tmp_path: Path) -> None:
    from tumordesk_training.check import check_data

    order = _order(tmp_path, segmentation=_of_parts("Core", "Oedema"))
    add_to_training_set(JobContext(), order)
    assert add_to_training_set(JobContext(), order).same == 2
    found = check_data(tmp_path, DataConfig())
    assert found.labels == {"1": 2, "2": 2}
    assert found.label_names == {"1": "Core", "2": "Oedema"}
    assert not found.masks["empty"]


@pytest.mark.parametrize("names", [("Oedema", "Core"), ("Tumour",)])
def test_other_parts_are_refused_before_anything_is_written(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    add_to_training_set(JobContext(), _order(tmp_path, segmentation=_of_parts("Core", "Oedema")))
    before = _files(tmp_path)
    other = _order(tmp_path, segmentation=_of_parts(*names), slices=(2,))
    with pytest.raises(DataError, match="1 is Core, 2 is Oedema"):
        add_to_training_set(JobContext(), replace(other, salt="1" * 32))
    assert _files(tmp_path) == before


def test_a_folder_of_single_outlines_gets_no_names(tmp_path: Path) -> None:
    add_to_training_set(JobContext(), _order(tmp_path))
    assert Path("dataset.json") not in _files(tmp_path)


def test_whose_outline_it_is() -> None:
    of_model = fakes.layer()
    own = fakes.mine(of_model)
    assert [outline_kind(of_model), outline_kind(own)] == ["accepted", "accepted"]
    own.edits = 1
    assert outline_kind(own) == "corrected"
    assert outline_kind(_layer(_geometry())) == "drawn"
    assert outlined_slices(_layer(_geometry()).array) == (1, 2)
