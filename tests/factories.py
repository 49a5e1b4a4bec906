"""Small made-up scans for tests: a DICOM series, one slice of it, pictures.

Everything is deterministic: the same call writes the same bytes and the same UIDs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

AXES = {
    # (along a row, along a column): LPS directions of the column and the row index.
    "axial": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "coronal": ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    "sagittal": ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
}


def uid(*parts: object) -> str:
    """A valid UID that depends on the parts alone."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:15], 'big')}"


def phantom(
    shape: tuple[int, int, int] = (8, 48, 40), *, lesion: bool = True, seed: int = 0
) -> np.ndarray:
    """A head-like uint16 stack (slice, row, column): background, brain, one bright ball."""
    slices, rows, columns = shape
    z, y, x = np.mgrid[0:slices, 0:rows, 0:columns].astype(np.float64)
    z, y, x = (z + 0.5) / slices - 0.5, (y + 0.5) / rows - 0.5, (x + 0.5) / columns - 0.5
    volume = np.zeros(shape)
    volume[(y / 0.45) ** 2 + (x / 0.40) ** 2 < 1.0] = 400.0
    if lesion:
        volume[(y + 0.15) ** 2 + (x + 0.15) ** 2 + (z * 0.4) ** 2 < 0.12**2] = 900.0
    noise = np.random.default_rng(seed).normal(0.0, 12.0, shape)
    return np.clip(volume + noise + 20.0, 0, 4095).astype(np.uint16)


def dicom_slice(
    array: np.ndarray,
    *,
    study: str = "study",
    series: str = "series",
    number: int = 1,
    **attributes: Any,
) -> FileDataset:
    """One MR slice from a 2-D uint16 or int16 array.

    ``attributes`` are DICOM keywords that replace or add; a value of ``...`` removes one.
    """
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = uid(study, series, number)
    dataset = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    defaults: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "ImageType": ["ORIGINAL", "PRIMARY", "M"],
        "SOPClassUID": MRImageStorage,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "StudyDate": "20240102",
        "StudyDescription": "MR BRAIN",
        "Modality": "MR",
        "SeriesDescription": "AX FLAIR",
        "PatientName": "Test^Patient",
        "PatientID": "TEST-1",
        "StudyInstanceUID": uid(study),
        "SeriesInstanceUID": uid(study, series),
        "FrameOfReferenceUID": uid(study, "frame"),
        "StudyID": "1",
        "SeriesNumber": 1,
        "InstanceNumber": number,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": int(array.dtype.kind == "i"),
        "Rows": array.shape[0],
        "Columns": array.shape[1],
        "PixelSpacing": [0.9, 0.9],
        "SliceThickness": 5.0,
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": [0.0, 0.0, 5.0 * (number - 1)],
    }
    for keyword, value in (defaults | attributes).items():
        if value is not ...:
            setattr(dataset, keyword, value)
    dataset.PixelData = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return dataset


def series_datasets(
    volume: np.ndarray | None = None,
    *,
    plane: str = "axial",
    spacing_mm: tuple[float, float, float] = (5.0, 0.9, 0.9),
    origin_mm: Sequence[float] = (-20.0, -30.0, 10.0),
    **attributes: Any,
) -> list[FileDataset]:
    """A whole series; ``spacing_mm`` is (slice, row, column), slices run along the normal."""
    volume = phantom() if volume is None else volume
    along_row, along_column = (np.array(v) for v in AXES[plane])
    normal = np.cross(along_row, along_column)
    datasets = []
    for index, array in enumerate(volume):
        position = np.asarray(origin_mm) + index * spacing_mm[0] * normal
        own: dict[str, Any] = {
            "number": index + 1,
            "PixelSpacing": [spacing_mm[1], spacing_mm[2]],
            "SliceThickness": spacing_mm[0],
            "ImageOrientationPatient": [*along_row, *along_column],
            "ImagePositionPatient": [float(v) for v in position],
        }
        datasets.append(dicom_slice(array, **(own | attributes)))
    return datasets


def write_series(folder: Path, *args: Any, **kwargs: Any) -> list[Path]:
    """Write :func:`series_datasets` as ``IM0001.dcm`` and so on; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, dataset in enumerate(series_datasets(*args, **kwargs), start=1):
        path = folder / f"IM{index:04d}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def write_picture(
    path: Path, array: np.ndarray | None = None, *, exif_orientation: int | None = None
) -> Path:
    """Write a grey or RGB uint8 (or grey uint16) picture in the format of the suffix."""
    if array is None:
        array = np.clip(phantom((1, 60, 48))[0] / 4, 0, 255).astype(np.uint8)
    picture = Image.fromarray(array)
    extra: dict[str, Any] = {}
    if exif_orientation is not None:
        exif = Image.Exif()
        exif[0x0112] = exif_orientation
        extra["exif"] = exif.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **extra)
    return path


def save(dataset: FileDataset, path: Path) -> Path:
    """Write one data set as a DICOM file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def save_all(datasets: Sequence[FileDataset], folder: Path) -> list[Path]:
    """Write data sets as ``IM0001.dcm`` and so on, in the order given."""
    return [save(d, folder / f"IM{i:04d}.dcm") for i, d in enumerate(datasets, start=1)]


def enhanced_mr(
    volume: np.ndarray,
    *,
    spacing_mm: tuple[float, float, float] = (5.0, 0.9, 0.8),
    echo_times: Sequence[float] = (10.0,),
    **attributes: Any,
) -> FileDataset:
    """An enhanced multi-frame MR: all slices of ``volume`` once for each echo time.

    Frames are stored from the last slice to the first; the n-th echo is n times as bright.
    """
    frames, groups = [], []
    for number, echo in enumerate(echo_times, start=1):
        for index in reversed(range(len(volume))):
            frames.append(volume[index] * number)
            group = Dataset()
            position, echo_item = Dataset(), Dataset()
            position.ImagePositionPatient = [0.0, 0.0, index * spacing_mm[0]]
            echo_item.EffectiveEchoTime = float(echo)
            group.PlanePositionSequence = [position]
            group.MREchoSequence = [echo_item]
            groups.append(group)
    shared, orientation, measures = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures.PixelSpacing = [spacing_mm[1], spacing_mm[2]]
    measures.SliceThickness = spacing_mm[0]
    shared.PlaneOrientationSequence = [orientation]
    shared.PixelMeasuresSequence = [measures]
    removed = dict.fromkeys(
        ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"), ...
    )
    stack = np.stack(frames)
    dataset = dicom_slice(stack[0], **(removed | attributes))
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4.1"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.NumberOfFrames = len(stack)
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = groups
    dataset.PixelData = stack.astype("<u2").tobytes()
    return dataset
