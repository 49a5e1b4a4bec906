"""Key pictures and a page of numbers as DICOM Secondary Captures (PS3.3 A.8.1): any viewer's."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset

from tumordesk.core.model_card import NOTICE
from tumordesk.core.study_findings import StudyFindings
from tumordesk.io.export import identity
from tumordesk.io.export.files import write_dataset
from tumordesk.io.export.plain_object import new_object, reference
from tumordesk.io.export.source import Source, read_source
from tumordesk.io.export.table_page import table_page
from tumordesk.io.quiet import quiet

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def write_sc(
    paths: Sequence[Path],
    pictures: Sequence[npt.NDArray[np.uint8]],
    findings: StudyFindings,
    *,
    slices: Sequence[int] = (),
    overwrite: bool = False,
) -> tuple[Path, ...]:
    """Write ``pictures`` and, last, a page with the table of volumes, as one series.

    ``pictures`` are uint8 (rows, columns, 3) with everything burned in; ``paths`` name one file
    for each and one more for the table. ``slices``: the slice each picture shows, to refer to its
    source image. All files are written, or none.

    Raises:
        WriteError: the source is no DICOM series, or a file cannot be written.
        ReadError: the source's files are gone or changed.
        ValueError: another number of paths or slices, or pictures of another kind.
    """
    pages = [*pictures, table_page(findings)]
    if len(paths) != len(pages) or (slices and len(slices) != len(pictures)):
        raise ValueError("one path for each picture and one for the table; one slice for each")
    if any(page.dtype != np.uint8 or page.ndim != 3 or page.shape[2] != 3 for page in pages):
        raise ValueError("pictures are uint8 (rows, columns, 3)")
    source = read_source(findings.series)
    series_uid = identity.new_uid()
    made: list[Path] = []
    try:
        for number, (path, page) in enumerate(zip(paths, pages, strict=True), start=1):
            shown = slices[number - 1] if number <= len(slices) else None
            with quiet():
                dataset = _capture(page, source, findings, shown)
                dataset.SeriesInstanceUID = series_uid
                dataset.InstanceNumber = number
            made.append(_write(path, dataset, page, overwrite=overwrite))
    except BaseException:
        for path in made:
            # Why it failed matters more than a file that cannot be removed.
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        raise
    return tuple(made)


def _write(path: Path, dataset: Dataset, page: npt.NDArray[Any], *, overwrite: bool) -> Path:
    def verify(file: Path) -> bool:
        return np.array_equal(pydicom.dcmread(file).pixel_array, page)

    return write_dataset(path, dataset, verify, overwrite=overwrite)


def _capture(
    page: npt.NDArray[np.uint8], source: Source, findings: StudyFindings, shown: int | None
) -> Dataset:
    dataset = new_object(SECONDARY_CAPTURE, "SC", "OT", source, findings)
    dataset.Laterality = ""
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.PatientOrientation = ""
    dataset.BurnedInAnnotation = "YES"
    dataset.LossyImageCompression = "00"
    dataset.ImageComments = NOTICE
    dataset.DateOfSecondaryCapture = dataset.ContentDate
    dataset.TimeOfSecondaryCapture = dataset.ContentTime
    dataset.SecondaryCaptureDeviceManufacturer = identity.MAKER
    dataset.SecondaryCaptureDeviceManufacturerModelName = identity.MAKER
    dataset.SecondaryCaptureDeviceSoftwareVersions = dataset.SoftwareVersions
    if shown is not None:
        dataset.SourceImageSequence = [reference(source.frames[shown])]
    dataset.SamplesPerPixel = 3
    dataset.PhotometricInterpretation = "RGB"
    dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns = page.shape[:2]
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    data = np.ascontiguousarray(page).tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OB"
    return dataset
