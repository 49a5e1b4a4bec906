"""Pictures, NIfTI, NRRD, MetaImage, and what is written."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

import factories
from tumordesk.core.errors import ReadError, WriteError
from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.study import Sequence, Series
from tumordesk.imaging.windowing import apply_window, initial_window
from tumordesk.io import pictures
from tumordesk.io.header import Unusable
from tumordesk.io.nifti import read_nifti_header
from tumordesk.io.nifti_write import build_nifti_header
from tumordesk.io.reader import open_series
from tumordesk.io.scan import scan_paths
from tumordesk.io.writers import write_nifti, write_png

RNG = np.random.default_rng(1)


def one(path: Path) -> Series:
    series = scan_paths([path]).series
    assert len(series) == 1
    return series[0]


def reason(path: Path) -> str:
    result = scan_paths([path])
    assert result.series == ()
    return result.skipped[0].reason


GREY = RNG.integers(0, 255, (10, 7), np.uint8)
RGB = RNG.integers(0, 255, (10, 7, 3), np.uint8)
WIDE = RNG.integers(0, 65535, (10, 7)).astype(np.uint16)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
@pytest.mark.parametrize("array", [GREY, RGB], ids=["grey", "rgb"])
def test_lossless_pictures(tmp_path: Path, suffix: str, array: np.ndarray) -> None:
    path = factories.write_picture(tmp_path / "Lékař" / f"Ψ study (1){suffix}", array)
    series = one(path)
    assert series.is_picture
    assert series.colour == (array.ndim == 3)
    assert series.geometry.verdict is Verdict.NO_MM
    volume = open_series(series).read_volume()
    assert volume.picture
    assert np.array_equal(volume.array[0], array)
    if array.ndim == 2:
        shown = apply_window(volume.array, initial_window(volume))
        assert np.array_equal(shown[0], array)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_is_kept(tmp_path: Path, suffix: str) -> None:
    series = one(factories.write_picture(tmp_path / f"wide{suffix}", WIDE))
    found = open_series(series).read_slice(0)
    assert found.dtype == np.uint16
    assert np.array_equal(found, WIDE)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(tmp_path: Path, orientation: int) -> None:
    from PIL import ImageOps

    path = factories.write_picture(tmp_path / "a.jpg", RGB, exif_orientation=orientation)
    series = one(path)
    found = open_series(series).read_slice(0)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(found, expected)
    assert (series.rows, series.columns) == expected.shape[:2]


def turned(tmp_path: Path, orientation: int, name: str, **options: Any) -> Path:
    """A grey picture with an orientation that asks to be turned."""
    picture = Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30).astype(np.uint8))
    exif = picture.getexif()
    exif[0x0112] = orientation
    picture.save(tmp_path / name, exif=exif, **options)
    return tmp_path / name


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_tiff_is_shown_upright(tmp_path: Path, orientation: int) -> None:
    expected = open_series(one(turned(tmp_path, orientation, "a.png"))).read_slice(0)
    series = one(turned(tmp_path, orientation, "a.tif", compression="tiff_lzw"))
    assert np.array_equal(open_series(series).read_slice(0), expected)
    assert (series.rows, series.columns) == expected.shape


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_tiff_whose_pixels_would_be_mixed_up_is_refused(tmp_path: Path, orientation: int) -> None:
    path = turned(tmp_path, orientation, "a.tif")
    with pytest.raises(Unusable, match="stored on its side, without compression"):
        pictures.picture_facts(path)


def test_rgb_without_colour_is_grey(tmp_path: Path) -> None:
    array = np.repeat(GREY[..., None], 3, axis=2)
    for suffix in (".png", ".jpg"):
        series = one(factories.write_picture(tmp_path / f"a{suffix}", array))
        assert not series.colour
        assert open_series(series).read_slice(0).shape == GREY.shape


def test_transparency_is_black(tmp_path: Path) -> None:
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])
    rgba[0, 0] = (200, 100, 50, 0)
    rgba[0, 1] = (200, 100, 50, 128)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    found = open_series(one(tmp_path / "a.png")).read_slice(0)
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[0, 1].tolist() == [100, 50, 25]
    assert np.array_equal(found[1:], RGB[1:])


def test_palette_one_bit_and_cmyk(tmp_path: Path) -> None:
    Image.fromarray(RGB).quantize(16).save(tmp_path / "palette.png")
    Image.fromarray(GREY).convert("1").save(tmp_path / "bits.png")
    Image.fromarray(RGB).convert("CMYK").save(tmp_path / "cmyk.jpg")
    found = {s.description: open_series(s).read_slice(0) for s in scan_paths([tmp_path]).series}
    assert found["palette.png"].shape == (10, 7, 3)
    assert set(np.unique(found["bits.png"])) <= {0, 255}
    assert found["cmyk.jpg"].shape == (10, 7, 3)


def test_tiff_pages_are_slices_and_odd_pages_are_told(tmp_path: Path) -> None:
    pages = [Image.fromarray(a) for a in (GREY, 255 - GREY, GREY[:5], GREY // 2)]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    series = one(tmp_path / "stack.tif")
    assert series.slices == 3
    assert "1 pages" in series.warnings[0]
    volume = open_series(series).read_volume().array
    assert np.array_equal(volume, np.stack([GREY, 255 - GREY, GREY // 2]))


def test_each_picture_is_a_series_and_a_folder_is_a_study(tmp_path: Path) -> None:
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        factories.write_picture(tmp_path / name, GREY)
    result = scan_paths([tmp_path])
    studies = [study for patient in result.patients for study in patient.studies]
    assert [(s.description, len(s.series)) for s in studies] == [("a", 2), ("b", 1)]
    assert len({s.uid for s in result.series}) == 3


def test_picture_bombs_and_cut_pictures_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "bomb.png"
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + crc

    large.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )  # fmt: skip
    assert "more pixels than a picture may have" in reason(large)
    cut = factories.write_picture(tmp_path / "cut.jpg", np.zeros((300, 300), np.uint8))
    cut.write_bytes(cut.read_bytes()[:700])
    monkeypatch.setattr(pictures, "_is_grey", lambda image: True)
    with pytest.raises(ReadError, match=r"cut\.jpg"):
        open_series(one(cut)).read_slice(0)


GEOMETRY = Geometry(
    (3, 10, 7),
    (0.9, 0.8),
    5.0,
    affine_from((10.0, -20.0, 30.0), np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]), (5.0, 0.9, 0.8)),
    verdict=Verdict.OK,
)
OBLIQUE = Geometry(
    (3, 10, 7),
    (0.9, 0.8),
    5.0,
    affine_from(
        (1.0, 2.0, 3.0),
        np.linalg.qr(RNG.normal(size=(3, 3)))[0],
        (5.0, 0.9, 0.8),
    ),
    verdict=Verdict.OK,
)


@pytest.mark.parametrize("geometry", [GEOMETRY, OBLIQUE], ids=["straight", "oblique"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "bool"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_nifti_both_ways_and_as_simpleitk_sees_it(
    tmp_path: Path, geometry: Geometry, dtype: str, suffix: str
) -> None:
    array = RNG.integers(0, 2 if dtype == "bool" else 200, geometry.shape).astype(dtype)
    path = tmp_path / f"case.01{suffix}"
    write_nifti(path, array, geometry)
    image = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayFromImage(image), array)
    for index in ((0, 0, 0), (2, 9, 6), (1, 3, 5)):
        there = image.TransformIndexToPhysicalPoint(index[::-1])
        assert there == pytest.approx(geometry.to_patient(index), abs=1e-4)
    series = one(path)
    assert series.description == path.name
    assert series.geometry.affine == pytest.approx(geometry.affine, abs=1e-4)
    reader = open_series(series)
    assert np.array_equal(reader.read_slice(1), array[1])
    assert reader.read_slice(1).dtype == reader.dtype
    assert np.array_equal(reader.read_volume().array, array)
    assert np.array_equal(reader.read_slice(2), array[2])


def test_nifti_of_simpleitk_is_read_in_place(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(RNG.integers(0, 9, (4, 5, 6)).astype(np.int16))
    image.SetSpacing((0.5, 0.6, 3.0))
    image.SetOrigin((-10.0, 20.0, 5.0))
    folder = tmp_path / "Lékař"
    folder.mkdir()
    sitk.WriteImage(image, str(folder / "flair.nii.gz"))
    series = one(folder / "flair.nii.gz")
    assert series.guess.sequence is Sequence.FLAIR
    assert series.geometry.spacing_mm == pytest.approx((3.0, 0.6, 0.5))
    assert series.geometry.to_patient((0, 0, 0)) == pytest.approx((-10, 20, 5), abs=1e-5)
    assert series.geometry.plane == "axial"
    reader = open_series(series)
    assert np.array_equal(reader.read_slice(2), sitk.GetArrayFromImage(image)[2])
    assert reader.dtype == np.int16
    reader.close()


def _raw_nifti(path: Path, *, codes: bool, units: int, **changes: Any) -> Path:
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    geometry = affine_from((0, 0, 0), np.eye(3)[:, ::-1], (5, 0.9, 0.8)) if codes else None
    header = bytearray(build_nifti_header((2, 3, 4), array.dtype, (5, 0.9, 0.8), geometry, ""))
    header[123] = units
    for offset, data in changes.values():
        header[offset : offset + len(data)] = data
    path.write_bytes(bytes(header) + array.tobytes())
    return path


def test_the_json_file_of_dcm2niix_tells_number_and_sequence(tmp_path: Path) -> None:
    path = _raw_nifti(tmp_path / "exam_2019_7.nii", codes=True, units=2)
    beside = path.with_suffix(".json")
    beside.write_text('{"SeriesNumber": 7, "SeriesDescription": "AX FLAIR"}')
    path.with_suffix(".bval").write_text("0 1000")
    found = scan_paths([tmp_path])
    assert found.skipped == ()
    (series,) = found.series
    assert (series.number, series.guess.sequence) == (7, Sequence.FLAIR)
    assert series.guess.reason == "'flair' in the name (JSON file beside it)"
    path.rename(tmp_path / "exam_t1_7.nii")
    beside.rename(tmp_path / "exam_t1_7.json")
    assert scan_paths([tmp_path]).series[0].guess.sequence is Sequence.T1


@pytest.mark.parametrize(
    ("text", "sequence"),
    [
        ('{"SeriesDescription": "MPRAGE", "ContrastBolusIngredient": "GADOLINIUM"}', "T1C"),
        ('{"ProtocolName": "Ax SE T1"}', "T1"),
        ('{"RepetitionTime": 0.5, "EchoTime": 0.01, "ScanningSequence": "SE"}', "unknown"),
        ('{"SeriesDescription": "T1 map", "ImageType": ["ORIGINAL", "PRIMARY", "P"]}', "unknown"),
        ('{"Modality": "PT", "SeriesDescription": "FLAIR"}', "unknown"),
    ],
)
def test_the_words_of_the_json_file_tell_the_sequence(
    tmp_path: Path, text: str, sequence: str
) -> None:
    path = _raw_nifti(tmp_path / "exam.nii", codes=True, units=2)
    path.with_suffix(".json").write_text(text)
    assert one(path).guess.sequence.value == sequence


def test_contrast_in_the_name_counts_with_the_words_of_the_json_file(tmp_path: Path) -> None:
    path = _raw_nifti(tmp_path / "P1_post.nii", codes=True, units=2)
    path.with_suffix(".json").write_text('{"SeriesDescription": "Ax SE T1"}')
    assert one(path).guess.sequence is Sequence.T1C


@pytest.mark.parametrize("kind", ["SUBTRACT", "PROJECTION IMAGE"])
def test_what_was_calculated_says_so(tmp_path: Path, kind: str) -> None:
    path = _raw_nifti(tmp_path / "exam.nii", codes=True, units=2)
    path.with_suffix(".json").write_text(f'{{"ImageType": ["DERIVED", "SECONDARY", "{kind}"]}}')
    assert one(path).extra["calculated"]


@pytest.mark.parametrize(
    "text", ["", "[7]", "{", '{"SeriesNumber": "7"}', '{"SeriesNumber": true}', "[" * 100_000]
)
def test_a_broken_json_file_says_nothing(tmp_path: Path, text: str) -> None:
    path = _raw_nifti(tmp_path / "exam.nii", codes=True, units=2)
    path.with_suffix(".json").write_text(text)
    (series,) = scan_paths([tmp_path]).series
    assert series.number is None
    assert series.guess.sequence is Sequence.UNKNOWN


def test_nifti_without_codes_has_spacing_but_no_orientation(tmp_path: Path) -> None:
    known = one(_raw_nifti(tmp_path / "a.nii", codes=False, units=2)).geometry
    assert known.spacing_mm == pytest.approx((5.0, 0.9, 0.8))
    assert known.affine is None
    assert known.plane is None
    unknown = one(_raw_nifti(tmp_path / "b.nii", codes=False, units=0)).geometry
    assert unknown.spacing_mm is None
    assert unknown.verdict is Verdict.NO_MM
    metres = one(_raw_nifti(tmp_path / "c.nii", codes=False, units=1)).geometry
    assert metres.spacing_mm == pytest.approx((5000.0, 900.0, 800.0))


def test_nifti_scaling_and_damage(tmp_path: Path) -> None:
    scaled = _raw_nifti(
        tmp_path / "a.nii", codes=True, units=2, slope=(112, struct.pack("<2f", 0.5, 10))
    )
    assert open_series(one(scaled)).read_volume().array.reshape(-1)[:3].tolist() == [10, 10.5, 11]
    cut = _raw_nifti(tmp_path / "c.nii", codes=True, units=2)
    cut.write_bytes(cut.read_bytes()[:-10])
    with pytest.raises(ReadError, match=r"c\.nii.*cut off"):
        open_series(one(cut)).read_volume()
    packed = tmp_path / "d.nii.gz"
    packed.write_bytes(gzip.compress(scaled.read_bytes())[:60])
    assert "cut off" in reason(packed)
    (tmp_path / "e.nii").write_bytes(b"\0" * 400)
    assert "not a NIfTI" in reason(tmp_path / "e.nii")
    impossible = _raw_nifti(
        tmp_path / "f.nii", codes=True, units=2, dim=(40, struct.pack("<2h", 3, -4))
    )
    assert "impossible" in reason(impossible)


def test_sheared_nifti_says_so(tmp_path: Path) -> None:
    affine = np.array(GEOMETRY.affine)
    affine[1, 0] = 1.5
    geometry = Geometry(GEOMETRY.shape, (0.9, 0.8), 5.0, affine, verdict=Verdict.SHEARED)
    write_nifti(tmp_path / "a.nii", np.zeros(geometry.shape, np.uint8), geometry)
    series = one(tmp_path / "a.nii")
    assert series.geometry.verdict is Verdict.SHEARED
    assert series.geometry.affine == pytest.approx(affine, abs=1e-5)


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_nrrd_and_metaimage(tmp_path: Path, suffix: str) -> None:
    image = sitk.GetImageFromArray(RNG.integers(0, 99, (4, 5, 6)).astype(np.uint16))
    image.SetSpacing((0.5, 0.6, 3.0))
    image.SetOrigin((1.0, 2.0, 3.0))
    image.SetDirection((0, 0, 1, 1, 0, 0, 0, 1, 0))
    sitk.WriteImage(image, str(tmp_path / f"t1{suffix}"))
    path = tmp_path / f"Ψ t1{suffix}"
    (tmp_path / f"t1{suffix}").rename(path)
    series = one(path)
    assert series.geometry.spacing_mm == pytest.approx((3.0, 0.6, 0.5))
    for index in ((0, 0, 0), (3, 4, 5)):
        there = image.TransformIndexToPhysicalPoint(index[::-1])
        assert series.geometry.to_patient(index) == pytest.approx(there, abs=1e-6)
    volume = open_series(series).read_volume()
    assert np.array_equal(volume.array, sitk.GetArrayFromImage(image))
    assert volume.array.dtype == np.uint16


def test_nrrd_without_space_has_no_orientation(tmp_path: Path) -> None:
    text = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 3 4\nencoding: raw\n\n"
    path = tmp_path / "a.nrrd"
    path.write_bytes(text.encode() + bytes(24))
    geometry = one(path).geometry
    assert geometry.affine is None
    assert geometry.spacing_mm is None


def test_detached_header_must_not_point_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "a.mhd"
    path.write_text(
        "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\n"
        "ElementDataFile = ../secret.raw\n"
    )
    assert "another folder" in reason(path)


def test_unknown_geometry_is_written_without_claims(tmp_path: Path) -> None:
    picture = Geometry((1, 10, 7))
    write_nifti(tmp_path / "mask.nii.gz", np.ones((1, 10, 7), np.uint8), picture)
    header = read_nifti_header(tmp_path / "mask.nii.gz")
    assert header.spacing is None
    assert header.affine is None
    assert "no spacing known" in header.description
    image = sitk.ReadImage(str(tmp_path / "mask.nii.gz"))
    assert image.GetSize() == (7, 10, 1)


def test_writers_refuse_to_overwrite_and_report_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.zeros(GEOMETRY.shape, np.uint8)
    write_nifti(tmp_path / "a.nii.gz", array, GEOMETRY)
    with pytest.raises(WriteError, match="already there"):
        write_nifti(tmp_path / "a.nii.gz", array, GEOMETRY)
    write_nifti(tmp_path / "a.nii.gz", array, GEOMETRY, overwrite=True)
    with pytest.raises(ValueError, match="is not"):
        write_nifti(tmp_path / "b.nii.gz", array[:1], GEOMETRY)
    with pytest.raises(ValueError, match="float64"):
        write_nifti(tmp_path / "b.nii.gz", array.astype(float), GEOMETRY)

    def cut(*_: object) -> np.ndarray:
        return array[:, :5]

    monkeypatch.setattr("tumordesk.io.writers.read_voxels", cut)
    with pytest.raises(WriteError, match="reads back different"):
        write_nifti(tmp_path / "c.nii.gz", array, GEOMETRY)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.nii.gz"]


def test_png_is_what_was_given(tmp_path: Path) -> None:
    write_png(tmp_path / "Ψ.png", RGB)
    with Image.open(tmp_path / "Ψ.png") as image:
        assert np.array_equal(np.asarray(image), RGB)
        assert image.info == {}
    with pytest.raises(WriteError):
        write_png(tmp_path / "Ψ.png", RGB)
    with pytest.raises(ValueError, match="uint8"):
        write_png(tmp_path / "b.png", WIDE)  # type: ignore[arg-type]
