"""Which DICOM files can be shown, and plain words for those that cannot."""

from __future__ import annotations

from pydicom.uid import UID

from tumordesk.io import tags, values
from tumordesk.io.header import Header, Unusable
from tumordesk.io.records import FileRecord

_T = tags.NAMES
_STORAGE = "1.2.840.10008.5.1.4.1.1."
OUTLINE = "DICOM segmentation: an outline, not an image; open it together with its scan"
_KINDS = {
    "66.4": OUTLINE,
    "66.7": OUTLINE,
    "66.5": "DICOM surface segmentation: no image in it",
    "66": "DICOM raw data: no image in it",
    "66.1": "DICOM spatial registration: no image in it",
    "66.3": "DICOM deformable registration: no image in it",
    "67": "DICOM real world value mapping: no image in it",
    "481.3": "DICOM radiotherapy structures: outlines, not an image",
    "481.5": "DICOM radiotherapy plan: no image in it",
    "481.8": "DICOM radiotherapy plan: no image in it",
    "104.1": "PDF document in DICOM: no image in it",
    "104.2": "CDA document in DICOM: no image in it",
    "91.1": "DICOM microscopy annotations: no image in it",
}
_FAMILIES = {
    "88.": "DICOM structured report: no image in it",
    "11.": "DICOM presentation state: no image in it",
    "9.": "DICOM waveform (ECG or the like): no image in it",
    "77.1.1.4": "DICOM video: not read",
}
_MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
_MODALITIES = {
    "SR": _FAMILIES["88."],
    "PR": _FAMILIES["11."],
    "RTSTRUCT": _KINDS["481.3"],
    "RTPLAN": _KINDS["481.5"],
    "SEG": _KINDS["66.4"],
    "ECG": _FAMILIES["9."],
    "ANN": _KINDS["91.1"],
}
_VIDEO = tuple(f"1.2.840.10008.1.2.4.{number}" for number in range(100, 110))
_CLAIM_FROM_BYTES = 2**30
_ABSURD_RATIO = 5000
_PHOTOMETRIC = {
    "MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_ICT",
    "YBR_RCT",
}  # fmt: skip


def syntax_name(uid: str) -> str:
    """A transfer syntax as people call it."""
    return UID(uid).name if uid else ""


def refuse_unshowable(header: Header) -> None:
    """Raise Unusable, with the reason, for DICOM objects that hold no picture for the viewer."""
    dataset = header.dataset
    sop_class = values.code(dataset, _T["SOPClassUID"])
    meta_class = str(dataset.file_meta.get("MediaStorageSOPClassUID", "") or "")
    if _MEDIA_DIRECTORY in (sop_class, meta_class):
        raise Unusable("DICOMDIR, a table of contents: the files beside it are read instead")
    reason = _by_class(sop_class or meta_class)
    if reason is None:
        reason = _MODALITIES.get(values.code(dataset, _T["Modality"]).upper())
    if reason is not None:
        raise Unusable(reason)
    if header.transfer_syntax in _VIDEO:
        raise Unusable("DICOM video (MPEG): not read")
    if header.pixels is None:
        raise Unusable(_without_pixels(header))
    if is_mosaic(header):
        raise Unusable(
            "Siemens mosaic: many slices tiled into one picture; export the series as "
            "enhanced DICOM or NIfTI to use it"
        )


def _by_class(sop_class: str) -> str | None:
    if not sop_class.startswith(_STORAGE):
        return None
    rest = sop_class.removeprefix(_STORAGE)
    if rest in _KINDS:
        return _KINDS[rest]
    return next((text for start, text in _FAMILIES.items() if rest.startswith(start)), None)


def _without_pixels(header: Header) -> str:
    dataset = header.dataset
    if _T["Rows"] in dataset or _T["BitsAllocated"] in dataset:
        return "a DICOM image whose pixels are missing (cut off, or stripped by a tool)"
    name = UID(values.code(dataset, _T["SOPClassUID"])).name
    known = name and not name[0].isdigit()
    return f"DICOM file without an image ({name})" if known else "DICOM file without an image"


def is_mosaic(header: Header) -> bool:
    """True for a Siemens mosaic (ImageType MOSAIC, or the private count of tiles)."""
    if "MOSAIC" in (v.upper() for v in values.codes(header.dataset, _T["ImageType"])):
        return True
    creator = values.code(header.dataset, 0x0019_0010).upper()
    tiles = values.integer(header.dataset, tags.SIEMENS_MOSAIC_IMAGES)
    return creator.startswith("SIEMENS MR HEADER") and tiles is not None and tiles > 1


def _amount(count: int) -> tuple[str, str]:
    for unit, bits in (("GB", 30), ("MB", 20), ("KB", 10)):
        if count >= 1 << bits:
            value = count / (1 << bits)
            return (f"{value:.0f}" if value >= 10 else f"{value:.2g}", unit)
    return str(count), "bytes"


def _of(part: int, whole: int) -> str:
    """'12 of 64 KB', '9.9 KB of 4 GB'."""
    (few, small), (all_of_it, large) = _amount(part), _amount(whole)
    unit = "" if small == large and few != all_of_it else " " + small
    if few == all_of_it and small == large:
        return f"{part} of {whole} bytes"
    return f"{few}{unit} of {all_of_it} {large}"


def check_pixels(record: FileRecord, header: Header) -> None:
    """Raise Unusable when the pixels that the header promises cannot be there."""
    fmt = record.format
    if fmt.photometric not in _PHOTOMETRIC:
        raise Unusable(f"colour model {fmt.photometric[:20]!r} is not read")
    if fmt.samples not in (1, 3) or (fmt.samples == 3) != (
        fmt.photometric not in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
    ):
        raise Unusable(f"damaged: {fmt.samples} samples a pixel with {fmt.photometric}")
    if fmt.bits_allocated not in (1, 8, 16, 32, 64) or (
        fmt.bits_allocated == 64 and not fmt.floating
    ):
        raise Unusable(f"{fmt.bits_allocated} bits a pixel are not read")
    there = max(0, header.available - record.pixel_offset)
    encapsulated = UID(fmt.transfer_syntax).is_compressed and (
        fmt.transfer_syntax != "1.2.840.10008.1.2.1.99"
    )
    if encapsulated:
        if there <= 8:
            raise Unusable("cut off: none of its compressed pixels are there")
        claimed = fmt.frame_bits // 8 * record.frames
        if claimed > _CLAIM_FROM_BYTES and claimed > _ABSURD_RATIO * there:
            raise Unusable(f"refused: {_of(there, claimed)} of pixels, compressed, is absurd")
        return
    if record.pixel_length is None:
        raise Unusable("damaged: compressed pixels are declared to be uncompressed")
    expected = (fmt.frame_bits * record.frames + 7) // 8
    there = min(there, record.pixel_length)
    if there < expected:
        raise Unusable(f"cut off: {_of(there, expected)} of pixels are there")
