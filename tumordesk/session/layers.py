"""What lies on a picture: the outline of a model, and the person's own beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from tumordesk.core.activation import ActivationMap, Focus, map_mark
from tumordesk.core.change import Change
from tumordesk.core.colours import SEGMENT_COLOURS
from tumordesk.core.explanation import Explanation
from tumordesk.core.finding import AnalysisResult, Measurements
from tumordesk.core.geometry import Geometry
from tumordesk.core.label_numbers import BACKGROUND, LabelNumber
from tumordesk.core.segmentation import Segment, Segmentation

Origin = Literal["ai", "mine"]
Colour = tuple[int, int, int]
LabelArray = npt.NDArray[np.uint8]
_MOST_SEGMENTS = 255


@dataclass(eq=False)
class Layer:
    """One label map on one series.

    ``array`` is uint8 (slice, row, column); writeable only where ``origin`` is 'mine'.
    ``measurements`` are those of ``array`` as it is now, or None while they are being made.
    """

    key: str
    name: str
    origin: Origin
    array: LabelArray
    geometry: Geometry
    segments: tuple[Segment, ...]
    series_uid: str
    colours: dict[int, Colour]
    visible: bool = True
    opacity: float = 0.45
    result: AnalysisResult | None = None
    measurements: Measurements | None = None
    edits: int = 0
    copied_from: str = ""
    painted: int = 0
    """Number of the segment that the brush paints; 0 is the first."""
    imported: bool = False
    """Out of a file that the person opened: read-only, like a model's; a copy can be edited."""

    @property
    def editable(self) -> bool:
        """True for the person's own layers."""
        return self.origin == "mine" and not self.imported

    @property
    def painted_segment(self) -> int:
        """Number of the segment that the brush paints."""
        return self.painted or min(self.colours, default=1)

    def next_segment(self) -> int:
        """The segment behind the one that is painted, from the last to the first."""
        behind = [number for number in sorted(self.colours) if number > self.painted_segment]
        return behind[0] if behind else min(self.colours, default=1)

    def add_part(self, name: str) -> None:
        """Give an own layer a further segment, which the brush then paints.

        Raises:
            ValueError: with a sentence, where the name is none or is taken, or there are too many.
        """
        self._refuse_name(name)
        numbers = [one.number for one in self.segments]
        if max(numbers) >= _MOST_SEGMENTS:
            raise ValueError("there are too many parts")
        number = max(numbers) + 1
        self.segments = (*self.segments, Segment(number, name, None, "MANUAL", ""))
        free = [one for one in SEGMENT_COLOURS if one not in self.colours.values()]
        self.colours = {**self.colours, number: (free or SEGMENT_COLOURS)[0]}
        self.painted = number

    def name_part(self, number: int, name: str) -> None:
        """Give a segment of an own layer another name. Raises ValueError as :meth:`add_part`."""
        self._refuse_name(name, but=number)
        self.segments = tuple(
            replace(one, label=name) if one.number == number else one for one in self.segments
        )

    def _refuse_name(self, name: str, but: int = 0) -> None:
        if map_mark(self.segments):
            raise ValueError("the region of an activation map has no parts of a tumour")
        LabelNumber(1, name)
        others = [one.label.casefold() for one in self.segments if one.number != but]
        if name.casefold() in (*others, BACKGROUND):
            raise ValueError("that name is taken")

    def segmentation(self) -> Segmentation:
        """What the layer holds now, read-only; a copy where a person may go on changing it."""
        array = self.array.copy() if self.array.flags.writeable else self.array
        return Segmentation(array, self.geometry, self.segments, self.series_uid)


@dataclass
class SeriesResults:
    """Everything known of one series beyond its pixels.

    ``classifications``: the newest result of each classifier, by model id; ``classification`` the
    one that was made last. ``maps`` and ``foci`` are by model id too; ``foci``, ``change`` and
    ``explanation`` belong to the active layer and are dropped when it changes.
    """

    layers: list[Layer] = field(default_factory=list)
    classification: AnalysisResult | None = None
    active_key: str = ""
    classifications: dict[str, AnalysisResult] = field(default_factory=dict)
    maps: dict[str, ActivationMap] = field(default_factory=dict)
    foci: dict[str, Focus] = field(default_factory=dict)
    change: Change | None = None
    explanation: Explanation | None = None

    def forget_derived(self) -> None:
        """Drop what was derived from the active layer; it is made again."""
        self.foci = {}
        self.change = None
        self.explanation = None

    @property
    def active(self) -> Layer | None:
        """The layer whose findings are shown, or None."""
        found = self.layer(self.active_key)
        return found if found is not None else (self.layers[0] if self.layers else None)

    def layer(self, key: str) -> Layer | None:
        """The layer with that key, or None."""
        return next((layer for layer in self.layers if layer.key == key), None)


def layer_from_result(result: AnalysisResult, name: str, opacity: float, colour: int) -> Layer:
    """The read-only layer of a segmentation result. Raises ValueError without one."""
    segmentation = result.segmentation
    if segmentation is None:
        raise ValueError("the result holds no segmentation")
    return Layer(
        key=f"ai:{result.provenance.model_id}",
        name=name,
        origin="ai",
        array=segmentation.array,
        geometry=segmentation.geometry,
        segments=segmentation.segments,
        series_uid=segmentation.series_uid,
        colours=_colours(segmentation.segments, colour),
        opacity=opacity,
        result=result,
        measurements=result.measurements,
    )


def own_copy(layer: Layer, number: int, colour: int) -> Layer:
    """A writeable copy of ``layer`` that belongs to the person.

    ``colour``: of its first segment, counted on by as many as the layer has more than one: a part
    must not look like another part of what it was copied from.
    """
    segments = tuple(
        Segment(s.number, s.label, s.code, "SEMIAUTOMATIC", s.algorithm_name)
        for s in layer.segments
    )
    return Layer(
        key=f"mine:{number}:{layer.key}",
        name="Mine" if number == 1 else f"Mine {number}",
        origin="mine",
        array=np.array(layer.array, dtype=np.uint8, copy=True),
        geometry=layer.geometry,
        segments=segments,
        series_uid=layer.series_uid,
        colours=_colours(segments, colour + max(0, len(segments) - 1)),
        opacity=layer.opacity,
        result=layer.result,
        measurements=layer.measurements,
        copied_from=layer.key,
    )


def layer_from_mask(outline: Segmentation, number: int, opacity: float) -> Layer:
    """The read-only layer of an outline that came out of a file; ``number`` counts from 1."""
    return Layer(
        key=f"imported:{number}",
        name="Imported" if number == 1 else f"Imported {number}",
        origin="mine",
        array=outline.array,
        geometry=outline.geometry,
        segments=outline.segments,
        series_uid=outline.series_uid,
        colours=_colours(outline.segments, 2 * number),
        opacity=opacity,
        imported=True,
    )


def layer_from_map(region: Segmentation, model_id: str, number: int, opacity: float) -> Layer:
    """The read-only layer of an activation map's region; ``number`` of model layers before it."""
    return Layer(
        key=f"map:{model_id}",
        name=region.segments[0].label,
        origin="ai",
        array=region.array,
        geometry=region.geometry,
        segments=region.segments,
        series_uid=region.series_uid,
        colours=_colours(region.segments, 2 * number + 3),
        opacity=opacity,
    )


def new_own(number: int, geometry: Geometry, series_uid: str) -> Layer:
    """An empty writeable layer that belongs to the person."""
    segments = (Segment(1, "Tumour", None, "MANUAL", ""),)
    return Layer(
        key=f"mine:{number}:new",
        name="Mine" if number == 1 else f"Mine {number}",
        origin="mine",
        array=np.zeros(geometry.shape, dtype=np.uint8),
        geometry=geometry,
        segments=segments,
        series_uid=series_uid,
        colours=_colours(segments, 2 * number - 1),
    )


def _colours(segments: tuple[Segment, ...], first: int) -> dict[int, Colour]:
    count = len(SEGMENT_COLOURS)
    return {s.number: SEGMENT_COLOURS[(first + i) % count] for i, s in enumerate(segments)}
