"""NIfTI files of several volumes (4-D), and dataset.json beside numbered files."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from several_factories import several_card
from tumordesk.core.errors import ReadError
from tumordesk.core.study import Sequence, Series
from tumordesk.inference.companions import companions_of
from tumordesk.io.import_mask import read_mask
from tumordesk.io.nifti_write import build_nifti_header
from tumordesk.io.reader import open_series
from tumordesk.io.scan import scan_paths
from tumordesk.io.volumes import MOST_VOLUMES
from tumordesk.session.audit import study_uid
from tumordesk.session.batch.plan import keys_of

SHAPE = (3, 4, 5)
MODALITIES = {"0": "FLAIR", "1": "T1w", "2": "t1gd", "3": "T2w"}


def voxels(volume: int) -> np.ndarray:
    return np.arange(60, dtype=np.int16).reshape(SHAPE) + 100 * volume


def joined(path: Path, count: int = 4) -> Path:
    """``count`` volumes in one file."""
    header = bytearray(build_nifti_header(SHAPE, np.dtype(np.int16), (2, 1, 1), np.eye(4), ""))
    header[40:50] = np.array([4, *SHAPE[::-1], count], np.int16).tobytes()
    data = bytes(header) + b"".join(voxels(n).tobytes() for n in range(count))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def numbered(path: Path) -> list[Series]:
    return sorted(scan_paths([path]).series, key=lambda series: series.number or 0)


@pytest.mark.parametrize("name", ["P1.nii", "P1.nii.gz"])
def test_each_volume_is_a_series_of_its_own(name: str, tmp_path: Path) -> None:
    series = numbered(joined(tmp_path / name))
    assert [one.description for one in series] == [f"{name} (volume {n} of 4)" for n in range(1, 5)]
    assert len({one.key for one in series}) == len({one.uid for one in series}) == 4
    # One patient where corrections become training data, one study of a batch.
    assert {one.file_uid for one in series} == {series[0].uid}
    assert len(keys_of(scan_paths([tmp_path]))) == 1
    for number, one in enumerate(series):
        assert one.warnings == ()
        reader = open_series(one)
        assert np.array_equal(reader.read_slice(2), voxels(number)[2])
        assert np.array_equal(reader.read_volume().array, voxels(number))
        reader.close()


def test_a_series_in_time_shows_its_first_volume_and_says_so(tmp_path: Path) -> None:
    count = MOST_VOLUMES + 1
    (series,) = scan_paths([joined(tmp_path / "bold.nii", count)]).series
    assert (series.description, series.number) == ("bold.nii", None)
    assert f"{count} volumes in the file: only the first is shown" in series.warnings
    assert np.array_equal(open_series(series).read_volume().array, voxels(0))


@pytest.mark.parametrize("place", [".", ".."])
def test_dataset_json_names_the_volumes(place: str, tmp_path: Path) -> None:
    path = joined(tmp_path / "imagesTs" / "BRATS_485.nii.gz")
    (path.parent / place / "dataset.json").write_text(json.dumps({"modality": MODALITIES}))
    guesses = [one.guess for one in numbered(path)]
    assert [guess.sequence for guess in guesses] == [
        Sequence.FLAIR, Sequence.T1, Sequence.T1C, Sequence.T2,
    ]  # fmt: skip
    assert guesses[2].reason == "number 2 in dataset.json"


def test_dataset_json_names_numbered_files(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text(json.dumps({"channel_names": {"0": "T2", "1": "FLAIR"}}))
    for name in ("case_0000", "case_0001", "case_0002", "case"):
        joined(tmp_path / "imagesTr" / f"{name}.nii", 1)
    found = {one.description: one.guess.sequence for one in scan_paths([tmp_path]).series}
    assert found == {
        "case.nii": Sequence.UNKNOWN,
        "case_0000.nii": Sequence.T2,
        "case_0001.nii": Sequence.FLAIR,
        "case_0002.nii": Sequence.UNKNOWN,
    }


LONG = json.dumps({"modality": {"9" * 5000: "T1", "12345": "T1", "\u0663": "T1"}})


@pytest.mark.parametrize(
    "text", ["[1]", "{", '{"modality": 3}', '{"modality": {"x": "T1"}}', "", LONG]
)
def test_a_dataset_json_that_names_nothing_leaves_it_unknown(text: str, tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text(text)
    series = numbered(joined(tmp_path / "P1.nii"))
    assert {one.guess.sequence for one in series} == {Sequence.UNKNOWN}


def test_a_network_of_several_sequences_reads_the_volumes_of_one_file(tmp_path: Path) -> None:
    for name in ("BRATS_001", "BRATS_002", "BRATS_003"):
        joined(tmp_path / "imagesTr" / f"{name}.nii")
    (tmp_path / "dataset.json").write_text(json.dumps({"modality": MODALITIES}))
    study = scan_paths([tmp_path]).series
    for name in ("BRATS_001", "BRATS_003"):
        own = [one for one in study if one.description.startswith(name)]
        active = next(one for one in own if one.guess.sequence is Sequence.FLAIR)
        together = companions_of(active, study, several_card(plane="any"))
        assert together.refusal == ""
        assert not together.names_differ
        assert {one.key for one in together.found.values()} <= {one.key for one in own}


@pytest.mark.parametrize("first", [True, False])
def test_dataset_json_of_an_archive_names_the_volumes(first: bool, tmp_path: Path) -> None:
    volume = joined(tmp_path / "made" / "BRATS_001.nii.gz")
    with zipfile.ZipFile(tmp_path / "Task01.zip", "w") as archive:
        if not first:
            archive.write(volume, "Task01/imagesTr/BRATS_001.nii.gz")
        archive.writestr("Task01/dataset.json", json.dumps({"modality": MODALITIES}))
        if first:
            archive.write(volume, "Task01/imagesTr/BRATS_001.nii.gz")
    found = scan_paths([tmp_path / "Task01.zip"])
    assert [one.guess.sequence for one in found.series] == [
        Sequence.FLAIR, Sequence.T1C, Sequence.T2, Sequence.T1,
    ]  # fmt: skip
    assert found.skipped == ()


def test_dataset_json_is_not_told_as_left_out(tmp_path: Path) -> None:
    joined(tmp_path / "P1.nii")
    told = {"channel_names": {}, "modality": MODALITIES}
    (tmp_path / "dataset.json").write_text(json.dumps(told))
    found = scan_paths([tmp_path])
    assert found.skipped == ()
    assert {one.guess.sequence for one in found.series} > {Sequence.FLAIR, Sequence.T1C}


def test_an_outline_of_several_volumes_is_refused_with_the_reason(tmp_path: Path) -> None:
    scan = numbered(joined(tmp_path / "scan.nii", 1))
    with pytest.raises(ReadError, match=r"seg\.nii holds 4 volumes.*an outline is one"):
        read_mask(joined(tmp_path / "seg.nii"), scan)


def test_the_audit_log_and_a_batch_know_a_file_by_one_code(tmp_path: Path) -> None:
    series = numbered(joined(tmp_path / "P1.nii"))
    (key,) = keys_of(scan_paths([tmp_path]))
    assert {study_uid(one, None) for one in series} == {key[1]}
