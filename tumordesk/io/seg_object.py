"""Reads DICOM segmentation objects: masks with their places, segments and references.

Nothing is resampled or interpreted here (PS3.3 A.51, C.8.20); ``import_mask`` puts the masks where
they belong, the writer compares what it wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from tumordesk.core.errors import ReadError, plain_reason
from tumordesk.core.model_card import Code
from tumordesk.core.segmentation import Segment
from tumordesk.io import tags, values
from tumordesk.io.convert import orientation as to_orientation
from tumordesk.io.convert import pair, vector
from tumordesk.io.header import Unusable, read_header
from tumordesk.io.memory import ensure_fits
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet
from tumordesk.io.records import Vector

SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
SYNTAXES = (
    ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian, RLELossless,
)  # fmt: skip
_MAX_FRAMES = 10_000
MAX_SEGMENTS = 255
"""Of one object: labels have 8 bits."""
_PIXELS = 0x7FE00010
_HALF = 0.5
_TYPES = ("AUTOMATIC", "SEMIAUTOMATIC", "MANUAL")


@dataclass(frozen=True)
class SegFrame:
    """Where one frame lies and what it says it was made from.

    ``segment`` is 0 in a label map, whose pixels are segment numbers. ``sources``: (SOP Instance
    UID, frame number from 1 or None).
    """

    segment: int
    position: Vector | None
    orientation: tuple[float, ...] | None
    pixel_spacing: tuple[float, float] | None
    sources: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, eq=False)
class SegObject:
    """A segmentation object. ``pixels`` is (frame, row, column): bool, or segment numbers in a
    label map."""

    path: Path
    kind: str
    segments: tuple[Segment, ...]
    frames: tuple[SegFrame, ...]
    pixels: npt.NDArray[Any]
    series_uids: tuple[str, ...]
    frame_of_reference_uid: str
    study_uid: str
    description: str
    notes: tuple[str, ...] = ()

    def masks(self) -> Iterator[tuple[SegFrame, int, npt.NDArray[np.bool_]]]:
        """(frame, segment number, mask) of every frame, label maps taken apart."""
        for frame, pixels in zip(self.frames, self.pixels, strict=True):
            if frame.segment:
                yield frame, frame.segment, pixels.astype(bool, copy=False)
                continue
            for number in (s.number for s in self.segments):
                mask = pixels == number
                if mask.any():
                    yield frame, number, mask


def is_segmentation(sop_class: str) -> bool:
    """True for segmentation objects that are read."""
    return sop_class in (SEGMENTATION, LABEL_MAP)


def read_seg(path: Path) -> SegObject:
    """Read a segmentation object.

    Raises:
        Unusable: it is none, damaged, or packed in a way that is not read; says why.
        ReadError: it does not fit in memory. OSError: it cannot be opened.
    """
    header = read_header(path)
    sop_class = values.code(header.dataset, tags.NAMES["SOPClassUID"])
    if not is_segmentation(sop_class):
        raise Unusable("not a DICOM segmentation")
    single_bits = values.integer(header.dataset, tags.NAMES["BitsAllocated"]) == 1
    packed_bits = header.transfer_syntax == RLELossless and single_bits
    if header.transfer_syntax not in SYNTAXES or packed_bits:
        raise Unusable("its pixels are compressed in a way that is not read for outlines")
    try:
        with quiet():
            return _read(path, sop_class)
    except (Unusable, ReadError, OSError):
        raise
    except HOSTILE_ERRORS as error:
        raise Unusable(f"damaged segmentation ({plain_reason(error)})") from error


def _read(path: Path, sop_class: str) -> SegObject:
    with path.open("rb") as stream:
        # What comes after the pixels is of no use, and can be millions of elements.
        dataset = read_partial(stream, lambda tag, _vr, _length: tag > _PIXELS)
    frames = _frames(dataset, sop_class)
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    ensure_fits(len(frames) * rows * columns * (2 if sop_class == LABEL_MAP else 1), path.name)
    pixels = np.asarray(dataset.pixel_array).reshape(len(frames), rows, columns)
    kind = "LABELMAP" if sop_class == LABEL_MAP else _word(dataset, "SegmentationType") or "BINARY"
    notes: tuple[str, ...] = ()
    if kind == "FRACTIONAL":
        full = values.number(dataset, _tag("MaximumFractionalValue")) or 255.0
        pixels = pixels >= full * _HALF
        notes = ("made of probabilities or shares: from one half on it counts as outlined",)
    elif kind == "BINARY":
        pixels = pixels != 0
    return SegObject(
        path=path,
        kind=kind,
        segments=_segments(dataset),
        frames=frames,
        pixels=pixels,
        series_uids=_series_uids(dataset),
        frame_of_reference_uid=_word(dataset, "FrameOfReferenceUID"),
        study_uid=_word(dataset, "StudyInstanceUID"),
        description=values.text(dataset, _tag("SeriesDescription")),
        notes=notes,
    )


def _tag(keyword: str) -> int:
    found = tag_for_keyword(keyword)
    if found is None:
        raise KeyError(keyword)
    return int(found)


def _word(dataset: Dataset, keyword: str) -> str:
    return values.code(dataset, _tag(keyword))


def _item(datasets: tuple[Dataset | None, ...], keyword: str) -> Dataset | None:
    found = (values.first_item(d, _tag(keyword)) for d in datasets if d is not None)
    return next((item for item in found if item is not None), None)


def _frames(dataset: Dataset, sop_class: str) -> tuple[SegFrame, ...]:
    shared = values.first_item(dataset, _tag("SharedFunctionalGroupsSequence"))
    own = values.items(dataset, _tag("PerFrameFunctionalGroupsSequence"))
    count = values.integer(dataset, _tag("NumberOfFrames")) or 1
    if not own or len(own) != count or count > _MAX_FRAMES:
        raise Unusable("damaged segmentation: it does not say where each frame lies")
    return tuple(_frame((item, shared), sop_class) for item in own)


def _frame(groups: tuple[Dataset | None, ...], sop_class: str) -> SegFrame:
    number = 0
    if sop_class == SEGMENTATION:
        which = _item(groups, "SegmentIdentificationSequence")
        found = None if which is None else values.integer(which, _tag("ReferencedSegmentNumber"))
        if not found or found < 1:
            raise Unusable("damaged segmentation: a frame does not say which segment it shows")
        number = found
    place = _item(groups, "PlanePositionSequence")
    axes = _item(groups, "PlaneOrientationSequence")
    measures = _item(groups, "PixelMeasuresSequence")
    return SegFrame(
        segment=number,
        position=vector(_three(place, "ImagePositionPatient", 3)),
        orientation=to_orientation(_three(axes, "ImageOrientationPatient", 6)),
        pixel_spacing=pair(_three(measures, "PixelSpacing", 2)),
        sources=tuple(_sources(groups)),
    )


def _three(item: Dataset | None, keyword: str, count: int) -> tuple[float, ...] | None:
    return None if item is None else values.exactly(item, _tag(keyword), count)


def _sources(groups: tuple[Dataset | None, ...]) -> Iterator[tuple[str, int | None]]:
    for group in groups:
        for derivation in values.items(group, _tag("DerivationImageSequence")) if group else ():
            for source in values.items(derivation, _tag("SourceImageSequence")):
                uid = _word(source, "ReferencedSOPInstanceUID")
                if uid:
                    yield uid, values.integer(source, _tag("ReferencedFrameNumber"))


def _series_uids(dataset: Dataset) -> tuple[str, ...]:
    items = values.items(dataset, _tag("ReferencedSeriesSequence"))
    return tuple(uid for item in items if (uid := _word(item, "SeriesInstanceUID")))


def _segments(dataset: Dataset) -> tuple[Segment, ...]:
    found: dict[int, Segment] = {}
    items = values.items(dataset, _tag("SegmentSequence"))
    if len(items) > MAX_SEGMENTS:
        raise Unusable(f"{len(items)} segments are more than can be shown ({MAX_SEGMENTS})")
    for item in items:
        number = values.integer(item, _tag("SegmentNumber"))
        if number is None or number < 1:
            continue
        kind = _word(item, "SegmentAlgorithmType").upper()
        found[number] = Segment(
            number=number,
            label=values.text(item, _tag("SegmentLabel")) or f"Segment {number}",
            code=_code(values.first_item(item, _tag("SegmentedPropertyTypeCodeSequence"))),
            algorithm_type=kind if kind in _TYPES else "AUTOMATIC",  # type: ignore[arg-type]
            algorithm_name=values.text(item, _tag("SegmentAlgorithmName")),
        )
    if not found:
        raise Unusable("damaged segmentation: it names no segments")
    return tuple(found[number] for number in sorted(found))


def _code(item: Dataset | None) -> Code | None:
    if item is None:
        return None
    code = Code(
        _word(item, "CodeValue"),
        _word(item, "CodingSchemeDesignator"),
        values.text(item, _tag("CodeMeaning")),
    )
    return code if code.value and code.scheme else None
