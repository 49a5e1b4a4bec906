"""Masks out of files, put on the open series that they belong to: SEG, NIfTI, NRRD, MetaImage.

A mask is only placed where its voxels are the series' voxels, within 0.01 mm, whatever the order
and direction of the axes in the file. Everything else is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tumordesk.core.errors import ReadError, plain_reason
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.study import Series
from tumordesk.io.files_builder import FileCollection
from tumordesk.io.header import PREFIX_BYTES, Unusable
from tumordesk.io.mask_file import is_label_map, matching, place_file, read_labels, segments_of
from tumordesk.io.mask_grid import GridDiffers
from tumordesk.io.mask_seg import place_seg
from tumordesk.io.quiet import HOSTILE_ERRORS
from tumordesk.io.relevance import sort_key
from tumordesk.io.volumes import kind_of, volume_facts

__all__ = [
    "GridDiffers",
    "ImportedMask",
    "by_relevance",
    "mask_series",
    "read_mask",
    "read_seg_mask",
]


@dataclass(frozen=True, eq=False)
class ImportedMask:
    """A mask in the voxels of ``series``; ``notes`` say what a person should know of it."""

    path: Path
    series: Series
    segmentation: Segmentation
    notes: tuple[str, ...] = ()


def read_mask(path: Path, candidates: Sequence[Series], *, resample: bool = False) -> ImportedMask:
    """The mask in ``path`` on the one of ``candidates`` that it belongs to, the first if several.

    ``resample``: where a label map lies on other voxels, take the nearest (never for a SEG).

    Raises:
        GridDiffers: it lies on other voxels than the series.
        ReadError: it is no mask, cannot be read, or belongs to no series; says which.
    """
    try:
        with path.open("rb") as stream:
            prefix = stream.read(PREFIX_BYTES)
    except OSError as error:
        raise ReadError(f"{path.name} cannot be opened: {plain_reason(error)}.") from error
    kind = None if prefix[128:132] == b"DICM" else kind_of(path, prefix)
    if kind is None:
        return read_seg_mask(path, candidates)
    try:
        facts = volume_facts(path, kind)
        if facts.count > 1:
            raise ReadError(
                f"{path.name} holds {facts.count} volumes (4-D), and an outline is one.",
                "Save the outline as one volume whose numbers are the classes.",
            )
        collection = FileCollection()
        collection.add_volume(path, path, facts)
        (mask,) = (s for p in collection.build() for study in p.studies for s in study.series)
    except Unusable as reason:
        raise ReadError(f"{path.name}: {reason}.") from reason
    except HOSTILE_ERRORS as error:
        raise ReadError(f"{path.name}: damaged ({plain_reason(error)}).") from error
    return mask_series(mask, candidates, resample=resample)


def read_seg_mask(path: Path, candidates: Sequence[Series]) -> ImportedMask:
    """A DICOM SEG on its series. Raises as :func:`read_mask`."""
    try:
        series, labels, segments, notes = place_seg(path, candidates)
    except OSError as error:
        raise ReadError(f"{path.name} cannot be opened: {plain_reason(error)}.") from error
    outline = Segmentation(labels, series.geometry, segments, series.uid)
    return ImportedMask(path, series, outline, notes)


def mask_series(
    mask: Series, candidates: Sequence[Series], *, resample: bool = False
) -> ImportedMask:
    """A volume file that a scan took for a series, as a mask. Raises as :func:`read_mask`."""
    path = mask.instances[0].path
    usable = [series for series in candidates if series.key != mask.key]
    likely = matching(mask, usable)
    if resample:
        likely += [s for s in usable if s not in likely and s.geometry.affine is not None]
    if not likely:
        raise GridDiffers(
            f"{path.name}: No open series has the voxels of this mask.",
            "Open the scan that it was drawn on.",
        )
    if not is_label_map(mask):
        raise ReadError(f"{path.name} is a picture, not an outline.")
    # A mask is no scan that another mask could have been drawn on.
    likely = [series for series in likely if not is_label_map(series)]
    if mask.geometry.affine is None and len(likely) > 1:
        raise ReadError(
            f"{path.name} does not say where it lies in the patient, and {len(likely)} open "
            "series have slices of its size.",
            "Close the others, then open the file again.",
        )
    labels = read_labels(mask)
    problem: ReadError | None = None
    for series in likely:
        try:
            placed, notes = place_file(mask, labels, series, resample=resample)
        except ReadError as error:
            problem = problem or error
            continue
        if len(likely) > 1 and mask.geometry.affine is not None:
            others = f"{len(likely)} open series have the voxels of the mask"
            notes = (*notes, f"{others}: it was put on this one")
        segments = segments_of(path, placed)
        outline = Segmentation(placed, series.geometry, segments, series.uid)
        return ImportedMask(path, series, outline, notes)
    raise problem or ReadError(f"{path.name} fits no open series.")


def by_relevance(series: Sequence[Series], first: str = "") -> list[Series]:
    """Candidates in the order in which they are tried: the active one, then the likeliest."""
    return sorted(series, key=lambda one: (one.key != first, sort_key(one)))
