"""The card of a model: what it takes, what it gives, how good it is and on which data.

A model is a folder ``<id>/`` with ``model.json`` (this card) and ``weights.safetensors``; a
classifier may have ``reference.safetensors`` beside them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tumordesk.core.calibration import Calibration
from tumordesk.core.errors import ConfigError, ModelError
from tumordesk.core.jsonio import from_plain, read_json, write_json
from tumordesk.core.study import sequence_shown

SCHEMA = 1
CARD_NAME = "model.json"
WEIGHTS_NAME = "weights.safetensors"
REFERENCE_NAME = "reference.safetensors"
LEARNED_NAME = "learned.safetensors"
NOTICE = "Research use only, not for diagnosis."

COLOURS = ("red", "green", "blue")
"""The channels of colour pictures, as people call them."""

Task = Literal["segmentation", "classification"]


@dataclass(frozen=True)
class Code:
    """A coded concept (DICOM PS3.16): value, scheme, meaning."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True)
class ClassSpec:
    """One output class, in output order. For segmentation, class 0 is background."""

    name: str
    label: str
    code: Code | None = None


@dataclass(frozen=True)
class Normalisation:
    """How intensities become network input; see ``tumordesk.imaging.preprocess``.

    ``low``/``high`` are percentiles (0..100) over the foreground of the volume (``scope``
    "volume") or of each picture ("picture"); the range is mapped to 0..1, clipped, then
    ``(x - mean) / std`` per channel (one value, or one for each channel).
    """

    method: Literal["foreground_percentile"] = "foreground_percentile"
    low: float = 0.5
    high: float = 99.5
    scope: Literal["volume", "picture"] = "volume"
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class InputSpec:
    """What the network was trained on. ``sequence`` as in ``core.study.Sequence`` values.

    One grey slice is repeated over ``channels`` when ``channels`` > 1 and the source is one
    series. ``size`` is (rows, columns) of the network input. ``fit``: "pad" keeps the aspect ratio
    of a slice and fills up with zeros; "stretch" pulls it to the whole of ``size``.
    ``source_channel``: the channel of colour training pictures that held this sequence (None:
    luma); evaluation on such pictures uses the same one.

    ``neighbours``: so many slices on either side fill further channels (``channels`` is then
    2 * neighbours + 1, the slice itself in the middle; at the ends, and for a single picture, the
    nearest slice is repeated). ``neighbour_mm``: how far apart the slices of the training data
    were; in a series with thinner slices the neighbours are taken from about that distance.

    ``sequences``: the network sees the same slice in several sequences, one in each channel, in
    this order; ``sequence`` is one of them, whose voxels the answer lies on in training. Empty:
    one sequence. ``source_channels``: for each of them the channel of colour training pictures
    that held it (empty: they were scans of their own).
    """

    modality: str = "MR"
    sequence: str = "unknown"
    plane: str = "axial"
    channels: int = 1
    size: tuple[int, int] = (256, 256)
    fit: Literal["pad", "stretch"] = "pad"
    normalisation: Normalisation = field(default_factory=Normalisation)
    source_channel: int | None = None
    neighbours: int = 0
    neighbour_mm: float | None = None
    sequences: tuple[str, ...] = ()
    source_channels: tuple[int, ...] = ()

    @property
    def sequences_shown(self) -> str:
        """What it reads, as shown to people: 'FLAIR', or 'T1 + FLAIR + T1 post-contrast'."""
        return " + ".join(sequence_shown(one) for one in self.sequences or (self.sequence,))


@dataclass(frozen=True)
class HeadSpec:
    """Classifier head: widths of the hidden layers (none to three) and their dropout.

    ``relu``: for each hidden layer, whether ReLU follows it; empty: after all of them.
    """

    hidden: tuple[int, ...] = ()
    dropout: tuple[float, ...] = (0.2,)
    relu: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Postprocess:
    """From probabilities to a label map: threshold and smallest lesion kept.

    ``min_area_px`` counts pixels of the network's input grid in one slice: smaller islands are
    dropped. ``min_slice_mass_px`` drops a whole slice whose mask is smaller than that. With
    ``flips`` mirrored slices are always run too and the mean counts (twice the time).
    """

    threshold: float = 0.5
    min_area_px: int = 0
    min_slice_mass_px: int = 0
    flips: bool = False


@dataclass(frozen=True)
class TrainingData:
    """A data set the weights were made from."""

    name: str
    licence: str
    citation: str
    patients: int | None = None
    images: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Metric:
    """One figure with the split it was measured on and the command that measured it."""

    name: str
    value: float
    split: str
    data: str
    n: int
    command: str = ""


@dataclass(frozen=True)
class Reference:
    """What a classifier's training pictures look like to it: ``reference.safetensors``.

    ``sha256`` guards the file. ``threshold``: the score that 99 of 100 of ``validation`` pictures
    of ``data`` that the model did not learn from stay below; ``pictures``: training pictures.
    """

    sha256: str
    threshold: float
    pictures: int
    validation: int
    data: str
    method: str
    command: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.threshold) or self.threshold <= 0:
            raise ValueError("threshold must be a number above 0")


NO_TUMOUR_CLASSES = frozenset(
    {"no_tumor", "no_tumour", "notumor", "notumour", "no tumor", "no tumour", "no", "normal"}
)
"""Names of the class without tumour in the data sets people train on, in lower case."""


MAX_ID = 64
"""A model's folder bears its id."""
MAX_MEMBERS = 10
"""A cross-validation has five or ten folds; each network takes its time."""
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""Names that no folder can have on Windows."""


@dataclass(frozen=True)
class ModelCard:
    """Everything the program knows of a model. ``weights_sha256`` guards the weights file.

    ``reference`` and ``calibration`` are None where they were not made or measured. ``members``:
    the weights are those of so many networks, whose probabilities are averaged. ``learned_sha256``
    guards the record of what the model learned from; "" where it has none.
    """

    id: str
    name: str
    version: str
    task: Task
    architecture: str
    input: InputSpec
    classes: tuple[ClassSpec, ...]
    schema: int = SCHEMA
    summary: str = ""
    head: HeadSpec | None = None
    postprocess: Postprocess = field(default_factory=Postprocess)
    options: dict[str, Any] = field(default_factory=dict)
    training_data: tuple[TrainingData, ...] = ()
    metrics: tuple[Metric, ...] = ()
    limits: tuple[str, ...] = ()
    licence: str = ""
    date: str = ""
    software: str = ""
    weights_file: str = WEIGHTS_NAME
    weights_sha256: str = ""
    notice: str = NOTICE
    reference: Reference | None = None
    calibration: Calibration | None = None
    members: int = 1
    learned_sha256: str = ""

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ValueError(f"schema {self.schema} is not supported (this program reads {SCHEMA})")
        if not self.id or not all(c.isalnum() or c in "-_." for c in self.id) or self.id[0] == ".":
            raise ValueError(f"id {self.id!r} may hold letters, digits, '-', '_' and '.' only")
        if len(self.id) > MAX_ID or _DEVICE.match(self.id):
            raise ValueError("id must be at most 64 characters long, and no device's name")
        if not 1 <= self.input.channels <= 4:
            raise ValueError("input.channels must be 1 to 4")
        if not 1 <= self.members <= MAX_MEMBERS:
            raise ValueError(f"members must be 1 to {MAX_MEMBERS}")
        if len(self.classes) < 2:
            raise ValueError("classes must hold at least two entries")
        if Path(self.weights_file).name != self.weights_file:
            raise ValueError("weights_file must be a plain file name")
        if self.weights_file in (REFERENCE_NAME, LEARNED_NAME):
            raise ValueError(f"weights_file must not be {self.weights_file}")

    @property
    def network(self) -> str:
        """The architecture as shown to people, with the number of networks where there are more."""
        return self.architecture if self.members == 1 else f"{self.architecture} x {self.members}"

    @property
    def detects(self) -> bool:
        """True for a classifier that only says whether there is a tumour on a slice.

        It reads every slice; other classifiers name what an outline holds.
        """
        none = [c for c in self.classes if c.name.lower() in NO_TUMOUR_CLASSES]
        return self.task == "classification" and len(self.classes) == 2 and len(none) == 1


def read_card(path: Path) -> ModelCard:
    """Read ``model.json``. Raises ModelError that names the file and what is wrong in it."""
    try:
        return from_plain(ModelCard, read_json(path), "model card")
    except ConfigError as error:
        raise ModelError(f"{path.parent.name}/{path.name}: {error.message}") from error


def write_card(path: Path, card: ModelCard) -> None:
    """Write ``model.json`` atomically. Raises WriteError."""
    write_json(path, card)
