"""Puts a label map out of a NIfTI, NRRD or MetaImage file on the series whose voxels it shares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tumordesk.core.activation import MAP_REGION, map_region_name
from tumordesk.core.errors import ReadError
from tumordesk.core.geometry import FloatArray
from tumordesk.core.model_card import Code
from tumordesk.core.segmentation import Segment
from tumordesk.core.study import Series
from tumordesk.io.mask_grid import SAME_PLACE_MM, Grid, GridDiffers, grid_of, put, sampled
from tumordesk.io.reader import open_series

MAX_LABELS = 32
"""A file with more different values is a picture."""
UNKNOWN_MAKER = "imported mask of unknown origin"
_MAX_LABEL = 255
_DIGITS = 10
_LINE = re.compile(r'^\s*(\d{1,9})\s+\d+\s+\d+\s+\d+\s+\S+\s+\d\s+\d\s+"(.*)"\s*$')
_FIELD = re.compile(r"^Segment(\d+)_(Name|LabelValue|Tags):=(.*)$", re.MULTILINE)
_HEADER_BYTES = 1 << 20
Labels = npt.NDArray[np.uint8]


def is_label_map(mask: Series) -> bool:
    """Whether a volume file holds few whole numbers from 0 on.

    The middle slice tells of almost every scan that it is none; only then is all of it read.

    Raises:
        ReadError: it cannot be read.
    """
    if mask.colour or mask.kind not in ("nifti", "nrrd", "mha"):
        return False
    reader = open_series(mask)
    try:
        if not few_labels(np.unique(reader.read_slice(reader.middle))):
            return False
        return all_labels(reader.read_volume().array)
    finally:
        reader.close()


def all_labels(array: npt.NDArray[np.generic]) -> bool:
    """Whether (slices, ...) hold few whole numbers from 0 on; ends where that is decided."""
    values = np.unique(array[:0])
    for plane in array:
        values = np.union1d(values, plane)
        if not few_labels(values):
            return False
    return True


def read_labels(mask: Series) -> Labels:
    """(slice, row, column) uint8 labels of a volume file; 0 and 255 alone become 0 and 1.

    Raises:
        ReadError: it cannot be read, or holds something else than labels.
    """
    reader = open_series(mask)
    try:
        array = reader.read_volume().array
    finally:
        reader.close()
    found = np.unique(array)
    if not few_labels(found):
        raise ReadError(
            f"{mask.description} holds {len(found)} different values: a picture, not an outline."
        )
    if not found.any():
        raise ReadError(f"{mask.description}: nothing is outlined in it.")
    labels = array.astype(np.uint8)
    return (labels != 0).astype(np.uint8) if set(found) == {0, _MAX_LABEL} else labels


def few_labels(values: npt.NDArray[np.generic]) -> bool:
    """Whether these different values of a file can be labels: few whole numbers from 0 on."""
    whole = np.asarray(values, dtype=np.float64)
    fits = bool(np.all(np.isfinite(whole)) and whole.min() >= 0 and whole.max() <= _MAX_LABEL)
    return fits and len(whole) <= MAX_LABELS and bool(np.all(whole == np.rint(whole)))


def matching(mask: Series, candidates: Sequence[Series]) -> list[Series]:
    """Series whose voxels the mask's can be, by geometry alone; the best guess first.

    A mask that says nothing of its place only matches series that say nothing either.
    """
    others = [series for series in candidates if series.key != mask.key]
    if mask.geometry.affine is None:
        found = [s for s in others if s.geometry.shape == mask.geometry.shape]
        return [s for s in found if s.geometry.affine is None]
    return [series for series in others if _aligned(mask, series)]


def _aligned(mask: Series, series: Series) -> bool:
    """Whether steps are the same and the mask's middle voxel is one of the series."""
    affine, grid = mask.geometry.affine, grid_of(series)
    if affine is None or grid is None or not _same_steps(affine, mask, grid):
        return False
    middle = np.asarray([[count // 2 for count in mask.geometry.shape]], dtype=np.float64)
    index, off = grid.locate(middle @ affine[:3, :3].T + affine[:3, 3])
    return bool(off[0] <= SAME_PLACE_MM and grid.inside(index)[0])


def _same_steps(affine: FloatArray, mask: Series, grid: Grid) -> bool:
    axes = [axis for axis in range(3) if mask.geometry.shape[axis] > 1]
    return all(grid.one_voxel(affine[:3, axis]) for axis in axes)


def place_file(
    mask: Series, labels: Labels, series: Series, *, resample: bool = False
) -> tuple[Labels, tuple[str, ...]]:
    """(label map in the voxels of ``series``, notes).

    ``resample``: take the nearest voxel where the grids differ.

    Raises:
        GridDiffers: the grids differ and ``resample`` was not asked for.
        ReadError: one of the two does not say where it lies.
    """
    affine, grid = mask.geometry.affine, grid_of(series)
    name = series.description or "the series"
    if affine is None or (grid is None and series.geometry.affine is None):
        if affine is None and labels.shape == series.geometry.shape:
            return labels, ("put on the slices by their number: the file does not say where it is",)
        raise ReadError(f"{mask.description} does not say where it lies in the patient.")
    if grid is None:
        raise ReadError(f"{name} does not say where it lies in the patient.")
    try:
        if not _same_steps(affine, mask, grid):
            raise GridDiffers("its voxels have another size or direction")
        return _exactly(labels, affine, grid), ()
    except GridDiffers as error:
        if not resample:
            raise GridDiffers(
                f"{mask.description} lies on other voxels than {name}: {error.message}"
            ) from error
    found = sampled(labels, affine, grid)
    if not found.any():
        raise ReadError(f"{mask.description} lies outside {name}.")
    return found, ("resampled from other voxels, nearest neighbour: its rim is not exact",)


def _exactly(labels: Labels, affine: FloatArray, grid: Grid) -> Labels:
    target = np.zeros(grid.shape, dtype=np.uint8)
    for number in np.flatnonzero(labels.any(axis=(1, 2))):
        rows, columns = np.nonzero(labels[number])
        index = np.stack([np.full(len(rows), number), rows, columns], axis=1).astype(np.float64)
        points = index @ affine[:3, :3].T + affine[:3, 3]
        put(target, grid, points, labels[number][rows, columns])
    return target


def segments_of(path: Path, labels: Labels) -> tuple[Segment, ...]:
    """Segments of the labels that occur, named by the file itself or the text beside it."""
    known = _in_nrrd(path) or _names_beside(path)
    return tuple(
        known.get(int(number)) or _segment(int(number)) for number in np.unique(labels) if number
    )


def _segment(number: int, name: str = "", code: Code | None = None) -> Segment:
    """A segment of a file that does not say who made it; the region of a map stays marked."""
    plain = "".join(sign if sign.isprintable() else " " for sign in name)
    label = " ".join(plain.split())[:64] or ("Tumour" if number == 1 else f"Label {number}")
    maker = map_region_name("an imported file") if label == MAP_REGION else UNKNOWN_MAKER
    return Segment(number, label, code, "SEMIAUTOMATIC", maker)


def _in_nrrd(path: Path) -> dict[int, Segment]:
    """Segments that an NRRD header describes as 3D Slicer does."""
    if not path.name.lower().endswith((".nrrd", ".nhdr")):
        return {}
    with path.open("rb") as stream:
        header = stream.read(_HEADER_BYTES).split(b"\n\n")[0].decode("utf-8", "replace")
    fields: dict[str, dict[str, str]] = {}
    for index, field, value in _FIELD.findall(header.replace("\r", "")):
        fields.setdefault(index, {})[field] = value.strip()
    found: dict[int, Segment] = {}
    for entry in fields.values():
        value = entry.get("LabelValue", "")
        if value.isdecimal() and len(value) < _DIGITS:
            parts = entry.get("Tags", "").partition("TerminologyEntry:")[2].split("~")
            term = parts[2].split("^") if len(parts) > 2 else []
            code = Code(term[1], term[0], term[2]) if len(term) == 3 and all(term) else None
            found[int(value)] = _segment(int(value), entry.get("Name", ""), code)
    return found


def _names_beside(path: Path) -> dict[int, Segment]:
    """Names out of an ITK-SNAP label description with the mask's own name."""
    stem = re.sub(r"\.(nii\.gz|nii|seg\.nrrd|nrrd|mha|mhd)$", "", path.name, flags=re.IGNORECASE)
    for name in (f"{stem}-labels.txt", f"{stem}_labels.txt", f"{stem}.label", f"{stem}.txt"):
        beside = path.with_name(name)
        if beside.is_file() and beside.stat().st_size <= _HEADER_BYTES:
            lines = beside.read_text("utf-8", "replace").splitlines()
            found = [m for m in map(_LINE.match, lines) if m]
            return {int(m[1]): _segment(int(m[1]), m[2]) for m in found}
    return {}
