"""The made-up scans are what they claim to be."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from PIL import Image

from factories import phantom, write_picture, write_series


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_a_series_is_written_with_positions_along_its_normal(tmp_path, plane):
    volume = phantom((4, 20, 16))
    datasets = [pydicom.dcmread(p) for p in write_series(tmp_path, volume, plane=plane)]
    cosines = np.array(datasets[0].ImageOrientationPatient, dtype=float)
    normal = np.cross(cosines[:3], cosines[3:])
    along = [np.dot(normal, np.array(d.ImagePositionPatient, dtype=float)) for d in datasets]
    assert np.allclose(np.diff(along), 5.0)
    assert all(np.array_equal(d.pixel_array, s) for d, s in zip(datasets, volume, strict=True))


def test_an_attribute_can_be_replaced_or_removed(tmp_path):
    path = write_series(tmp_path, phantom((1, 8, 8)), EchoTime=90, PixelSpacing=...)[0]
    dataset = pydicom.dcmread(path)
    assert dataset.EchoTime == 90
    assert "PixelSpacing" not in dataset


def test_a_picture_can_carry_an_exif_orientation(tmp_path):
    path = write_picture(tmp_path / "photo.jpg", exif_orientation=6)
    with Image.open(path) as picture:
        assert picture.getexif()[0x0112] == 6
