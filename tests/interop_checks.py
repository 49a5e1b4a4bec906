"""What other programs make of exported files, compared with the source's own files.

Nothing here uses the program's readers: what must be outlined is worked out from each source file's
pixels and header, by pydicom alone.
"""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut

SAME_MM = 0.01


def tool(name: str) -> str:
    """Path of a program; skips the test, with the reason, where it is absent."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        package = {"dciodvfy": "dicom3tools", "Orthanc": "orthanc", "dsrdump": "dcmtk",
                   "dcm2pdf": "dcmtk"}.get(name, "dcmqi (pip)")  # fmt: skip
        pytest.skip(f"{name} is not installed ({package})")
    return found


def run(*command: str | Path) -> str:
    """What a program prints; fails where it does."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, timeout=120, check=False
    )
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == 0, f"{command[0]} failed: {text[-2000:]}"
    return text


# --- dciodvfy -----------------------------------------------------------------------------------


def new_errors(exported: Path, sources: Sequence[Path]) -> list[str]:
    """Errors that dciodvfy finds in an exported file and not in the first source files."""
    known = {error for path in sources[:3] for error in _errors(path)}
    return [error for error in _errors(exported) if error not in known]


@functools.lru_cache
def _errors(path: Path) -> list[str]:
    done = subprocess.run(
        [tool("dciodvfy"), "-new", str(path)], capture_output=True, timeout=120, check=False
    )
    lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
    assert lines, f"dciodvfy says nothing of {path.name}"
    return [line.strip() for line in lines if line.startswith("Error")]


# --- What must be outlined ----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SourceSlice:
    """One slice of the source, from its own file: LPS mm of its first pixel and of its steps."""

    uid: str
    frame: int | None
    origin: np.ndarray
    down: np.ndarray
    along: np.ndarray
    mask: np.ndarray

    def points(self) -> np.ndarray:
        """LPS mm of every pixel that must be outlined, (N, 3)."""
        rows, columns = np.nonzero(self.mask)
        return self.origin + rows[:, None] * self.down + columns[:, None] * self.along


def source_slices(paths: Sequence[Path], above: float) -> list[SourceSlice]:
    """Every slice in ``paths``, outlined where its value is greater than ``above``."""
    found = []
    for path in sorted(set(paths)):
        dataset = pydicom.dcmread(path)
        if "PerFrameFunctionalGroupsSequence" in dataset:
            found += _frames(dataset, above)
            continue
        values = apply_modality_lut(dataset.pixel_array, dataset)
        found.append(_slice(dataset, None, dataset, dataset, dataset, values > above))
    return found


def _frames(dataset: Dataset, above: float) -> list[SourceSlice]:
    shared = dataset.SharedFunctionalGroupsSequence[0]
    found = []
    for number, (item, pixels) in enumerate(
        zip(dataset.PerFrameFunctionalGroupsSequence, dataset.pixel_array, strict=True), start=1
    ):

        def group(name: str, own: Dataset = item) -> Dataset:
            return (own if name in own else shared)[name].value[0]

        values = pixels.astype(np.float64)
        if "PixelValueTransformationSequence" in item or "PixelValueTransformationSequence" in (
            shared
        ):
            scale = group("PixelValueTransformationSequence")
            values = values * float(scale.RescaleSlope) + float(scale.RescaleIntercept)
        found.append(
            _slice(dataset, number, group("PlanePositionSequence"),
                   group("PlaneOrientationSequence"), group("PixelMeasuresSequence"),
                   values > above)
        )  # fmt: skip
    return found


def _slice(
    whole: Dataset, frame: int | None, place: Dataset, axes: Dataset, size: Dataset, mask: Any
) -> SourceSlice:
    along = np.array(axes.ImageOrientationPatient[:3], float)
    down = np.array(axes.ImageOrientationPatient[3:], float)
    return SourceSlice(
        uid=str(whole.SOPInstanceUID),
        frame=frame,
        origin=np.array(place.ImagePositionPatient, float),
        down=down * float(size.PixelSpacing[0]),
        along=along * float(size.PixelSpacing[1]),
        mask=np.asarray(mask, dtype=bool),
    )


# --- Readers: each gives the differences from what must be outlined ------------------------------


def by_pydicom(seg: Path, slices: Sequence[SourceSlice]) -> list[str]:
    """Frames against the source slice at their place, and against the one they name."""
    dataset = pydicom.dcmread(seg)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    axes = shared.PlaneOrientationSequence[0].ImageOrientationPatient
    size = shared.PixelMeasuresSequence[0].PixelSpacing
    pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    wrong, seen = [], set()
    for number, item in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        origin = np.array(item.PlanePositionSequence[0].ImagePositionPatient, float)
        named = item.DerivationImageSequence[0].SourceImageSequence[0]
        key = (str(named.ReferencedSOPInstanceUID), named.get("ReferencedFrameNumber"))
        there = [s for s in slices if np.linalg.norm(s.origin - origin) <= SAME_MM]
        source = next((s for s in there if (s.uid, s.frame) == key), None)
        if source is None:
            wrong.append(f"frame {number + 1} is not where the image lies that it names")
            continue
        seen.add(key)
        down = np.array(axes[3:], float) * float(size[0])
        along = np.array(axes[:3], float) * float(size[1])
        far = np.array(source.mask.shape) - 1
        corner = far[0] * (down - source.down) + far[1] * (along - source.along)
        if np.linalg.norm(corner) > SAME_MM:
            wrong.append(f"frame {number + 1}: its last corner is elsewhere")
        if not np.array_equal(pixels[number].astype(bool), source.mask):
            wrong.append(f"frame {number + 1}: other pixels are outlined")
    missing = {(s.uid, s.frame) for s in slices if s.mask.any()} - seen
    return [*wrong, *(f"no frame for {uid} {frame}" for uid, frame in sorted(missing, key=str))]


def by_highdicom(seg: Path, slices: Sequence[SourceSlice]) -> list[str]:
    """What highdicom gives for each source image."""
    found = highdicom.seg.segread(seg)
    if slices[0].frame is None:
        pixels = found.get_pixels_by_source_instance(
            [s.uid for s in slices], segment_numbers=[1], assert_missing_frames_are_empty=True
        )
    else:
        pixels = found.get_pixels_by_source_frame(
            slices[0].uid, [s.frame or 1 for s in slices], segment_numbers=[1],
            assert_missing_frames_are_empty=True,
        )  # fmt: skip
    return [
        f"slice {s.uid} {s.frame}: other pixels"
        for s, mask in zip(slices, pixels[..., 0], strict=True)
        if not np.array_equal(mask.astype(bool), s.mask)
    ]


def by_dcmqi(seg: Path, slices: Sequence[SourceSlice], folder: Path) -> list[str]:
    """The volume that dcmqi (and so 3D Slicer) makes of the SEG, voxel by voxel in the patient."""
    folder.mkdir(parents=True, exist_ok=True)
    run(tool("segimage2itkimage"), "--inputDICOM", seg, "--outputDirectory", folder,
        "--outputType", "nrrd")  # fmt: skip
    image = sitk.ReadImage(str(folder / "1.nrrd"))
    array = sitk.GetArrayFromImage(image) != 0
    direction = np.reshape(image.GetDirection(), (3, 3)) * np.array(image.GetSpacing())
    points = np.concatenate([s.points() for s in slices])
    index = np.linalg.solve(direction, (points - np.array(image.GetOrigin())).T).T
    whole = np.rint(index)
    off = np.linalg.norm((index - whole) @ direction.T, axis=1).max()
    if off > SAME_MM:
        return [f"voxels lie up to {off:.3f} mm beside the source's"]
    if (whole < 0).any() or (whole >= np.array(image.GetSize())).any():
        return ["outlined voxels of the source lie outside the volume"]
    expected = np.zeros_like(array)
    x, y, z = whole.astype(int).T
    expected[z, y, x] = True
    differ = int(np.count_nonzero(expected != array))
    return [f"{differ} voxels differ"] if differ else []


READERS: dict[str, Callable[[Path, Sequence[SourceSlice], Path], list[str]]] = {
    "pydicom": lambda seg, slices, _: by_pydicom(seg, slices),
    "highdicom": lambda seg, slices, _: by_highdicom(seg, slices),
    "dcmqi": by_dcmqi,
}


# --- Reports ------------------------------------------------------------------------------------


def report_by_dcmqi(report: Path, folder: Path) -> list[tuple[str, str, float]]:
    """(tracking identifier, quantity, value) of every number that tid1500reader finds."""
    target = folder / f"{report.stem}.json"
    run(tool("tid1500reader"), "--inputDICOM", report, "--outputMetadata", target)
    return [
        (group["TrackingIdentifier"], item["quantity"]["CodeMeaning"], float(item["value"]))
        for group in json.loads(target.read_text("utf-8"))["Measurements"]
        for item in group.get("measurementItems", [])
    ]


def report_by_highdicom(report: Path) -> list[tuple[str, str, float]]:
    """The same, as highdicom reads it."""
    content = highdicom.sr.srread(report).content
    groups = [
        *content.get_volumetric_roi_measurement_groups(),
        *content.get_image_measurement_groups(),
    ]
    return [
        (group.tracking_identifier, number.name.meaning, float(number.value))
        for group in groups
        for number in group.get_measurements()
    ]
