"""NRRD and MetaImage through SimpleITK, which is imported only when such a file comes along."""

from __future__ import annotations

import math
import re
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
from tumordesk.io.memory import ensure_fits

_HEADER_BYTES = 4 * 2**20
_DATA_FILE = re.compile(
    rb"(?:^|[\r\n])[ \t]*(?:ElementDataFile|data ?file)[ \t]*[=:]([^\r\n]*)", re.IGNORECASE
)


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
    """The data file beside a header, where it names one in its own folder."""
    return next((path.parent / name for name in _data_names(_head(path))), None)


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_HEADER_BYTES)


def _data_names(head: bytes) -> list[str]:
    """Names of files that a header says its voxels are in; none where they are in itself."""
    found: list[str] = []
    for match in _DATA_FILE.finditer(head):
        value = match[1].decode("latin-1").strip()
        if value.split()[:1] == ["LIST"]:
            rest = head[match.end() :].decode("latin-1").splitlines()
            found += [line.strip() for line in rest if line.strip()]
        elif value not in ("", "LOCAL", "Local", "local"):
            found.append(value)
    return found


def _refuse_outside(path: Path) -> None:
    """A header must not point outside its folder, whatever the file is called.

    ITK goes by content: also a .nrrd or .mha may name other files, absolute ones, shares and
    devices among them, or a pattern ('x%d.raw 1 9 1') of them.
    """
    head = _head(path)
    ended = b"\n\n" in head or b"\r\n\r\n" in head or _DATA_FILE.search(head) is not None
    if len(head) == _HEADER_BYTES and not ended:
        raise Unusable("its header is absurdly large; the file is broken or hostile")
    for name in _data_names(head):
        if name != Path(name).name or any(sign in name for sign in "/\\:"):
            raise Unusable("refused: its voxels are in another folder")
        if not (path.parent / name).is_file():
            raise Unusable("the file with its voxels is missing")


def _format(path: Path) -> str:
    """ITK's name of the only format that is looked for: by itself it tries dozens."""
    return "NrrdImageIO" if _head(path)[:4] == b"NRRD" else "MetaImageIO"


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
        reader.SetImageIO(_format(path))
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
        Unusable: damaged or cut off. ReadError: it does not fit in memory.
    """
    import SimpleITK as sitk

    _refuse_outside(path)
    with _ascii_path(path) as name:
        reader = sitk.ImageFileReader()
        reader.SetImageIO(_format(path))
        reader.SetFileName(name)
        try:
            reader.ReadImageInformation()
            # ITK reads all volumes of the file, also where only the first is shown.
            voxels = math.prod(reader.GetSize()) * reader.GetNumberOfComponents()
            ensure_fits(voxels * np.dtype(_dtype(reader.GetPixelID())).itemsize, path.name)
            image = reader.Execute()
        except RuntimeError as error:
            raise Unusable("damaged or cut off") from error
    array: npt.NDArray[Any] = sitk.GetArrayFromImage(image)
    if image.GetDimension() == 4:
        array = array[0]
    return array[None] if image.GetDimension() == 2 else array
