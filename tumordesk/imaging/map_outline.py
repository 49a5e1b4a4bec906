"""The region of an activation map as an outline, for classifiers that come without masks.

It shows where a classifier looked, not where the tumour ends: its segment carries a mark that
says so (:func:`tumordesk.core.activation.map_mark`), which findings and exports show.
"""

from __future__ import annotations

import numpy as np

from tumordesk.core.activation import MAP_REGION, ActivationMap, map_region_name
from tumordesk.core.errors import InputMismatch
from tumordesk.core.geometry import Geometry
from tumordesk.core.model_card import Code
from tumordesk.core.segmentation import Segment, Segmentation

IMAGE_REGION = Code("111030", "DCM", "Image Region")
"""Not a neoplasm: DICOM's code for a place in a picture (PS3.16 Annex D)."""
LEVEL = 0.5
"""The region is where the map reaches half of its highest value in the series.

A map comes from few, large features that are interpolated, so a single feature that speaks ends
at no sharp edge; its width at half height is that of the feature.
"""


def map_outline(
    found: ActivationMap, geometry: Geometry, series_uid: str, level: float = LEVEL
) -> Segmentation:
    """The map's region as a label map with one segment, "Map region".

    Args:
        found: the map; slices it has not stay empty.
        geometry: of the series the map was made on.
        series_uid: of that series.
        level: share of the highest value, above 0 and at most 1.

    Raises:
        InputMismatch: the map does not fit the geometry, or nothing spoke for the class.
    """
    slices, rows, columns = geometry.shape
    if found.array.shape[1:] != (rows, columns) or max(found.slices, default=0) >= slices:
        raise InputMismatch(
            "The activation map does not belong to this series.", "Run the classifier again."
        )
    top = float(found.array.max(initial=0.0))
    if top <= 0.0:
        raise InputMismatch(
            f"Nothing on the slices that were read spoke for {found.label}, so the map has no "
            "region.",
            "Choose another classifier, or outline by hand.",
        )
    array = np.zeros(geometry.shape, dtype=np.uint8)
    array[list(found.slices)] = found.array >= level * top
    segment = Segment(1, MAP_REGION, IMAGE_REGION, "AUTOMATIC", map_region_name(found.model_id))
    return Segmentation(array, geometry, (segment,), series_uid)
