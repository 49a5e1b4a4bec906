"""Exported DICOM: what stands in the files, and what is refused."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset

import export_factories as made
import factories
from tumordesk.core.activation import Unlikeness
from tumordesk.core.errors import ReadError, WriteError
from tumordesk.core.model_card import NOTICE
from tumordesk.core.study import Series
from tumordesk.explain.facts import facts
from tumordesk.io.export.labels import write_label_text
from tumordesk.io.export.nrrd import write_nrrd
from tumordesk.io.export.pdf_dicom import write_encapsulated_pdf
from tumordesk.io.export.sc import write_sc
from tumordesk.io.export.seg import write_seg
from tumordesk.io.export.sr import write_sr
from tumordesk.io.export.table_page import notes, table_page, table_rows
from tumordesk.io.import_mask import read_mask
from tumordesk.io.scan import scan_paths
from tumordesk.session.gather import findings_of
from tumordesk.session.session import Session

PDF = b"%PDF-1.7\nmade up\n%%EOF"
PICTURE = np.arange(41 * 33 * 3, dtype=np.uint8).reshape(41, 33, 3)


@pytest.fixture
def series(tmp_path: Path) -> Series:
    """An oblique series of odd width, its files in reverse order."""
    made.oblique_series(tmp_path / "in", factories.phantom(made.SHAPE), SeriesNumber=7)
    return made.only_series(tmp_path / "in")


def _frames(dataset: Dataset) -> list[tuple[int, tuple[float, ...], np.ndarray]]:
    """(segment, position, mask) of each frame, read with nothing of the program's own."""
    found = []
    for item, pixels in zip(
        dataset.PerFrameFunctionalGroupsSequence, dataset.pixel_array, strict=True
    ):
        which = item.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        place = tuple(map(float, item.PlanePositionSequence[0].ImagePositionPatient))
        found.append((int(which), place, pixels))
    return found


def test_a_seg_holds_each_outlined_slice_at_its_place(series: Series, tmp_path: Path) -> None:
    findings = made.findings_on(series)
    path = write_seg(tmp_path / "out.dcm", findings)
    dataset = pydicom.dcmread(path)
    labels = findings.outline.array
    seen = np.zeros_like(labels)
    for number, place, mask in _frames(dataset):
        nearest = [np.linalg.norm(np.subtract(i.position_mm, place)) for i in series.instances]
        index = int(np.argmin(nearest))
        assert nearest[index] < 1e-6
        seen[index][mask.astype(bool)] = {1: 1, 2: 3}[number]
    assert np.array_equal(seen, labels)


def test_each_frame_refers_to_the_image_it_lies_on(series: Series, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "out.dcm", made.findings_on(series))
    by_place = {item.position_mm: item.sop_instance_uid for item in series.instances}
    for item in pydicom.dcmread(path).PerFrameFunctionalGroupsSequence:
        place = tuple(map(float, item.PlanePositionSequence[0].ImagePositionPatient))
        source = item.DerivationImageSequence[0].SourceImageSequence[0]
        nearest = min(by_place, key=lambda own: float(np.linalg.norm(np.subtract(own, place))))
        assert source.ReferencedSOPInstanceUID == by_place[nearest]


def test_the_header_says_who_made_it_and_for_what(series: Series, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "out.dcm", made.findings_on(series))
    assert path.read_bytes()[:128] == b"\0" * 128
    dataset = pydicom.dcmread(path)
    assert dataset.SeriesDescription == "TumorDesk flair-fake 1.2 research only"
    assert dataset.SeriesNumber == 9007
    assert dataset.PatientID == "TEST-1"
    assert str(dataset.PatientName) == "Test^Patient"
    assert dataset.StudyInstanceUID == factories.uid("study")
    assert dataset.FrameOfReferenceUID == factories.uid("study", "frame")
    assert dataset.SeriesInstanceUID != series.uid
    assert dataset.ContentDescription == NOTICE
    assert dataset.SegmentationType == "BINARY"
    tumour, oedema = dataset.SegmentSequence
    assert (tumour.SegmentLabel, oedema.SegmentLabel) == ("Tumour", "Oedema")
    assert tumour.SegmentedPropertyTypeCodeSequence[0].CodeValue == made.NEOPLASM.value
    assert tumour.SegmentAlgorithmType == "AUTOMATIC"
    how = tumour.SegmentationAlgorithmIdentificationSequence[0]
    assert how.AlgorithmName == "flair-fake"
    assert how.AlgorithmVersion.startswith("1.2+sha256:0123456789abcdef")
    assert len(how.AlgorithmVersion) <= 64
    assert made.HASH in how.AlgorithmParameters


def test_who_drew_it_is_told_apart(series: Series, tmp_path: Path) -> None:
    of_model = made.findings_on(series)
    corrected = write_seg(tmp_path / "a.dcm", replace(of_model, origin="mine"))
    by_hand = write_seg(tmp_path / "b.dcm", made.by_hand(of_model))
    kinds = [
        pydicom.dcmread(p).SegmentSequence[0].SegmentAlgorithmType for p in (corrected, by_hand)
    ]
    assert kinds == ["SEMIAUTOMATIC", "MANUAL"]
    assert "corrected" in pydicom.dcmread(corrected).SeriesDescription
    assert "by a person" in pydicom.dcmread(by_hand).SeriesDescription


def test_an_outline_out_of_a_file_is_nobodys_work(series: Series, tmp_path: Path) -> None:
    first = write_seg(tmp_path / "a.dcm", made.findings_on(series))
    session = Session()
    session.add_scan(scan_paths([tmp_path / "in"]))
    layer = session.add_imported(series.key, read_mask(first, [series]).segmentation, 0.5)
    assert not layer.editable
    volume = made.findings_on(series).volume
    found = findings_of(session, series.key, volume)
    again = pydicom.dcmread(write_seg(tmp_path / "b.dcm", found))
    assert again.SeriesDescription == "TumorDesk imported outline, research only"
    assert again.SegmentSequence[0].SegmentAlgorithmType == "AUTOMATIC"
    assert again.SegmentSequence[0].SegmentAlgorithmName == "flair-fake"
    keys = {fact.key for fact in facts(found)}
    assert "outline.file" in keys
    assert "outline.mine" not in keys
    # A copy that a person may change is no longer the algorithm's alone.
    session.edit_copy(series.key, layer.key)
    copy = pydicom.dcmread(write_seg(tmp_path / "c.dcm", findings_of(session, series.key, volume)))
    assert copy.SegmentSequence[0].SegmentAlgorithmType == "SEMIAUTOMATIC"


def test_empty_frames_and_label_maps_on_request(series: Series, tmp_path: Path) -> None:
    findings = made.findings_on(series)
    every = pydicom.dcmread(write_seg(tmp_path / "a.dcm", findings, empty_frames=True))
    assert every.NumberOfFrames == 2 * series.slices
    labelled = pydicom.dcmread(write_seg(tmp_path / "b.dcm", findings, labelmap=True))
    assert labelled.SegmentationType == "LABELMAP"
    assert set(np.unique(labelled.pixel_array)) == {0, 1, 2}


def test_frames_of_a_split_multi_frame_source_are_named(tmp_path: Path) -> None:
    volume = factories.phantom((6, 20, 19))
    factories.save(factories.enhanced_mr(volume, echo_times=(10.0, 90.0)), tmp_path / "in/e.dcm")
    first, second = scan_paths([tmp_path / "in"]).series
    for number, stack in enumerate((first, second)):
        findings = made.findings_on(stack)
        dataset = pydicom.dcmread(write_seg(tmp_path / f"{number}.dcm", findings))
        named = {
            (round(float(item.PlanePositionSequence[0].ImagePositionPatient[2]), 3),
             int(item.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber))
            for item in dataset.PerFrameFunctionalGroupsSequence
        }  # fmt: skip
        known = {(round(i.position_mm[2], 3), i.frame + 1) for i in stack.instances}
        assert named <= known
        (whole,) = dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence
        assert "ReferencedFrameNumber" not in whole


def test_missing_slices_stay_where_they_are(tmp_path: Path) -> None:
    datasets = factories.series_datasets(factories.phantom((8, 20, 19)))
    factories.save_all([d for i, d in enumerate(datasets) if i != 3], tmp_path / "in")
    series = made.only_series(tmp_path / "in")
    findings = made.findings_on(series)
    dataset = pydicom.dcmread(write_seg(tmp_path / "out.dcm", findings))
    places = {round(place[2], 3) for _, place, _ in _frames(dataset)}
    outlined = np.unique(np.nonzero(findings.outline.array)[0])
    assert places == {round(series.instances[i].position_mm[2], 3) for i in outlined}


def test_a_header_that_breaks_the_rules_is_taken_over(tmp_path: Path) -> None:
    factories.write_series(tmp_path / "in", PatientName="金^三", PatientBirthDate="", StudyID="")
    for path in sorted((tmp_path / "in").iterdir()):
        # A date that does not exist.
        data = path.read_bytes()
        data = data.replace(b"20240102", b"2024-1-2")
        path.write_bytes(data)
    series = made.only_series(tmp_path / "in")
    dataset = pydicom.dcmread(write_seg(tmp_path / "out.dcm", made.findings_on(series)))
    assert str(dataset.PatientName) == "金^三"
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert dataset.StudyDate == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ImagePositionPatient": ...}, "where its slices lie"),
        ({"PixelSpacing": ...}, "where its slices lie"),
        ({"FrameOfReferenceUID": ...}, "frame of reference"),
    ],
)
def test_a_seg_without_a_place_is_refused(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    factories.write_series(tmp_path / "in", **changes)
    series = made.only_series(tmp_path / "in")
    with pytest.raises(WriteError, match=words):
        write_seg(tmp_path / "out.dcm", made.findings_on(series, measured=False))
    assert not (tmp_path / "out.dcm").exists()


def test_pictures_and_empty_outlines_are_refused(series: Series, tmp_path: Path) -> None:
    empty = made.findings_on(series, np.zeros(made.SHAPE, np.uint8))
    with pytest.raises(WriteError, match="nothing to write"):
        write_seg(tmp_path / "out.dcm", empty)
    with pytest.raises(WriteError, match="nothing to write"):
        write_nrrd(tmp_path / "out.seg.nrrd", empty.outline)
    factories.write_picture(tmp_path / "a.png")
    picture = made.findings_on(made.only_series(tmp_path / "a.png"), measured=False)
    for write in (
        lambda: write_seg(tmp_path / "out.dcm", picture),
        lambda: write_sr(tmp_path / "out.dcm", picture, None),
        lambda: write_sc([tmp_path / "out.dcm"], [], picture),
    ):
        with pytest.raises(WriteError, match="DICOM"):
            write()
    assert not (tmp_path / "out.dcm").exists()


def test_files_that_are_gone_or_changed_are_told(series: Series, tmp_path: Path) -> None:
    findings = made.findings_on(series)
    first = series.instances[0].path
    other = factories.dicom_slice(factories.phantom(made.SHAPE)[0], number=99)
    factories.save(other, first)
    with pytest.raises(ReadError, match="not the image any more"):
        write_seg(tmp_path / "out.dcm", findings)
    shutil.rmtree(first.parent)
    with pytest.raises(ReadError, match="cannot be read"):
        write_seg(tmp_path / "out.dcm", findings)


def test_nothing_is_overwritten_unasked(series: Series, tmp_path: Path) -> None:
    findings = made.findings_on(series)
    taken = tmp_path / "taken.dcm"
    taken.write_bytes(b"mine")
    (tmp_path / "a.pdf").write_bytes(PDF)
    for write in (
        lambda: write_seg(taken, findings),
        lambda: write_sr(taken, findings, None),
        lambda: write_sc([tmp_path / "first.dcm", taken], [PICTURE], findings),
        lambda: write_encapsulated_pdf(taken, tmp_path / "a.pdf", findings),
        lambda: write_nrrd(taken, findings.outline),
        lambda: write_label_text(taken, findings.outline),
    ):
        with pytest.raises(WriteError, match="already there"):
            write()
    assert taken.read_bytes() == b"mine"
    # The capture that was written before the other failed is gone again.
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pdf", "in", "taken.dcm"]


def test_a_full_disk_leaves_nothing_behind(
    series: Series, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = made.findings_on(series)
    (tmp_path / "a.pdf").write_bytes(PDF)
    before = sorted(tmp_path.rglob("*"))

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    out = tmp_path / "out"
    for write in (
        lambda: write_seg(out, findings),
        lambda: write_sr(out, findings, None),
        lambda: write_sc([out, tmp_path / "second"], [PICTURE], findings),
        lambda: write_encapsulated_pdf(out, tmp_path / "a.pdf", findings),
        lambda: write_nrrd(out, findings.outline),
        lambda: write_label_text(out, findings.outline),
    ):
        with pytest.raises(WriteError, match="No space left"):
            write()
        assert sorted(tmp_path.rglob("*")) == before


def test_what_reads_back_different_is_not_kept(
    series: Series, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = made.findings_on(series)
    save = Dataset.save_as

    def spoil(self: Dataset, path: Path, **options: object) -> None:
        save(self, path, **options)
        data = bytearray(path.read_bytes())
        data[-40] ^= 0xFF
        path.write_bytes(data)

    monkeypatch.setattr(pydicom.dataset.FileDataset, "save_as", spoil)
    monkeypatch.setattr(Dataset, "save_as", spoil)
    with pytest.raises(WriteError, match="reads back"):
        write_seg(tmp_path / "out.dcm", findings)
    assert not (tmp_path / "out.dcm").exists()


def _numbers(item: Dataset) -> list[tuple[str, float]]:
    found = []
    for child in item.get("ContentSequence", []):
        if child.ValueType == "NUM":
            name = child.ConceptNameCodeSequence[0].CodeMeaning
            found.append((name, float(child.MeasuredValueSequence[0].NumericValue)))
        found += _numbers(child)
    return found


def test_a_report_holds_the_numbers_and_no_verdict(series: Series, tmp_path: Path) -> None:
    findings = made.findings_on(series)
    seg = write_seg(tmp_path / "seg.dcm", findings)
    dataset = pydicom.dcmread(write_sr(tmp_path / "sr.dcm", findings, seg))
    assert (dataset.CompletionFlag, dataset.VerificationFlag) == ("PARTIAL", "UNVERIFIED")
    assert dataset.SeriesNumber == 9107
    found = _numbers(dataset)
    for lesion in findings.measurements.lesions:
        assert ("Volume", pytest.approx(lesion.volume_ml, abs=5e-4)) in found
        assert ("Long Axis", pytest.approx(lesion.longest.length_mm, abs=5e-3)) in found
        assert ("Short Axis", pytest.approx(lesion.perpendicular.length_mm, abs=5e-3)) in found
    assert ("Probability of Glioma", 0.875) in found
    referred = {
        str(item.ReferencedSOPInstanceUID)
        for series_item in dataset.CurrentRequestedProcedureEvidenceSequence[
            0
        ].ReferencedSeriesSequence
        for item in series_item.ReferencedSOPSequence
    }
    assert str(pydicom.dcmread(seg).SOPInstanceUID) in referred
    assert referred & {item.sop_instance_uid for item in series.instances}


def test_parts_of_a_lesion_are_volumes_of_their_segments(series: Series, tmp_path: Path) -> None:
    labels = made.one_lesion()
    labels[labels.shape[0] // 2 :] *= 3
    findings = made.findings_on(series, labels)
    (lesion,) = findings.measurements.lesions
    seg = write_seg(tmp_path / "seg.dcm", findings)
    report = pydicom.dcmread(write_sr(tmp_path / "sr.dcm", findings, seg))
    found = _numbers(report)
    for part in (lesion, *findings.measurements.parts):
        assert ("Volume", pytest.approx(part.volume_ml, abs=5e-4)) in found
    assert [name for name, _ in found].count("Volume") == 3
    assert [name for name, _ in found].count("Long Axis") == 1
    tracked = {str(s.TrackingUID): s.SegmentNumber for s in pydicom.dcmread(seg).SegmentSequence}
    groups = report.ContentSequence[-1].ContentSequence
    uids = [
        str(item.UID)
        for group in groups
        for item in group.get("ContentSequence", [])
        if "UID" in item
    ]
    assert set(tracked) < set(uids)
    assert len(uids) == 4  # the lesion, its two parts, the classifier


def test_diameters_are_drawn_where_they_were_measured(series: Series, tmp_path: Path) -> None:
    findings = made.findings_on(series, made.one_lesion())
    dataset = pydicom.dcmread(write_sr(tmp_path / "sr.dcm", findings, None))
    lines = [
        (line, image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        for group in dataset.ContentSequence[-1].ContentSequence
        for number in group.get("ContentSequence", [])
        for line in number.get("ContentSequence", [])
        if line.ValueType == "SCOORD"
        for image in line.ContentSequence
    ]
    (lesion,) = findings.measurements.lesions
    longest = lesion.longest
    (column, row, *_) = lines[0][0].GraphicData
    assert (row - 0.5, column - 0.5) == pytest.approx(longest.start)
    assert lines[0][1] == series.instances[longest.slice_index].sop_instance_uid


def test_a_doubtful_class_is_said_to_be_one(series: Series, tmp_path: Path) -> None:
    findings = made.findings_on(series)
    (result,) = findings.classifications
    doubt = Unlikeness(9.0, 2.0, "distance", "The pictures are unlike those it learned from.")
    provenance = replace(result.provenance, warnings=("Trained on T1 post-contrast.",))
    doubtful = replace(
        result,
        provenance=provenance,
        classification=replace(result.classification, unlike=doubt),
    )
    findings = replace(findings, classifications=(doubtful,))
    text = " ".join(notes(findings))
    assert "unlike those it learned from" in text
    assert "Warning: Trained on T1" in text
    dataset = pydicom.dcmread(write_sr(tmp_path / "sr.dcm", findings, None))
    said = [
        child.ConceptCodeSequence[0].CodeValue
        for group in dataset.ContentSequence[-1].ContentSequence
        for child in group.ContentSequence
        if child.ValueType == "CODE"
    ]
    assert said[-2:] == ["C0_GLIOMA", "UNLIKE"]


def test_a_report_without_numbers_is_refused(series: Series, tmp_path: Path) -> None:
    bare = replace(made.findings_on(series, measured=False), classifications=())
    with pytest.raises(WriteError, match="Nothing was measured"):
        write_sr(tmp_path / "sr.dcm", bare, None)


def test_a_report_does_not_refer_to_the_outline_of_another_scan(tmp_path: Path) -> None:
    factories.write_series(tmp_path / "a", series="a")
    factories.write_series(tmp_path / "b", series="b")
    first, second = (made.findings_on(made.only_series(tmp_path / n)) for n in "ab")
    seg = write_seg(tmp_path / "seg.dcm", first)
    with pytest.raises(WriteError, match="not the outline of this series"):
        write_sr(tmp_path / "sr.dcm", second, seg)


def test_captures_are_one_series_with_the_table_last(series: Series, tmp_path: Path) -> None:
    findings = made.findings_on(series)
    paths = [tmp_path / f"{n}.dcm" for n in range(3)]
    write_sc(paths, [PICTURE, PICTURE[::-1]], findings, slices=[2, 4])
    datasets = [pydicom.dcmread(path) for path in paths]
    assert np.array_equal(datasets[1].pixel_array, PICTURE[::-1])
    assert [d.InstanceNumber for d in datasets] == [1, 2, 3]
    assert len({d.SeriesInstanceUID for d in datasets}) == 1
    assert len({d.SOPInstanceUID for d in datasets}) == 3
    assert all(d.BurnedInAnnotation == "YES" and d.SeriesNumber == 9207 for d in datasets)
    shown = datasets[0].SourceImageSequence[0].ReferencedSOPInstanceUID
    assert shown == series.instances[2].sop_instance_uid
    table = datasets[2].pixel_array
    assert table.shape[1] == 960
    assert (table > 200).any()


def test_a_pdf_comes_out_as_it_went_in(series: Series, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(PDF)
    path = write_encapsulated_pdf(
        tmp_path / "out.dcm", tmp_path / "report.pdf", made.findings_on(series)
    )
    dataset = pydicom.dcmread(path)
    stored = bytes(dataset.EncapsulatedDocument)
    assert stored[: dataset.EncapsulatedDocumentLength] == PDF
    assert len(stored) % 2 == 0
    assert dataset.SeriesNumber == 9307
    assert "Research use only" in dataset.DocumentTitle
    (tmp_path / "report.pdf").write_bytes(b"no pdf")
    with pytest.raises(WriteError, match="not a PDF"):
        write_encapsulated_pdf(
            tmp_path / "b.dcm", tmp_path / "report.pdf", made.findings_on(series)
        )


def test_label_text_names_the_values(series: Series, tmp_path: Path) -> None:
    path = write_label_text(tmp_path / "a-labels.txt", made.findings_on(series).outline)
    text = path.read_text("utf-8")
    assert '"Tumour"' in text
    assert '"Oedema"' in text
    assert NOTICE in text


def test_the_table_page_says_where_the_numbers_come_from(series: Series) -> None:
    findings = made.findings_on(series)
    rows = table_rows(findings)
    assert [row[0] for row in rows] == ["1", "2", "All"]
    text = " ".join(notes(findings)).replace("\N{NO-BREAK SPACE}", " ")
    assert "flair-fake 1.2" in text
    assert "Glioma 88%" in text
    assert NOTICE in text
    assert Image.fromarray(table_page(findings)).size[0] == 960
