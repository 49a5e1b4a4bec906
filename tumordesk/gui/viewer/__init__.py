"""The viewer: linked slice views with overlay, measuring and painting."""

from tumordesk.gui.viewer.area import ViewerArea
from tumordesk.gui.viewer.types import (
    ContextRequest,
    CornerTexts,
    LayerEdit,
    MeasureLine,
    OverlayLayer,
    PixelInfo,
)

__all__ = [
    "ContextRequest",
    "CornerTexts",
    "LayerEdit",
    "MeasureLine",
    "OverlayLayer",
    "PixelInfo",
    "ViewerArea",
]
