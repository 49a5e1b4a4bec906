"""Damaged files never hurt: each ends in a series or among the skipped, and reads or is refused."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import RLELossless

import factories
from tumordesk.core.errors import ReadError
from tumordesk.io.nifti_write import build_nifti_header
from tumordesk.io.quiet import quiet
from tumordesk.io.reader import open_series
from tumordesk.io.report import info_document, info_text
from tumordesk.io.scan import scan_paths


def _bytes(dataset: object) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)  # type: ignore[attr-defined]
    return buffer.getvalue()


def _seeds() -> list[bytes]:
    volume = factories.phantom((2, 12, 10))
    packed = factories.dicom_slice(volume[0])
    with quiet():
        packed.compress(RLELossless, generate_instance_uid=False)
    picture = io.BytesIO()
    from PIL import Image

    Image.fromarray((volume[0] // 16).astype("uint8")).save(picture, "PNG")
    nifti = build_nifti_header((2, 12, 10), volume.dtype, (5, 1, 1), None, "")
    return [
        _bytes(factories.dicom_slice(volume[0], RescaleSlope=0.5, RescaleIntercept=2)),
        _bytes(factories.enhanced_mr(volume)),
        _bytes(packed),
        picture.getvalue(),
        nifti + volume.tobytes(),
    ]


SEEDS = _seeds()
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from([b"\0", b"\xff", b"\xff\xff\xff\xff", b"\x80", b"SQ"])
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.sampled_from(range(len(SEEDS))), changes=CHANGES, keep=st.floats(0.1, 1.0))
def test_any_damage_ends_in_a_series_or_a_reason(
    tmp_path: Path, seed: int, changes: list[tuple[float, bytes]], keep: float
) -> None:
    data = bytearray(SEEDS[seed])
    for where, what in changes:
        at = int(where * (len(data) - 1))
        data[at : at + len(what)] = what
    path = tmp_path / ("a.nii" if seed == 4 else "a")
    path.write_bytes(data[: max(1, int(keep * len(data)))] if keep < 0.8 else data)
    result = scan_paths([path])
    assert result.series or result.skipped
    assert all(item.reason for item in result.skipped)
    assert info_document(result)["schema"] == 1
    assert info_text(result)
    for series in result.series:
        reader = open_series(series)
        with contextlib.suppress(ReadError):
            volume = reader.read_volume()
            assert volume.array.shape[:3] == series.geometry.shape
            assert volume.array.dtype == reader.dtype


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=600), disguise=st.sampled_from(["dicom", "zip", "nii", "nrrd", "tif"])
)
def test_noise_in_disguise(tmp_path: Path, data: bytes, disguise: str) -> None:
    start = {"dicom": b"\0" * 128 + b"DICM", "zip": b"PK\x03\x04", "nrrd": b"NRRD0004\n",
             "tif": b"II*\0"}.get(disguise, b"")  # fmt: skip
    path = tmp_path / f"noise.{disguise}"
    path.write_bytes(start + data)
    result = scan_paths([path])
    assert len(result.skipped) == 1
