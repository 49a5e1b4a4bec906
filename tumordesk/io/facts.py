"""Patient, study and series attributes of a header, and what the sequence guess looks at."""

from __future__ import annotations

from pydicom.dataset import Dataset

from tumordesk.io import tags, values
from tumordesk.io.records import SeriesFacts

_T = tags.NAMES
_NUMBERS = ("RepetitionTime", "EchoTime", "InversionTime", "FlipAngle", "EchoTrainLength",
            "EffectiveEchoTime")  # fmt: skip
_CODES = ("ScanningSequence", "SequenceVariant", "ScanOptions", "ImageType", "AcquisitionContrast",
          "MRAcquisitionType", "ConversionType")  # fmt: skip
_TEXTS = ("SequenceName", "PulseSequenceName", "ProtocolName", "ContrastBolusAgent",
          "BodyPartExamined", "DerivationDescription")  # fmt: skip


def facts_of(dataset: Dataset) -> SeriesFacts:
    """Series-level facts of one file's header."""
    date = values.iso_date(values.code(dataset, _T["StudyDate"]))
    for keyword in ("SeriesDate", "AcquisitionDate", "ContentDate"):
        date = date or values.iso_date(values.code(dataset, _T[keyword]))
    return SeriesFacts(
        series_uid=values.code(dataset, _T["SeriesInstanceUID"]),
        study_uid=values.code(dataset, _T["StudyInstanceUID"]),
        patient_id=values.text(dataset, _T["PatientID"]),
        patient_name=values.text(dataset, _T["PatientName"]),
        birth_date=values.iso_date(values.code(dataset, _T["PatientBirthDate"])),
        sex=values.code(dataset, _T["PatientSex"]),
        study_date=date,
        study_description=values.text(dataset, _T["StudyDescription"]),
        study_id=values.text(dataset, _T["StudyID"]),
        accession_number=values.text(dataset, _T["AccessionNumber"]),
        number=values.integer(dataset, _T["SeriesNumber"]),
        modality=values.code(dataset, _T["Modality"]).upper(),
        description=values.text(dataset, _T["SeriesDescription"]),
        frame_of_reference=values.code(dataset, _T["FrameOfReferenceUID"]),
        units=_units(dataset),
        acquisition=_acquisition(dataset),
    )


def _units(dataset: Dataset) -> str:
    declared = values.code(dataset, _T["RescaleType"]) or values.code(dataset, _T["Units"])
    if declared and declared.upper() != "US":
        return declared
    is_ct = values.code(dataset, _T["Modality"]).upper() == "CT"
    return "HU" if is_ct and _T["RescaleIntercept"] in dataset else ""


def _acquisition(dataset: Dataset) -> dict[str, object]:
    found: dict[str, object] = {}
    for keyword in _NUMBERS:
        value = values.number(dataset, _T[keyword])
        if value is not None:
            found[keyword] = value
    for keyword in _CODES:
        codes = tuple(v.upper() for v in values.codes(dataset, _T[keyword]) if v)
        if codes:
            found[keyword] = codes
    for keyword in _TEXTS:
        text = values.text(dataset, _T[keyword])
        if text:
            found[keyword] = text
    return found
