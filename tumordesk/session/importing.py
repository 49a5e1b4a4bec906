"""Outlines among what was opened: they become layers of the series that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tumordesk.core.errors import ReadError
from tumordesk.core.job import JobContext
from tumordesk.core.study import ScanResult, Series, Skipped
from tumordesk.session.merge import without_series

if TYPE_CHECKING:
    from tumordesk.io.import_mask import ImportedMask

_VOLUME_KINDS = ("nifti", "nrrd", "mha")


@dataclass(frozen=True, eq=False)
class Opened:
    """What was found. ``scan`` holds no mask that found its series; those are in ``masks``.

    ``taken``: keys of series that turned out to be such masks. ``unplaced``: masks that stay
    series, because they lie on other voxels than the series that was shown.
    """

    scan: ScanResult
    masks: tuple[ImportedMask, ...] = ()
    taken: tuple[str, ...] = ()
    unplaced: tuple[Series, ...] = ()


def may_hold_masks(scan: ScanResult) -> bool:
    """Whether there is anything that could be an outline; by kind alone, so quick."""
    return any(s.kind in _VOLUME_KINDS for s in scan.series) or bool(_segmentations(scan))


def take_masks(
    context: JobContext, scan: ScanResult, open_series: Sequence[Series], active_key: str
) -> Opened:
    """Part the outlines of a scan from its series. What fits nowhere stays what it was.

    They are put on series among ``open_series`` (the active one first) and in ``scan`` itself.
    """
    volumes = [series for series in scan.series if series.kind in _VOLUME_KINDS]
    segmentations = _segmentations(scan)
    if not volumes and not segmentations:
        return Opened(scan)
    from tumordesk.io.import_mask import GridDiffers, by_relevance, mask_series, read_seg_mask

    known = {series.key: series for series in (*open_series, *scan.series)}
    candidates = by_relevance(tuple(known.values()), active_key)
    masks: list[ImportedMask] = []
    skipped = {item.path: item for item in scan.skipped}
    for item in segmentations:
        context.check()
        try:
            masks.append(read_seg_mask(item.file or item.path, candidates))
            del skipped[item.path]
        except ReadError as error:
            skipped[item.path] = replace(item, reason=_reason(item, error))
    taken: list[str] = []
    unplaced = []
    for volume in volumes:
        context.check()
        try:
            masks.append(mask_series(volume, [s for s in candidates if s.key not in taken]))
            taken.append(volume.key)
        except GridDiffers:
            if _could_be_fitted(volume, known.get(active_key)):
                unplaced.append(volume)
        except ReadError:
            # It is a picture: nobody wants to hear that it is no mask.
            continue
    rest = without_series(ScanResult(scan.patients, tuple(skipped.values())), taken)
    return Opened(rest, tuple(masks), tuple(taken), tuple(unplaced))


def fit_mask(context: JobContext, mask: Series, series: Series) -> ImportedMask:
    """``mask`` resampled to the voxels of ``series``, nearest neighbour, as the person asked.

    Raises:
        ReadError: it cannot be read, or lies elsewhere.
    """
    from tumordesk.io.import_mask import mask_series

    context.progress(None, "Fitting the outline")
    return mask_series(mask, [series], resample=True)


def _could_be_fitted(volume: Series, shown: Series | None) -> bool:
    from tumordesk.io.mask_file import is_label_map

    if shown is None or shown.key == volume.key or volume.geometry.affine is None:
        return False
    try:
        return shown.geometry.affine is not None and is_label_map(volume)
    except ReadError:
        return False


def _segmentations(scan: ScanResult) -> list[Skipped]:
    from tumordesk.io.suitability import OUTLINE

    return [item for item in scan.skipped if item.reason == OUTLINE]


def _reason(item: Skipped, error: ReadError) -> str:
    name = (item.file or item.path).name
    return f"DICOM segmentation: {str(error).removeprefix(f'{name}: ')}".removesuffix(".")
