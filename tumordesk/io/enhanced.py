"""Frames of enhanced multi-frame objects (DICOM PS3.3 C.7.6.16): each has its own geometry."""

from __future__ import annotations

from dataclasses import replace

from pydicom.dataset import Dataset

from tumordesk.io import tags, values
from tumordesk.io.convert import orientation as to_orientation
from tumordesk.io.convert import pair, positive, vector, windows_of
from tumordesk.io.records import FileRecord, Slice

_T = tags.NAMES


class _Groups:
    """A frame's functional groups, falling back on the shared ones."""

    def __init__(self, shared: Dataset | None, own: Dataset) -> None:
        self._shared, self._own = shared, own

    def item(self, tag: int) -> Dataset | None:
        found = values.first_item(self._own, tag)
        if found is None and self._shared is not None:
            found = values.first_item(self._shared, tag)
        return found


def enhanced_slices(
    record: FileRecord, base: Slice, dataset: Dataset, per_frame: list[Dataset]
) -> list[Slice]:
    """One slice for each item of the per-frame functional groups, in file order."""
    shared = values.first_item(dataset, _T["SharedFunctionalGroupsSequence"])
    return [_one(record, base, _Groups(shared, own), i) for i, own in enumerate(per_frame)]


def _one(record: FileRecord, base: Slice, groups: _Groups, index: int) -> Slice:
    position = groups.item(tags.PLANE_POSITION)
    orientation = groups.item(tags.PLANE_ORIENTATION)
    measures = groups.item(tags.PIXEL_MEASURES)
    rescale = groups.item(tags.PIXEL_VALUE_TRANSFORMATION)
    voi = groups.item(tags.FRAME_VOI)
    slope, intercept = base.slope, base.intercept
    if rescale is not None:
        slope = values.number(rescale, _T["RescaleSlope"]) or 1.0
        intercept = values.number(rescale, _T["RescaleIntercept"]) or 0.0
    found = replace(base, frame=index, number=index + 1, slope=slope, intercept=intercept)
    if position is not None:
        where = values.exactly(position, _T["ImagePositionPatient"], 3)
        found = replace(found, position=vector(where))
    if orientation is not None:
        axes = values.exactly(orientation, _T["ImageOrientationPatient"], 6)
        found = replace(found, orientation=to_orientation(axes))
    if measures is not None:
        found = replace(
            found,
            pixel_spacing=pair(values.exactly(measures, _T["PixelSpacing"], 2)),
            thickness=positive(values.number(measures, _T["SliceThickness"])),
            spacing_between=positive(values.number(measures, _T["SpacingBetweenSlices"])),
        )
    if voi is not None:
        found = replace(found, windows=windows_of(voi) or base.windows)
    kind = _frame_type(groups)
    return replace(
        found, image_type=kind or base.image_type, traits=(*_traits(groups, kind), *base.traits)
    )


def _frame_type(groups: _Groups) -> tuple[str, ...]:
    for tag in tags.FRAME_TYPES:
        item = groups.item(tag)
        if item is not None:
            parts = values.codes(item, tags.FRAME_TYPE)
            part = values.code(item, _T["ComplexImageComponent"])
            return tuple(p.upper() for p in (*parts, part) if p)
    return ()


def _traits(groups: _Groups, kind: tuple[str, ...]) -> tuple[tuple[str, object], ...]:
    content = groups.item(tags.FRAME_CONTENT)
    diffusion = groups.item(tags.MR_DIFFUSION)
    found: list[tuple[str, object]] = []

    def add(name: str, item: Dataset | None, tag: int) -> None:
        value = values.numbers(item, tag) if item is not None else None
        if value is not None:
            found.append((name, value))

    if content is not None and (stack := values.code(content, _T["StackID"])):
        found.append(("stack", stack))
    add("echo time", groups.item(tags.MR_ECHO), _T["EffectiveEchoTime"])
    if kind:
        found.append(("image type", kind))
    add("time position", content, tags.TEMPORAL_POSITION_INDEX)
    add("b-value", diffusion, _T["DiffusionBValue"])
    if diffusion is not None:
        direction = values.first_item(diffusion, tags.MR_DIFFUSION_DIRECTION)
        add("diffusion direction", direction, _T["DiffusionGradientOrientation"])
    add("trigger time", groups.item(tags.CARDIAC), _T["NominalCardiacTriggerDelayTime"])
    add("inversion time", groups.item(tags.MR_MODIFIER), _T["InversionTimes"])
    add("flip angle", groups.item(tags.MR_TIMING), _T["FlipAngle"])
    return tuple(found)
