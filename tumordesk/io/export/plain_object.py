"""The modules that every object written without highdicom shares (PS3.3 C.7, C.8.6.1, C.12.1)."""

from __future__ import annotations

from datetime import datetime

import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

import tumordesk
from tumordesk.core.study_findings import StudyFindings
from tumordesk.io.export import identity
from tumordesk.io.export.source import Source, SourceFrame, raw_element


def new_object(
    sop_class: str, kind: identity.Kind, modality: str, source: Source, findings: StudyFindings
) -> FileDataset:
    """A data set of ``sop_class`` in a new series of the source's study; instance number 1."""
    now = datetime.now()
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = pydicom.uid.UID(sop_class)
    meta.MediaStorageSOPInstanceUID = pydicom.uid.UID(identity.new_uid())
    dataset = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    source.stamp(dataset)
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.Modality = modality
    dataset.SeriesInstanceUID = identity.new_uid()
    dataset.SeriesNumber = identity.series_number(kind, source)
    dataset.SeriesDescription = identity.series_description(findings)
    dataset.InstanceNumber = 1
    dataset.Manufacturer = identity.MAKER
    dataset.ManufacturerModelName = identity.MAKER
    dataset.SoftwareVersions = tumordesk.__version__
    dataset.ConversionType = "WSD"
    dataset.ContentDate = dataset.InstanceCreationDate = now.strftime("%Y%m%d")
    dataset.ContentTime = dataset.InstanceCreationTime = now.strftime("%H%M%S")
    return dataset


def reference(frame: SourceFrame, *, numbered: bool = True) -> Dataset:
    """A reference to a source image; ``numbered``: to its frame, where it has several."""
    item = Dataset()
    item.add(raw_element("ReferencedSOPClassUID", frame.sop_class))
    item.add(raw_element("ReferencedSOPInstanceUID", frame.sop_uid))
    if numbered and frame.frame is not None:
        item.ReferencedFrameNumber = frame.frame
    return item
