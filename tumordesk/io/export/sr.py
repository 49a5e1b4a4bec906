"""Measurements as a DICOM structured report by template TID 1500 (PS3.16), never verified."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

import tumordesk
from tumordesk.core.errors import ExportRefused, WriteError, plain_reason
from tumordesk.core.model_card import Code
from tumordesk.core.study_findings import StudyFindings
from tumordesk.io.export import identity
from tumordesk.io.export.files import write_dataset
from tumordesk.io.export.references import restore, stand_ins
from tumordesk.io.export.seg import segment_numbers
from tumordesk.io.export.source import Source, read_source
from tumordesk.io.export.sr_groups import Groups, Segmented
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet

_PROCEDURES = {
    "MR": Code("113091000", "SCT", "Magnetic resonance imaging"),
    "CT": Code("77477000", "SCT", "Computed tomography"),
}
_IMAGING = Code("363679005", "SCT", "Imaging")


def write_sr(
    path: Path, findings: StudyFindings, seg: Path | None, *, overwrite: bool = False
) -> Path:
    """Write the measurements and class probabilities of ``findings`` as a Comprehensive SR.

    ``seg``: the SEG of the same outline, which the lesions then refer to. What geometry does not
    support is left out. The report is marked partial, preliminary and unverified.

    Raises:
        WriteError: nothing was measured or classified, the source is no DICOM series, ``seg`` is
            of another series, or the file cannot be written.
        ReadError: the source's files are gone or changed.
    """
    source = read_source(findings.series)
    segmented = None if seg is None else _segmented(seg, source, findings)
    with quiet():
        dataset = _build(source, findings, segmented)
    expected = Counter(_numbers(dataset))

    def verify(file: Path) -> bool:
        found = pydicom.dcmread(file)
        return Counter(_numbers(found)) == expected and found.VerificationFlag == "UNVERIFIED"

    return write_dataset(path, dataset, verify, overwrite=overwrite)


def _build(source: Source, findings: StudyFindings, seg: Segmented | None) -> Dataset:
    from highdicom import sr

    images, real = stand_ins(source)
    groups = Groups(findings, images, seg).all()
    if not groups:
        raise ExportRefused(
            "Nothing was measured or classified that a structured report could hold.",
            "Outline or classify the tumour first.",
        )
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=str(identity.IMPLEMENTATION_UID),
        name=identity.MAKER,
        manufacturer_name=identity.MAKER,
        model_name=f"{identity.MAKER} {tumordesk.__version__}",
    )
    observer = sr.ObserverContext(
        observer_type=identity.coded(Code("121007", "DCM", "Device"), _IMAGING),
        observer_identifying_attributes=device,
    )
    procedure = _PROCEDURES.get(source.modality, _IMAGING)
    report = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=observer),
        procedure_reported=identity.coded(procedure, _IMAGING),
        imaging_measurements=groups,
    )
    evidence = images if seg is None else [*images, _seg_stand_in(images[0], seg)]
    dataset: Dataset = sr.ComprehensiveSR(
        evidence=evidence,
        content=report[0],
        series_instance_uid=identity.new_uid(),
        series_number=identity.series_number("SR", source),
        sop_instance_uid=identity.new_uid(),
        instance_number=1,
        manufacturer=identity.MAKER,
        is_complete=False,
        is_final=False,
        is_verified=False,
        series_description=identity.series_description(findings),
        manufacturer_model_name=identity.MAKER,
        software_versions=tumordesk.__version__,
        coding_schemes=[_scheme()],
    )
    restore(dataset, real)
    source.stamp(dataset)
    return dataset


def _scheme() -> Any:
    from highdicom.coding_schemes import CodingSchemeIdentificationItem

    return CodingSchemeIdentificationItem(
        designator=identity.SCHEME,
        name="TumorDesk's names of classes",
        responsible_organization="The TumorDesk authors",
    )


def _seg_stand_in(image: Dataset, seg: Segmented) -> Dataset:
    # A whole copy: Dataset.update() shares elements, and the slice's own UID would change with it.
    fake = copy.deepcopy(image)
    fake.SOPClassUID = seg.sop_class
    fake.SOPInstanceUID = seg.sop_uid
    fake.SeriesInstanceUID = seg.series_uid
    fake.Modality = "SEG"
    return fake


def _segmented(path: Path, source: Source, findings: StudyFindings) -> Segmented:
    """What a report needs to refer to the SEG at ``path``."""
    try:
        with quiet():
            header = pydicom.dcmread(path, stop_before_pixels=True)
            series = {str(item.SeriesInstanceUID) for item in header.ReferencedSeriesSequence}
    except HOSTILE_ERRORS as error:
        raise WriteError(f"{path.name} cannot be referred to: {plain_reason(error)}.") from error
    outline = findings.outline
    if outline is None or source.series_uid not in series:
        raise WriteError(f"{path.name} is not the outline of this series.")
    numbers = dict(segment_numbers(outline))
    labels = {number: label for label, number in numbers.items()}
    tracking = {
        labels[int(item.SegmentNumber)]: (str(item.TrackingID), str(item.TrackingUID))
        for item in header.SegmentSequence
        if "TrackingUID" in item and int(item.SegmentNumber) in labels
    }
    return Segmented(
        sop_class=str(header.SOPClassUID),
        sop_uid=str(header.SOPInstanceUID),
        series_uid=str(header.SeriesInstanceUID),
        numbers=numbers,
        tracking=tracking,
    )


def _numbers(item: Dataset) -> Iterator[tuple[str, float, str]]:
    """(name's code, value, unit) of every number in a report, in any depth."""
    for child in item.get("ContentSequence", []):
        if child.get("ValueType") == "NUM":
            measured = child.MeasuredValueSequence[0]
            yield (
                str(child.ConceptNameCodeSequence[0].CodeValue),
                float(measured.NumericValue),
                str(measured.MeasurementUnitsCodeSequence[0].CodeValue),
            )
        yield from _numbers(child)
