"""An outline as a DICOM Segmentation object (PS3.3 A.51, C.8.20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

import tumordesk
from tumordesk.core.activation import map_mark
from tumordesk.core.errors import ExportRefused
from tumordesk.core.geometry import Verdict
from tumordesk.core.model_card import NOTICE
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import Series
from tumordesk.core.study_findings import StudyFindings
from tumordesk.io.export import identity
from tumordesk.io.export.files import write_dataset
from tumordesk.io.export.references import restore, stand_ins
from tumordesk.io.export.source import Source, read_source
from tumordesk.io.quiet import quiet
from tumordesk.io.seg_object import SegObject, read_seg

_PLACED = (Verdict.OK, Verdict.GAP, Verdict.IRREGULAR, Verdict.SHEARED, Verdict.SINGLE)
_SAME_PLACE_MM = 1e-3
_INSTEAD = "Export NIfTI, NRRD, PNG or PDF instead."


@dataclass(frozen=True, eq=False)
class _Plan:
    source: Source
    labels: npt.NDArray[np.uint8]
    segments: tuple[Segment, ...]


def write_seg(
    path: Path,
    findings: StudyFindings,
    *,
    overwrite: bool = False,
    labelmap: bool = False,
    empty_frames: bool = False,
) -> Path:
    """Write the outline of ``findings`` as a DICOM SEG, BINARY unless ``labelmap``.

    Frames lie where the source's slices lie, nothing is resampled; segments without voxels are
    left out and the others numbered from 1. ``empty_frames``: slices without outline too, which
    some viewers need. The file is read back and compared before it takes its place.

    Raises:
        WriteError: there is nothing to write, the source is no DICOM series whose place in the
            patient is known, or the file cannot be written; says which.
        ReadError: the source's files are gone or changed.
    """
    plan = _plan(findings)
    with quiet():
        dataset = _build(plan, findings, labelmap=labelmap, empty_frames=empty_frames)
    return write_dataset(
        path, dataset, lambda file: _as_written(read_seg(file), plan), overwrite=overwrite
    )


def refusal(series: Series, outline: Segmentation | None) -> str | None:
    """Why no SEG can be made, in a sentence, or None; headers are not read for it."""
    if series.kind != "dicom":
        return "A DICOM SEG needs a DICOM series as its source."
    if outline is None or outline.empty:
        return "Nothing is outlined: there is nothing to write."
    geometry = series.geometry
    placed = all(item.position_mm is not None for item in series.instances)
    if geometry.verdict not in _PLACED or not placed or geometry.directions is None:
        return "The scan does not say where its slices lie in the patient."
    if geometry.pixel_spacing_mm is None:
        return "The scan does not say how large its pixels are."
    if outline.array.shape != geometry.shape:
        return "The outline does not have the slices of the series: it has changed since."
    return None


def segment_numbers(outline: Segmentation) -> Mapping[int, int]:
    """From a label of the outline to its segment number in the SEG; empty ones are left out."""
    there = [int(label) for label in np.unique(outline.array) if label]
    return {label: number for number, label in enumerate(there, start=1)}


def _plan(findings: StudyFindings) -> _Plan:
    outline = findings.outline
    reason = refusal(findings.series, outline)
    if reason is not None or outline is None:
        raise ExportRefused(reason or "Nothing is outlined.", _INSTEAD)
    source = read_source(findings.series)
    if not source.frame_of_reference_uid:
        raise ExportRefused(
            "The scan names no frame of reference that all its slices share, so a SEG would have "
            "no place in the patient.",
            _INSTEAD,
        )
    numbers = segment_numbers(outline)
    table = np.zeros(256, dtype=np.uint8)
    for label, number in numbers.items():
        table[label] = number
    known = {segment.number: segment for segment in outline.segments}
    segments = tuple(
        known.get(label) or Segment(label, f"Segment {label}", None, "MANUAL") for label in numbers
    )
    return _Plan(source, table[outline.array], segments)


def _build(plan: _Plan, findings: StudyFindings, *, labelmap: bool, empty_frames: bool) -> Dataset:
    import highdicom

    source = plan.source
    fakes, real = stand_ins(source, placed=True)
    dataset: Dataset = highdicom.seg.Segmentation(
        source_images=fakes,
        pixel_array=plan.labels,
        segmentation_type="LABELMAP" if labelmap else "BINARY",
        segment_descriptions=[
            _description(number, segment, findings)
            for number, segment in enumerate(plan.segments, start=1)
        ],
        series_instance_uid=identity.new_uid(),
        series_number=identity.series_number("SEG", source),
        sop_instance_uid=identity.new_uid(),
        instance_number=1,
        manufacturer=identity.MAKER,
        manufacturer_model_name=identity.MAKER,
        software_versions=tumordesk.__version__,
        device_serial_number=identity.SERIAL_NUMBER,
        content_label="MAP_REGION" if map_mark(plan.segments) else "TUMOUR_OUTLINE",
        content_description=identity.short(NOTICE),
        omit_empty_frames=not empty_frames,
        series_description=identity.series_description(findings),
    )
    restore(dataset, real)
    source.stamp(dataset, placed=True)
    return dataset


def _description(number: int, segment: Segment, findings: StudyFindings) -> Any:
    import highdicom

    maker = identity.maker_of(findings, segment)
    tumour = segment.code is None or segment.code == identity.NEOPLASM
    return highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=identity.short(segment.label) or f"Segment {number}",
        segmented_property_category=identity.coded(None, identity.category(segment)),
        segmented_property_type=identity.coded(segment.code, identity.NEOPLASM),
        algorithm_type=maker.kind,
        algorithm_identification=identity.algorithm(maker),
        tracking_uid=identity.new_uid() if tumour else None,
        tracking_id=identity.short(f"{segment.label} {number}") if tumour else None,
        display_color=_colour(number),
    )


def _colour(number: int) -> Any:
    from highdicom.color import CIELabColor

    from tumordesk.core.colours import segment_colour

    red, green, blue = segment_colour(number)
    return CIELabColor.from_rgb(red, green, blue)


def _as_written(found: SegObject, plan: _Plan) -> bool:
    """Whether the file holds every outlined pixel at the place of its slice, and no other."""
    places = np.asarray([frame.slice.position for frame in plan.source.frames], dtype=np.float64)
    seen = np.zeros_like(plan.labels)
    for frame, number, mask in found.masks():
        if frame.position is None:
            return False
        away = np.linalg.norm(places - np.asarray(frame.position), axis=1)
        index = int(np.argmin(away))
        if away[index] > _SAME_PLACE_MM:
            return False
        seen[index][mask] = number
    return bool(np.array_equal(seen, plan.labels))
