"""The one deterministic transform between grey slices and network input, both ways.

Training and inference both use it, so that a network sees at work what it saw in training:
intensity range from percentiles over the foreground, slices turned to the canonical in-plane
orientation where the orientation is known, then square pixels, aspect kept, letterboxed into the
network's size, or stretched to it where the model's card says so. Only
numpy and Pillow; nothing random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tumordesk.core.geometry import Geometry
from tumordesk.core.model_card import InputSpec, Normalisation

Grey = npt.NDArray[Any]
Float32 = npt.NDArray[np.float32]

FOREGROUND_SHARE = 0.05
"""Foreground is what lies above the background level by this share of the value range."""
_SAMPLE_LIMIT = 4_000_000

# Main axis of the slice normal -> (axis, sign) of rows and of columns in LPS: axial slices run
# to posterior and left, sagittal ones to the feet and posterior, coronal ones to the feet and left.
_CANONICAL = {2: ((1, 1), (0, 1)), 0: ((2, -1), (1, 1)), 1: ((2, -1), (0, 1))}


@dataclass(frozen=True)
class InPlane:
    """How a slice is turned: transpose first, then flip rows, then flip columns."""

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def apply(self, image: Grey) -> Grey:
        """The turned view of a (rows, columns) array."""
        out = image.T if self.transpose else image
        return out[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]

    def undo(self, image: Grey) -> Grey:
        """The inverse of :meth:`apply`."""
        out = image[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]
        return out.T if self.transpose else out


def canonical_in_plane(geometry: Geometry | None) -> InPlane:
    """How to turn slices of ``geometry`` to the canonical view; nothing where it is unknown."""
    directions = None if geometry is None else geometry.directions
    if directions is None:
        return InPlane()
    rows, columns = directions[:, 1], directions[:, 2]
    normal = int(np.argmax(np.abs(np.cross(columns, rows))))
    (row_axis, row_sign), (column_axis, column_sign) = _CANONICAL[normal]
    transpose = bool(abs(rows[row_axis]) < abs(columns[row_axis]))
    if transpose:
        rows, columns = columns, rows
    return InPlane(
        transpose,
        bool(rows[row_axis] * row_sign < 0),
        bool(columns[column_axis] * column_sign < 0),
    )


def foreground_range(grey: Grey, normalisation: Normalisation) -> tuple[float, float]:
    """Values that become 0 and 1: percentiles over the foreground of all of ``grey``.

    Args:
        grey: any shape and numeric dtype; scanner values or 8-bit pictures.
        normalisation: ``low``/``high`` percentiles, 0..100.

    Background level is the 1st percentile; foreground lies at least 5 % of the range (1st to
    99.9th percentile) above it. A constant image gives a range of width 1, never 0.
    """
    sample = _sample(grey)
    if sample.size == 0:
        return (0.0, 1.0)
    base, top = (float(v) for v in np.percentile(sample, (1.0, 99.9)))
    if top <= base:  # hardly anything above the background: use the extremes
        base, top = float(sample.min()), float(sample.max())
    foreground = sample[sample > base + FOREGROUND_SHARE * (top - base)]
    if foreground.size == 0:
        return (base, base + 1.0)
    low, high = (
        float(v) for v in np.percentile(foreground, (normalisation.low, normalisation.high))
    )
    if high <= low:
        low = base
    return (low, high if high > low else low + 1.0)


def _sample(grey: Grey) -> Float32:
    """Finite values, evenly thinned so that a percentile stays cheap on large volumes."""
    flat = np.asarray(grey).reshape(-1)
    step = -(-flat.size // _SAMPLE_LIMIT)
    # A step that shares a factor with the row length would always hit the same columns.
    if step > 1:
        step |= 1
    values = flat[:: max(step, 1)].astype(np.float32)
    return np.asarray(values[np.isfinite(values)], dtype=np.float32)


@dataclass(frozen=True)
class Placement:
    """Where the resized slice lies inside the network's input: height, width, top, left."""

    height: int
    width: int
    top: int
    left: int


def letterbox(
    shape: tuple[int, int], spacing: tuple[float, float], size: tuple[int, int]
) -> Placement:
    """Largest placement of a (rows, columns) slice in ``size`` with square pixels, centred."""
    rows, columns = shape[0] * spacing[0], shape[1] * spacing[1]
    scale = min(size[0] / rows, size[1] / columns)
    height = min(size[0], max(1, round(rows * scale)))
    width = min(size[1], max(1, round(columns * scale)))
    return Placement(height, width, (size[0] - height) // 2, (size[1] - width) // 2)


def placement_of(
    shape: tuple[int, int], spacing: tuple[float, float], spec: InputSpec
) -> Placement:
    """Where a (rows, columns) slice lies in the input of ``spec``: padded, or all of it."""
    if spec.fit == "stretch":
        return Placement(*spec.size, 0, 0)
    return letterbox(shape, spacing, spec.size)


def _resize(image: Float32, height: int, width: int) -> Float32:
    """Bilinear, antialiased when it shrinks."""
    if image.shape == (height, width):
        return image
    picture = Image.fromarray(np.ascontiguousarray(image, dtype=np.float32))
    resized = picture.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.float32)


def neighbour_offsets(spec: InputSpec, geometry: Geometry | None) -> tuple[int, ...]:
    """Slices that fill the channels, counted from the slice itself: (-1, 0, 1), or just (0,).

    Where both distances are known, a thin series is stepped through in the steps of the training
    data, so that the neighbours show what they showed there.
    """
    spacing_mm = geometry.slice_spacing_mm if geometry is not None else None
    step = 1
    if spec.neighbour_mm is not None and spacing_mm:
        step = max(1, round(spec.neighbour_mm / spacing_mm))
    return tuple(step * d for d in range(-spec.neighbours, spec.neighbours + 1))


class Preparer:
    """Slices of one volume as network input, on demand, and maps back on the source grid.

    Args:
        grey: (slices, rows, columns), any numeric dtype; or one such array for each channel, all
            of one shape, where the network sees several sequences. Each has its own range.
        geometry: orientation and pixel spacing where known, else None.
        spec: the network's input.
    """

    def __init__(
        self, grey: Grey | Sequence[Grey], geometry: Geometry | None, spec: InputSpec
    ) -> None:
        channels = (grey,) if isinstance(grey, np.ndarray) else tuple(grey)
        grey = channels[0]
        if grey.ndim != 3 or any(other.shape != grey.shape for other in channels):
            shapes = ", ".join(str(channel.shape) for channel in channels)
            raise ValueError(f"grey must be (slices, rows, columns), of one shape, not {shapes}")
        if len(channels) not in (1, spec.channels):
            raise ValueError(f"{len(channels)} sequences for {spec.channels} channels")
        self._grey = channels
        self._spec = spec
        self._turn = canonical_in_plane(geometry)
        spacing = geometry.pixel_spacing_mm if geometry is not None else None
        row_mm, column_mm = spacing or (1.0, 1.0)
        rows, columns = int(grey.shape[1]), int(grey.shape[2])
        if self._turn.transpose:
            rows, columns, row_mm, column_mm = columns, rows, column_mm, row_mm
        self._turned_shape = (rows, columns)
        self.placement = placement_of((rows, columns), (row_mm, column_mm), spec)
        self._offsets = neighbour_offsets(spec, geometry)
        whole = spec.normalisation.scope == "volume"
        self._ranges = [foreground_range(one, spec.normalisation) for one in channels if whole]

    def __len__(self) -> int:
        return int(self._grey[0].shape[0])

    def unit(self, index: int, channel: int = 0) -> Float32:
        """Slice ``index`` on the network's grid, 0..1, float32 (H, W), before mean and std.

        ``channel``: of which sequence, where there are several.
        """
        image = np.asarray(self._grey[channel][index])
        low, high = (
            self._ranges[channel]
            if self._ranges
            else foreground_range(image, self._spec.normalisation)
        )
        scaled = (image.astype(np.float32) - np.float32(low)) / np.float32(high - low)
        scaled = np.clip(np.nan_to_num(scaled, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
        return self.place(scaled)

    def place(self, image: Grey) -> Float32:
        """Any (rows, columns) map of the source grid, turned and resized; zeros around."""
        where = self.placement
        out = np.zeros(self._spec.size, dtype=np.float32)
        turned = np.asarray(self._turn.apply(image), dtype=np.float32)
        out[where.top : where.top + where.height, where.left : where.left + where.width] = _resize(
            turned, where.height, where.width
        )
        return out

    def batch(self, indices: Sequence[int]) -> Float32:
        """Network input, float32 (n, channels, H, W); one grey slice fills all channels, or each
        its own where the network sees neighbouring slices or several sequences."""
        channels = self._spec.channels
        if len(self._grey) > 1:
            units = np.stack([[self.unit(i, c) for c in range(channels)] for i in indices])
        else:
            last = len(self) - 1
            rows = [[min(max(i + d, 0), last) for d in self._offsets] for i in indices]
            ready = {i: self.unit(i) for i in sorted({i for row in rows for i in row})}
            units = np.stack([[ready[i] for i in row] for row in rows])
        mean = _per_channel(self._spec.normalisation.mean, channels)
        std = _per_channel(self._spec.normalisation.std, channels)
        return np.asarray((units - mean) / std, dtype=np.float32)

    def restore(self, indices: Sequence[int], maps: Float32) -> Float32:
        """Maps (n, H, W) of the network's grid as float32 (n, rows, columns) of the source."""
        if len(indices) != len(maps):
            raise ValueError(f"{len(maps)} maps for {len(indices)} slices")
        where = self.placement
        out = np.empty((len(maps), *self._grey[0].shape[1:]), dtype=np.float32)
        for position, item in enumerate(np.asarray(maps, dtype=np.float32)):
            inner = item[
                where.top : where.top + where.height, where.left : where.left + where.width
            ]
            out[position] = self._turn.undo(_resize(inner, *self._turned_shape))
        return out


def _per_channel(values: tuple[float, ...], channels: int) -> Float32:
    if len(values) not in (1, channels):
        raise ValueError(f"{len(values)} values of mean or std for {channels} channels")
    wide = values if len(values) == channels else values * channels
    return np.asarray(wide, dtype=np.float32).reshape(1, channels, 1, 1)


class Prepared:
    """Network input of some slices of a volume, ready made; see :func:`prepare`."""

    def __init__(self, preparer: Preparer, indices: Sequence[int]) -> None:
        self._preparer = preparer
        self.indices = tuple(indices)
        self.inputs = preparer.batch(self.indices)

    def restore(self, maps: Float32) -> Float32:
        """Maps (n, H, W) back on the source grid, float32 (n, rows, columns)."""
        return self._preparer.restore(self.indices, maps)


def prepare(
    grey: Grey,
    geometry: Geometry | None,
    spec: InputSpec,
    indices: Sequence[int] | None = None,
) -> Prepared:
    """Prepare slices ``indices`` (all when None) of ``grey`` (slices, rows, columns) at once.

    The intensity range comes from the whole of ``grey`` where the card says "volume" (a single
    picture is a volume of one slice), also when only some slices are asked for.
    """
    preparer = Preparer(grey, geometry, spec)
    return Prepared(preparer, range(len(preparer)) if indices is None else indices)
