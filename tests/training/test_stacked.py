"""Files of several volumes (4-D), as of the Medical Segmentation Decathlon."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from training_factories import mask_config
from tumordesk.core.errors import DataError
from tumordesk.core.evaluation import Evaluation
from tumordesk.core.jsonio import from_plain
from tumordesk.core.sequence_sources import parse_sequences
from tumordesk.core.training_run import DataConfig, write_config
from tumordesk.io.volumes import MOST_VOLUMES
from tumordesk_training.check import check_data
from tumordesk_training.cli import main
from tumordesk_training.data import DataSet
from tumordesk_training.layouts import scan
from tumordesk_training.nifti import count_slices, load_pair, load_volume
from tumordesk_training.stacked import apart
from volume_factories import outline, stack

MODALITIES = {"0": "FLAIR", "1": "T1w", "2": "t1gd", "3": "T2w"}
SPACING = (0.5, 0.75, 3.0)


def grey(patient: int, channel: int) -> np.ndarray:
    """Each sequence is darker than the one before it."""
    return stack(patient, 0) // (channel + 1)


def one_volume(patient: int, channel: int) -> sitk.Image:
    """A volume on a tilted grid, off the origin."""
    image = sitk.GetImageFromArray(grey(patient, channel))
    image.SetSpacing(SPACING)
    image.SetOrigin((-10.0, 20.0, 5.0))
    image.SetDirection((0.8, 0.0, -0.6, 0.0, 1.0, 0.0, 0.6, 0.0, 0.8))
    return image


def joined(path: Path, patient: int = 0, volumes: int = 4) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [one_volume(patient, channel) for channel in range(volumes)]
    sitk.WriteImage(sitk.JoinSeries(parts), str(path))
    return path


def on_grid(path: Path, patient: int) -> None:
    outline(path, patient)
    labels = sitk.ReadImage(str(path))
    labels.CopyInformation(one_volume(patient, 0))
    sitk.WriteImage(labels, str(path))


def decathlon(root: Path, patients: int = 3, suffix: str = ".nii.gz") -> Path:
    """Like Task01_BrainTumour: four volumes in a file, named in dataset.json."""
    for patient in range(patients):
        name = f"BRATS_{patient + 1:03d}"
        joined(root / "imagesTr" / f"{name}{suffix}", patient)
        on_grid(root / "labelsTr" / f"{name}.nii.gz", patient)
    (root / "dataset.json").write_text(json.dumps({"modality": MODALITIES}))
    return root


def listed(root: Path, sequences: str = "") -> DataSet:
    return scan(root, DataConfig(root=str(root), sequences=parse_sequences(sequences)))


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii"])
def test_a_part_is_the_volume_that_splitting_gives(suffix: str, tmp_path: Path) -> None:
    joined(tmp_path / f"P1{suffix}")
    for number in range(4):
        alone = tmp_path / "alone.nii"
        sitk.WriteImage(one_volume(0, number), str(alone))
        voxels, geometry = load_volume(tmp_path / f"P1_{number:04d}{suffix}")
        expected, own = load_volume(alone)
        assert np.array_equal(voxels, expected)
        assert geometry.shape == own.shape
        assert np.allclose(geometry.affine, own.affine, atol=1e-5)
        assert count_slices(tmp_path / f"P1_{number:04d}{suffix}") == len(expected)


def test_the_sequences_of_a_file_can_be_chosen(tmp_path: Path) -> None:
    data = listed(decathlon(tmp_path))
    assert len(data.cases) == 12
    assert data.sequences == ("T1", "T1C", "T2", "FLAIR")
    assert len(data.groups) == 3
    (remark,) = data.remarks
    assert (remark.code, remark.severity) == ("shared_outlines", "problem")
    (case, *_) = listed(tmp_path, "T1C").cases
    assert case.key == "imagesTr/BRATS_001_0002.nii.gz"
    assert np.array_equal(load_volume(case.image)[0], grey(0, 2))
    (several, *_) = listed(tmp_path, "FLAIR,T2").cases
    assert [path.name for path in several.channels] == [
        "BRATS_001_0000.nii.gz",
        "BRATS_001_0003.nii.gz",
    ]


def test_such_a_folder_is_checked_without_a_false_copy(tmp_path: Path) -> None:
    decathlon(tmp_path)
    report = check_data(
        tmp_path, DataConfig(root=str(tmp_path), sequences=parse_sequences("FLAIR"))
    )
    assert report.pictures == 3
    assert report.patients.count == 3
    codes = {finding.code for finding in report.findings}
    assert not codes & {"unreadable", "unused", "identical", "shared_outlines"}, codes


@pytest.mark.parametrize("sequences", ["FLAIR", "T1,T1C,T2,FLAIR"])
def test_such_a_folder_trains_and_is_evaluated(
    sequences: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = decathlon(tmp_path / "data", 6)
    sources = parse_sequences(sequences)
    plain = mask_config(root)
    names = tuple(source.sequence for source in sources)
    spec = replace(plain.input, sequence=names[0])
    if len(names) > 1:
        spec = replace(spec, sequences=names, channels=len(names))
    config = replace(
        plain, input=spec, data=DataConfig(root=str(root), sequences=sources), epochs=1
    )
    write_config(tmp_path / "config.json", config)
    run = tmp_path / "run"
    assert main(["run", str(tmp_path / "config.json"), "--out", str(run)]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(run), "--json"]) == 0
    found = from_plain(Evaluation, json.loads(capsys.readouterr().out))
    assert found.cases


def test_files_that_were_split_already_come_before_the_whole(tmp_path: Path) -> None:
    decathlon(tmp_path, 1)
    sitk.WriteImage(one_volume(0, 0), str(tmp_path / "imagesTr" / "BRATS_001_0000.nii.gz"))
    keys = {case.key for case in listed(tmp_path).cases}
    assert "imagesTr/BRATS_001_0000.nii.gz" in keys
    assert "imagesTr/BRATS_001_0001.nii.gz" not in keys


def test_a_file_of_one_volume_with_four_axes_is_read(tmp_path: Path) -> None:
    path = joined(tmp_path / "P1.nii.gz", volumes=1)
    assert np.array_equal(load_volume(path)[0], grey(0, 0))


def test_a_series_in_time_says_what_to_do(tmp_path: Path) -> None:
    path = joined(tmp_path / "imagesTr" / "P1.nii.gz", volumes=MOST_VOLUMES + 1)
    on_grid(tmp_path / "labelsTr" / "P1.nii.gz", 0)
    with pytest.raises(DataError, match=r"17 volumes in one file.*fslsplit") as caught:
        load_volume(path)
    assert "_0000" in caught.value.hint
    with pytest.raises(DataError, match="Not one of 1"):
        check_data(tmp_path, DataConfig(root=str(tmp_path)))


def test_a_part_that_is_not_there_is_told(tmp_path: Path) -> None:
    joined(tmp_path / "P1.nii.gz")
    with pytest.raises(DataError, match=r"P1\.nii\.gz, volume 5 is not there: the file holds 4"):
        load_volume(tmp_path / "P1_0004.nii.gz")


def test_a_part_of_a_file_that_is_one_volume_now_is_told(tmp_path: Path) -> None:
    joined(tmp_path / "P1.nii.gz", volumes=1)
    with pytest.raises(DataError, match=r"volume 1 is not there.*changed"):
        load_volume(tmp_path / "P1_0000.nii.gz")


def test_a_header_of_countless_volumes_is_no_harm(tmp_path: Path) -> None:
    path = joined(tmp_path / "P1.nii")
    data = bytearray(path.read_bytes())
    data[40:56] = np.array([7, 4, 4, 3, 32767, 32767, 32767, 32767], np.int16).tobytes()
    path.write_bytes(data)
    assert apart([path]) == [path]


def test_more_than_four_axes_are_not_taken_apart(tmp_path: Path) -> None:
    path = joined(tmp_path / "P1.nii")
    data = bytearray(path.read_bytes())
    sizes = np.frombuffer(data[42:48], np.int16)
    data[40:56] = np.array([5, *sizes, 1, 4, 1, 1], np.int16).tobytes()
    path.write_bytes(data)
    assert apart([path]) == [path]
    with pytest.raises(DataError, match=r"P1\.nii"):
        load_volume(path)


@pytest.mark.parametrize("sequences", ["", "T1C", "T1,T1C,T2,FLAIR"])
@pytest.mark.parametrize("named", ["imagesTr/BRATS_{:03d}.nii.gz", "BRATS_{:03d}"])
def test_a_csv_that_names_the_file_tells_the_patients_of_its_volumes(
    named: str, sequences: str, tmp_path: Path
) -> None:
    decathlon(tmp_path, 6)
    rows = [f"{named.format(n)},P{(n + 1) // 2}" for n in range(1, 7)]
    (tmp_path / "patients.csv").write_text("\n".join(["image,patient", *rows]))
    data = listed(tmp_path, sequences)
    assert set(data.groups) == {"P1", "P2", "P3"}
    assert {case.source for case in data.cases} == {"csv"}


def test_the_volumes_of_a_file_are_one_group(tmp_path: Path) -> None:
    decathlon(tmp_path, 2)
    (tmp_path / "patients.csv").write_text(
        "image,patient\nBRATS_001_0002,Somebody\nBRATS_002_0001,Another\n"
    )
    data = listed(tmp_path)
    assert len(data.cases) == 8
    assert set(data.groups) == {"Somebody", "Another"}


def test_a_pattern_sees_the_name_of_the_file(tmp_path: Path) -> None:
    decathlon(tmp_path)
    config = DataConfig(
        root=str(tmp_path), sequences=parse_sequences("FLAIR"), group_pattern=r"(\d+)$"
    )
    assert scan(tmp_path, config).groups == ("001", "002", "003")


def test_leaving_out_the_file_leaves_out_its_volumes(tmp_path: Path) -> None:
    decathlon(tmp_path)
    config = DataConfig(root=str(tmp_path), exclude=("imagesTr/BRATS_002.nii.gz",))
    data = scan(tmp_path, config)
    assert (data.excluded, len(data.cases)) == (4, 8)


def test_an_outline_of_several_volumes_is_told(tmp_path: Path) -> None:
    joined(tmp_path / "imagesTr" / "P1.nii.gz", volumes=1)
    mask = joined(tmp_path / "labelsTr" / "P1.nii.gz", volumes=3)
    with pytest.raises(DataError, match=r"P1\.nii\.gz holds 3 volumes.*an outline is one"):
        load_pair(tmp_path / "imagesTr" / "P1.nii.gz", mask)
