"""Real scans of many makers (skipped where they are not beside the checkout)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tumordesk.core.errors import ReadError
from tumordesk.core.geometry import Verdict
from tumordesk.core.study import ScanResult, Sequence, Series
from tumordesk.io import archives, pool
from tumordesk.io.header import NotDicom, Unusable
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet
from tumordesk.io.reader import open_series
from tumordesk.io.scan import scan_paths

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def everything(shared_data: Path) -> ScanResult:
    return scan_paths([shared_data / "dicom"])


@pytest.fixture(scope="module", autouse=True)
def no_helpers_left() -> Iterator[None]:
    """Some of these files are decoded in helper processes."""
    yield
    pool.shutdown()


def test_every_file_is_in_a_series_or_skipped_with_a_reason(
    shared_data: Path, everything: ScanResult
) -> None:
    used = {i.path for s in everything.series for i in s.instances}
    skipped = {s.path for s in everything.skipped}
    files = {p for p in (shared_data / "dicom").rglob("*") if p.is_file()}
    zips = {p for p in files if p.suffix == ".zip"}
    assert len(files) == 463
    assert files - zips <= used | skipped
    assert all(any(z in p.parents for p in skipped) or _unpacked(used) for z in zips)
    assert not used & skipped
    assert all(len(s.reason) > 8 for s in everything.skipped)


def _unpacked(used: set[Path]) -> bool:
    return any(archives.temporary_root() in path.parents for path in used)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_bounded(shared_data: Path) -> None:
    """In a process of its own: the peak of this one is that of all tests before."""
    program = (
        "import sys; from pathlib import Path; from tumordesk.io.scan import scan_paths;"
        "scan_paths([Path(sys.argv[1])]);"
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')][0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(shared_data / "dicom")],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""
    assert int(done.stdout) * 1024 < 2**28


def test_nine_syntaxes_of_one_image_are_treated_alike(everything: ScanResult) -> None:
    reasons = [s.reason for s in everything.skipped if "dcm_qa_ts" in s.path.parts]
    assert len(reasons) == 9
    assert len(set(reasons)) == 1
    assert reasons[0].startswith("Siemens mosaic:")


def test_hostile_files_are_named(everything: ScanResult) -> None:
    reasons = {s.path.name: s.reason for s in everything.skipped}
    assert "nested absurdly deep" in reasons["2026-05-06-Deeply-Nested-Sequence.dcm"]
    assert reasons["2026-05-26-oob-monochrome-46341.dcm"].startswith("cut off: 9.1 KB of 4 GB")
    assert reasons["MR_truncated.dcm"].startswith("cut off")


def test_sagittal_series_is_one_in_the_right_order(shared_data: Path) -> None:
    (series,) = scan_paths([shared_data / "dicom" / "SAG-anon"]).series
    assert series.slices == 96
    assert series.geometry.plane == "sagittal"
    assert series.geometry.verdict is Verdict.OK
    assert series.geometry.slice_spacing_mm == pytest.approx(0.9, abs=0.001)
    assert series.guess.sequence is Sequence.T1
    positions = [i.position_mm[0] for i in series.instances if i.position_mm]
    assert len(positions) == 96
    assert positions == sorted(positions, reverse=True)
    for index in (0, 40, 95):
        item = series.instances[index]
        assert series.geometry.to_patient((index, 0, 0)) == pytest.approx(
            item.position_mm, abs=1e-3
        )


def test_sample_patient_has_four_series_with_the_geometry_of_its_niftis(shared_data: Path) -> None:
    folder = shared_data / "tcga_fg_6692"
    series = {s.description: s for s in scan_paths([folder / "dicom"]).series}
    assert {d: s.guess.sequence for d, s in series.items()} == {
        "MRHR FLAIR AX": Sequence.FLAIR,
        "MRHR T1 AX POST GAD": Sequence.T1C,
        "T1 AX": Sequence.T1,
        "MRHR T2 AX": Sequence.T2,
    }
    for description, item in series.items():
        assert item.geometry.verdict is Verdict.OK
        assert item.geometry.spacing_mm == pytest.approx((5.5, 0.8984, 0.8984), abs=1e-3)
        name = description.replace(" ", "_") + ".nii.gz"
        (nifti,) = scan_paths([folder / "nifti" / name]).series
        there = _resampled_like(item, nifti)
        assert np.array_equal(open_series(item).read_volume().array, there)


def _resampled_like(item: Series, nifti: Series) -> np.ndarray:
    """The NIfTI's voxels at the DICOM series' voxel centres (nearest)."""
    grid = np.stack(np.meshgrid(*map(np.arange, item.geometry.shape), indexing="ij"), axis=-1)
    where = nifti.geometry.to_index(item.geometry.to_patient(grid))
    nearest = np.rint(where).astype(int)
    assert np.abs(where - nearest).max() < 0.01
    return open_series(nifti).read_volume().array[tuple(np.moveaxis(nearest, -1, 0))]


def _pictures(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "SAG-anon" not in path.parts and "TINY_ALPHA" not in path.parts:
            yield path


def test_codecs_write_nothing_to_the_console(
    shared_data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = shared_data / "dicom" / "pydicom-bundled" / "JPGExtended.dcm"  # 12 bits
    for series in scan_paths([path]).series:
        with suppress(ReadError):
            open_series(series).read_volume()
    assert capfd.readouterr() == ("", "")


# Wrong in pydicom or without a reference there: 12-bit JPEG, and more than 8 bits of colour.
_NO_REFERENCE = ("JPLY", "JPEGProcess2_4", "JPEGProcess6_8", "JPEGProcess10_12", "JPGExtended",
                 "JPEG-lossy", "16bit", "32bit")  # fmt: skip


def test_voxels_are_those_of_pydicom(shared_data: Path) -> None:
    from tumordesk.io.frames import slices_of
    from tumordesk.io.header import read_header
    from tumordesk.io.pixels import modality_dtype
    from tumordesk.io.slices import finished

    compared, refused = 0, []
    for path in _pictures(shared_data / "dicom"):
        try:
            with quiet():
                slices = slices_of(path, read_header(path), size=path.stat().st_size, modified_ns=0)
        except (Unusable, NotDicom):
            continue
        if any(part in path.name for part in _NO_REFERENCE):
            continue
        try:
            found = finished(slices[0], modality_dtype(slices[:1]))
        except ReadError as error:
            refused.append(error.message)
            continue
        expected = _reference(path)
        if expected is not None:
            assert np.allclose(found, expected, atol=6 if found.ndim == 3 else 1e-3), path.name
            compared += 1
    assert compared > 100
    assert all("JPEG2000-embedded" in message for message in refused)


def _reference(path: Path) -> np.ndarray | None:
    """First frame by pydicom alone, with its own rescaling."""
    try:
        with quiet():
            dataset = pydicom.dcmread(path, force=True)
            array = dataset.pixel_array
            many = int(dataset.get("NumberOfFrames", 1) or 1) > 1
            array = array[0] if many else array
            if dataset.PhotometricInterpretation == "PALETTE COLOR":
                return (pydicom.pixels.apply_color_lut(array, dataset) >> 8).astype(np.uint8)
            if dataset.PhotometricInterpretation.startswith("YBR"):
                array = pydicom.pixels.pixel_array(dataset, index=0)
            if many and "SharedFunctionalGroupsSequence" in dataset:
                return None
            return np.asarray(pydicom.pixels.apply_rescale(array, dataset))
    except HOSTILE_ERRORS:
        return None


def test_big_endian_dose_has_its_true_range(shared_data: Path) -> None:
    series = scan_paths([shared_data / "dicom" / "pydicom-bundled" / "rtdose_expb.dcm"]).series
    (dose,) = [s for s in series if s.slices == 15]
    assert dose.geometry.verdict is Verdict.OK
    volume = open_series(dose).read_volume()
    assert (volume.array.min(), volume.array.max()) == (795000, 1254000)


def test_enhanced_series_have_their_geometry(shared_data: Path) -> None:
    folder = shared_data / "dicom" / "dcm_qa_enh" / "In"
    philips = scan_paths([folder / "Philips"]).series
    assert [s.slices for s in philips] == [32, 32]
    siemens = scan_paths([folder / "Siemens"]).series
    assert [s.slices for s in siemens] == [6] * 4
    assert all(s.geometry.verdict is Verdict.OK for s in (*philips, *siemens))
