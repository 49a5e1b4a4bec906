"""Activation maps after a classification, and how they meet the outline: work for the background.

Plain functions that take a JobContext; torch is imported inside, on the job's thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tumordesk.core.activation import ActivationMap, Focus
from tumordesk.core.errors import InputMismatch
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.geometry import Geometry
from tumordesk.core.job import JobContext
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.study import Series
from tumordesk.core.volume import Volume

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry


def make_map(
    context: JobContext,
    series: Series,
    entry: ModelEntry,
    result: AnalysisResult,
    *,
    volume: Volume | None = None,
    device: str = "auto",
) -> ActivationMap:
    """Where the classifier ``entry`` looked when it made ``result``; the compute lane's work.

    ``volume``: the series' voxels, read from its files where they are not at hand.

    Raises:
        ModelError, InputMismatch, ReadError, Cancelled: see inference.activation.
    """
    from tumordesk.inference.activation import activation_map
    from tumordesk.session.use_cases import read_volume

    if result.classification is None or result.provenance.model_sha256 != entry.card.weights_sha256:
        raise InputMismatch(
            f"{entry.card.name} is not the model that made this answer.",
            "Run the classifier again.",
        )
    voxels = volume if volume is not None else read_volume(context, series)
    return activation_map(voxels, series, entry, result.classification, context, device=device)


def find_foci(
    context: JobContext,
    maps: Mapping[str, ActivationMap],
    outline: Segmentation | None,
    volume: Volume | None,
) -> dict[str, Focus]:
    """How each map, by model id, meets ``outline``; see imaging.focus.

    Raises:
        Cancelled: the person cancelled.
    """
    from tumordesk.imaging.focus import focus

    found = {}
    for model_id, one in maps.items():
        context.check()
        found[model_id] = focus(one, outline, volume)
    return found


def region_of(
    context: JobContext, found: ActivationMap, geometry: Geometry, series_uid: str
) -> Segmentation:
    """The map's region as an outline that says what it is; see imaging.map_outline.

    Raises:
        InputMismatch: nothing spoke for the class, or the map is not of this series.
    """
    from tumordesk.imaging.map_outline import map_outline

    context.check()
    return map_outline(found, geometry, series_uid)
