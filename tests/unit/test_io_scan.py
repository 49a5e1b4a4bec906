"""Finding files: folders, archives, DICOMDIR, siblings, and everything that is not an image."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

import factories
from tumordesk.core.errors import Cancelled
from tumordesk.core.job import JobContext, Progress
from tumordesk.core.study import ScanResult
from tumordesk.io import archives, header
from tumordesk.io.quiet import quiet
from tumordesk.io.scan import scan_paths

ODD_FOLDER = 'Lékař/Ψ study (1)/it\'s "quoted"'


def reasons(result: ScanResult) -> dict[str, str]:
    return {s.path.name: s.reason for s in result.skipped}


def test_folder_with_an_odd_name_and_files_without_extension(tmp_path: Path) -> None:
    folder = tmp_path / ODD_FOLDER
    for path in factories.write_series(folder, factories.phantom((4, 8, 8))):
        path.rename(path.with_suffix(""))
    result = scan_paths([tmp_path])
    assert [s.slices for s in result.series] == [4]
    assert result.skipped == ()


def test_every_other_file_is_skipped_with_a_reason(tmp_path: Path) -> None:
    factories.write_series(tmp_path / "series", factories.phantom((3, 8, 8)))
    (tmp_path / "notes.txt").write_text("nothing to see")
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "lies.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"garbage" * 30)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 50)
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    result = scan_paths([tmp_path, tmp_path / "not there"])
    found = reasons(result)
    assert len(result.series) == 1
    assert set(found) == {
        "notes.txt", "empty.dcm", "lies.dcm", "broken.png", "gone", "not there",
    }  # fmt: skip
    assert found["notes.txt"] == "not a DICOM file or a picture"
    assert found["empty.dcm"] == "empty file (0 bytes)"
    assert "no such file" in found["not there"]
    assert all(found.values())


def test_a_truncated_slice_is_named_and_leaves_a_gap(tmp_path: Path) -> None:
    paths = factories.write_series(tmp_path, factories.phantom((6, 64, 64)))
    data = paths[2].read_bytes()
    paths[2].write_bytes(data[: -6 * 1024])
    result = scan_paths([tmp_path])
    assert reasons(result) == {"IM0003.dcm": "cut off: 2 of 8 KB of pixels are there"}
    assert result.series[0].geometry.verdict.value == "gap"


def test_one_slice_opens_its_whole_series_and_nothing_else(tmp_path: Path) -> None:
    paths = factories.write_series(tmp_path, factories.phantom((5, 8, 8)))
    other = factories.dicom_slice(np.zeros((8, 8), np.uint16), series="other")
    factories.save(other, tmp_path / "other.dcm")
    (tmp_path / "notes.txt").write_text("x")
    result = scan_paths([paths[3]])
    assert [s.slices for s in result.series] == [5]
    assert result.skipped == ()


def test_the_file_that_was_named_wins_over_its_duplicate(tmp_path: Path) -> None:
    paths = factories.write_series(tmp_path, factories.phantom((3, 8, 8)))
    copy = tmp_path / "zz.dcm"
    copy.write_bytes(paths[1].read_bytes())
    series = scan_paths([copy]).series[0]
    assert copy in {i.path for i in series.instances}
    assert series.slices == 3


def test_several_named_slices_are_taken_as_they_are(tmp_path: Path) -> None:
    paths = factories.write_series(tmp_path, factories.phantom((5, 8, 8)))
    assert scan_paths(paths[:2]).series[0].slices == 2


def test_the_same_path_twice_counts_once(tmp_path: Path) -> None:
    factories.write_series(tmp_path / "a", factories.phantom((3, 8, 8)))
    result = scan_paths([tmp_path, tmp_path / "a", tmp_path / "a" / "IM0001.dcm"])
    assert [s.slices for s in result.series] == [3]
    assert result.skipped == ()


def test_dicomdir_opens_the_folder_beside_it_and_nothing_outside(tmp_path: Path) -> None:
    factories.write_series(tmp_path / "outside", factories.phantom((2, 8, 8)), series="outside")
    factories.write_series(tmp_path / "disc" / "IMAGES", factories.phantom((4, 8, 8)))
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    record = Dataset()
    record.DirectoryRecordType = "IMAGE"
    with quiet():
        record.ReferencedFileID = ["..", "outside", "IM0001.dcm"]
    directory = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    directory.FileSetID = "X"
    directory.DirectoryRecordSequence = [record]
    with quiet():
        for name in ("DICOMDIR", "renamed.dcm"):
            factories.save(directory, tmp_path / "disc" / name)
    for name in ("DICOMDIR", "renamed.dcm"):
        result = scan_paths([tmp_path / "disc" / name])
        assert [s.slices for s in result.series] == [4]
        assert "table of contents" in reasons(result)["DICOMDIR"]


def zip_series(path: Path, folder: Path, prefix: str = "") -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{prefix}{file.name}")


def test_zip_with_accents_and_an_archive_inside(tmp_path: Path) -> None:
    factories.write_series(tmp_path / "a", factories.phantom((4, 8, 8)))
    factories.write_series(tmp_path / "b", factories.phantom((3, 8, 8)), series="second")
    inner = tmp_path / "inner.zip"
    zip_series(inner, tmp_path / "b", "řada/")
    outer = tmp_path / "Pacient č. 1.zip"
    zip_series(outer, tmp_path / "a", "Vyšetření/Ψ/")
    with zipfile.ZipFile(outer, "a") as archive:
        archive.write(inner, "inner.zip")
        archive.writestr("Vyšetření/poznámka.txt", "x")
    result = scan_paths([outer])
    assert sorted(s.slices for s in result.series) == [3, 4]
    assert [s.path for s in result.skipped] == [outer / "Vyšetření" / "poznámka.txt"]


def test_zip_never_writes_outside_its_folder(tmp_path: Path) -> None:
    slice_bytes = io.BytesIO()
    factories.dicom_slice(np.zeros((8, 8), np.uint16)).save_as(
        slice_bytes, enforce_file_format=True
    )
    evil = tmp_path / "evil.zip"
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("../../escaped.dcm", slice_bytes.getvalue())
        archive.writestr("/absolute.dcm", slice_bytes.getvalue())
        archive.writestr("C:\\windows.dcm", slice_bytes.getvalue())
        archive.writestr(link, "/etc/passwd")
    result = scan_paths([evil])
    assert len(result.series) == 1
    root = archives.temporary_root()
    for series in result.series:
        assert all(root in i.path.resolve().parents for i in series.instances)
    assert not list(tmp_path.rglob("escaped.dcm"))
    assert "link" in reasons(result)["link"]


def test_zip_bomb_and_encrypted_and_damaged_archives_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "RATIO_FROM_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.dcm", b"\0" * (8 << 20))
    with zipfile.ZipFile(tmp_path / "secret.zip", "w") as archive:
        archive.writestr("a.dcm", b"abc")
    data = bytearray((tmp_path / "secret.zip").read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "secret.zip").write_bytes(data)
    (tmp_path / "damaged.zip").write_bytes(b"PK\x03\x04" + b"?" * 200)
    found = reasons(scan_paths([tmp_path]))
    assert "decompression bomb" in found["zeros.dcm"]
    assert "password" in found["a.dcm"]
    assert "damaged zip" in found["damaged.zip"]


def test_zip_with_more_than_the_disk_may_take_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 1000)
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.dcm", b"x" * 900)
        archive.writestr("b.dcm", b"x" * 900)
    budget = archives.Budget(left_bytes=1000)
    skipped: list[object] = []
    files = list(archives.unpack(path, path, skipped, budget, JobContext()))  # type: ignore[arg-type]
    assert len(files) == 1
    assert len(skipped) == 1


def test_leftovers_of_a_dead_process_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "tumordesk-999999999-abc"
    old.mkdir()
    monkeypatch.setattr(archives.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(archives.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(archives, "_root", None)
    root = archives.temporary_root()
    assert root.is_dir()
    assert not old.exists()


def test_updates_stream_and_cancel_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumordesk.io.scan._UPDATE_SECONDS", 0.0)
    factories.write_series(tmp_path, factories.phantom((6, 8, 8)))
    updates: list[ScanResult] = []
    result = scan_paths([tmp_path], on_update=updates.append)
    assert updates
    assert {s.key for u in updates for s in u.series} == {s.key for s in result.series}
    seen: list[Progress] = []
    context = JobContext(seen.append, max_rate_hz=1e9)

    def stop(_: ScanResult) -> None:
        context.cancel()

    with pytest.raises(Cancelled):
        scan_paths([tmp_path], context, on_update=stop)
    assert seen


def _with_meta(body: bytes, syntax: bytes, extra: bytes = b"") -> bytes:
    padded = syntax + b"\0" * (len(syntax) % 2)
    element = b"\x02\x00\x10\x00UI" + struct.pack("<H", len(padded)) + padded
    return b"\0" * 128 + b"DICM" + element + extra + body


def test_deflate_bomb_is_refused_before_it_explodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(header, "MAX_INFLATED_BYTES", 1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(b"\0" * (64 << 20)) + packer.flush()
    path = tmp_path / "bomb.dcm"
    path.write_bytes(_with_meta(body, b"1.2.840.10008.1.2.1.99"))
    assert "decompression bomb" in reasons(scan_paths([path]))["bomb.dcm"]


def test_hostile_lengths_are_refused(tmp_path: Path) -> None:
    two_gigabytes = b"\x02\x00\x02\x01OB\0\0" + struct.pack("<L", 2**31)
    (tmp_path / "meta.dcm").write_bytes(
        _with_meta(b"", b"1.2.840.10008.1.2.1", two_gigabytes) + b"x" * 9000
    )
    large = factories.dicom_slice(np.zeros((8, 8), np.uint16), Rows=65535, Columns=65535)
    factories.save(large, tmp_path / "large.dcm")
    packed = factories.dicom_slice(np.zeros((8, 8), np.uint16))
    packed.compress("1.2.840.10008.1.2.5", generate_instance_uid=False)
    packed.Rows = packed.Columns = 65535
    factories.save(packed, tmp_path / "packed.dcm")
    found = reasons(scan_paths([tmp_path]))
    assert "is absurd" in found["packed.dcm"]
    assert "length points far outside" in found["meta.dcm"]
    assert found["large.dcm"].startswith("cut off: 128 bytes of 8 GB")


def test_endless_nesting_and_endless_headers_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nest = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 3000
    (tmp_path / "nested.dcm").write_bytes(_with_meta(nest, b"1.2.840.10008.1.2.1"))
    monkeypatch.setattr(header, "_MAX_READS", 5000)
    many = b"\x09\x00\x10\x00LO\x02\x00ab" * 20000
    (tmp_path / "many.dcm").write_bytes(_with_meta(many, b"1.2.840.10008.1.2.1"))
    found = reasons(scan_paths([tmp_path]))
    assert "nested absurdly deep" in found["nested.dcm"]
    assert "absurdly large" in found["many.dcm"]


def test_a_large_header_is_read_to_its_end(tmp_path: Path) -> None:
    dataset = factories.dicom_slice(np.zeros((8, 8), np.uint16))
    dataset.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
    dataset.add_new(0x00291010, "OB", b"\1" * (header.PREFIX_BYTES + 1000))
    path = factories.save(dataset, tmp_path / "a.dcm")
    assert scan_paths([path]).series[0].description == "AX FLAIR"


@pytest.mark.parametrize(
    ("sop_class", "modality", "words"),
    [
        ("1.2.840.10008.5.1.4.1.1.88.22", "SR", "structured report"),
        ("1.2.840.10008.5.1.4.1.1.66.4", "SEG", "segmentation"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "PR", "presentation state"),
        ("1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT", "structures"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "DOC", "PDF"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "ECG", "waveform"),
    ],
)
def test_objects_without_an_image_are_named(
    tmp_path: Path, sop_class: str, modality: str, words: str
) -> None:
    dataset = factories.dicom_slice(
        np.zeros((8, 8), np.uint16), SOPClassUID=sop_class, Modality=modality
    )
    path = factories.save(dataset, tmp_path / "object.dcm")
    assert words in reasons(scan_paths([path]))["object.dcm"]


def test_siemens_mosaic_is_refused_with_what_to_do(tmp_path: Path) -> None:
    dataset = factories.dicom_slice(
        np.zeros((8, 8), np.uint16), ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
    )
    path = factories.save(dataset, tmp_path / "mosaic.dcm")
    reason = reasons(scan_paths([path]))["mosaic.dcm"]
    assert reason.startswith("Siemens mosaic:")
    assert "NIfTI" in reason


def test_file_without_preamble_and_meta_is_read_if_it_is_dicom(tmp_path: Path) -> None:
    dataset = factories.dicom_slice(np.full((8, 8), 5, np.uint16))
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    data = buffer.getvalue()
    start = data.index(b"\x08\x00\x05\x00CS")
    (tmp_path / "bare").write_bytes(data[start:])
    assert scan_paths([tmp_path]).series[0].slices == 1


def test_names_in_odd_character_sets_never_fail(tmp_path: Path) -> None:
    for index, charset in enumerate(("ISO 2022 IR 87", "ISO_IR 100", "nonsense", "")):
        dataset = factories.dicom_slice(np.zeros((8, 8), np.uint16), study=f"s{index}")
        path = factories.save(dataset, tmp_path / f"{index}.dcm")
        data = path.read_bytes().replace(b"Test^Patient", "Müller^Ké".encode().ljust(12))
        data = data.replace(b"ISO_IR 192", charset.encode().ljust(10)[:10])
        path.write_bytes(data)
    result = scan_paths([tmp_path])
    assert len(result.series) == 4
    assert result.skipped == ()


@pytest.mark.parametrize(
    ("name", "start", "words"),
    [
        ("scan.rar", b"Rar!\x1a\x07", "unpack it first"),
        ("scan.tar", b"x" * 257 + b"ustar", "unpack it first"),
        ("report.docx", b"PK\x03\x04", "Office"),
        ("picture.gif", b"GIF89a", "save it as PNG"),
        ("scan.mnc", b"\x89HDF\r\n\x1a\n", "NIfTI"),
        ("viewer.exe", b"MZ", "program"),
    ],
)
def test_well_known_kinds_are_named(tmp_path: Path, name: str, start: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(start + b"rest" * 200)
    assert words in reasons(scan_paths([tmp_path]))[name]
