"""References to source images in objects that highdicom builds.

highdicom checks what it is given and copies patient data on its own. It gets stand-ins with plain
values and UIDs made up for the purpose, one for each slice; afterwards the real references take
their place: also for frames of a multi-frame source, which then carry their frame number.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import MRImageStorage

from tumordesk.io.export.identity import new_uid
from tumordesk.io.export.source import Source, SourceFrame, raw_element

_LISTS = (
    Tag("SourceImageSequence"),
    Tag("ReferencedInstanceSequence"),
    Tag("ReferencedSOPSequence"),
)


class Real:
    """From the stand-ins' UIDs back to the source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.study_uid = new_uid()
        self.series_uid = new_uid()
        self.frames: dict[str, SourceFrame] = {new_uid(): frame for frame in source.frames}


def stand_ins(source: Source, *, placed: bool = False) -> tuple[list[Dataset], Real]:
    """One plain data set for each slice, in their order, and the way back.

    ``placed``: with position, orientation and spacing.
    """
    real = Real(source)
    frame_of_reference = new_uid()
    found = []
    for uid, frame in real.frames.items():
        item = frame.slice
        fake = Dataset()
        fake.SOPClassUID = MRImageStorage
        fake.SOPInstanceUID = uid
        fake.StudyInstanceUID = real.study_uid
        fake.SeriesInstanceUID = real.series_uid
        fake.Modality = source.modality or "OT"
        for keyword in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex",
                        "AccessionNumber", "StudyID", "StudyDate", "StudyTime"):  # fmt: skip
            setattr(fake, keyword, "")
        fake.Rows, fake.Columns = item.file.format.rows, item.file.format.columns
        if placed and item.position and item.orientation and item.pixel_spacing:
            fake.FrameOfReferenceUID = frame_of_reference
            fake.ImagePositionPatient = [_decimal(v) for v in item.position]
            first = source.frames[0].slice.orientation or item.orientation
            fake.ImageOrientationPatient = [_decimal(v) for v in first]
            fake.PixelSpacing = [_decimal(v) for v in item.pixel_spacing]
            # A mask is as thick as its slices are apart, where the source says nothing of it.
            thickness = item.thickness or source.slice_spacing_mm
            fake.SliceThickness = _decimal(thickness) if thickness else None
        found.append(fake)
    return found, real


def restore(dataset: Dataset, real: Real) -> None:
    """Put the real references in place of the stand-ins', everywhere in ``dataset``."""
    for item in _items(dataset):
        uid = item.get("ReferencedSOPInstanceUID")
        frame = real.frames.get(str(uid)) if uid else None
        if frame is not None:
            item.add(raw_element("ReferencedSOPClassUID", frame.sop_class))
            item.add(raw_element("ReferencedSOPInstanceUID", frame.sop_uid))
            if frame.frame is not None:
                item.ReferencedFrameNumber = frame.frame
        if str(item.get("SeriesInstanceUID", "")) == real.series_uid:
            item.add(raw_element("SeriesInstanceUID", real.source.series_uid))
        if str(item.get("StudyInstanceUID", "")) == real.study_uid:
            item.add(raw_element("StudyInstanceUID", real.source.study_uid))
    for item in (dataset, *_items(dataset)):
        _once(item)


def _once(item: Dataset) -> None:
    """Name a multi-frame instance once in a list of instances, without frame numbers."""
    for tag in _LISTS:
        # An image in a report's content tree keeps its frame number; lists name whole files.
        if tag not in item or "ValueType" in item or not item[tag].value:
            continue
        if "PurposeOfReferenceCodeSequence" in item[tag].value[0]:
            continue
        kept: dict[str, Dataset] = {}
        for reference in item[tag].value:
            if "ReferencedFrameNumber" in reference:
                del reference.ReferencedFrameNumber
            kept.setdefault(
                str(reference.get("ReferencedSOPInstanceUID", id(reference))), reference
            )
        item[tag].value = list(kept.values())


def _items(dataset: Dataset) -> Iterator[Dataset]:
    """Every item of every sequence, at any depth, each once."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield item
                yield from _items(item)


def _decimal(value: float) -> str:
    """A decimal string of at most 16 characters (PS3.5 6.2), as close as it can be."""
    from pydicom.valuerep import format_number_as_ds

    return format_number_as_ds(float(value))
