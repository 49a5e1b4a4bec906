"""What the geometry of a series does not support, in words for people, before anything is run."""

from __future__ import annotations

from dataclasses import dataclass

from tumordesk.core.geometry import Geometry
from tumordesk.imaging.thickness import slice_thickness

NO_ORIENTATION = "No left or right: the file does not say which way the head faces."


@dataclass(frozen=True)
class VerdictWords:
    """``texts``: a sentence for each kind of number that is refused or an estimate; ``details``:
    what was found in the files; ``weak`` is True for a stack that should have supported more."""

    texts: tuple[str, ...]
    details: tuple[str, ...]
    weak: bool

    @property
    def text(self) -> str:
        """All sentences in one line."""
        return " ".join(self.texts)


def verdict_words(geometry: Geometry) -> VerdictWords | None:
    """What cannot be measured on a series and why; None where everything can.

    The sentences are those that measurements of the series carry as reasons and notes.
    """
    thickness = slice_thickness(geometry)
    texts = [*thickness.refused, *thickness.notes]
    if geometry.directions is None:
        texts.append(NO_ORIENTATION)
    if not texts:
        return None
    details = tuple(_sentence(note) for note in geometry.notes)
    return VerdictWords(tuple(texts), details, weak=geometry.shape[0] > 1)


def _sentence(note: str) -> str:
    text = note.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
