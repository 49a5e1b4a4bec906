"""Makes resources/selftest: one tiny DICOM file for each compression that TumorDesk reads.

    python installer/codec_samples.py resources/selftest

The picture is made up here (a gradient with a disc), so the files hold nobody's data. Run it again
only to add a compression; the self-test compares what each file decodes to with the picture.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    MRImageStorage,
    RLELossless,
)

SIZE = 48
ROOT_UID = "1.2.826.0.1.3680043.8.498.4711."
KINDS: dict[str, tuple[UID, int]] = {
    # name: transfer syntax, bits stored
    "implicit": (ImplicitVRLittleEndian, 12),
    "explicit": (ExplicitVRLittleEndian, 12),
    "deflated": (DeflatedExplicitVRLittleEndian, 12),
    "rle": (RLELossless, 12),
    "jpeg-baseline": (JPEGBaseline8Bit, 8),
    "jpeg-lossless": (JPEGLosslessSV1, 12),
    "jpeg-ls": (JPEGLSLossless, 12),
    "jpeg-ls-near": (JPEGLSNearLossless, 12),
    "jpeg-2000": (JPEG2000Lossless, 12),
    "jpeg-2000-lossy": (JPEG2000, 12),
}


def picture(bits: int) -> np.ndarray[Any, Any]:
    """The made-up slice: a gradient with a bright disc, uint8 or uint16 (row, column)."""
    top = 2**bits - 1
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    grey = (rows * 2 + columns) / (3 * SIZE) * 0.6 * top
    grey[(rows - 20) ** 2 + (columns - 30) ** 2 < 64] = 0.9 * top
    kept: np.ndarray[Any, Any] = grey.astype(np.uint8 if bits == 8 else np.uint16)
    return kept


def plain(number: int, bits: int) -> FileDataset:
    """The slice as an uncompressed MR image."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = UID(f"{ROOT_UID}{number}")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
    data.PatientName, data.PatientID = "Selftest^TumorDesk", "SELFTEST"
    data.StudyInstanceUID, data.SeriesInstanceUID = f"{ROOT_UID}900", f"{ROOT_UID}{800 + number}"
    data.Modality, data.InstanceNumber, data.SeriesNumber = "MR", 1, number
    data.ImagePositionPatient, data.PixelSpacing = [0.0, 0.0, 0.0], [1.0, 1.0]
    data.ImageOrientationPatient, data.SliceThickness = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], 5.0
    data.Rows = data.Columns = SIZE
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = 8 if bits == 8 else 16
    data.BitsStored, data.HighBit, data.PixelRepresentation = bits, bits - 1, 0
    data.PixelData = picture(bits).tobytes()
    return data


def _packed(data: FileDataset, syntax: UID) -> FileDataset:
    if syntax == JPEGBaseline8Bit:
        stream = io.BytesIO()
        Image.fromarray(picture(8)).save(stream, "JPEG", quality=95)
        data.PixelData = encapsulate([stream.getvalue()])
        data["PixelData"].is_undefined_length = True
        data.file_meta.TransferSyntaxUID = syntax
        data.LossyImageCompression = "01"
        return data
    options: dict[str, Any] = {"j2k_cr": [4]} if syntax == JPEG2000 else {}
    if syntax == JPEGLSNearLossless:
        options = {"jls_error": 4}
    data.compress(syntax, generate_instance_uid=False, **options)
    return data


def _through_gdcm(data: FileDataset, target: Path) -> None:
    """JPEG lossless, which only GDCM writes."""
    import gdcm

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "plain.dcm"
        data.save_as(source, enforce_file_format=True)
        reader = gdcm.ImageReader()
        reader.SetFileName(str(source))
        reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
        change.SetInput(reader.GetImage())
        change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(target))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.Write()


def main(folder: Path) -> None:
    """Write all samples into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, (syntax, bits)) in enumerate(KINDS.items(), start=1):
        data, target = plain(number, bits), folder / f"{name}.dcm"
        if syntax == JPEGLosslessSV1:
            _through_gdcm(data, target)
            continue
        if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
            _packed(data, syntax).save_as(target, enforce_file_format=True)
        else:
            data.file_meta.TransferSyntaxUID = syntax
            data.save_as(target, enforce_file_format=True)
        print(name, target.stat().st_size, pydicom.dcmread(target).file_meta.TransferSyntaxUID.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
