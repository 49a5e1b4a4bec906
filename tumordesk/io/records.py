"""What the reader remembers of each DICOM file and of each slice in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tumordesk.core.volume import Window

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the pixels of a file are stored (DICOM PS3.3 C.7.6.3)."""

    rows: int
    columns: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    transfer_syntax: str
    little_endian: bool
    floating: bool = False
    planar: int = 0

    @property
    def colour(self) -> bool:
        """True where a slice becomes RGB."""
        return self.samples > 1 or self.photometric == "PALETTE COLOR"

    @property
    def frame_bits(self) -> int:
        """Bits of one uncompressed frame as it is stored."""
        bits = self.rows * self.columns * self.samples * self.bits_allocated
        return bits * 2 // 3 if self.photometric == "YBR_FULL_422" else bits


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One DICOM file: where its pixels are and what they mean. No identifiers but UIDs."""

    path: Path
    shown: Path
    size: int
    modified_ns: int
    sop_class: str
    sop_uid: str
    frames: int
    format: PixelFormat
    pixel_offset: int
    pixel_length: int | None
    modality_lut: bool = False
    padding: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice: a file, or one frame of a file.

    ``traits`` hold what tells stacks of one series apart (echo time, b-value and so on).
    """

    file: FileRecord
    frame: int | None
    number: int | None
    position: Vector | None
    orientation: tuple[float, ...] | None
    pixel_spacing: tuple[float, float] | None
    thickness: float | None
    spacing_between: float | None
    slope: float
    intercept: float
    windows: tuple[Window, ...]
    image_type: tuple[str, ...]
    traits: tuple[tuple[str, object], ...] = ()
    explicit: bool = True
    detector_spacing: bool = False

    @property
    def localizer(self) -> bool:
        """True for a scout view."""
        return "LOCALIZER" in self.image_type

    @property
    def projection(self) -> bool:
        """True for a projection of a volume (each has an orientation of its own)."""
        return any("PROJECTION" in value for value in self.image_type)


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What all slices of a DICOM Series share. Names stay in here and out of every log."""

    series_uid: str
    study_uid: str
    patient_id: str
    patient_name: str
    birth_date: str
    sex: str
    study_date: str
    study_description: str
    study_id: str
    accession_number: str
    number: int | None
    modality: str
    description: str
    frame_of_reference: str
    units: str
    acquisition: dict[str, object] = field(default_factory=dict)
