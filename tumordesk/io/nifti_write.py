"""The NIfTI-1 header of a result."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from tumordesk.core.geometry import FloatArray
from tumordesk.io.nifti import RAS_TO_LPS

_CODES = {"u1": 2, "i2": 4, "f4": 16, "u2": 512}


def build_nifti_header(
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    spacing: tuple[float, float, float] | None,
    affine: FloatArray | None,
    description: str,
) -> bytes:
    """352 bytes of NIfTI-1 header for a (slice, row, column) array, little endian.

    Without ``affine`` both orientation codes stay 0; without ``spacing`` the units stay unknown.
    """
    header = bytearray(352)
    kind = f"{dtype.kind}{dtype.itemsize}"
    steps = spacing or (1.0, 1.0, 1.0)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, shape[2], shape[1], shape[0], 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, _CODES[kind], dtype.itemsize * 8)
    struct.pack_into("<8f", header, 76, 1.0, steps[2], steps[1], steps[0], 0, 0, 0, 0)
    struct.pack_into("<3f", header, 108, 352.0, 1.0, 0.0)
    header[123] = 2 if spacing is not None else 0
    text = description.encode("ascii", "replace")[:79]
    header[148 : 148 + len(text)] = text
    if affine is not None:
        _pack_orientation(header, RAS_TO_LPS @ affine[:, [2, 1, 0, 3]], steps)
    header[344:348] = b"n+1\0"
    return bytes(header)


def _pack_orientation(
    header: bytearray, matrix: FloatArray, steps: tuple[float, float, float]
) -> None:
    struct.pack_into("<12f", header, 280, *matrix[:3].reshape(-1))
    rotation = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    factor = 1.0 if np.linalg.det(rotation) > 0 else -1.0
    rotation[:, 2] *= factor
    rigid = bool(np.allclose(rotation.T @ rotation, np.eye(3), atol=1e-4))
    struct.pack_into("<2h", header, 252, 1 if rigid else 0, 1)
    if rigid:
        struct.pack_into("<f", header, 76, factor)
        struct.pack_into("<6f", header, 256, *_quaternion(rotation), *matrix[:3, 3])


def _quaternion(rotation: FloatArray) -> tuple[float, float, float]:
    """(b, c, d) of a rotation matrix, with a >= 0."""
    symmetric = np.array(
        [
            [rotation.trace(), 0, 0, 0],
            [rotation[2, 1] - rotation[1, 2], 0, 0, 0],
            [rotation[0, 2] - rotation[2, 0], 0, 0, 0],
            [rotation[1, 0] - rotation[0, 1], 0, 0, 0],
        ],
        dtype=np.float64,
    )
    for i in range(3):
        for j in range(3):
            symmetric[i + 1, j + 1] = rotation[i, j] + rotation[j, i]
        symmetric[i + 1, i + 1] -= rotation.trace()
    _, vectors = np.linalg.eigh(symmetric)
    found = vectors[:, -1]
    found = found if found[0] >= 0 else -found
    return (float(found[1]), float(found[2]), float(found[3]))
