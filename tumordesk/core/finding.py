"""What a run found: lesions, measurements, class probabilities, and how they came about."""

from __future__ import annotations

from dataclasses import dataclass, field

from tumordesk.core.activation import Unlikeness
from tumordesk.core.model_card import NO_TUMOUR_CLASSES
from tumordesk.core.segmentation import Segmentation

UNDECIDED = 0.5
"""Below this probability the likeliest class is no answer."""


@dataclass(frozen=True)
class Diameter:
    """An in-plane diameter on one slice. Ends are (row, column); length in mm and in pixels.

    ``length_mm`` is None where the pixel spacing is unknown.
    """

    slice_index: int
    start: tuple[float, float]
    end: tuple[float, float]
    length_px: float
    length_mm: float | None


@dataclass(frozen=True)
class Part:
    """How much of something outlined is of one segment. ``volume_mm3`` as of a lesion."""

    segment: int
    voxels: int
    volume_mm3: float | None

    @property
    def volume_ml(self) -> float | None:
        """Volume in millilitres."""
        return None if self.volume_mm3 is None else self.volume_mm3 / 1000.0


@dataclass(frozen=True)
class Lesion:
    """One 3-D connected component of all that is outlined, largest first.

    ``segment`` is the one that it is of; 0 where several segments touch in it, which ``parts``
    then tell, the largest first (empty: there is one).
    ``volume_mm3`` and the diameters' mm are None where geometry does not support them;
    ``refused`` then says why. ``side`` is 'left', 'right', 'both' or None when unknown.
    ``largest_slice`` is the slice of the longest diameter; ``slice_range`` first and last.
    ``centroid`` is (slice, row, column).
    """

    number: int
    segment: int
    voxels: int
    volume_mm3: float | None
    longest: Diameter | None
    perpendicular: Diameter | None
    slice_range: tuple[int, int]
    largest_slice: int
    centroid: tuple[float, float, float]
    side: str | None
    refused: tuple[str, ...] = ()
    location: str | None = None
    """Rough place in the head: the side first, then front or back, upper or lower, as far as it
    lies clearly there ('Left, front, upper'); None where orientation or head are unknown."""
    parts: tuple[Part, ...] = ()

    @property
    def segments(self) -> tuple[int, ...]:
        """Numbers of its segments, that with most of it first."""
        return tuple(part.segment for part in self.parts) or (self.segment,)

    @property
    def volume_ml(self) -> float | None:
        """Volume in millilitres."""
        return None if self.volume_mm3 is None else self.volume_mm3 / 1000.0

    @property
    def product_mm2(self) -> float | None:
        """Longest times perpendicular diameter (RANO); None where either is not known in mm."""
        both = (self.longest, self.perpendicular)
        lengths = [d.length_mm for d in both if d is not None and d.length_mm is not None]
        return lengths[0] * lengths[1] if len(lengths) == 2 else None


@dataclass(frozen=True)
class Measurements:
    """All lesions of a label map. ``share_of_slices`` 0..1; ``share_of_pixels`` 0..1.

    ``notes`` say how a value came about where that is out of the ordinary (estimated volumes).
    ``midline_x_mm`` is the plane that parted left from right, for measuring again after a
    correction; None where no side could be told.
    """

    lesions: tuple[Lesion, ...]
    volume_mm3: float | None
    voxels: int
    tumour_slices: tuple[int, ...]
    share_of_slices: float
    share_of_pixels: float
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    midline_x_mm: float | None = None
    head_box_mm: tuple[tuple[float, float], ...] | None = None
    """LPS extent of the head, (low, high) for x, y, z: what ``location`` was told from."""
    volume_estimated: bool = False
    """True where slices are missing or unevenly spaced: volumes are estimates and marked so."""
    parts: tuple[Part, ...] = ()
    """All that is outlined by segment, in their order; empty where the outline has one segment."""

    @property
    def volume_ml(self) -> float | None:
        """Total volume in millilitres."""
        return None if self.volume_mm3 is None else self.volume_mm3 / 1000.0

    @property
    def product_mm2(self) -> float | None:
        """Longest times perpendicular diameter, summed over the lesions (RANO); None where a
        diameter is not known in mm."""
        products = [lesion.product_mm2 for lesion in self.lesions]
        known = [product for product in products if product is not None]
        return sum(known) if len(known) == len(products) else None


@dataclass(frozen=True)
class SliceProbabilities:
    """Class probabilities of one slice, in the order of the card's classes."""

    slice_index: int
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Classification:
    """Class probabilities for the study and the slices that drove them.

    ``classes`` are the card's class names, ``labels`` what people read, ``probabilities`` sum
    to 1. ``driving_slices`` are those whose probability of the winning class is highest.
    """

    classes: tuple[str, ...]
    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    slices: tuple[SliceProbabilities, ...]
    driving_slices: tuple[int, ...]
    unlike: Unlikeness | None = None

    @property
    def winner(self) -> int:
        """Index of the most probable class."""
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)

    @property
    def detects(self) -> bool:
        """True where the question was only whether there is a tumour."""
        none = [name for name in self.classes if name.lower() in NO_TUMOUR_CLASSES]
        return len(self.classes) == 2 and len(none) == 1

    @property
    def undecided(self) -> bool:
        """True where no class reaches one half."""
        return self.probabilities[self.winner] < UNDECIDED

    @property
    def answer(self) -> str:
        """The study's answer in a word or two: 'Glioma', 'Undecided', 'Tumour seen'."""
        if self.undecided:
            return "Undecided"
        label = self.labels[self.winner]
        return f"{label} seen" if self.detects else label


@dataclass(frozen=True)
class Provenance:
    """How a result came about; carried by every result and export."""

    model_id: str
    model_version: str
    model_sha256: str
    architecture: str
    series_uid: str
    device: str
    batch_size: int
    seconds: float
    software: str
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class AnalysisResult:
    """The result of one run of one model on one series.

    A segmentation model fills ``segmentation`` and ``measurements``; a classifier fills
    ``classification``.
    """

    provenance: Provenance
    segmentation: Segmentation | None = None
    measurements: Measurements | None = None
    classification: Classification | None = None
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """'tumour' or 'no tumour'."""
        if self.segmentation is not None:
            return "no tumour" if self.segmentation.empty else "tumour"
        if self.classification is not None:
            winner = self.classification.classes[self.classification.winner]
            return "no tumour" if winner.lower() in NO_TUMOUR_CLASSES else "tumour"
        return "no tumour"
