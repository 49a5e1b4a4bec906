"""NRRD and MetaImage through SimpleITK, which is imported only when such a file comes along."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.geometry import FloatArray, affine_from
from tumordesk.io.header import Unusable


@dataclass(frozen=True)
class Information:
    """What ITK says of a file without reading its voxels."""

    shape: tuple[int, int, int]
    volumes: int
    components: int
    dtype: str
    spacing: tuple[float, float, float]
    affine: FloatArray


@contextmanager
def _ascii_path(path: Path) -> Iterator[str]:
    """A path that ITK can open on every system (it fails silently on others on Windows)."""
    if str(path).isascii():
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="tumordesk-") as folder:
        copy = Path(folder) / ("volume" + path.suffix)
        shutil.copyfile(path, copy)
        data = _detached(path)
        if data is not None:
            shutil.copyfile(data, Path(folder) / data.name)
        yield str(copy)


def _detached(path: Path) -> Path | None:
    """The data file beside a .mhd or .nhdr, if it names one in its own folder."""
    if path.suffix.lower() not in (".mhd", ".nhdr"):
        return None
    for line in path.read_text("latin-1")[:65536].splitlines():
        key, _, value = line.replace(":", "=", 1).partition("=")
        if key.strip().lower() in ("elementdatafile", "data file", "datafile"):
            found = path.parent / Path(value.strip()).name
            return found if found.is_file() else None
    return None


def _refuse_outside(path: Path) -> None:
    """A detached header must not point outside its folder."""
    if path.suffix.lower() not in (".mhd", ".nhdr"):
        return
    for line in path.read_text("latin-1")[:65536].splitlines():
        key, _, value = line.replace(":", "=", 1).partition("=")
        if key.strip().lower() in ("elementdatafile", "data file", "datafile"):
            name = value.strip()
            if Path(name).is_absolute() or ".." in Path(name).parts or ":" in name:
                raise Unusable("refused: its voxels are in another folder")
            if name and name.split()[0] not in ("LIST", "LOCAL") and not _detached(path):
                raise Unusable("the file with its voxels is missing")


def read_information(path: Path) -> Information:
    """Header of an NRRD or MetaImage file.

    Raises:
        Unusable: ITK cannot read it.
    """
    import SimpleITK as sitk

    _refuse_outside(path)
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    with _ascii_path(path) as name:
        reader = sitk.ImageFileReader()
        reader.SetFileName(name)
        try:
            reader.ReadImageInformation()
        except RuntimeError as error:
            raise Unusable("damaged, or of a kind that is not read") from error
    size = list(reader.GetSize())
    if not 2 <= len(size) <= 4:
        raise Unusable(f"{len(size)} dimensions are not read")
    spacing = [*reader.GetSpacing(), 1.0][:3]
    shape = [*size, 1][:3]
    return Information(
        shape=(shape[2], shape[1], shape[0]),
        volumes=size[3] if len(size) == 4 else 1,
        components=reader.GetNumberOfComponents(),
        dtype=_dtype(reader.GetPixelID()),
        spacing=(spacing[2], spacing[1], spacing[0]),
        affine=_affine(reader, len(size), (spacing[2], spacing[1], spacing[0])),
    )


def _affine(reader: Any, dimension: int, spacing: tuple[float, float, float]) -> FloatArray:
    direction = np.eye(3)
    given = np.reshape(reader.GetDirection(), (dimension, dimension))
    count = min(3, dimension)
    direction[:count, :count] = given[:count, :count]
    origin = [*reader.GetOrigin(), 0.0][:3]
    return affine_from(origin, direction[:, ::-1], spacing)


def _dtype(pixel_id: int) -> str:
    import SimpleITK as sitk

    names = {
        sitk.sitkUInt8: "uint8", sitk.sitkInt8: "int8", sitk.sitkUInt16: "uint16",
        sitk.sitkInt16: "int16", sitk.sitkUInt32: "uint32", sitk.sitkInt32: "int32",
        sitk.sitkUInt64: "uint64", sitk.sitkInt64: "int64", sitk.sitkFloat32: "float32",
        sitk.sitkFloat64: "float64", sitk.sitkVectorUInt8: "uint8",
    }  # fmt: skip
    if pixel_id not in names:
        raise Unusable("its kind of voxels is not read")
    return names[pixel_id]


def read_itk_voxels(path: Path) -> npt.NDArray[Any]:
    """(slice, row, column) voxels of the first volume, with a last axis for colour.

    Raises:
        Unusable: damaged or cut off.
    """
    import SimpleITK as sitk

    _refuse_outside(path)
    with _ascii_path(path) as name:
        try:
            image = sitk.ReadImage(name)
        except RuntimeError as error:
            raise Unusable("damaged or cut off") from error
    array: npt.NDArray[Any] = sitk.GetArrayFromImage(image)
    if image.GetDimension() == 4:
        array = array[0]
    return array[None] if image.GetDimension() == 2 else array
