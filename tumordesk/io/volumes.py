"""NIfTI, NRRD and MetaImage: what a file holds, from its header alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tumordesk.core.geometry import FloatArray, Geometry, Verdict
from tumordesk.core.study import SeriesKind
from tumordesk.io.header import Unusable
from tumordesk.io.nifti import NiftiHeader, read_nifti_header

_SHEAR = np.cos(np.deg2rad(89.5))
_HEADER_TEXT = 64 * 1024
MOST_VOLUMES = 16
"""A file of more volumes is a series in time: only the first is shown."""


@dataclass(frozen=True)
class VolumeFacts:
    """A volume file: its geometry, dtype of its slices, and what a person should know.

    ``number``: which of the ``count`` volumes in the file is meant, from 0.
    """

    kind: SeriesKind
    format: str
    geometry: Geometry
    colour: bool
    dtype: str
    warnings: tuple[str, ...]
    nifti: NiftiHeader | None = None
    number: int = 0
    count: int = 1

    @property
    def several(self) -> bool:
        """Whether the file holds a few volumes, which are all shown."""
        return self.nifti is not None and 1 < self.count <= MOST_VOLUMES

    def apart(self) -> tuple[VolumeFacts, ...]:
        """Facts of each volume in the file that is shown: all of a few, else the first."""
        shown = self.count if self.several else 1
        return tuple(replace(self, number=number) for number in range(shown))


def kind_of(path: Path, prefix: bytes) -> SeriesKind | None:
    """The kind of volume file by name and first bytes; None for anything else."""
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        return "nifti"
    if prefix[:4] == b"NRRD" or name.endswith((".nrrd", ".nhdr")):
        return "nrrd"
    if name.endswith((".mha", ".mhd")):
        return "mha"
    if prefix[344:347] in (b"n+1", b"ni1") or prefix[4:7] in (b"n+2", b"ni2"):
        return "nifti"
    return None


def volume_facts(path: Path, kind: SeriesKind) -> VolumeFacts:
    """Header of a volume file.

    Raises:
        Unusable: broken, or of a kind that is not read. OSError: it cannot be opened.
    """
    return _nifti_facts(path) if kind == "nifti" else _itk_facts(path, kind)


def _nifti_facts(path: Path) -> VolumeFacts:
    header = read_nifti_header(path)
    notes = [header.orientation_note] if header.orientation_note else []
    spacing = header.spacing
    if spacing is None:
        notes.append("no unit of length in the file: nothing can be measured in mm")
    geometry = volume_geometry(header.shape, spacing, header.affine, notes)
    warnings = list(geometry.notes)
    if header.volumes > MOST_VOLUMES:
        warnings.append(f"{header.volumes} volumes in the file: only the first is shown")
    return VolumeFacts(
        "nifti", "NIfTI", geometry, header.dtype in ("rgb", "rgba"), nifti_dtype(header).name,
        tuple(warnings), header, count=header.volumes,
    )  # fmt: skip


def nifti_dtype(header: NiftiHeader) -> np.dtype[Any]:
    """dtype of the slices: small whole numbers stay, everything else is float32."""
    if header.dtype in ("rgb", "rgba"):
        return np.dtype(np.uint8)
    if header.slope == 1.0 and header.intercept == 0.0:
        return kept_dtype(np.dtype(header.dtype))
    return np.dtype(np.float32)


def kept_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """uint8, int16, uint16 as they are, int8 as int16, everything else as float32."""
    if dtype in (np.uint8, np.int16, np.uint16):
        return dtype.newbyteorder("=")
    return np.dtype(np.int16) if dtype == np.int8 else np.dtype(np.float32)


def volume_geometry(
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float] | None,
    affine: FloatArray | None,
    notes: list[str],
) -> Geometry:
    """Geometry of a regular grid; ``spacing`` in mm or None."""
    verdict = Verdict.OK
    if spacing is None:
        verdict, affine = Verdict.NO_MM, None
    elif shape[0] == 1:
        verdict = Verdict.SINGLE
    elif affine is not None and _sheared(affine):
        verdict = Verdict.SHEARED
        notes.append("the axes of the volume are not at right angles")
    return Geometry(
        shape=shape,
        pixel_spacing_mm=None if spacing is None else (spacing[1], spacing[2]),
        slice_spacing_mm=None if spacing is None else spacing[0],
        affine=affine,
        verdict=verdict,
        notes=tuple(notes),
    )


def _sheared(affine: FloatArray) -> bool:
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    between = axes.T @ axes - np.eye(3)
    return bool(np.abs(between).max() > _SHEAR)


def _itk_facts(path: Path, kind: SeriesKind) -> VolumeFacts:
    from tumordesk.io.itk_volume import read_information

    text = _text_header(path)
    found = read_information(path)
    if found.components not in (1, 3):
        raise Unusable(f"{found.components} values a voxel are not read")
    notes: list[str] = []
    placed = _placed(kind, text)
    spacing = found.spacing if _spaced(kind, text) else None
    if not placed:
        notes.append("the file does not say how the picture lies in the patient")
    if spacing is None:
        notes.append("no spacing in the file: nothing can be measured in mm")
    affine = found.affine if placed else None
    geometry = volume_geometry(found.shape, spacing, affine, notes)
    warnings = list(geometry.notes)
    if found.volumes > 1:
        warnings.append(f"{found.volumes} volumes in the file: only the first is shown")
    colour = found.components == 3
    if colour and found.dtype != "uint8":
        raise Unusable("three values a voxel that are not 8-bit colour are not read")
    dtype = "uint8" if colour else kept_dtype(np.dtype(found.dtype)).name
    name = "NRRD" if kind == "nrrd" else "MetaImage"
    return VolumeFacts(kind, name, geometry, colour, dtype, tuple(warnings))


def _text_header(path: Path) -> str:
    with path.open("rb") as stream:
        data = stream.read(_HEADER_TEXT)
    end = min((i for i in (data.find(b"\n\n"), data.find(b"\r\n\r\n")) if i > 0), default=len(data))
    match = re.search(rb"ElementDataFile\s*=[^\n]*\n", data)
    return data[: match.end() if match else end].decode("latin-1")


def _placed(kind: SeriesKind, text: str) -> bool:
    if kind == "nrrd":
        return bool(re.search(r"(?mi)^space( dimension)?:", text)) and bool(
            re.search(r"(?mi)^space directions:", text)
        )
    return bool(re.search(r"(?m)^(TransformMatrix|Orientation|Rotation)\s*=", text))


def _spaced(kind: SeriesKind, text: str) -> bool:
    if kind == "nrrd":
        return bool(re.search(r"(?mi)^(space directions|spacings):", text))
    return bool(re.search(r"(?m)^ElementS(pacing|ize)\s*=", text))
