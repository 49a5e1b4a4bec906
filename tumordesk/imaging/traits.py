"""Plain properties of a prepared slice that tell far-off pictures: no network, only numpy.

What a head in MR has in common and a phantom, a page of text, noise, an inverted or a blurred
picture has not: where it is bright, which grey values there are, how sharp its edges are, and
how its power falls with spatial frequency.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

_BLOCKS = 8
_GREYS = 32
_EDGES = np.array([0, 0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.15, 0.2, 0.3, 0.5, 2.0])
"""Steps between neighbouring pixels, of the value range."""
_RINGS = np.array([0.002, 0.009, 0.018, 0.036, 0.054, 0.071, 0.107, 0.143, 0.214, 0.286, 0.4, 0.5])
"""Spatial frequencies, cycles per pixel."""
TRAITS = _BLOCKS * _BLOCKS + _GREYS + len(_EDGES) - 1 + len(_RINGS) - 1


def traits_of(unit: npt.NDArray[Any]) -> Float32:
    """Traits (TRAITS,) of a slice on the network's grid, (H, W) 0..1, both at least 16."""
    image = np.asarray(unit, dtype=np.float64)
    parts = (
        _blocks(image),
        np.sqrt(_shares(image, np.linspace(0.0, 1.0, _GREYS + 1))),
        np.sqrt(_shares(np.hypot(*np.gradient(image)), _EDGES)),
        _spectrum(image),
    )
    return np.concatenate(parts).astype(np.float32)


def _blocks(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean grey of 8 x 8 blocks that tile the picture."""
    rows = np.linspace(0, image.shape[0], _BLOCKS + 1).round().astype(int)
    columns = np.linspace(0, image.shape[1], _BLOCKS + 1).round().astype(int)
    sums = np.add.reduceat(np.add.reduceat(image, rows[:-1], axis=0), columns[:-1], axis=1)
    return np.asarray(sums / np.outer(np.diff(rows), np.diff(columns))).ravel()


def _shares(
    values: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return np.asarray(np.histogram(values, edges)[0] / values.size)


def _spectrum(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Decimal logarithm of the mean power in rings of spatial frequency, quartered."""
    power = np.abs(np.fft.fft2(image - image.mean())) ** 2
    down, across = (np.fft.fftfreq(side) for side in image.shape)
    ring = np.digitize(np.hypot(down[:, None], across[None]), _RINGS)
    counts = np.bincount(ring.ravel(), minlength=len(_RINGS) + 1)[1:-1]
    sums = np.bincount(ring.ravel(), power.ravel(), minlength=len(_RINGS) + 1)[1:-1]
    return np.log10(sums / np.maximum(counts, 1) + 1e-3) / 4.0
