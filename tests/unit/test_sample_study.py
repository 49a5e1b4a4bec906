"""The bundled sample study is whole, lossless, and says where it comes from."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from tumordesk.core.paths import sample_study_dir

SERIES = {
    # folder: series number, description, (rows, columns), folder of the originals
    "flair": (5, "MRHR FLAIR AX", (256, 208), "S005"),
    "t1-post-contrast": (13, "MRHR T1 AX POST GAD", (224, 256), "S013"),
}


@pytest.mark.parametrize("folder", SERIES)
def test_a_series_is_whole_and_reads(folder):
    number, description, size, _ = SERIES[folder]
    datasets = [pydicom.dcmread(p) for p in sorted((sample_study_dir() / folder).glob("*.dcm"))]
    assert len(datasets) == 26
    assert len({d.SOPInstanceUID for d in datasets}) == 26
    assert len({d.SeriesInstanceUID for d in datasets}) == 1
    for dataset in datasets:
        assert dataset.file_meta.TransferSyntaxUID == RLELossless
        assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
        assert (dataset.SeriesNumber, dataset.SeriesDescription) == (number, description)
        assert dataset.PatientIdentityRemoved == "YES"
        assert dataset.pixel_array.shape == size
    assert max(int(d.pixel_array.max()) for d in datasets) > 300


def test_both_series_belong_to_one_study_in_one_frame_of_reference():
    paths = sorted(sample_study_dir().rglob("*.dcm"))
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
    assert len({h.StudyInstanceUID for h in headers}) == 1
    assert len({h.FrameOfReferenceUID for h in headers}) == 1


def test_origin_licence_and_citation_come_with_it():
    text = (sample_study_dir().parent / "README.md").read_text(encoding="utf-8")
    assert all(word in text for word in ("CC BY 3.0", "Pedano", "Kofler", "TCGA-LGG"))


@pytest.mark.shared_data
@pytest.mark.parametrize("folder", SERIES)
def test_every_pixel_and_tag_equals_the_original(folder, shared_data):
    originals = sorted((shared_data / "tcga_fg_6692" / "dicom" / SERIES[folder][3]).iterdir())
    copies = sorted((sample_study_dir() / folder).glob("*.dcm"))
    for first, second in zip(originals, copies, strict=True):
        original, copy = pydicom.dcmread(first), pydicom.dcmread(second)
        assert np.array_equal(original.pixel_array, copy.pixel_array)
        pixels = pydicom.tag.Tag("PixelData")
        assert {e.tag: e.value for e in original if e.tag != pixels} == {
            e.tag: e.value for e in copy if e.tag != pixels
        }
