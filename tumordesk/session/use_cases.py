"""What the program does in the background: plain functions that take a JobContext.

The heavy layers (readers, torch) are imported inside, on the job's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from tumordesk.core.finding import AnalysisResult, Measurements
from tumordesk.core.job import JobContext, Progress
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.study import ScanResult, Series
from tumordesk.core.volume import Volume
from tumordesk.session.image_source import ImageSource

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry

Device = Literal["auto", "cpu", "cuda", "mps"]
THUMBNAIL_PX = 128


@dataclass(frozen=True, eq=False)
class RunRequest:
    """What to run on which series. ``volume`` None lets the job read the series itself.

    ``outline`` is what the classifier reads when no segmentation model runs before it.
    ``study``: all series of the study, for models that read several sequences.
    """

    series: Series
    segmentation: ModelEntry | None
    classification: ModelEntry | None
    volume: Volume | None = None
    device: Device = "auto"
    flips: bool = False
    outline: Segmentation | None = None
    study: Sequence[Series] = ()


@dataclass(frozen=True, eq=False)
class RunOutcome:
    """What came of a run; ``note`` says why a step was left out."""

    series_key: str
    segmentation: AnalysisResult | None = None
    classification: AnalysisResult | None = None
    note: str = ""


def open_paths(
    context: JobContext,
    paths: Iterable[Path],
    on_update: Callable[[ScanResult], None] | None = None,
) -> ScanResult:
    """Find everything that can be shown in ``paths``, by headers only (see io.scan)."""
    from tumordesk.io.scan import scan_paths

    return scan_paths(paths, context, on_update)


def load_series(
    context: JobContext,
    series: Series,
    on_source: Callable[[ImageSource], None] | None = None,
    on_slice: Callable[[int], None] | None = None,
) -> ImageSource:
    """Decode a series: the middle slice first, then all. Returns the complete source.

    ``on_source`` gets the source as soon as its first slice is in it; ``on_slice`` the index
    of every further slice. Both are called on worker threads.

    Raises:
        ReadError: the series cannot be decoded.
        Cancelled: the person cancelled.
    """
    from tumordesk.io.reader import open_series

    reader = open_series(series)
    try:
        source = ImageSource(
            series,
            geometry=reader.geometry,
            windows=reader.windows,
            inverted=reader.inverted,
            units=reader.units,
        )
        context.progress(0.0, "Reading")
        source.put(*reader.read_first())
        if on_source is not None:
            on_source(source)

        def take(index: int, array: npt.NDArray[Any]) -> None:
            source.put(index, array)
            if on_slice is not None:
                on_slice(index)

        source.adopt(reader.read_volume(context, take))
        return source
    finally:
        reader.close()


def make_thumbnail(context: JobContext, series: Series) -> npt.NDArray[np.uint8]:
    """The middle slice as uint8 (rows, columns) or (rows, columns, 3), at most 128 pixels wide
    and high, with square pixels.

    Raises:
        ReadError: the slice cannot be decoded.
    """
    from tumordesk.imaging.windowing import apply_window, initial_window
    from tumordesk.io.reader import open_series

    context.check()
    reader = open_series(series)
    try:
        pixels = reader.read_slice(reader.middle)
        if pixels.ndim == 3:
            grey: npt.NDArray[np.uint8] = np.asarray(pixels, dtype=np.uint8)
        else:
            window = initial_window(pixels, reader.windows)
            grey = apply_window(pixels, window, reader.inverted)
        return shrink(grey, series.geometry.pixel_spacing_mm)
    finally:
        reader.close()


def shrink(
    pixels: npt.NDArray[np.uint8], spacing_mm: tuple[float, float] | None, size: int = THUMBNAIL_PX
) -> npt.NDArray[np.uint8]:
    """``pixels`` sampled down to at most ``size`` with square pixels (box mean, then nearest)."""
    row_mm, column_mm = spacing_mm or (1.0, 1.0)
    height, width = pixels.shape[0] * row_mm, pixels.shape[1] * column_mm
    scale = size / max(height, width)
    rows = max(1, round(height * scale))
    columns = max(1, round(width * scale))
    step = max(1, min(pixels.shape[0] // rows, pixels.shape[1] // columns))
    coarse = _box_mean(pixels, step)
    take_rows = np.minimum((np.arange(rows) + 0.5) * coarse.shape[0] / rows, coarse.shape[0] - 1)
    take_columns = np.minimum(
        (np.arange(columns) + 0.5) * coarse.shape[1] / columns, coarse.shape[1] - 1
    )
    picked = coarse[take_rows.astype(int)][:, take_columns.astype(int)]
    return np.ascontiguousarray(picked, dtype=np.uint8)


def _box_mean(pixels: npt.NDArray[np.uint8], step: int) -> npt.NDArray[Any]:
    if step == 1:
        return pixels
    rows, columns = (n // step * step for n in pixels.shape[:2])
    blocks = pixels[:rows, :columns].reshape(
        rows // step, step, columns // step, step, *pixels.shape[2:]
    )
    return np.asarray(blocks.mean(axis=(1, 3)))


def run_segmentation(
    context: JobContext,
    volume: Volume,
    series: Series,
    entry: ModelEntry,
    *,
    device: Device = "auto",
    flips: bool = False,
    study: Sequence[Series] = (),
) -> AnalysisResult:
    """Outline with one model (see inference.run). The result names device and warnings.

    ``study``: all series of the study, for models that read several sequences.
    """
    from tumordesk.inference.run import run_model

    return run_model(volume, series, entry, context, device=device, flips=flips, study=study)


def run_classification(
    context: JobContext,
    volume: Volume,
    series: Series,
    entry: ModelEntry,
    *,
    device: Device = "auto",
    outline: Segmentation | None = None,
) -> AnalysisResult:
    """Class probabilities, read on the slices where ``outline`` has tumour."""
    from tumordesk.inference.run import run_model

    return run_model(volume, series, entry, context, device=device, outline=outline)


def run_analysis(context: JobContext, request: RunRequest) -> RunOutcome:
    """Segmentation, then classification where asked: on the outlined slices, or on all slices,
    with a warning in its result, where nothing was outlined.

    Raises:
        TumorDeskError: series or model cannot be used.
        Cancelled: the person cancelled; nothing is kept.
    """
    context.progress(None, "Preparing")
    volume = request.volume or read_volume(context, request.series)
    both = request.segmentation is not None and request.classification is not None
    segmentation: AnalysisResult | None = None
    outline = request.outline
    if request.segmentation is not None:
        part = _Part(context, 0.0, 0.8 if both else 1.0)
        segmentation = run_segmentation(
            part,
            volume,
            request.series,
            request.segmentation,
            device=request.device,
            flips=request.flips,
            study=request.study,
        )
        outline = segmentation.segmentation
    if request.classification is None:
        return RunOutcome(request.series.key, segmentation)
    part = _Part(context, 0.8 if both else 0.0, 1.0)
    classification = run_classification(
        part,
        volume,
        request.series,
        request.classification,
        device=request.device,
        outline=outline,
    )
    return RunOutcome(request.series.key, segmentation, classification)


def measure_layer(
    context: JobContext,
    segmentation: Segmentation,
    midline_x_mm: float | None = None,
    *,
    head_box_mm: tuple[tuple[float, float], ...] | None = None,
    volume: Volume | None = None,
) -> Measurements:
    """Measurements of an outline as the person has drawn it.

    ``midline_x_mm`` and ``head_box_mm``: those that the run used, so that sides and places mean
    the same. Without them they are found in ``volume``, where it is given. Of the region of an
    activation map ``notes`` say first that it is none of a tumour.
    """
    from tumordesk.core.activation import map_mark
    from tumordesk.imaging.location import estimate_head
    from tumordesk.imaging.measure import measure

    context.check()
    if midline_x_mm is None and head_box_mm is None and volume is not None:
        head = estimate_head(volume)
        midline_x_mm, head_box_mm = head.midline_x_mm, head.box_mm
    found = measure(segmentation, midline_x_mm=midline_x_mm, head_box_mm=head_box_mm)
    mark = map_mark(segmentation.segments)
    return replace(found, notes=(f"{mark}.", *found.notes)) if mark else found


def read_volume(context: JobContext, series: Series) -> Volume:
    """All voxels of a series. Raises ReadError where it cannot be decoded, Cancelled."""
    from tumordesk.io.reader import open_series

    reader = open_series(series)
    try:
        return reader.read_volume(context)
    finally:
        reader.close()


class _Part(JobContext):
    """A stretch of a longer job: its 0..1 becomes low..high of the whole."""

    def __init__(self, whole: JobContext, low: float, high: float) -> None:
        super().__init__(lambda report: self._pass_on(report))
        self._whole = whole
        self._low = low
        self._high = high

    @property
    def cancelled(self) -> bool:
        """True once the whole job is to stop."""
        return self._whole.cancelled

    def cancel(self) -> None:
        """Ask the whole job to stop."""
        self._whole.cancel()

    def check(self) -> None:
        """Raise Cancelled if the whole job is to stop."""
        self._whole.check()

    def _pass_on(self, report: Progress) -> None:
        fraction = report.fraction
        if fraction is not None:
            fraction = self._low + (self._high - self._low) * fraction
        self._whole.progress(fraction, report.message)
