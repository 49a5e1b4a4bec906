"""DICOM series as volumes for training, with outlines from NIfTI label maps or DICOM SEG."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import DataError, ReadError
from tumordesk.core.geometry import Geometry
from tumordesk.core.study import Series
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet
from tumordesk_training.sequences import StudySeries

_OTHER_SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".tif", ".tiff", ".bmp", ".csv", ".json",
                   ".txt", ".md", ".nii", ".gz", ".xml", ".zip", ".npy", ".pdf",
                   ".html")  # fmt: skip
_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
_HALF = 0.5
_NEAR_SLICE = 0.1
_PARALLEL = 1e-3
_SERIES_KEPT = 4096


def is_dicom(path: Path) -> bool:
    """True for a file with the mark of DICOM in its 132nd byte."""
    if path.suffix.lower() in _OTHER_SUFFIXES or path.name.startswith("."):
        return False
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return False


def patient_code(patient_id: str) -> str:
    """What stands for a patient in splits and reports: never the number itself."""
    return f"patient {hashlib.sha256(patient_id.encode()).hexdigest()[:10]}"


def series_in(files: Iterable[Path], unread: dict[Path, str] | None = None) -> list[StudySeries]:
    """Volumes among DICOM files, by their first file; ``unread`` takes the others, with why."""
    from tumordesk.io.scan import scan_paths

    found = []
    listed = scan_paths(list(files))
    if unread is not None:
        unread |= {one.path: one.reason for one in listed.skipped}
    for patient in listed.patients:
        code = patient_code(patient.patient_id) if patient.patient_id.strip() else ""
        for study in patient.studies:
            own = [one for one in study.series if one.kind == "dicom"]
            found += [StudySeries(one, code, study.uid) for one in own]
    return sorted(found, key=lambda item: item.path)


@lru_cache(maxsize=_SERIES_KEPT)
def series_of(path: Path) -> Series:
    """The series that a DICOM file is a slice of.

    Raises:
        DataError: there is none that can be read.
    """
    for item in series_in([path]):
        if any(instance.path == path for instance in item.series.instances):
            return item.series
    raise DataError(f"{path.name} belongs to no series of slices that can be read.")


def load_series(path: Path) -> tuple[npt.NDArray[Any], Geometry]:
    """Voxels (slice, row, column) in modality values, and geometry, of the series of a file.

    MONOCHROME1 is turned round, so that high values are bright, as people and networks see them.

    Raises:
        DataError: unreadable, slices are missing or unevenly spaced.
    """
    from tumordesk.io.reader import open_series

    series = series_of(path)
    try:
        reader = open_series(series)
        try:
            volume = reader.read_volume()
        finally:
            reader.close()
    except ReadError as error:
        raise DataError(error.message, error.hint) from error
    if volume.missing:
        raise DataError(
            f"{len(volume.missing)} slices of the series of {path.name} cannot be read.",
            "Replace the files, or leave the series out.",
        )
    grey = volume.grey()
    if volume.inverted:
        grey = np.asarray(grey.astype(np.float32).max() - grey.astype(np.float32))
    return grey, volume.geometry


def segmentations(files: Iterable[Path]) -> dict[str, list[Path]]:
    """DICOM segmentations by the UID of the series that they outline."""
    import pydicom

    found: dict[str, list[Path]] = {}
    for path in files:
        try:
            with quiet():
                header = pydicom.dcmread(path, stop_before_pixels=True, force=False)
        except HOSTILE_ERRORS:
            continue
        if str(header.get("SOPClassUID", "")) == _SEGMENTATION:
            for item in header.get("ReferencedSeriesSequence", ()):
                found.setdefault(str(item.get("SeriesInstanceUID", "")), []).append(path)
    return found


def load_segmentation(path: Path, grid: Geometry) -> npt.NDArray[np.uint8]:
    """Segment numbers (slice, row, column) of a DICOM SEG on the grid of its series.

    Where segments overlap, the later one counts.

    Raises:
        DataError: unreadable, or it lies on other voxels.
    """
    import pydicom

    try:
        with quiet():
            seg = pydicom.dcmread(path)
            frames = np.asarray(seg.pixel_array)
            frames = frames[None] if frames.ndim == 2 else frames
            top = float(seg.get("MaximumFractionalValue", 1) or 1)
            shared = seg.SharedFunctionalGroupsSequence[0]
            groups = list(seg.PerFrameFunctionalGroupsSequence)
            places = [_frame(shared, group) for group in groups]
    except HOSTILE_ERRORS as error:
        raise DataError(f"{path.name} cannot be read as a DICOM segmentation.") from error
    labels = np.zeros(grid.shape, dtype=np.uint8)
    if grid.affine is None or frames.shape[1:] != grid.shape[1:]:
        raise _elsewhere(path)
    axes = grid.affine[:3, 1:3] / np.linalg.norm(grid.affine[:3, 1:3], axis=0)
    for frame, (number, position, orientation) in zip(frames, places, strict=True):
        rows, columns = orientation[3:], orientation[:3]
        index = grid.to_index(position)
        off = np.abs(index - np.rint(index)).max()
        straight = np.allclose(np.stack([rows, columns], axis=1), axes, atol=_PARALLEL)
        place = int(np.rint(index[0]))
        if off > _NEAR_SLICE or not straight or not 0 <= place < len(labels):
            raise _elsewhere(path)
        if np.abs(index[1:]).max() > _HALF:
            raise _elsewhere(path)
        labels[place][frame >= _HALF * top] = number
    return labels


def _frame(shared: Any, group: Any) -> tuple[int, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Segment number, position and orientation (row direction, column direction) of a frame."""

    def value(sequence: str, name: str) -> Any:
        holder = group if sequence in group else shared
        return getattr(getattr(holder, sequence)[0], name)

    number = int(value("SegmentIdentificationSequence", "ReferencedSegmentNumber"))
    position = np.array(value("PlanePositionSequence", "ImagePositionPatient"), dtype=np.float64)
    orientation = value("PlaneOrientationSequence", "ImageOrientationPatient")
    return number, position, np.array(orientation, dtype=np.float64)


def _elsewhere(path: Path) -> DataError:
    return DataError(
        f"{path.name} does not lie on the voxels of its series.",
        "Export the segmentation on the series it was drawn on.",
    )
