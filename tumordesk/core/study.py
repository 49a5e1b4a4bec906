"""Patient, Study, Series, Instance: what was found, known from headers alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from tumordesk.core.geometry import Geometry

SeriesKind = Literal["dicom", "picture", "nifti", "nrrd", "mha"]


class Sequence(StrEnum):
    """Kind of acquisition, as far as headers tell."""

    FLAIR = "FLAIR"
    T1 = "T1"
    T1C = "T1C"
    T2 = "T2"
    DWI = "DWI"
    LOCALIZER = "localizer"
    CT = "CT"
    UNKNOWN = "unknown"

    @property
    def shown(self) -> str:
        """As shown to people."""
        return {"T1C": "T1 post-contrast", "localizer": "Localizer", "unknown": "Unknown"}.get(
            self.value, self.value
        )


def sequence_shown(value: str) -> str:
    """A sequence of a model card as shown to people; one that is not known as it stands there."""
    try:
        return Sequence(value).shown
    except ValueError:
        return value


MR_SEQUENCES = (Sequence.T1, Sequence.T1C, Sequence.T2, Sequence.FLAIR, Sequence.DWI)
"""What a network can be made for."""


@dataclass(frozen=True)
class SequenceGuess:
    """A guess and why: always shown as a guess."""

    sequence: Sequence
    reason: str


@dataclass(frozen=True)
class Instance:
    """One file (or one member of an archive, unpacked), ``frame`` for one frame of several.

    ``position_mm`` is the LPS ImagePositionPatient of the slice where known.
    """

    path: Path
    sop_instance_uid: str = ""
    number: int | None = None
    frame: int | None = None
    position_mm: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Series:
    """A stack of slices that belong together, in display order.

    ``key`` is unique within a scan, also when one DICOM Series was split in several stacks
    (``uid`` is then the same). ``instances`` holds one entry for each slice. ``spacing_mm``,
    ``plane`` come from ``geometry``.
    """

    key: str
    uid: str
    kind: SeriesKind
    number: int | None
    modality: str
    description: str
    guess: SequenceGuess
    geometry: Geometry
    instances: tuple[Instance, ...]
    transfer_syntax: str = ""
    warnings: tuple[str, ...] = ()
    frame_of_reference_uid: str = ""
    colour: bool = False
    extra: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def slices(self) -> int:
        """Number of slices."""
        return self.geometry.shape[0]

    @property
    def rows(self) -> int:
        """Rows of a slice."""
        return self.geometry.shape[1]

    @property
    def columns(self) -> int:
        """Columns of a slice."""
        return self.geometry.shape[2]

    @property
    def is_picture(self) -> bool:
        """True for PNG/JPEG/TIFF/BMP, whose grey values are not the scanner's."""
        return self.kind == "picture"

    @property
    def file_uid(self) -> str:
        """The same for all series of one volume file; else ``uid``."""
        return str(self.extra.get("file_uid", self.uid))


@dataclass(frozen=True)
class Study:
    """One examination; ``date`` as YYYY-MM-DD or empty."""

    uid: str
    date: str
    description: str
    series: tuple[Series, ...]
    study_id: str = ""
    accession_number: str = ""


@dataclass(frozen=True)
class Patient:
    """One patient. ``patient_id`` and ``name`` may be empty and must never reach a log."""

    patient_id: str
    name: str
    studies: tuple[Study, ...]
    birth_date: str = ""
    sex: str = ""


@dataclass(frozen=True)
class Skipped:
    """A file that was not used, and why, in words a person understands."""

    path: Path
    reason: str
    file: Path | None = field(default=None, compare=False)
    """Where it really lies, for what was unpacked from an archive."""


@dataclass(frozen=True)
class ScanResult:
    """Everything a scan of paths found."""

    patients: tuple[Patient, ...]
    skipped: tuple[Skipped, ...]

    @property
    def series(self) -> tuple[Series, ...]:
        """All series of all patients, in order."""
        return tuple(
            series
            for patient in self.patients
            for study in patient.studies
            for series in study.series
        )
