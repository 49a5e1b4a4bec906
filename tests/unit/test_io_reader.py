"""Voxels: every way to store them ends in the same numbers."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

import factories
from tumordesk.core.errors import Cancelled, ReadError
from tumordesk.core.job import JobContext
from tumordesk.core.study import Series
from tumordesk.io import dicom_reader, memory, pool
from tumordesk.io.quiet import quiet
from tumordesk.io.reader import SeriesReader, open_series
from tumordesk.io.scan import scan_paths


def one(path: Path) -> Series:
    series = scan_paths([path]).series
    assert len(series) == 1
    return series[0]


def reader_of(tmp_path: Path, array: np.ndarray, **attributes: Any) -> SeriesReader:
    """A reader of one slice with these attributes."""
    dataset = factories.dicom_slice(array, **attributes)
    return open_series(one(factories.save(dataset, tmp_path / "slice.dcm")))


def in_syntax(dataset: Any, syntax: str) -> Any:
    with quiet():
        if syntax in (RLELossless, JPEG2000Lossless, JPEGLSLossless):
            dataset.compress(syntax, generate_instance_uid=False)
        else:
            if syntax == ExplicitVRBigEndian:
                dataset["PixelData"].VR = "OW"
                stored = np.frombuffer(dataset.PixelData, "<u2").astype(">u2")
                dataset.PixelData = stored.tobytes()
            dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
        JPEGLSLossless,
        JPEG2000Lossless,
    ],
)
def test_every_syntax_gives_the_same_values(tmp_path: Path, syntax: str) -> None:
    volume = factories.phantom((3, 40, 36))
    folder = tmp_path / "Lékař" / "Ψ study (1)"
    folder.mkdir(parents=True)
    for index, dataset in enumerate(factories.series_datasets(volume)):
        little = syntax != ExplicitVRBigEndian
        implicit = syntax == ImplicitVRLittleEndian
        with quiet():
            dcmwrite(
                folder / str(index), in_syntax(dataset, syntax), enforce_file_format=True,
                little_endian=little, implicit_vr=implicit,
            )  # fmt: skip
    series = one(folder)
    reader = open_series(series)
    assert np.array_equal(reader.read_slice(1), volume[1])
    read = reader.read_volume()
    assert np.array_equal(read.array, volume)
    assert read.array.dtype == reader.dtype == np.uint16
    assert read.missing == ()
    assert not read.array.flags.writeable


@pytest.mark.parametrize(
    ("stored", "attributes", "expected", "dtype"),
    [
        (np.uint16([[0, 4095]]), {"BitsStored": 12, "HighBit": 11}, [0, 4095], "int16"),
        (np.uint16([[0, 65535]]), {}, [0, 65535], "uint16"),
        (np.int16([[-5, 7]]), {}, [-5, 7], "int16"),
        (
            np.int16([[-2048, 2047]]),
            {"BitsStored": 12, "HighBit": 11, "RescaleIntercept": 32768, "RescaleSlope": 1},
            [30720, 34815],
            "uint16",
        ),
        (
            np.uint16([[0, 2000]]),
            {"BitsStored": 12, "HighBit": 11, "RescaleIntercept": -1024, "RescaleSlope": 1},
            [-1024, 976],
            "int16",
        ),
        (np.uint16([[0, 1000]]), {"RescaleIntercept": 1, "RescaleSlope": 0.5}, [1, 501], "float32"),
        (np.int16([[-9, 9]]), {"RescaleIntercept": -1024, "RescaleSlope": 1}, [-1033, -1015],
         "float32"),
        (np.uint16([[3, 4]]), {"RescaleSlope": -2, "RescaleIntercept": 0, "BitsStored": 12,
                               "HighBit": 11}, [-6, -8], "int16"),
        # Overlay bits above the stored ones do not count; bits below the high bit shift.
        (np.uint16([[0xF001, 0x1FFF]]), {"BitsStored": 12, "HighBit": 11}, [1, 4095], "int16"),
        (np.uint16([[0x0010, 0xFFF0]]), {"BitsStored": 12, "HighBit": 15}, [1, 4095], "int16"),
        (np.int16([[0x0FFF, 0x0001]]), {"BitsStored": 12, "HighBit": 11}, [-1, 1], "int16"),
    ],
)  # fmt: skip
def test_modality_values_and_their_type(
    tmp_path: Path, stored: np.ndarray, attributes: dict[str, Any], expected: Any, dtype: str
) -> None:
    reader = reader_of(tmp_path, stored, **attributes)
    found = reader.read_slice(0)
    assert found.tolist() == [expected]
    assert found.dtype == reader.dtype == dtype


def test_slope_of_each_slice_is_its_own(tmp_path: Path) -> None:
    datasets = factories.series_datasets(np.full((4, 4, 4), 100, np.uint16))
    for index, dataset in enumerate(datasets):
        dataset.RescaleSlope, dataset.RescaleIntercept = 0.5 * (index + 1), 1
    factories.save_all(datasets, tmp_path)
    volume = open_series(one(tmp_path)).read_volume()
    assert volume.array[:, 0, 0].tolist() == [51, 101, 151, 201]
    assert volume.array.dtype == np.float32


def test_monochrome1_is_flagged_and_its_values_are_left_alone(tmp_path: Path) -> None:
    stored = np.uint16([[1, 2], [3, 4]])
    reader = reader_of(tmp_path, stored, PhotometricInterpretation="MONOCHROME1")
    assert reader.inverted
    volume = reader.read_volume()
    assert volume.inverted
    assert np.array_equal(volume.array[0], stored)


def colour_slice(array: np.ndarray, **attributes: Any) -> Any:
    dataset = factories.dicom_slice(array[..., 0].astype(np.uint16))
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.PhotometricInterpretation = "RGB"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset["PixelData"].VR = "OB"
    dataset.PixelData = array.tobytes()
    return dataset


def test_rgb_in_either_order_of_samples(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (6, 4, 3), np.uint8)
    factories.save(colour_slice(rgb), tmp_path / "a" / "rgb.dcm")
    planar = colour_slice(np.ascontiguousarray(rgb.transpose(2, 0, 1)), PlanarConfiguration=1,
                          Rows=6, Columns=4)  # fmt: skip
    factories.save(planar, tmp_path / "b" / "planar.dcm")
    for folder in ("a", "b"):
        reader = open_series(one(tmp_path / folder))
        assert reader.colour
        volume = reader.read_volume()
        assert volume.colour
        assert np.array_equal(volume.array[0], rgb)


def test_ybr_becomes_rgb(tmp_path: Path) -> None:
    ybr = np.zeros((4, 4, 3), np.uint8) + np.uint8([76, 85, 255])
    dataset = colour_slice(ybr, PhotometricInterpretation="YBR_FULL")
    found = open_series(one(factories.save(dataset, tmp_path / "a"))).read_slice(0)
    assert np.abs(found.astype(int) - [254, 0, 0]).max() <= 2


def test_palette_becomes_rgb(tmp_path: Path) -> None:
    dataset = factories.dicom_slice(np.uint16([[0, 1], [2, 3]]))
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    for index, name in enumerate(("Red", "Green", "Blue")):
        table = np.roll(np.uint16([0, 85, 170, 255]), index) * 257
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [4, 0, 16])
        setattr(dataset, f"{name}PaletteColorLookupTableData", table.tobytes())
    found = open_series(one(factories.save(dataset, tmp_path / "a"))).read_slice(0)
    assert found.dtype == np.uint8
    assert found[0, 1].tolist() == [85, 0, 255]


def test_modality_table_is_applied(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor = [4, 0, 16]
    table.ModalityLUTType = "US"
    table.add_new(0x00283006, "US", [10, 20, 40, 80])
    reader = reader_of(tmp_path, np.uint16([[0, 1], [2, 3]]), ModalityLUTSequence=[table])
    assert reader.read_slice(0).tolist() == [[10, 20], [40, 80]]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"WindowCenter": [40, 600], "WindowWidth": [80, 2800],
          "WindowCenterWidthExplanation": ["BRAIN", "BONE"]},
         [(40, 80, "BRAIN", "LINEAR"), (600, 2800, "BONE", "LINEAR")]),
        ({"WindowCenter": 40, "WindowWidth": 0}, []),
        ({"WindowCenter": 5, "WindowWidth": 10, "VOILUTFunction": "SIGMOID"},
         [(5, 10, "", "SIGMOID")]),
        ({"WindowCenter": 5, "WindowWidth": 10, "VOILUTFunction": "BOGUS"},
         [(5, 10, "", "LINEAR")]),
        ({}, []),
    ],
)  # fmt: skip
def test_windows_of_the_header(
    tmp_path: Path, attributes: dict[str, Any], expected: list[Any]
) -> None:
    reader = reader_of(tmp_path, np.zeros((4, 4), np.uint16), **attributes)
    assert [(w.center, w.width, w.name, w.function) for w in reader.windows] == expected


def test_padding_does_not_spoil_the_window(tmp_path: Path) -> None:
    array = np.int16([[-2000] * 50 + list(range(50))] * 4)
    reader = reader_of(tmp_path, array, PixelPaddingValue=-2000)
    window = reader.windows[0]
    assert window.center - window.width / 2 >= 0


def test_a_slice_damaged_after_the_scan_costs_only_itself(tmp_path: Path) -> None:
    volume = factories.phantom((6, 16, 16)) + 5
    paths = factories.write_series(tmp_path, volume)
    series = one(tmp_path)
    paths[2].write_bytes(paths[2].read_bytes()[:-100])
    paths[4].unlink()
    reader = open_series(series)
    assert reader.read_first()[0] == 3
    paths[3].unlink()
    assert reader.read_first()[0] == 1
    paths[3].write_bytes(paths[0].read_bytes())
    read = reader.read_volume()
    assert read.missing == (2, 4)
    assert "IM0003.dcm" in " ".join(read.warnings)
    assert "IM0005.dcm" in " ".join(read.warnings)
    assert read.array[2].max() == read.array[[0, 1, 3, 5]].min()
    assert np.array_equal(read.array[1], volume[1])
    with pytest.raises(ReadError, match=r"IM0003\.dcm"):
        reader.read_slice(2)


def test_no_readable_slice_is_an_error_with_the_reason(tmp_path: Path) -> None:
    paths = factories.write_series(tmp_path, factories.phantom((3, 16, 16)))
    series = one(tmp_path)
    for path in paths:
        path.unlink()
    with pytest.raises(ReadError, match="no slice can be read"):
        open_series(series).read_volume()
    with pytest.raises(ReadError, match=r"IM0002\.dcm"):
        open_series(series).read_first()


def test_damaged_compressed_pixels_are_named(tmp_path: Path) -> None:
    dataset = in_syntax(factories.dicom_slice(factories.phantom((1, 32, 32))[0]), JPEG2000Lossless)
    path = factories.save(dataset, tmp_path / "damaged.dcm")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"\xff\x4f\xff\x51")
    data[at + 60 : at + 160] = b"\0" * 100
    path.write_bytes(data)
    with pytest.raises(ReadError, match=r"damaged\.dcm"):
        open_series(one(path)).read_slice(0)


def test_codestream_of_another_size_is_refused_before_decoding(tmp_path: Path) -> None:
    dataset = in_syntax(factories.dicom_slice(factories.phantom((1, 32, 32))[0]), JPEG2000Lossless)
    path = factories.save(dataset, tmp_path / "lies.dcm")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"\xff\x4f\xff\x51")
    data[at + 8 : at + 16] = (60000).to_bytes(4, "big") * 2
    path.write_bytes(data)
    with pytest.raises(ReadError, match="60000 x 60000"):
        open_series(one(path)).read_slice(0)


def test_slices_arrive_from_the_middle_outwards(tmp_path: Path) -> None:
    volume = factories.phantom((9, 8, 8))
    factories.write_series(tmp_path, volume)
    reader = open_series(one(tmp_path))
    seen: dict[int, np.ndarray] = {}
    lock = threading.Lock()

    def arrived(index: int, array: np.ndarray) -> None:
        with lock:
            seen[index] = array.copy()

    reader.read_volume(on_slice=arrived)
    assert sorted(seen) == list(range(9))
    assert reader.middle == 4
    assert all(np.array_equal(seen[i], volume[i]) for i in seen)


def test_cancel_stops_a_volume(tmp_path: Path) -> None:
    factories.write_series(tmp_path, factories.phantom((20, 8, 8)))
    context = JobContext()
    with pytest.raises(Cancelled):
        open_series(one(tmp_path)).read_volume(context, on_slice=lambda *_: context.cancel())


def test_close_stops_a_volume(tmp_path: Path) -> None:
    factories.write_series(tmp_path, factories.phantom((40, 8, 8)))
    reader = open_series(one(tmp_path))
    with pytest.raises(ReadError, match="closed"):
        reader.read_volume(on_slice=lambda *_: reader.close())


def test_what_does_not_fit_in_memory_is_refused_before_it_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.write_series(tmp_path, factories.phantom((4, 64, 64)))
    monkeypatch.setattr(memory, "available_bytes", lambda: 10_000)
    with pytest.raises(ReadError, match="of memory"):
        open_series(one(tmp_path)).read_volume()


def test_available_memory_is_known_here() -> None:
    assert (memory.available_bytes() or 0) > 2**20


def test_helper_processes_decode_the_same_and_name_what_they_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = factories.phantom((6, 40, 36))
    for index, dataset in enumerate(factories.series_datasets(volume)):
        in_syntax(dataset, JPEG2000Lossless).save_as(tmp_path / str(index))
    series = one(tmp_path)
    damaged = tmp_path / "5"
    damaged.write_bytes(damaged.read_bytes()[:-300])
    monkeypatch.setattr(dicom_reader, "PROCESSES_FROM_S", 0.0)
    monkeypatch.setattr(pool, "WORKERS", 1)
    seen: list[int] = []
    try:
        read = open_series(series).read_volume(on_slice=lambda i, _: seen.append(i))
    finally:
        pool.shutdown()
    assert read.missing == (5,)
    assert np.array_equal(read.array[:5], volume[:5])
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_a_pool_that_breaks_loses_no_slice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import Future
    from concurrent.futures.process import BrokenProcessPool

    class Broken:
        def submit(self, *_: object) -> Future[object]:
            future: Future[object] = Future()
            future.set_exception(BrokenProcessPool("crashed"))
            return future

        def shutdown(self, **_: object) -> None: ...

    volume = factories.phantom((4, 24, 20))
    for index, dataset in enumerate(factories.series_datasets(volume)):
        in_syntax(dataset, RLELossless).save_as(tmp_path / str(index))
    monkeypatch.setattr(dicom_reader, "PROCESSES_FROM_S", 0.0)
    for name in ("acquire", "fresh"):
        monkeypatch.setattr(pool._pool, name, Broken)
    monkeypatch.setattr(pool._pool, "release", lambda: None)
    monkeypatch.setattr(pool, "_alone", pool.finished_or_reason)
    read = open_series(one(tmp_path)).read_volume()
    assert np.array_equal(read.array, volume)
