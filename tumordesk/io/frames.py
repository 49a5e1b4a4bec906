"""From a parsed header to its slices: classic, multi-frame and enhanced objects alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydicom.dataset import Dataset

from tumordesk.io import tags, values
from tumordesk.io.convert import orientation as to_orientation
from tumordesk.io.convert import pair, positive, vector, windows_of
from tumordesk.io.enhanced import enhanced_slices
from tumordesk.io.header import Header, Unusable
from tumordesk.io.records import FileRecord, PixelFormat, Slice, Vector
from tumordesk.io.suitability import check_pixels, refuse_unshowable

_T = tags.NAMES
MAX_FRAMES = 100_000

# Attributes that tell the stacks of one series apart, in the order in which they are tried.
TRAITS: tuple[tuple[str, str], ...] = (
    ("echo time", "EchoTime"),
    ("echo", "EchoNumbers"),
    ("image type", "ImageType"),
    ("time position", "TemporalPositionIdentifier"),
    ("b-value", "DiffusionBValue"),
    ("acquisition", "AcquisitionNumber"),
    ("trigger time", "TriggerTime"),
    ("inversion time", "InversionTime"),
    ("flip angle", "FlipAngle"),
    ("diffusion direction", "DiffusionGradientOrientation"),
    ("repetition time", "RepetitionTime"),
    ("complex part", "ComplexImageComponent"),
    ("acquisition time", "AcquisitionTime"),
    ("content time", "ContentTime"),
)
_TEXT_TRAITS = ("ImageType", "ComplexImageComponent", "AcquisitionTime", "ContentTime")


def slices_of(
    path: Path, header: Header, *, size: int, modified_ns: int, shown: Path | None = None
) -> list[Slice]:
    """All slices of a file, in file order; ``shown`` is how people see the file named.

    Raises:
        Unusable: no picture in it, truncated, or of a kind that is not shown.
    """
    dataset = header.dataset
    refuse_unshowable(header)
    record = _file_record(path, header, size=size, modified_ns=modified_ns, shown=shown or path)
    check_pixels(record, header)
    per_frame = values.items(dataset, _T["PerFrameFunctionalGroupsSequence"])
    if per_frame:
        return _enhanced(record, dataset, per_frame)
    first = _classic(record, dataset)
    if record.frames == 1:
        return [first]
    return _multi_frame(first, dataset)


def _file_record(
    path: Path, header: Header, *, size: int, modified_ns: int, shown: Path
) -> FileRecord:
    dataset, pixels = header.dataset, header.pixels
    if pixels is None:
        raise Unusable("no pixels in it")
    frames = values.integer(dataset, _T["NumberOfFrames"]) or 1
    if not 1 <= frames <= MAX_FRAMES:
        raise Unusable(f"damaged: {frames} frames are declared")
    return FileRecord(
        path=path,
        shown=shown,
        size=size,
        modified_ns=modified_ns,
        sop_class=values.code(dataset, _T["SOPClassUID"]),
        sop_uid=values.code(dataset, _T["SOPInstanceUID"]),
        frames=frames,
        format=_pixel_format(header),
        pixel_offset=pixels.offset,
        pixel_length=pixels.length,
        modality_lut=_T["ModalityLUTSequence"] in dataset,
        padding=_padding(dataset),
    )


def _pixel_format(header: Header) -> PixelFormat:
    dataset = header.dataset
    rows = values.integer(dataset, _T["Rows"])
    columns = values.integer(dataset, _T["Columns"])
    if not rows or not columns or rows < 0 or columns < 0:
        raise Unusable("the header does not say how many rows and columns the image has")
    floating = header.pixels is not None and header.pixels.tag != 0x7FE00010
    allocated = values.integer(dataset, _T["BitsAllocated"])
    if floating and header.pixels is not None:
        allocated = 64 if header.pixels.tag == 0x7FE00009 else 32
    if allocated is None:
        raise Unusable("the header does not say how many bits a pixel has")
    stored = values.integer(dataset, _T["BitsStored"]) or allocated
    stored = stored if 0 < stored <= allocated else allocated
    high = values.integer(dataset, _T["HighBit"])
    samples = values.integer(dataset, _T["SamplesPerPixel"]) or 1
    photometric = values.code(dataset, _T["PhotometricInterpretation"])
    return PixelFormat(
        rows=rows,
        columns=columns,
        samples=samples,
        photometric=photometric or ("MONOCHROME2" if samples == 1 else "RGB"),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high if high is not None and stored - 1 <= high < allocated else stored - 1,
        signed=values.integer(dataset, _T["PixelRepresentation"]) == 1,
        transfer_syntax=header.transfer_syntax,
        little_endian=header.little_endian,
        floating=floating,
        planar=values.integer(dataset, _T["PlanarConfiguration"]) or 0,
    )


def _padding(dataset: Dataset) -> tuple[float, float] | None:
    """Stored values that mean 'nothing here' (PixelPaddingValue to PixelPaddingRangeLimit)."""
    low = values.number(dataset, _T["PixelPaddingValue"])
    if low is None:
        return None
    if values.integer(dataset, _T["PixelRepresentation"]) == 1 and low > 32767:
        low -= 65536
    high = values.number(dataset, _T["PixelPaddingRangeLimit"])
    high = low if high is None else high
    return (min(low, high), max(low, high))


def _traits(dataset: Dataset) -> tuple[tuple[str, object], ...]:
    found: list[tuple[str, object]] = []
    for name, keyword in TRAITS:
        value: object
        if keyword in _TEXT_TRAITS:
            value = values.codes(dataset, _T[keyword])
        else:
            value = values.numbers(dataset, _T[keyword])
        if keyword == "DiffusionBValue" and value is None:
            value = _private_b_value(dataset)
        if value:
            found.append((name, value))
    return tuple(found)


def _private_b_value(dataset: Dataset) -> tuple[float, ...] | None:
    for tag in (tags.SIEMENS_B_VALUE, tags.GE_B_VALUE, tags.PHILIPS_B_VALUE):
        value = values.number(dataset, tag)
        if value is not None:
            return (value % 1e9 if tag == tags.GE_B_VALUE else value,)
    return None


def _classic(record: FileRecord, dataset: Dataset) -> Slice:
    slope = values.number(dataset, _T["RescaleSlope"])
    return Slice(
        file=record,
        frame=None,
        number=values.integer(dataset, _T["InstanceNumber"]),
        position=vector(values.exactly(dataset, _T["ImagePositionPatient"], 3)),
        orientation=to_orientation(values.exactly(dataset, _T["ImageOrientationPatient"], 6)),
        pixel_spacing=pair(values.exactly(dataset, _T["PixelSpacing"], 2)),
        thickness=positive(values.number(dataset, _T["SliceThickness"])),
        spacing_between=positive(values.number(dataset, _T["SpacingBetweenSlices"])),
        slope=slope if slope else 1.0,
        intercept=values.number(dataset, _T["RescaleIntercept"]) or 0.0,
        windows=windows_of(dataset),
        image_type=tuple(v.upper() for v in values.codes(dataset, _T["ImageType"])),
        traits=_traits(dataset),
        detector_spacing=_T["ImagerPixelSpacing"] in dataset,
    )


def _multi_frame(first: Slice, dataset: Dataset) -> list[Slice]:
    """Frames without functional groups; only RT Dose says where each lies (C.8.8.3.2)."""
    offsets = values.numbers(dataset, _T["GridFrameOffsetVector"], limit=MAX_FRAMES)
    count = first.file.frames
    positions: list[Vector | None] = [None] * count
    orientation = first.orientation
    if offsets is not None and len(offsets) == count and first.position and orientation:
        positions = _offset_positions(first.position, orientation, offsets)
    elif count > 1:
        orientation = None if first.position is None else orientation
    return [
        replace(first, frame=i, number=i + 1, position=positions[i], orientation=orientation)
        for i in range(count)
    ]


def _offset_positions(
    origin: Vector, orientation: tuple[float, ...], offsets: tuple[float, ...]
) -> list[Vector | None]:
    r, c = orientation[:3], orientation[3:]
    normal = (
        r[1] * c[2] - r[2] * c[1],
        r[2] * c[0] - r[0] * c[2],
        r[0] * c[1] - r[1] * c[0],
    )
    base = 0.0 if offsets[0] == 0 else offsets[0]
    return [
        (
            origin[0] + (d - base) * normal[0],
            origin[1] + (d - base) * normal[1],
            origin[2] + (d - base) * normal[2],
        )
        for d in offsets
    ]


def _enhanced(record: FileRecord, dataset: Dataset, per_frame: list[Dataset]) -> list[Slice]:
    if len(per_frame) < record.frames:
        raise Unusable(
            f"damaged: {record.frames} frames are declared, {len(per_frame)} are described"
        )
    return enhanced_slices(record, _classic(record, dataset), dataset, per_frame[: record.frames])
