"""What a derived DICOM object takes over from the series it was made from.

Only headers are read, so compressed and multi-frame sources make no difference. Values of the
patient and the study are put into the new object as they are, after the object was built with
plain ones: a header that breaks the rules must neither be lost nor keep anybody from exporting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from tumordesk.core.errors import ExportRefused, ReadError, plain_reason
from tumordesk.core.study import Series
from tumordesk.io import values
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet
from tumordesk.io.records import Slice

# PS3.3 C.7.1.1, C.7.2.1, C.7.2.2 and the trial modules; those that must be there, if only empty,
# come first.
_REQUIRED = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "AccessionNumber", "StudyID", "ReferringPhysicianName",
)  # fmt: skip
_OPTIONAL = (
    "IssuerOfPatientID", "TypeOfPatientID", "OtherPatientIDs", "EthnicGroup", "PatientComments",
    "PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence",
    "LongitudinalTemporalInformationModified", "StudyDescription",
    "IssuerOfAccessionNumberSequence", "PatientAge", "PatientSize", "PatientWeight",
    "AdditionalPatientHistory",
    "ClinicalTrialSponsorName", "ClinicalTrialProtocolID", "ClinicalTrialProtocolName",
    "ClinicalTrialSiteID", "ClinicalTrialSiteName", "ClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID", "ClinicalTrialTimePointID",
    "ClinicalTrialTimePointDescription",
)  # fmt: skip
_FRAME = ("FrameOfReferenceUID", "PositionReferenceIndicator")
_EACH = ("SOPInstanceUID", "SOPClassUID", "FrameOfReferenceUID", "StudyInstanceUID")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d(([0-5]\d|60)(\.\d{1,6})?)?)?")
CHARACTER_SET = "ISO_IR 192"


@dataclass(frozen=True)
class SourceFrame:
    """One slice of the source: the instance it is in and, of several frames, which (from 1)."""

    sop_class: str
    sop_uid: str
    frame: int | None
    slice: Slice


@dataclass(frozen=True, eq=False)
class Source:
    """The source series of a derived object: ``frames`` in the order of the series' slices."""

    study_uid: str
    series_uid: str
    modality: str
    frame_of_reference_uid: str
    frames: tuple[SourceFrame, ...]
    identity: tuple[DataElement, ...]
    position_reference: DataElement
    number: int | None
    slice_spacing_mm: float | None

    def stamp(self, dataset: Dataset, *, placed: bool = False) -> None:
        """Put patient and study of the source into ``dataset``, as UTF-8.

        ``placed``: the frame of reference too.
        """
        dataset.SpecificCharacterSet = CHARACTER_SET
        dataset.add(raw_element("StudyInstanceUID", self.study_uid))
        for keyword in _OPTIONAL:
            if keyword in dataset:
                delattr(dataset, keyword)
        for element in self.identity:
            dataset.add(element)
        if placed:
            dataset.add(raw_element("FrameOfReferenceUID", self.frame_of_reference_uid))
            dataset.add(self.position_reference)


def read_source(series: Series) -> Source:
    """The source behind a DICOM series.

    Raises:
        WriteError: the series is no DICOM series, or lacks UIDs; says so.
        ReadError: its files are gone, damaged, or no longer what was opened.
    """
    if series.kind != "dicom":
        raise ExportRefused(
            "DICOM files can only be made of a DICOM series; this is a "
            f"{'picture' if series.is_picture else 'volume file'} without patient and study.",
            "Export NIfTI, NRRD, PNG or PDF instead.",
        )
    slices: tuple[Slice, ...] = series.extra["slices"]
    headers = {path: _header(path) for path in dict.fromkeys(item.file.path for item in slices)}
    first = headers[slices[0].file.path]
    study_uid = values.code(first, _tag("StudyInstanceUID"))
    series_uid = values.code(first, _tag("SeriesInstanceUID"))
    whole = all(item.file.sop_uid and item.file.sop_class for item in slices)
    if not study_uid or not series_uid or not whole:
        raise ExportRefused(
            "The files lack the UIDs by which DICOM tells studies, series and images apart.",
            "Export NIfTI, NRRD, PNG or PDF instead.",
        )
    _check_same(slices, headers, study_uid)
    with quiet():
        identity = _identity(first)
        reference = raw_element("PositionReferenceIndicator", _clean(first, _FRAME[1]) or "")
    frames = {values.code(h, _tag("FrameOfReferenceUID")) for h in headers.values()}
    return Source(
        study_uid=study_uid,
        series_uid=series_uid,
        modality=series.modality,
        frame_of_reference_uid=frames.pop() if len(frames) == 1 else "",
        frames=tuple(_frame(item) for item in slices),
        identity=identity,
        position_reference=reference,
        number=series.number,
        slice_spacing_mm=series.geometry.slice_spacing_mm,
    )


def _frame(item: Slice) -> SourceFrame:
    number = None if item.frame is None else item.frame + 1
    return SourceFrame(item.file.sop_class, item.file.sop_uid, number, item)


def _tag(keyword: str) -> int:
    found = tag_for_keyword(keyword)
    if found is None:
        raise KeyError(keyword)
    return int(found)


def _header(path: Path) -> Dataset:
    wanted = ["SpecificCharacterSet", "SeriesInstanceUID", *_REQUIRED, *_OPTIONAL, *_FRAME, *_EACH]
    try:
        with quiet():
            return pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=wanted)
    except HOSTILE_ERRORS as error:
        raise ReadError(
            f"{path.name} cannot be read any more: {plain_reason(error)}.",
            "Check that the scan is still where it was opened from.",
        ) from error


def _check_same(slices: tuple[Slice, ...], headers: Mapping[Path, Dataset], study: str) -> None:
    for item in slices:
        header = headers[item.file.path]
        same = values.code(header, _tag("SOPInstanceUID")) == item.file.sop_uid
        if not same or values.code(header, _tag("StudyInstanceUID")) != study:
            raise ReadError(
                f"{item.file.path.name} is not the image any more that was opened.",
                "Open the series again, then export.",
            )


def _identity(header: Dataset) -> tuple[DataElement, ...]:
    found = [raw_element(keyword, _clean(header, keyword) or "") for keyword in _REQUIRED]
    for keyword in _OPTIONAL:
        if keyword.endswith("Sequence"):
            items = values.items(header, _tag(keyword))
            if items:
                for item in items:
                    item.decode()
                found.append(raw_element(keyword, DicomSequence(items)))
        elif value := _clean(header, keyword):
            found.append(raw_element(keyword, value))
    return tuple(found)


def _clean(header: Dataset, keyword: str) -> str:
    """An element's value as text that can be written again; '' where there is none."""
    tag = _tag(keyword)
    vr = dictionary_VR(tag)
    if vr == "DA":
        return values.iso_date(values.code(header, tag)).replace("-", "")
    if vr == "TM":
        time = values.code(header, tag).replace(":", "")
        return time if _TIME.fullmatch(time) else ""
    if vr in ("DS", "AS", "CS", "UI"):
        return "\\".join(values.codes(header, tag))
    try:
        value = header[tag].value
    except HOSTILE_ERRORS:
        return values.code(header, tag)
    if value is None:
        return ""
    several = isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue"
    parts = [str(part) for part in value] if several else [str(value)]
    return "\\".join(_CONTROL.sub(" ", part).strip() for part in parts)


def raw_element(keyword: str, value: object) -> DataElement:
    """An element whose value is taken as it is, even where it breaks the rules of its kind."""
    tag = _tag(keyword)
    if dictionary_VR(tag) != "SQ":
        value = str(value)
    return DataElement(tag, dictionary_VR(tag), value, validation_mode=pydicom.config.IGNORE)
