"""Series building: which slices form a stack, in which order, and what its geometry is good for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factories
from tumordesk.core.geometry import Verdict
from tumordesk.core.study import ScanResult, Series
from tumordesk.io.reader import open_series
from tumordesk.io.scan import scan_paths

COUNT = 16


def make(**attributes: Any) -> list[Any]:
    """Sixteen axial slices, 5 mm apart; slice i holds the value 100 + i everywhere."""
    volume = np.zeros((COUNT, 8, 6), np.uint16) + (100 + np.arange(COUNT))[:, None, None]
    return factories.series_datasets(volume.astype(np.uint16), **attributes)


def scan(folder: Path, datasets: list[Any]) -> ScanResult:
    factories.save_all(datasets, folder)
    return scan_paths([folder])


def only(result: ScanResult) -> Series:
    assert len(result.series) == 1
    return result.series[0]


def values(series: Series) -> list[float]:
    """One value for each slice, in display order."""
    return [float(v) for v in open_series(series).read_volume().array[:, 0, 0]]


def test_order_is_the_position_not_the_instance_number(tmp_path: Path) -> None:
    datasets = make()
    for index, dataset in enumerate(datasets):
        dataset.InstanceNumber = (index * 7) % COUNT
    datasets.reverse()
    series = only(scan(tmp_path, datasets))
    assert series.geometry.verdict is Verdict.OK
    assert series.geometry.spacing_mm == pytest.approx((5.0, 0.9, 0.9))
    assert values(series) == [100 + i for i in range(COUNT)]
    assert series.warnings == ()


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_affine_maps_corners_to_the_positions_in_the_headers(tmp_path: Path, plane: str) -> None:
    datasets = make(plane=plane, spacing_mm=(3.0, 0.9, 0.5))
    series = only(scan(tmp_path, datasets))
    geometry = series.geometry
    assert geometry.plane == plane
    assert geometry.spacing_mm == pytest.approx((3.0, 0.9, 0.5))
    for index, dataset in enumerate(datasets):
        expected = [float(v) for v in dataset.ImagePositionPatient]
        assert geometry.to_patient((index, 0, 0)) == pytest.approx(expected, abs=1e-6)
    row, column = (np.array(dataset.ImageOrientationPatient, float)[i : i + 3] for i in (0, 3))
    corner = geometry.to_patient((0, 7, 5)) - geometry.to_patient((0, 0, 0))
    assert corner == pytest.approx(row * 5 * 0.5 + column * 7 * 0.9, abs=1e-6)


def test_missing_slice_is_a_gap_and_named(tmp_path: Path) -> None:
    datasets = make()
    del datasets[7]
    series = only(scan(tmp_path, datasets))
    assert series.geometry.verdict is Verdict.GAP
    assert series.geometry.slice_spacing_mm == pytest.approx(5.0)
    assert series.geometry.affine is None
    assert series.geometry.slice_positions_mm is not None
    assert any("1 slice is missing (after slice 7)" in w for w in series.warnings)


def test_same_file_twice_is_dropped_and_counted(tmp_path: Path) -> None:
    datasets = make()
    result = scan(tmp_path, [*datasets, datasets[3]])
    series = only(result)
    assert series.geometry.verdict is Verdict.OK
    assert series.slices == COUNT
    assert "1 duplicate was dropped" in series.warnings
    assert [s.path.name for s in result.skipped] == ["IM0017.dcm"]
    assert "duplicate" in result.skipped[0].reason
    assert "IM0004.dcm" in result.skipped[0].reason


def test_one_uid_for_all_slices_of_a_careless_anonymiser_loses_nothing(tmp_path: Path) -> None:
    datasets = make(SOPInstanceUID="1.2.3")
    assert only(scan(tmp_path, datasets)).slices == COUNT


def test_same_place_other_picture_is_shown_in_2d_only(tmp_path: Path) -> None:
    datasets = make()
    twin = factories.dicom_slice(
        np.full((8, 6), 7, np.uint16),
        number=4,
        SOPInstanceUID="1.2.3.4",
        ImagePositionPatient=datasets[3].ImagePositionPatient,
    )
    series = only(scan(tmp_path, [*datasets, twin]))
    assert series.geometry.verdict is Verdict.FLAT
    assert series.slices == COUNT + 1
    assert series.geometry.affine is None


@pytest.mark.parametrize(
    ("keyword", "first", "second", "label"),
    [
        ("EchoTime", 10.0, 90.0, "TE 90 ms"),
        ("TemporalPositionIdentifier", 1, 2, "time position 2"),
        ("DiffusionBValue", 0.0, 1000.0, "b 1000"),
        ("ImageType", ["ORIGINAL", "PRIMARY", "M"], ["ORIGINAL", "PRIMARY", "P"], "P"),
    ],
)
def test_interleaved_stacks_are_split(
    tmp_path: Path, keyword: str, first: Any, second: Any, label: str
) -> None:
    one = make(**{keyword: first})
    two = make(**{keyword: second})
    for dataset in two:
        dataset.SOPInstanceUID += ".2"
    series = scan(tmp_path, [d for pair in zip(one, two, strict=True) for d in pair]).series
    assert [s.slices for s in series] == [COUNT, COUNT]
    assert all(s.geometry.verdict is Verdict.OK for s in series)
    assert len({s.key for s in series}) == 2
    assert len({s.uid for s in series}) == 1
    assert any(label in s.description for s in series)


def test_two_attributes_together_split_what_one_cannot(tmp_path: Path) -> None:
    datasets = []
    for b_value, direction in ((0, 0), (1000, 0), (1000, 1), (1000, 2)):
        part = make(DiffusionBValue=float(b_value), AcquisitionNumber=direction)
        for dataset in part:
            dataset.SOPInstanceUID += f".{b_value}.{direction}"
        datasets += part
    series = scan(tmp_path, datasets).series
    assert [s.slices for s in series] == [COUNT] * 4


def test_gantry_tilt_is_sheared_with_the_true_distance(tmp_path: Path) -> None:
    datasets = make()
    for index, dataset in enumerate(datasets):
        tilt = np.deg2rad(15.0)
        dataset.ImagePositionPatient = [0, 5 * index * np.sin(tilt), 5 * index * np.cos(tilt)]
    series = only(scan(tmp_path, datasets))
    assert series.geometry.verdict is Verdict.SHEARED
    assert series.geometry.slice_spacing_mm == pytest.approx(4.83, abs=0.005)
    assert any("15.0 degrees" in w for w in series.warnings)
    last = [float(v) for v in datasets[-1].ImagePositionPatient]
    assert series.geometry.to_patient((COUNT - 1, 0, 0)) == pytest.approx(last, abs=1e-6)


def test_localizers_in_the_series_are_set_apart(tmp_path: Path) -> None:
    scouts = [
        factories.dicom_slice(
            np.zeros((8, 6), np.uint16),
            number=100 + i,
            ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
            ImageOrientationPatient=axes,
        )
        for i, axes in enumerate(([1, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, -1], [0, 1, 0, 0, 0, -1]))
    ]
    series = scan(tmp_path, [*scouts, *make()]).series
    assert series[0].slices == COUNT
    assert series[0].geometry.verdict is Verdict.OK
    assert [s.guess.sequence.value for s in series[1:]] == ["localizer"] * 3


def test_uneven_spacing_keeps_each_position(tmp_path: Path) -> None:
    datasets = make()
    height = 0.0
    for index, dataset in enumerate(datasets):
        dataset.ImagePositionPatient = [0, 0, height]
        height += 8.0 if index % 4 == 2 else 5.0
    geometry = only(scan(tmp_path, datasets)).geometry
    assert geometry.verdict is Verdict.IRREGULAR
    assert geometry.slice_positions_mm is not None
    assert geometry.slice_positions_mm[3] == pytest.approx(18.0)


def test_tiny_jitter_of_orientation_and_spacing_is_fine(tmp_path: Path) -> None:
    datasets = make()
    for index, dataset in enumerate(datasets):
        sign = (-1) ** index
        dataset.ImageOrientationPatient = [1, sign * 1e-5, 0, 0, 1, sign * 1e-5]
        dataset.ImagePositionPatient = [0, 0, 5 * index + sign * 0.02]
    series = only(scan(tmp_path, datasets))
    assert series.geometry.verdict is Verdict.OK
    assert series.slices == COUNT


def test_without_positions_it_is_2d_only_in_instance_order(tmp_path: Path) -> None:
    datasets = make(ImagePositionPatient=..., ImageOrientationPatient=...)
    datasets.reverse()
    series = only(scan(tmp_path, datasets))
    assert series.geometry.verdict is Verdict.FLAT
    assert series.geometry.plane is None
    assert values(series) == [100 + i for i in range(COUNT)]


@pytest.mark.parametrize("spacing", [b"", b"0,9\\0,9", b"nan\\nan", b"0.9", b"0\\0", b"-1\\1"])
def test_unusable_pixel_spacing_means_no_mm(tmp_path: Path, spacing: bytes) -> None:
    datasets = make(PixelSpacing=...)
    paths = factories.save_all(datasets, tmp_path)
    element = b"\x28\x00\x30\x00DS"
    padded = spacing + b" " * (len(spacing) % 2)
    for path in paths:
        data = path.read_bytes()
        # Before Bits Allocated (0028,0100), where the element belongs.
        at = data.index(b"\x28\x00\x00\x01US")
        path.write_bytes(
            data[:at] + element + len(padded).to_bytes(2, "little") + padded + data[at:]
        )
    geometry = only(scan_paths([tmp_path])).geometry
    assert geometry.verdict is Verdict.NO_MM
    assert geometry.pixel_spacing_mm is None
    assert geometry.spacing_mm is None
    assert geometry.plane == "axial"


def test_another_matrix_is_another_stack(tmp_path: Path) -> None:
    datasets = make()
    datasets[7] = factories.dicom_slice(np.zeros((4, 4), np.uint16), number=8)
    series = scan(tmp_path, datasets).series
    assert [s.slices for s in series] == [COUNT - 1, 1]
    assert series[0].geometry.verdict is Verdict.GAP
    assert series[1].geometry.verdict is Verdict.SINGLE


def test_another_pixel_spacing_is_another_stack(tmp_path: Path) -> None:
    one = make()
    two = make(spacing_mm=(5.0, 0.5, 0.5), origin_mm=(0, 0, 500))
    for dataset in two:
        dataset.SOPInstanceUID += ".2"
    assert sorted(s.slices for s in scan(tmp_path, one + two).series) == [COUNT, COUNT]


def test_one_slice_takes_its_thickness(tmp_path: Path) -> None:
    series = only(scan(tmp_path, make()[:1]))
    assert series.geometry.verdict is Verdict.SINGLE
    assert series.geometry.spacing_mm == pytest.approx((5.0, 0.9, 0.9))


def test_a_few_slices_of_a_large_series_are_a_gap(tmp_path: Path) -> None:
    datasets = make(SliceThickness=1.0)[::8]
    series = only(scan(tmp_path, datasets))
    assert series.geometry.verdict is Verdict.GAP
    assert any("most of the series is not here" in w for w in series.warnings)


def test_rotating_projections_stay_one_2d_stack(tmp_path: Path) -> None:
    datasets = make()[:8]
    for index, dataset in enumerate(datasets):
        angle = np.deg2rad(20.0 * index)
        dataset.ImageOrientationPatient = [np.cos(angle), np.sin(angle), 0, 0, 0, -1]
    series = only(scan(tmp_path, datasets))
    assert series.slices == 8
    assert series.geometry.verdict is Verdict.FLAT


def test_series_without_uid_are_kept_by_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        factories.save_all(make(SeriesInstanceUID=...), tmp_path / name)
    series = scan_paths([tmp_path]).series
    assert [s.slices for s in series] == [COUNT, COUNT]
    assert len({s.uid for s in series}) == 2


def test_enhanced_frames_are_sorted_and_split_by_echo(tmp_path: Path) -> None:
    volume = factories.phantom((6, 10, 12))
    dataset = factories.enhanced_mr(volume, echo_times=(10.0, 90.0))
    series = scan_paths([factories.save(dataset, tmp_path / "enhanced.dcm")]).series
    assert [s.slices for s in series] == [6, 6]
    assert [s.geometry.verdict for s in series] == [Verdict.OK, Verdict.OK]
    assert series[0].geometry.spacing_mm == pytest.approx((5.0, 0.9, 0.8))
    for number, item in enumerate(sorted(series, key=lambda s: "90" in s.description), start=1):
        assert np.array_equal(open_series(item).read_volume().array, volume * number)


def test_plain_multi_frame_is_2d_only(tmp_path: Path) -> None:
    volume = factories.phantom((5, 10, 12))
    dataset = factories.dicom_slice(volume[0], NumberOfFrames=5)
    dataset.PixelData = volume.astype("<u2").tobytes()
    series = only(scan_paths([factories.save(dataset, tmp_path / "frames")]))
    assert series.geometry.verdict is Verdict.FLAT
    assert [i.frame for i in series.instances] == list(range(5))
    assert np.array_equal(open_series(series).read_volume().array, volume)
    assert np.array_equal(open_series(series).read_slice(3), volume[3])


def test_two_patients_are_two(tmp_path: Path) -> None:
    factories.save_all(make(), tmp_path / "a")
    other = make(PatientID="TEST-2", study="other")
    factories.save_all(other, tmp_path / "b")
    result = scan_paths([tmp_path])
    assert [p.patient_id for p in result.patients] == ["TEST-1", "TEST-2"]
    assert result.patients[0].studies[0].date == "2024-01-02"


def test_two_slice_thicknesses_are_two_even_stacks(tmp_path: Path) -> None:
    datasets = make()
    height = 0.0
    for index, dataset in enumerate(datasets):
        dataset.SliceThickness = 2.5 if index < 8 else 5.0
        dataset.ImagePositionPatient = [0, 0, height]
        height += 2.5 if index < 7 else 5.0
    series = scan(tmp_path, datasets).series
    assert [s.slices for s in series] == [8, 8]
    assert [s.geometry.verdict for s in series] == [Verdict.OK] * 2
    assert sorted(s.geometry.slice_spacing_mm or 0 for s in series) == pytest.approx([2.5, 5.0])


def test_spacing_that_differs_by_rounding_is_the_same(tmp_path: Path) -> None:
    datasets = make()
    for index, dataset in enumerate(datasets):
        dataset.PixelSpacing = ["0.8984999", "0.8984999"] if index % 2 else ["0.8985001"] * 2
    assert only(scan(tmp_path, datasets)).geometry.verdict is Verdict.OK


def test_of_a_long_time_series_the_first_volume_is_shown_and_the_rest_named(
    tmp_path: Path,
) -> None:
    datasets = []
    for time in range(40):
        for index in range(3):
            datasets.append(
                factories.dicom_slice(
                    np.zeros((4, 4), np.uint16),
                    number=time * 3 + index + 1,
                    TemporalPositionIdentifier=time + 1,
                    ImagePositionPatient=[0, 0, 5.0 * index],
                )
            )
    result = scan(tmp_path, datasets)
    assert only(result).slices == 3
    assert "40 volumes" in " ".join(only(result).warnings)
    assert len(result.skipped) == 39 * 3
