"""One order, many formats: each whole or absent, each independent of the others."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference_fakes import AXIAL
from tumordesk.core.activation import ActivationMap
from tumordesk.core.errors import Cancelled, WriteError
from tumordesk.core.finding import AnalysisResult, Provenance
from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import NOTICE
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import Instance, Patient, Sequence, SequenceGuess, Series, Study
from tumordesk.core.study_findings import StudyFindings
from tumordesk.core.volume import Volume
from tumordesk.imaging.key_pictures import key_pictures
from tumordesk.imaging.measure import measure
from tumordesk.io.reader import open_series
from tumordesk.io.scan import scan_paths
from tumordesk.session.exporting import ExportOptions, ExportOrder, existing_files, export, refusal

SHAPE = (6, 40, 48)
SHA = "3f2a91c0d7e4" + "0" * 52


@pytest.fixture
def findings() -> StudyFindings:
    """A NIfTI series (no DICOM behind it) with two lesions, measured."""
    affine = affine_from((-20.0, -20.0, -60.0), AXIAL, (5.0, 0.9, 0.9))
    where = Geometry(SHAPE, (0.9, 0.9), 5.0, affine, verdict=Verdict.OK)
    array = np.zeros(SHAPE, np.uint8)
    array[2:4, 8:20, 10:22] = 1
    array[1:3, 28:36, 30:36] = 1
    outline = Segmentation(array, where, (Segment(1, "=Tumour"),), "1.2.3")
    guess = SequenceGuess(Sequence.FLAIR, "description says FLAIR")
    files = tuple(Instance(Path("a.nii.gz")) for _ in range(SHAPE[0]))
    series = Series("s1", "1.2.3", "nifti", 5, "MR", "AX FLAIR", guess, where, files)
    rng = np.random.default_rng(1)
    volume = Volume(rng.integers(0, 800, SHAPE).astype(np.int16), where, "1.2.3")
    measured = measure(outline)
    made = Provenance(
        "fake", "1.2", SHA, "unet", "1.2.3", "CPU", 1, 1.0, "TumorDesk 0.1", ("unlike FLAIR",)
    )
    result = AnalysisResult(made, outline, measured)
    study = Study("9.9", "2024-03-05", "Brain", (series,))
    patient = Patient("SECRET-77", "Novák^Jana", (study,))
    return StudyFindings(series, volume, patient, study, outline, "ai", result, measured)


def ordered(folder: Path, *formats: str, stem: str = "x", **options: object) -> ExportOrder:
    return ExportOrder(formats, folder, stem, ExportOptions(**options))  # type: ignore[arg-type]


def run(findings: StudyFindings, order: ExportOrder, **more: object):
    return export(JobContext(), findings, order, **more)  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_hold_what_was_found(findings: StudyFindings, tmp_path: Path) -> None:
    report = run(findings, ordered(tmp_path, "nifti", "nrrd", "png", "csv", "json"))
    assert report.failures == ()
    assert sorted(path.name for path in report.files) == names(tmp_path)
    (series,) = scan_paths([tmp_path / "x.nii.gz"]).series
    assert findings.outline is not None
    assert np.array_equal(open_series(series).read_volume().array, findings.outline.array)
    document = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert document["notice"] == NOTICE
    assert document["mask"] == "x.nii.gz"
    assert document["outline"] == "model"
    assert document["provenance"]["model_sha256"] == SHA
    assert document["provenance"]["warnings"] == ["unlike FLAIR"]
    assert document["geometry"]["verdict"] == "ok"
    assert sorted([*document["files"], "x.json"]) == names(tmp_path)
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["lesion"] for row in rows] == ["1", "2", "all"]
    assert findings.measurements is not None
    assert float(rows[-1]["volume_ml"]) == pytest.approx(findings.measurements.volume_ml, abs=1e-3)
    assert (rows[0]["first_slice"], rows[0]["last_slice"]) == ("3", "4")
    assert rows[0]["segment"] == "'=Tumour"  # no formula
    assert {row["model_sha256"] for row in rows} == {SHA}
    assert {row["notice"] for row in rows} == {NOTICE}
    assert SHA in (tmp_path / "x-labels.txt").read_text(encoding="utf-8")
    header = gzip.decompress((tmp_path / "x.nii.gz").read_bytes())[148:228]
    assert header.rstrip(b"\0") == b"TumorDesk: research use only; fake 1.2 3f2a91c0d7e4"
    assert SHA.encode() in (tmp_path / "x.seg.nrrd").read_bytes()


def test_parts_of_lesions_have_their_names_in_the_table(
    findings: StudyFindings, tmp_path: Path
) -> None:
    outline = findings.outline
    assert outline is not None
    array = outline.array.copy()
    array[2:4, 8:11, 10:22] = 2
    segments = (Segment(1, "Oedema"), Segment(2, "Core"))
    parted = Segmentation(array, outline.geometry, segments, "1.2.3")
    measured = measure(parted)
    run(replace(findings, outline=parted, measurements=measured), ordered(tmp_path, "csv"))
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["lesion"], row["segment"]) for row in rows] == [
        ("1", "Oedema + Core"),
        ("2", "Oedema"),
        ("all", ""),
        ("all", "Oedema"),
        ("all", "Core"),
    ]
    sizes = [int(row["voxels"]) for row in rows]
    assert sizes[0] + sizes[1] == sizes[2] == sizes[3] + sizes[4]


def test_nothing_written_says_who_the_patient_is(findings: StudyFindings, tmp_path: Path) -> None:
    run(findings, ordered(tmp_path, "nifti", "png", "csv", "json"))
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert b"SECRET" not in data
        assert "Novák".encode() not in data


def test_a_refused_format_is_listed_and_stops_no_other(
    findings: StudyFindings, tmp_path: Path
) -> None:
    report = run(findings, ordered(tmp_path, "seg", "sr", "pdf", "json"))
    assert [path.name for path in report.files] == ["x.json"]
    reasons = {failure.format: failure for failure in report.failures}
    assert set(reasons) == {"seg", "sr", "pdf"}
    assert "Needs the DICOM series it belongs to; this is NIfTI" in reasons["seg"].reason
    assert "gui" in reasons["pdf"].reason
    assert all(failure.refused for failure in report.failures)
    assert report.retryable == ()


def test_what_a_mask_needs(findings: StudyFindings) -> None:
    bare = replace(findings, outline=None, measurements=None, made_by=None)
    assert refusal(bare, "nifti") == "There is no outline to write."
    assert refusal(bare, "csv")
    assert refusal(bare, "png") == ""
    assert refusal(bare, "json") == ""
    empty = Segmentation(np.zeros(SHAPE, np.uint8), findings.volume.geometry, (), "1.2.3")
    dicom = replace(findings, outline=empty, series=replace(findings.series, kind="dicom"))
    assert "Nothing is outlined" in refusal(dicom, "seg")
    assert refusal(dicom, "sr") == ""
    assert refusal(dicom, "nifti") == ""


def test_nothing_is_overwritten_unasked(findings: StudyFindings, tmp_path: Path) -> None:
    order = ordered(tmp_path, "csv", "json")
    assert existing_files(order) == ()
    run(findings, order)
    before = (tmp_path / "x.csv").read_bytes()
    (tmp_path / "x.csv").write_text("mine")
    assert [path.name for path in existing_files(order)] == ["x.csv", "x.json"]
    again = run(findings, order)
    assert again.files == ()
    assert all(failure.exists for failure in again.failures)
    assert (tmp_path / "x.csv").read_text() == "mine"
    both = run(findings, ordered(tmp_path, "csv", "png", existing="number"))
    assert both.stem == "x (2)"
    assert (tmp_path / "x.csv").read_text() == "mine"
    assert (tmp_path / "x (2).csv").read_bytes() == before
    run(findings, ordered(tmp_path, "csv", existing="replace"))
    assert (tmp_path / "x.csv").read_bytes() == before


def test_replacing_leaves_no_older_pictures(findings: StudyFindings, tmp_path: Path) -> None:
    run(findings, ordered(tmp_path, "png"))
    (tmp_path / "x_key-9-slice-001.png").write_bytes(b"older")
    (tmp_path / "xx_key-9-slice-001.png").write_bytes(b"another's")
    run(findings, ordered(tmp_path, "png", existing="replace"))
    assert not (tmp_path / "x_key-9-slice-001.png").exists()
    assert (tmp_path / "xx_key-9-slice-001.png").exists()


def full_disk(monkeypatch: pytest.MonkeyPatch, after: int = 0) -> Callable[[], None]:
    """os.fsync fails as on a full disk, from the call numbered ``after`` on."""
    calls = []
    real = os.fsync

    def fsync(handle: int) -> None:
        calls.append(handle)
        if len(calls) > after:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return lambda: monkeypatch.setattr(os, "fsync", real)


def test_full_disk_is_told_leaves_nothing_and_retry_works(
    findings: StudyFindings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = full_disk(monkeypatch, after=2)
    order = ordered(tmp_path, "seg", "nifti", "png", "csv", "json")
    report = run(findings, order)
    assert names(tmp_path) == ["x-labels.txt", "x.nii.gz"]  # written before the disk was full
    assert report.retryable == ("png", "csv", "json")
    failed = [failure for failure in report.failures if not failure.refused]
    assert all("No space left on device" in failure.reason for failure in failed)
    assert all("try again" in failure.hint for failure in failed)
    room()
    again = run(findings, replace(order, formats=report.retryable))
    assert again.failures == ()
    assert {"x.csv", "x.json", "x.nii.gz"} < set(names(tmp_path))


def test_a_format_of_several_files_is_whole_or_absent(
    findings: StudyFindings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(key_pictures(findings)) > 1
    full_disk(monkeypatch, after=1)
    report = run(findings, ordered(tmp_path, "png"))
    assert report.retryable == ("png",)
    assert names(tmp_path) == []


def test_read_only_folder(
    findings: StudyFindings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not by chmod: the superuser may write everywhere.
    def denied(*_: object, **__: object) -> tuple[int, str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", denied)
    report = run(findings, ordered(tmp_path, "nifti", "csv"))
    assert report.retryable == ("nifti", "csv")
    assert "Permission denied" in report.failures[0].reason
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="file size limits of POSIX")
def test_limit_of_file_size_leaves_no_partial_file(findings: StudyFindings, tmp_path: Path) -> None:
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    quiet = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        report = run(findings, ordered(tmp_path, "png", "json", "csv"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, quiet)
    assert "png" in report.retryable
    assert names(tmp_path) == sorted(path.name for path in report.files)
    assert not any("key" in name for name in names(tmp_path))


def test_vanished_drive_does_not_become_a_folder(findings: StudyFindings, tmp_path: Path) -> None:
    drive = tmp_path / "stick"
    drive.mkdir()
    order = ordered(drive, "nifti", "json", make_folder=False)
    shutil.rmtree(drive)
    report = run(findings, order)
    assert report.retryable == ("nifti", "json")
    assert "is not there any more" in report.failures[0].reason
    assert not drive.exists()
    drive.mkdir()
    assert run(findings, order).failures == ()


def test_defect_in_one_writer_costs_one_format(
    findings: StudyFindings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object) -> str:
        raise KeyError("Novák^Jana")

    monkeypatch.setattr("tumordesk.session.export_tables.lesion_table", defect)
    report = run(findings, ordered(tmp_path, "csv", "json"))
    assert names(tmp_path) == ["x.json"]
    assert "defect" in report.failures[0].reason
    assert "Novák" not in str(report.failures[0])


def test_cancelled_between_formats(findings: StudyFindings, tmp_path: Path) -> None:
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        export(context, findings, ordered(tmp_path, "json"))
    assert names(tmp_path) == []


def test_plain_names_of_the_command_line(findings: StudyFindings, tmp_path: Path) -> None:
    run(findings, ordered(tmp_path, "nifti", "png", "csv", "json", stem=""))
    found = names(tmp_path)
    assert {"mask.nii.gz", "lesions.csv", "result.json"} < set(found)
    assert any(name.startswith("key-1-slice-") for name in found)


def test_activation_map_is_a_key_picture_of_its_own(findings: StudyFindings) -> None:
    array = np.zeros((2, *SHAPE[1:]), np.float32)
    array[1, 10:20, 10:20] = 1.0
    heat = ActivationMap("type-fake", "glioma", "Glioma", "Grad-CAM", (1, 4), array)
    plain = key_pictures(findings)
    mapped = key_pictures(replace(findings, maps={"type-fake": heat}))
    assert len(mapped) == len(plain) + 1
    assert mapped[-1].kind == "map"
    assert mapped[-1].slice_index == 4
    assert "Grad-CAM" in mapped[-1].text
    assert mapped[-1].name.endswith("-slice-005-map")
    spread = np.ptp(mapped[-1].rgb.astype(int), axis=2)
    assert spread.max() > 100  # colours, not greys


def test_report_writer_gets_a_free_path_and_its_failure_is_told(
    findings: StudyFindings, tmp_path: Path
) -> None:
    def no_room(findings: object, options: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise WriteError("The PDF could not be written.", "Check free space.")

    report = run(findings, ordered(tmp_path, "pdf"), write_pdf=no_room)
    assert report.retryable == ("pdf",)
    assert names(tmp_path) == []


def test_reason_of_the_system_is_found_beneath_a_librarys_words() -> None:
    from tumordesk.core.errors import plain_reason

    wrapped = OSError("With tag (7fe0,0010) got exception")
    wrapped.__cause__ = OSError(28, "No space left on device")
    assert plain_reason(wrapped) == "No space left on device"
