"""What the JSON file beside a volume says of it, as dcm2niix and BIDS write them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumordesk.core.study import Sequence, SequenceGuess
from tumordesk.imaging.sequence import guess_from_name, guess_from_words, guess_sequence
from tumordesk.io.names import stem

CALCULATED = frozenset({"SUBTRACTION", "SUBTRACT", "SUB", "ADC"})
"""Values of Image Type (DICOM PS3.3 C.7.6.1.1.2) of what was made of other series."""
_MOST_BYTES = 1 << 20
_MOST_NUMBER = 2**31 - 1
_NOT_MAGNITUDE = frozenset({"P", "PHASE", "R", "REAL", "I", "IMAGINARY"})
_BESIDE = (".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd")


@dataclass(frozen=True)
class Sidecar:
    """``series_number``: None where there is none. ``description``: Series Description, else
    Protocol Name. ``modality``, ``agent`` (of contrast), ``image_type``: empty where not said."""

    series_number: int | None = None
    description: str = ""
    modality: str = ""
    agent: str = ""
    image_type: tuple[str, ...] = ()

    @property
    def calculated(self) -> bool:
        """Whether Image Type says that it was made of other series, or is a projection."""
        projection = any("PROJECTION" in kind for kind in self.image_type)
        return projection or bool(CALCULATED & set(self.image_type))

    def guess(self, name: str) -> SequenceGuess:
        """The sequence of a file called ``name`` (without its ending).

        By its name; where no word of it tells, by the description, with the contrast that either of
        them or the agent tells. Times decide nothing: field maps have those of T1 images.
        """
        named = guess_from_name(name)
        if named.sequence is not Sequence.UNKNOWN or guess_from_words(name) is not None:
            return named
        if not self.description or _NOT_MAGNITUDE & set(self.image_type):
            return named
        told = guess_sequence(
            modality=self.modality,
            description=f"{self.description} {name}",
            acquisition={"ContrastBolusAgent": self.agent, "ImageType": self.image_type},
        )
        if told.sequence is Sequence.UNKNOWN:
            return named
        return SequenceGuess(told.sequence, f"{told.reason} (JSON file beside it)")


def sidecar_of(path: Path) -> Sidecar:
    """The sidecar of a volume file; an empty one where there is none or it cannot be used.

    Source: BIDS specification (sidecar files); names of the fields as in dcm2niix.
    """
    found = _read(path.with_name(f"{stem(path)}.json"))
    return Sidecar(
        _number(found.get("SeriesNumber")),
        _text(found.get("SeriesDescription")) or _text(found.get("ProtocolName")),
        _text(found.get("Modality")).upper(),
        _text(found.get("ContrastBolusIngredient")) or _text(found.get("ContrastBolusAgent")),
        _codes(found.get("ImageType")),
    )


def _number(value: Any) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 < value <= _MOST_NUMBER else None


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _codes(value: Any) -> tuple[str, ...]:
    """Codes as a list, or as one text with the separators that programs use."""
    parts = value if isinstance(value, list) else _text(value).replace("\\", "_").split("_")
    return tuple(part.strip().upper() for part in parts if isinstance(part, str) and part.strip())


def belongs_to_volume(path: Path) -> bool:
    """Whether a file is what dcm2niix writes beside a volume file, and that file is there."""
    if path.suffix.lower() not in (".json", ".bval", ".bvec"):
        return False
    endings = (*_BESIDE, *(ending.upper() for ending in _BESIDE))
    return any(path.with_name(f"{path.stem}{ending}").is_file() for ending in endings)


def _read(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return {}
        found = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
