"""Masks brought back: on the right series, slice and side, or refused with the reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

import export_factories as made
import factories
from tumordesk.core.activation import MAP_REGION, map_mark, map_region_name
from tumordesk.core.errors import ReadError
from tumordesk.core.geometry import Geometry, affine_from
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import Series
from tumordesk.io.export.labels import write_label_text
from tumordesk.io.export.nrrd import write_nrrd
from tumordesk.io.export.seg import write_seg
from tumordesk.io.import_mask import GridDiffers, read_mask
from tumordesk.io.scan import scan_paths
from tumordesk.io.writers import write_nifti


@pytest.fixture
def series(tmp_path: Path) -> Series:
    """An oblique series of odd width, its files in reverse order."""
    made.oblique_series(tmp_path / "in", factories.phantom(made.SHAPE))
    return made.only_series(tmp_path / "in")


def _turned(segmentation: Segmentation, axes: tuple[int, ...], flips: tuple[int, ...]):
    """The same mask with its axes in another order and direction, as other programs write it."""
    array, affine = segmentation.array, segmentation.geometry.affine
    for axis in flips:
        origin = affine[:3, 3] + affine[:3, axis] * (array.shape[axis] - 1)
        affine = affine.copy()
        affine[:3, axis] *= -1
        affine[:3, 3] = origin
        array = np.flip(array, axis)
    array = np.ascontiguousarray(array.transpose(axes))
    affine = affine[:, [*axes, 3]]
    lengths = tuple(float(v) for v in np.linalg.norm(affine[:3, :3], axis=0))
    geometry = Geometry(array.shape, (lengths[1], lengths[2]), lengths[0], affine)
    return array, geometry


@pytest.mark.parametrize("labelmap", [False, True])
def test_a_seg_comes_back_as_it_was(series: Series, tmp_path: Path, labelmap: bool) -> None:
    findings = made.findings_on(series)
    path = write_seg(tmp_path / "out.dcm", findings, labelmap=labelmap)
    found = read_mask(path, [series])
    assert found.series is series
    back = found.segmentation
    assert np.array_equal(back.array == 1, findings.outline.array == 1)
    assert np.array_equal(back.array == 2, findings.outline.array == 3)
    assert [s.label for s in back.segments] == ["Tumour", "Oedema"]
    assert back.segments[0].code == made.NEOPLASM
    assert back.segments[0].algorithm_name == "flair-fake"


def test_a_seg_finds_its_echo_among_stacks_in_one_place(tmp_path: Path) -> None:
    volume = factories.phantom((6, 20, 19))
    factories.save(factories.enhanced_mr(volume, echo_times=(10.0, 90.0)), tmp_path / "in/e.dcm")
    stacks = scan_paths([tmp_path / "in"]).series
    for number, stack in enumerate(stacks):
        path = write_seg(tmp_path / f"{number}.dcm", made.findings_on(stack))
        assert read_mask(path, stacks).series is stack
        assert read_mask(path, stacks[::-1]).series is stack


def test_without_references_the_frame_of_reference_counts(series: Series, tmp_path: Path) -> None:
    findings = made.findings_on(series)
    path = write_seg(tmp_path / "out.dcm", findings)
    dataset = pydicom.dcmread(path)
    del dataset.ReferencedSeriesSequence
    del dataset.SourceImageSequence
    for item in dataset.PerFrameFunctionalGroupsSequence:
        del item.DerivationImageSequence
    dataset.save_as(path)
    found = read_mask(path, [series])
    assert np.array_equal(found.segmentation.array > 0, findings.outline.array > 0)


def test_a_seg_of_another_scan_is_refused(series: Series, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "out.dcm", made.findings_on(series))
    factories.write_series(tmp_path / "b", series="b", study="other")
    with pytest.raises(ReadError, match="not open"):
        read_mask(path, [made.only_series(tmp_path / "b")])


@pytest.mark.parametrize("shift", [0.02, 0.4])
def test_a_seg_between_the_voxels_is_refused(series: Series, tmp_path: Path, shift: float) -> None:
    path = write_seg(tmp_path / "out.dcm", made.findings_on(series))
    dataset = pydicom.dcmread(path)
    for item in dataset.PerFrameFunctionalGroupsSequence:
        place = item.PlanePositionSequence[0]
        x, y, z = map(float, place.ImagePositionPatient)
        place.ImagePositionPatient = [f"{x + shift:.6f}", f"{y:.6f}", f"{z:.6f}"]
    dataset.save_as(path)
    with pytest.raises(GridDiffers, match="other voxels"):
        read_mask(path, [series])


def test_a_seg_with_slices_beyond_the_series_is_refused(tmp_path: Path) -> None:
    paths = factories.write_series(tmp_path / "in", factories.phantom((8, 20, 19)))
    whole = made.only_series(tmp_path / "in")
    path = write_seg(tmp_path / "out.dcm", made.findings_on(whole))
    for slice_path in paths[3:]:
        slice_path.unlink()
    with pytest.raises(GridDiffers):
        read_mask(path, [made.only_series(tmp_path / "in")])


def test_fractions_count_from_one_half_on(series: Series, tmp_path: Path) -> None:
    import highdicom

    findings = made.findings_on(series, made.one_lesion())
    share = np.zeros(made.SHAPE, np.float32)
    share[findings.outline.array == 1] = 0.6
    share[2, 2:4, 2:4] = 0.4
    images = [pydicom.dcmread(item.path) for item in series.instances]
    for image in images:
        image.PatientBirthDate = image.PatientSex = image.AccessionNumber = image.StudyTime = ""
    template = pydicom.dcmread(write_seg(tmp_path / "a.dcm", findings))
    highdicom.seg.Segmentation(
        images, share, "FRACTIONAL",
        [highdicom.seg.SegmentDescription.from_dataset(template.SegmentSequence[0])],
        highdicom.UID(), 1, highdicom.UID(), 1, "x", "x", "1", "1",
    ).save_as(tmp_path / "f.dcm")  # fmt: skip
    found = read_mask(tmp_path / "f.dcm", [series])
    assert np.array_equal(found.segmentation.array, findings.outline.array)
    assert "one half" in " ".join(found.notes)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("flips", [(), (0,), (1, 2)])
@pytest.mark.parametrize("name", ["m.nii.gz", "m.seg.nrrd"])
def test_axes_in_any_order_and_direction(
    series: Series, tmp_path: Path, axes: tuple[int, ...], flips: tuple[int, ...], name: str
) -> None:
    outline = made.findings_on(series).outline
    array, geometry = _turned(outline, axes, flips)
    path = tmp_path / name
    if name.endswith("nrrd"):
        write_nrrd(path, Segmentation(array, geometry, outline.segments, ""))
    else:
        write_nifti(path, array, geometry)
    assert np.array_equal(read_mask(path, [series]).segmentation.array, outline.array)


def test_names_come_from_the_file_or_the_text_beside_it(series: Series, tmp_path: Path) -> None:
    outline = made.findings_on(series).outline
    write_nrrd(tmp_path / "a.seg.nrrd", outline)
    write_nifti(tmp_path / "b.nii.gz", outline.array, outline.geometry)
    write_label_text(tmp_path / "b-labels.txt", outline)
    write_nifti(tmp_path / "c.nii", outline.array, outline.geometry)
    names = [
        [s.label for s in read_mask(tmp_path / name, [series]).segmentation.segments]
        for name in ("a.seg.nrrd", "b.nii.gz", "c.nii")
    ]
    assert names == [["Tumour", "Oedema"], ["Tumour", "Oedema"], ["Tumour", "Label 3"]]
    nrrd = read_mask(tmp_path / "a.seg.nrrd", [series]).segmentation
    assert nrrd.segments[0].code == made.NEOPLASM


def test_the_region_of_a_map_stays_marked(series: Series, tmp_path: Path) -> None:
    region = (Segment(1, MAP_REGION, None, "AUTOMATIC", map_region_name("type-fake")),)
    findings = made.findings_on(series, made.one_lesion(), segments=region)
    findings = replace(findings, made_by=None)
    write_nifti(tmp_path / "m.nii.gz", findings.outline.array, findings.outline.geometry)
    write_label_text(tmp_path / "m-labels.txt", findings.outline)
    for path in (
        write_seg(tmp_path / "m.dcm", replace(findings, origin="mine")),
        write_nrrd(tmp_path / "m.seg.nrrd", findings.outline),
        tmp_path / "m.nii.gz",
    ):
        assert "not an outline of the tumour" in map_mark(
            read_mask(path, [series]).segmentation.segments
        )


def test_a_mask_of_0_and_255_is_one_label(series: Series, tmp_path: Path) -> None:
    outline = made.findings_on(series, made.one_lesion()).outline
    write_nifti(tmp_path / "m.nii.gz", outline.array * 255, outline.geometry)
    assert np.array_equal(
        read_mask(tmp_path / "m.nii.gz", [series]).segmentation.array, outline.array
    )


def test_pictures_and_probabilities_are_no_masks(series: Series, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 900, made.SHAPE).astype(np.int16)
    shares = rng.random(made.SHAPE).astype(np.float32)
    for number, array in enumerate((picture, shares)):
        write_nifti(tmp_path / f"{number}.nii.gz", array, series.geometry)
        with pytest.raises(ReadError, match="a picture, not an outline"):
            read_mask(tmp_path / f"{number}.nii.gz", [series])


def test_one_slice_of_few_values_makes_no_mask_of_a_picture(series: Series, tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 200, made.SHAPE).astype(np.int16)
    picture[made.SHAPE[0] // 2] = 0
    write_nifti(tmp_path / "p.nii.gz", picture, series.geometry)
    with pytest.raises(ReadError, match="a picture, not an outline"):
        read_mask(tmp_path / "p.nii.gz", [series])


def test_another_grid_is_refused_and_resampled_only_when_asked(tmp_path: Path) -> None:
    factories.write_series(tmp_path / "in", factories.phantom((8, 40, 36)))
    series = made.only_series(tmp_path / "in")
    ball = sitk.GaussianSource(
        sitk.sitkFloat32, [54, 60, 20], [6, 7, 8], [-6, -14, 28], 1.0, [-24, -34, 8], [0.6, 0.6, 2]
    )
    sitk.WriteImage(sitk.Cast(ball > 0.5, sitk.sitkUInt8), str(tmp_path / "fine.nii.gz"))
    with pytest.raises(GridDiffers, match="No open series has the voxels"):
        read_mask(tmp_path / "fine.nii.gz", [series])
    found = read_mask(tmp_path / "fine.nii.gz", [series], resample=True)
    assert "nearest" in " ".join(found.notes)
    middle = np.argwhere(found.segmentation.array).mean(axis=0)
    assert series.geometry.to_patient(middle) == pytest.approx([-6, -14, 28], abs=1.0)


def test_a_mask_without_a_place_only_fits_a_picture_without_one(tmp_path: Path) -> None:
    factories.write_picture(tmp_path / "p.png")
    picture = made.only_series(tmp_path / "p.png")
    labels = np.zeros(picture.geometry.shape, np.uint8)
    labels[0, 5:9, 3:4] = 1
    write_nifti(tmp_path / "m.nii.gz", labels, picture.geometry)
    found = read_mask(tmp_path / "m.nii.gz", [picture])
    assert np.array_equal(found.segmentation.array, labels)
    assert "by their number" in found.notes[0]
    affine = affine_from([0, 0, 0], np.eye(3), (5.0, 0.9, 0.9))
    placed = Geometry(labels.shape, (0.9, 0.9), 5.0, affine)
    write_nifti(tmp_path / "placed.nii.gz", labels, placed)
    with pytest.raises(ReadError):
        read_mask(tmp_path / "placed.nii.gz", [picture])


def test_damaged_and_foreign_files_are_told(series: Series, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", made.findings_on(series))
    data = path.read_bytes()
    (tmp_path / "cut.dcm").write_bytes(data[: len(data) // 2])
    (tmp_path / "text.txt").write_text("hello")
    for wrong in ("cut.dcm", "text.txt", "absent.dcm"):
        with pytest.raises(ReadError, match=wrong):
            read_mask(tmp_path / wrong, [series])
    with pytest.raises(ReadError, match="not a DICOM segmentation"):
        read_mask(series.instances[0].path, [series])


def test_segments_beyond_255_are_counted_anew(series: Series, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", made.findings_on(series), labelmap=True)
    dataset = pydicom.dcmread(path)
    dataset.SegmentSequence[1].SegmentNumber = 300
    pixels = dataset.pixel_array.astype("<u2")
    pixels[pixels == 1] = 300
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.save_as(path)
    found = read_mask(path, [series]).segmentation
    assert {s.number: s.label for s in found.segments} == {1: "Oedema", 2: "Tumour"}
    assert Segment is type(found.segments[0])
