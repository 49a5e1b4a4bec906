"""DICOM series with label maps, and label maps whose voxels run the other way round."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.dataset import Dataset

from factories import dicom_slice, phantom, save, series_datasets, uid, write_series
from tumordesk.core.errors import DataError
from tumordesk.core.geometry import Geometry
from tumordesk.core.training_run import DataConfig
from tumordesk_training.check import check_data
from tumordesk_training.data import DataSet
from tumordesk_training.dicom import patient_code
from tumordesk_training.grids import onto
from tumordesk_training.layouts import scan
from tumordesk_training.nifti import count_slices, load_pair, load_volume

SHAPE = (8, 48, 40)


def found(root: Path) -> DataSet:
    return scan(root, DataConfig(root=str(root)))


def outline(seed: int = 0) -> np.ndarray:
    return np.asarray(phantom(SHAPE, seed=seed) > 700, dtype=np.uint8)


def nifti_on(geometry: Geometry, labels: np.ndarray, path: Path, flips: str = "") -> Path:
    """Write labels on the grid of a series; ``flips`` names axes to store the other way round."""
    affine = geometry.affine
    assert affine is not None
    image = sitk.GetImageFromArray(labels)
    axes = affine[:3, :3][:, ::-1]
    spacing = np.linalg.norm(axes, axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    image.SetDirection((axes / spacing).ravel().tolist())
    if flips:
        image = sitk.Flip(image, [axis in flips for axis in "xyz"])
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))
    return path


def patient(root: Path, name: str, mask: str, flips: str = "", **tags: object) -> Path:
    """A patient's series of 8 slices in ``name``/flair and its label map at ``mask``."""
    paths = write_series(root / name / "flair", study=name, PatientID=f"ID {name}", **tags)
    _, geometry = load_volume(paths[0])
    return nifti_on(geometry, outline(), root / mask, flips)


@pytest.mark.parametrize("flips", ["", "y", "z", "xyz"])
@pytest.mark.parametrize(
    "mask",
    [
        "{p}/flair/mask.nii.gz",
        "{p}/flair_seg.nii.gz",
        "{p}/tumour.nii",
        "{p}/masks/anything.nii.gz",
        "masks/{p}.nii.gz",
        "{p}.nii.gz",
    ],
)
def test_a_series_finds_its_label_map(mask: str, flips: str, tmp_path: Path) -> None:
    for name in ("A1", "B2"):
        patient(tmp_path, name, mask.format(p=name), flips)
    data = found(tmp_path)
    assert (data.layout, data.problems) == ("dicom", ())
    assert [case.key for case in data.cases] == ["A1/flair/IM0001.dcm", "B2/flair/IM0001.dcm"]
    assert [case.mask for case in data.cases] == [
        tmp_path / mask.format(p=name) for name in ("A1", "B2")
    ]
    case = data.cases[0]
    grey, labels, _ = load_pair(case.image, case.mask)
    np.testing.assert_array_equal(grey, phantom(SHAPE))
    np.testing.assert_array_equal(labels, outline())
    assert count_slices(case.image) == 8


def test_patients_come_from_the_tags_as_codes(tmp_path: Path) -> None:
    for name in ("A1", "A1_later"):
        patient(tmp_path, name, f"{name}/mask.nii.gz")
    for path in (tmp_path / "A1_later").rglob("*.dcm"):
        dataset = dcmread(path)
        dataset.PatientID = "ID A1"
        dataset.save_as(path)
    data = found(tmp_path)
    assert [case.group for case in data.cases] == [patient_code("ID A1")] * 2
    assert {case.source for case in data.cases} == {"DICOM tags"}
    assert "ID A1" not in json.dumps([case.group for case in data.cases])
    assert check_data(tmp_path, DataConfig(root=str(tmp_path))).patients.source == "DICOM tags"


def test_series_of_one_patient_share_a_label_map_where_it_fits(tmp_path: Path) -> None:
    mask = patient(tmp_path, "A1", "A1/mask.nii.gz")
    write_series(
        tmp_path / "A1" / "t1", phantom((5, 48, 40)), study="A1", series="t1", PatientID="ID A1"
    )
    data = found(tmp_path)
    assert [case.mask for case in data.cases] == [mask, mask]
    report = check_data(tmp_path, DataConfig(root=str(tmp_path)))
    unreadable = next(f for f in report.findings if f.code == "unreadable")
    assert unreadable.examples[0].keys == ("A1/t1/IM0001.dcm",)
    assert "does not lie on the grid" in unreadable.examples[0].note
    assert report.task == "segmentation"


def test_what_is_no_volume_or_has_no_outline_is_told(tmp_path: Path) -> None:
    patient(tmp_path, "A1", "A1/mask.nii.gz")
    write_series(tmp_path / "B2" / "flair", study="B2", SeriesDescription="AX T2")
    save(
        dicom_slice(phantom()[0], study="C3", SeriesDescription="Scout"), tmp_path / "C3" / "x.dcm"
    )
    assert dict(found(tmp_path).problems) == {
        "B2/flair/IM0001.dcm": "the series 'AX T2' has no label map",
        "C3/x.dcm": "the series 'Scout' is no evenly spaced stack of slices",
    }


def segmentation(
    folder: Path, labels: np.ndarray, name: str = "seg.dcm", shift: float = 0.0
) -> Path:
    """A DICOM SEG (one segment, uncompressed, not packed) of a series in ``folder``."""
    slices = series_datasets(study="A1")
    seg = dicom_slice(np.zeros((1, 1), np.uint16), study="A1", series=name, number=1)
    seg.SOPClassUID = seg.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    seg.Modality = "SEG"
    referenced = Dataset()
    referenced.SeriesInstanceUID = uid("A1", "series")
    seg.ReferencedSeriesSequence = [referenced]
    seg.SegmentationType = "FRACTIONAL"
    seg.MaximumFractionalValue = 255
    orientation = Dataset()
    orientation.ImageOrientationPatient = slices[0].ImageOrientationPatient
    shared = Dataset()
    shared.PlaneOrientationSequence = [orientation]
    seg.SharedFunctionalGroupsSequence = [shared]
    frames, groups = [], []
    for index in (5, 2):  # frames come in any order, and only where something is outlined
        frames.append(labels[index] * 255)
        position, identity, group = Dataset(), Dataset(), Dataset()
        where = [float(v) for v in slices[index].ImagePositionPatient]
        position.ImagePositionPatient = [where[0] + shift, *where[1:]]
        identity.ReferencedSegmentNumber = 1
        group.PlanePositionSequence = [position]
        group.SegmentIdentificationSequence = [identity]
        groups.append(group)
    seg.PerFrameFunctionalGroupsSequence = groups
    stack = np.stack(frames).astype(np.uint8)
    seg.NumberOfFrames, seg.Rows, seg.Columns = stack.shape
    seg.BitsAllocated = seg.BitsStored = 8
    seg.HighBit = 7
    seg.PixelData = stack.tobytes()
    return save(seg, folder / name)


def test_a_dicom_segmentation(tmp_path: Path) -> None:
    write_series(tmp_path / "A1" / "flair", study="A1")
    path = segmentation(tmp_path / "A1" / "results", outline())
    data = found(tmp_path)
    assert [case.mask for case in data.cases] == [path]
    _, labels, _ = load_pair(data.cases[0].image, path)
    expected = np.zeros(SHAPE, dtype=np.uint8)
    expected[[2, 5]] = outline()[[2, 5]]
    np.testing.assert_array_equal(labels, expected)


def test_a_dicom_segmentation_on_other_voxels(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "A1" / "flair", study="A1")
    path = segmentation(tmp_path / "A1", outline(), shift=0.5)
    with pytest.raises(DataError, match="does not lie on the voxels"):
        load_pair(paths[0], path)


def test_two_dicom_segmentations_of_one_series(tmp_path: Path) -> None:
    write_series(tmp_path / "A1" / "flair", study="A1")
    for name in ("one.dcm", "two.dcm"):
        segmentation(tmp_path / "A1", outline(), name)
    with pytest.raises(DataError, match="2 DICOM segmentations"):
        found(tmp_path)


def grid(shape: tuple[int, int, int], axes: np.ndarray, origin: tuple[float, ...]) -> Geometry:
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = axes, origin
    return Geometry(shape, (1.0, 1.0), 1.0, affine)


def test_labels_are_turned_but_never_resampled() -> None:
    labels = np.arange(24).reshape(2, 3, 4)
    of = grid((2, 3, 4), np.eye(3), (0, 0, 0))
    axes = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], dtype=float).T
    turned = onto(labels, of, grid((3, 2, 4), axes, (1, 0, 0)))
    assert turned is not None
    for index in np.ndindex(3, 2, 4):
        point = grid((3, 2, 4), axes, (1, 0, 0)).to_patient(index)
        assert turned[index] == labels[tuple(int(i) for i in of.to_index(point))]
    assert onto(labels, of, grid((2, 3, 4), np.eye(3), (0, 0, 0.3))) is None
    assert onto(labels, of, grid((2, 3, 4), np.eye(3) * 1.1, (0, 0, 0))) is None
    assert onto(labels, of, grid((3, 3, 4), np.eye(3), (0, 0, 0))) is None


@pytest.mark.shared_data
def test_a_real_study_with_a_label_map_from_its_nifti_twin(
    shared_data: Path, tmp_path: Path
) -> None:
    study = shared_data / "tcga_fg_6692"
    dicom = next((study / "dicom" / "S005").iterdir())
    twin = study / "nifti" / "MRHR_FLAIR_AX.nii.gz"
    bright = sitk.ReadImage(str(twin)) > 300
    sitk.WriteImage(sitk.Cast(bright, sitk.sitkUInt8), str(tmp_path / "mask.nii.gz"))
    grey, labels, _ = load_pair(dicom, tmp_path / "mask.nii.gz")
    np.testing.assert_array_equal(labels, grey > 300)


def test_the_damaged_slice_that_makes_a_series_useless_is_named(tmp_path: Path) -> None:
    for name in ("A1", "B2", "C3"):
        patient(tmp_path, name, f"{name}/seg.nii.gz")
    cut = tmp_path / "A1" / "flair" / "IM0004.dcm"
    cut.write_bytes(cut.read_bytes()[:-600])
    (tmp_path / "B2" / "flair" / "IM0005.dcm").write_bytes(b"")
    data = found(tmp_path)
    assert [case.key for case in data.cases] == ["C3/flair/IM0001.dcm"]
    problems = dict(data.problems)
    assert "cut off" in problems["A1/flair/IM0004.dcm"]
    assert problems["B2/flair/IM0005.dcm"] == "the file is empty"
    assert "no evenly spaced stack" in problems["A1/flair/IM0001.dcm"]
