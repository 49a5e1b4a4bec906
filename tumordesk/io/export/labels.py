"""Names of a label map's values beside the file that holds it (ITK-SNAP's label description)."""

from __future__ import annotations

from pathlib import Path

from tumordesk.core.colours import RGB, segment_colour
from tumordesk.core.jsonio import atomic_write
from tumordesk.core.model_card import NOTICE
from tumordesk.core.segmentation import Segment, Segmentation

_HEAD = f"""\
################################################
# ITK-SnAP Label Description File
# TumorDesk. {NOTICE}
# Fields: value, red, green, blue, opacity (0 to 1), visible, mesh visible, "name"
################################################
"""
_LINE = '{:>5} {:>5} {:>4} {:>4} {:>8} {:>2} {:>2}    "{}"'


def write_label_text(
    path: Path, outline: Segmentation, *, overwrite: bool = False, made_by: str = ""
) -> Path:
    """Write the labels' values, colours and names as ITK-SNAP and others read them.

    ``made_by``: a comment that says what made the outline.

    Raises:
        WriteError: the file is there already or cannot be written.
    """
    lines = [_LINE.format(0, 0, 0, 0, 0, 0, 0, "Clear Label")]
    for segment in outline.segments:
        colour = colour_of(segment)
        lines.append(_LINE.format(segment.number, *colour, 1, 1, 1, plain_name(segment)))
    if made_by:
        lines.insert(0, f"# {' '.join(made_by.split())}")
    data = (_HEAD + "\n".join(lines) + "\n").encode("utf-8")
    atomic_write(path, lambda temporary: _write(temporary, data), overwrite=overwrite)
    return path


def colour_of(segment: Segment) -> RGB:
    """The colour in which a segment is shown."""
    return segment_colour(max(1, segment.number))


def plain_name(segment: Segment) -> str:
    """A segment's label on one line, without quotation marks."""
    return " ".join(segment.label.replace('"', "'").split()) or f"Label {segment.number}"


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
