"""Volumes and label maps for evaluation and training: NIfTI files, DICOM series."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from tumordesk.core.errors import DataError, InputMismatch
from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.io.header import Unusable
from tumordesk.io.nifti import missing_kb, read_nifti_header
from tumordesk.io.parts import said, stored_in
from tumordesk.io.registered import Found, lay
from tumordesk.io.volumes import MOST_VOLUMES
from tumordesk_training.data import Case
from tumordesk_training.dicom import load_segmentation, load_series, series_of
from tumordesk_training.files import is_nifti
from tumordesk_training.grids import onto
from tumordesk_training.label_map import ANY, LabelMap, numbers_in

_Volume = tuple[npt.NDArray[Any], Geometry]
_COVERED = 0.5
"""A slice is reached where so much of it is."""
_REACHED = 0.5


def load_volume(path: Path, *, outline: bool = False) -> tuple[npt.NDArray[Any], Geometry]:
    """Voxels (slice, row, column) and geometry (LPS) of a 3-D NIfTI file.

    A DICOM file stands for the whole series that it is a slice of, and the name of a part for one
    of the volumes of a file (see ``stacked``). ``outline``: it is a label map, for the error.

    Raises:
        DataError: unreadable, or not a 3-D grey volume.
    """
    if not is_nifti(path):
        return load_series(path)
    try:
        image = _read(path, outline)
    except RuntimeError as error:
        raise DataError(
            f"{said(path)} cannot be read as NIfTI.", "Remove or replace the file."
        ) from error
    array = sitk.GetArrayFromImage(image)
    if array.ndim != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise DataError(f"{said(path)} is not a 3-D grey volume.")
    x_mm, y_mm, z_mm = image.GetSpacing()
    directions = np.asarray(image.GetDirection(), dtype=np.float64).reshape(3, 3)[:, ::-1]
    affine = affine_from(image.GetOrigin(), directions, (z_mm, y_mm, x_mm))
    shape = (int(array.shape[0]), int(array.shape[1]), int(array.shape[2]))
    geometry = Geometry(shape, (y_mm, x_mm), z_mm, affine, None, Verdict.OK)
    return array, geometry


def _read(path: Path, outline: bool) -> Any:
    """The image, of several in a file the one that ``path`` names. RuntimeError, DataError."""
    reader, number = _header_of(path)
    size = reader.GetSize()
    count = size[3] if len(size) == 4 else 1
    if number is None and count > 1:
        raise _together(path, count, outline)
    if number is not None and not (number < count and 1 < count <= MOST_VOLUMES):
        raise DataError(
            f"{said(path)} is not there: the file holds {count}.",
            "The file has changed since it was listed: check the folder again.",
        )
    _check_whole(path)
    if len(size) == 4:
        reader.SetExtractIndex((0, 0, 0, number or 0))
        reader.SetExtractSize((*size[:3], 0))
    return reader.Execute()


def _check_whole(path: Path) -> None:
    """Raise DataError where the file is cut off: ITK fills the rest with zeros, without a word."""
    stored, _ = stored_in(path)
    try:
        missing = missing_kb(stored, read_nifti_header(stored))
    except Unusable as error:
        if "gzip" not in str(error):
            return  # a header that we do not read, and ITK may
        raise DataError(f"{said(path)} is {error}.", "Copy the file once more.") from error
    except OSError as error:
        raise DataError(f"{said(path)} cannot be opened: {error.strerror}.") from error
    if missing:
        raise DataError(
            f"{said(path)} is cut off: {missing} KB of its voxels are missing.",
            "Copy the file once more.",
        )


def _header_of(path: Path) -> tuple[Any, int | None]:
    """A reader that knows the header of a volume's file, and which volume of it is meant."""
    stored, number = stored_in(path)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(stored))
    reader.ReadImageInformation()
    return reader, number


def _together(path: Path, count: int, outline: bool) -> DataError:
    """The error of a file of several volumes that are not taken apart."""
    if outline:
        return DataError(
            f"{path.name} holds {count} volumes (4-D), and an outline is one.",
            "Save it as one volume whose numbers are the classes.",
        )
    return DataError(
        f"{path.name} holds {count} volumes in one file (4-D): split it into a file each, with "
        "nnUNetv2_convert_MSD_dataset (nnU-Net), fslsplit -t (FSL) or mrconvert (MRtrix3)",
        "Let each name end with its sequence (_FLAIR, _T1), or with _0000, _0001 as of nnU-Net.",
    )


def load_pair(
    path: Path, mask: Path | None, labels: LabelMap = ANY
) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8] | None, Geometry]:
    """A volume and its label map, which must lie on the same grid.

    Raises:
        DataError: unreadable, the grids differ, or ``labels`` does not know a number.
    """
    grey, geometry = load_volume(path)
    if mask is None:
        return grey, None, geometry
    values = _labels_on(mask, geometry)
    if values is None:
        raise DataError(
            f"{mask.name} does not lie on the grid of {path.name}.",
            "Resample the mask onto the volume first.",
        )
    return grey, labels.read(mask.name, values), geometry


def load_case(
    case: Case,
    *,
    masked: bool = True,
    labels: LabelMap = ANY,
    first: int = 0,
    notes: list[str] | None = None,
) -> tuple[tuple[npt.NDArray[Any], ...], npt.NDArray[np.uint8] | None, Geometry]:
    """The volumes of a case (one, or one for each of its sequences), and its label map.

    ``notes`` gets what was found of how the volumes lie to each other.

    Raises:
        DataError: as :func:`load_pair` and :func:`load_together`.
    """
    mask = case.mask if masked else None
    if case.channels:
        return load_together(case.channels, mask, labels, first, notes)
    grey, drawn, geometry = load_pair(case.image, mask, labels)
    return (grey,), drawn, geometry


def load_together(
    paths: Sequence[Path],
    mask: Path | None,
    labels: LabelMap = ANY,
    first: int = 0,
    notes: list[str] | None = None,
) -> tuple[tuple[npt.NDArray[Any], ...], npt.NDArray[np.uint8] | None, Geometry]:
    """Volumes of several sequences on one grid, and their label map.

    The grid is that of the volume whose voxels the label map has; ``first`` is tried first (and is
    the grid where there is no label map). The others are laid on it by where they say they lie,
    and by what they show where the patient moved (see ``tumordesk.io.registered``), which
    ``notes`` then tells.

    Raises:
        DataError: unreadable, the label map lies on the voxels of none of them, ``labels``
            does not know a number of it, or a volume does not reach most of the slices.
    """
    volumes = [load_volume(path) for path in paths]
    for path, (grey, _) in zip(paths, volumes, strict=True):
        _refuse_blank(path, grey)
    order = [first, *(n for n in range(len(paths)) if n != first)]
    grid, values = volumes[first][1], None
    if mask is not None:
        found = ((volumes[n][1], _labels_or_none(mask, volumes[n][1])) for n in order)
        fitting = next(((own, drawn) for own, drawn in found if drawn is not None), None)
        if fitting is None:
            raise DataError(
                f"{mask.name} does not lie on the grid of {paths[first].name}, or of any other.",
                "Resample the mask onto one of the volumes first.",
            )
        grid, values = fitting
    fixed = next(grey for grey, own in volumes if own is grid)
    channels = tuple(
        fixed if own is grid else _on_grid(path, (grey, own), (fixed, grid), notes)
        for path, (grey, own) in zip(paths, volumes, strict=True)
    )
    if values is None or mask is None:
        return channels, None, grid
    return channels, labels.read(mask.name, values), grid


def labels_in(mask: Path, grid: Geometry) -> tuple[int, ...]:
    """The numbers in a label map on ``grid`` (see :func:`label_map.numbers_in`).

    Raises:
        DataError: it cannot be read.
    """
    labels = _labels_or_none(mask, grid)
    return () if labels is None else numbers_in(labels)


def _labels_or_none(mask: Path, grid: Geometry) -> npt.NDArray[Any] | None:
    try:
        return _labels_on(mask, grid)
    except DataError:
        if is_nifti(mask):
            raise  # it cannot be read at all
        return None  # a DICOM SEG says in this way that it lies on other voxels


def _on_grid(
    path: Path, volume: _Volume, fixed: _Volume, notes: list[str] | None
) -> npt.NDArray[Any]:
    try:
        made, found = lay(*volume, *fixed, scanner=not is_nifti(path))
    except InputMismatch as error:
        raise DataError(f"{path.name}: {error.message}", error.hint) from error
    if np.mean(made.covered >= _COVERED) < _REACHED:
        raise DataError(
            f"{path.name} covers less than half of the slices of the other sequences.",
            "Leave the case out.",
        )
    _refuse_blank(path, made.array)
    if notes is not None:
        notes += _motion_words(path, found)
    return made.array


def _motion_words(path: Path, found: Found) -> list[str]:
    if found.doubt:
        return [f"whether {path.name} lies where it says was not checked: {found.doubt}"]
    if found.motion is None:
        return []
    far = found.motion.moved_mm
    return [f"the head lay {far:.1f} mm away in {path.name}, which was moved by what it shows"]


def _refuse_blank(path: Path, grey: npt.NDArray[Any]) -> None:
    """Raise DataError where a volume shows nothing: the network would learn to do without it."""
    values = grey[np.isfinite(grey)] if np.issubdtype(grey.dtype, np.floating) else grey
    if not values.size or values.min() == values.max():
        raise DataError(f"{path.name} shows nothing: it holds one value.", "Leave the case out.")


def _labels_on(mask: Path, grid: Geometry) -> npt.NDArray[Any] | None:
    """Labels of a NIfTI file or DICOM SEG on ``grid``; None where they lie on other voxels."""
    if not is_nifti(mask):
        return load_segmentation(mask, grid)
    labels, own = load_volume(mask, outline=True)
    return onto(labels, own, grid)


def shares_grid(mask: Path, grid: Geometry) -> bool:
    """Whether a NIfTI label map has the voxels of ``grid``, by its header."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(mask))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        return False
    if reader.GetDimension() != 3:
        return False
    x_mm, y_mm, z_mm = reader.GetSpacing()
    columns, rows, slices = (int(n) for n in reader.GetSize())
    directions = np.asarray(reader.GetDirection(), dtype=np.float64).reshape(3, 3)[:, ::-1]
    affine = affine_from(reader.GetOrigin(), directions, (z_mm, y_mm, x_mm))
    own = Geometry((slices, rows, columns), (y_mm, x_mm), z_mm, affine, None, Verdict.OK)
    return onto(np.broadcast_to(np.uint8(0), own.shape), own, grid) is not None


def count_slices(path: Path) -> int:
    """Slices of a volume by its header; 0 where it is unreadable or not 3-D."""
    if not is_nifti(path):
        try:
            return series_of(path).slices
        except DataError:
            return 0
    try:
        size = _header_of(path)[0].GetSize()
    except RuntimeError:
        return 0
    return int(size[2]) if len(size) in (3, 4) else 0
