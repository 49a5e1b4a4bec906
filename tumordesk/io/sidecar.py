"""What the JSON file beside a volume says of it, as dcm2niix and BIDS write them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumordesk.io.names import stem

_MOST_BYTES = 1 << 20
_MOST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Sidecar:
    """``series_number``: None where there is none. ``description``: Series Description, else
    Protocol Name; "" where there is neither."""

    series_number: int | None = None
    description: str = ""


def sidecar_of(path: Path) -> Sidecar:
    """The sidecar of a volume file; an empty one where there is none or it cannot be used.

    Source: BIDS specification (sidecar files); names of the fields as in dcm2niix.
    """
    found = _read(path.with_name(f"{stem(path)}.json"))
    texts = (found.get(key) for key in ("SeriesDescription", "ProtocolName"))
    description = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    return Sidecar(_number(found.get("SeriesNumber")), description.strip())


def _number(value: Any) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 < value <= _MOST_NUMBER else None


def belongs_to_volume(path: Path) -> bool:
    """Whether a file is what dcm2niix writes beside a NIfTI file, and that file is there."""
    if path.suffix.lower() not in (".json", ".bval", ".bvec"):
        return False
    return any(path.with_name(f"{path.stem}{ending}").is_file() for ending in (".nii.gz", ".nii"))


def _read(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return {}
        found = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
