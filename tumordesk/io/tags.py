"""The DICOM elements the reader looks at, by their dictionary keywords."""

from __future__ import annotations

from pydicom.datadict import tag_for_keyword


def _tag(keyword: str) -> int:
    found = tag_for_keyword(keyword)
    if found is None:
        raise KeyError(keyword)
    return int(found)


_KEYWORDS = (
    "SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "StudyDate",
    "SeriesDate", "AcquisitionDate", "ContentDate", "ContentTime", "AcquisitionTime",
    "AcquisitionDateTime", "AccessionNumber", "Modality", "ConversionType", "Manufacturer",
    "StudyDescription", "SeriesDescription", "DerivationDescription", "AcquisitionContrast",
    "ComplexImageComponent", "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "ContrastBolusAgent", "BodyPartExamined", "ScanningSequence", "SequenceVariant",
    "ScanOptions", "MRAcquisitionType", "SequenceName", "SliceThickness", "RepetitionTime",
    "EchoTime", "InversionTime", "EchoNumbers", "SpacingBetweenSlices", "EchoTrainLength",
    "TriggerTime", "NominalCardiacTriggerDelayTime", "ProtocolName", "PulseSequenceName",
    "ImagerPixelSpacing", "NominalScannedPixelSpacing", "FlipAngle", "DiffusionBValue",
    "DiffusionGradientOrientation", "DiffusionDirectionality", "InPlanePhaseEncodingDirection",
    "EffectiveEchoTime", "InversionTimes", "StudyInstanceUID", "SeriesInstanceUID", "StudyID",
    "SeriesNumber", "AcquisitionNumber", "InstanceNumber", "ImagePositionPatient",
    "ImageOrientationPatient", "FrameOfReferenceUID", "TemporalPositionIdentifier",
    "SliceLocation", "StackID", "SamplesPerPixel", "PhotometricInterpretation",
    "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns", "PixelSpacing", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit",
    "WindowCenter", "WindowWidth", "RescaleIntercept", "RescaleSlope", "RescaleType",
    "WindowCenterWidthExplanation", "VOILUTFunction", "VOILUTSequence", "ModalityLUTSequence",
    "RedPaletteColorLookupTableDescriptor", "LossyImageCompression", "Units",
    "GridFrameOffsetVector", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
)  # fmt: skip

_SIEMENS_CSA = 0x0029_0010
SIEMENS_MOSAIC_IMAGES = 0x0019_100A
"""Number of pictures in a Siemens mosaic (private, creator 'SIEMENS MR HEADER')."""
SIEMENS_B_VALUE = 0x0019_100C
GE_B_VALUE = 0x0043_1039
PHILIPS_B_VALUE = 0x2001_1003

NAMES: dict[str, int] = {keyword: _tag(keyword) for keyword in _KEYWORDS}
WANTED: tuple[int, ...] = (
    *NAMES.values(),
    _SIEMENS_CSA,
    0x0019_0010,
    SIEMENS_MOSAIC_IMAGES,
    SIEMENS_B_VALUE,
    0x0043_0010,
    GE_B_VALUE,
    0x2001_0010,
    PHILIPS_B_VALUE,
)
PROOF_OF_DICOM = (NAMES["SOPClassUID"], NAMES["Modality"], NAMES["StudyInstanceUID"])

FRAME_CONTENT = _tag("FrameContentSequence")
PLANE_POSITION = _tag("PlanePositionSequence")
PLANE_ORIENTATION = _tag("PlaneOrientationSequence")
PIXEL_MEASURES = _tag("PixelMeasuresSequence")
PIXEL_VALUE_TRANSFORMATION = _tag("PixelValueTransformationSequence")
FRAME_VOI = _tag("FrameVOILUTSequence")
MR_ECHO = _tag("MREchoSequence")
MR_DIFFUSION = _tag("MRDiffusionSequence")
MR_DIFFUSION_DIRECTION = _tag("DiffusionGradientDirectionSequence")
MR_TIMING = _tag("MRTimingAndRelatedParametersSequence")
MR_MODIFIER = _tag("MRModifierSequence")
FRAME_TYPES = (_tag("MRImageFrameTypeSequence"), _tag("CTImageFrameTypeSequence"))
FRAME_TYPE = _tag("FrameType")
TEMPORAL_POSITION_INDEX = _tag("TemporalPositionIndex")
CARDIAC = _tag("CardiacSynchronizationSequence")
LUT_DESCRIPTOR = _tag("LUTDescriptor")
