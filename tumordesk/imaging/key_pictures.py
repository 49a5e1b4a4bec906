"""The slices worth showing, as pictures: largest diameters, driving slices, activation maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tumordesk.core.activation import ActivationMap, map_mark
from tumordesk.core.colours import RGB, segment_colour
from tumordesk.core.finding import Classification, Diameter, Lesion
from tumordesk.core.geometry import Geometry
from tumordesk.core.lesion_words import describe_lesion
from tumordesk.core.model_card import NOTICE
from tumordesk.core.study_findings import StudyFindings
from tumordesk.core.volume import Window
from tumordesk.imaging.heat import blend_heat
from tumordesk.imaging.overlay import FILL_OPACITY, PictureLine, Rgb8, key_picture
from tumordesk.imaging.windowing import apply_window, initial_window

MAX_KEY_PICTURES = 3
MAX_MAP_PICTURES = 2
Kind = Literal["outline", "slice", "map"]


@dataclass(frozen=True, eq=False)
class KeyPicture:
    """A slice as people are shown it. ``name`` is a file name without suffix ('key-1-slice-014');
    ``text`` says what is to be seen; ``rgb`` is uint8 (height, width, 3)."""

    name: str
    kind: Kind
    slice_index: int
    text: str
    rgb: Rgb8


@dataclass(frozen=True)
class _Shown:
    """A slice worth showing, what to say of it, and the diameters to draw."""

    index: int
    text: str
    kind: Kind = "outline"
    lines: tuple[Diameter, ...] = ()


def key_pictures(findings: StudyFindings, *, captions: bool = True) -> tuple[KeyPicture, ...]:
    """At most three slices with outline and diameters, then one for each activation map.

    ``captions``: what is to be seen, the slice and the notice stand in a strip below.
    """
    volume = findings.volume
    window = initial_window(volume, volume.windows)
    shown = [(one, None) for one in _worth_showing(findings)]
    maps = [(_of_map(one), one) for one in list(findings.maps.values())[:MAX_MAP_PICTURES]]
    pictures = []
    for number, (one, heat) in enumerate([*shown, *maps], start=1):
        tail = "-map" if heat is not None else ""
        name = f"key-{number}-slice-{one.index + 1:03d}{tail}"
        caption = _caption(one, findings, heat) if captions else ""
        rgb = _picture(findings, window, one, heat, caption)
        pictures.append(KeyPicture(name, one.kind, one.index, one.text, rgb))
    return tuple(pictures)


def edge_letters(geometry: Geometry) -> tuple[str, str, str, str] | None:
    """R, L, A, P, H, F at the top, bottom, left and right of a slice; None where unknown."""
    rows, columns = geometry.axis_letters(1), geometry.axis_letters(2)
    return None if rows is None or columns is None else (*rows, *columns)


def _caption(shown: _Shown, findings: StudyFindings, heat: ActivationMap | None) -> str:
    of = findings.volume.geometry.shape[0]
    outlined = () if findings.outline is None or heat is not None else findings.outline.segments
    mark = map_mark(outlined)
    text = f"{mark}. {shown.text}" if mark else shown.text
    words = f"{text} Slice {shown.index + 1} of {of}. {NOTICE}"
    made = findings.made_by if heat is None else None
    if made is None:
        wanted = heat.model_id if heat is not None else ""
        results = findings.classifications if findings.outline is None or heat is not None else ()
        made = next((r for r in results if wanted in ("", r.provenance.model_id)), None)
    if made is None:
        return words
    by = made.provenance
    person = ", corrected by a person" if findings.origin == "mine" and heat is None else ""
    return f"{words} {by.model_id} {by.model_version} ({by.model_sha256[:12]}){person}."


def _picture(
    findings: StudyFindings,
    window: Window,
    shown: _Shown,
    heat: ActivationMap | None,
    caption: str,
) -> Rgb8:
    volume, outline = findings.volume, findings.outline
    pixels = volume.array[shown.index]
    values = heat.on_slice(shown.index) if heat is not None else None
    if values is not None:
        grey = pixels if volume.colour else apply_window(pixels, window, volume.inverted)
        pixels = blend_heat(np.asarray(grey, dtype=np.uint8), values)
    return key_picture(
        pixels,
        window,
        None if outline is None else outline.array[shown.index],
        _colours(findings),
        inverted=volume.inverted,
        pixel_spacing_mm=volume.geometry.pixel_spacing_mm,
        lines=[PictureLine(line.start, line.end) for line in shown.lines],
        letters=edge_letters(volume.geometry),
        caption=caption,
        # The map must be seen through the outline, so only its rim is drawn.
        opacity=FILL_OPACITY if values is None else 0.0,
    )


def _colours(findings: StudyFindings) -> dict[int, RGB]:
    segments = () if findings.outline is None else findings.outline.segments
    return {segment.number: segment_colour(segment.number) for segment in segments}


def _worth_showing(findings: StudyFindings) -> list[_Shown]:
    outline, measured = findings.outline, findings.measurements
    if outline is None:
        return _of_classes(findings)
    if measured is None or not measured.lesions:
        if outline.empty:
            return [_Shown(findings.volume.geometry.shape[0] // 2, "No tumour found.", "slice")]
        return [_Shown(_largest_area(outline.array), "The largest area that is outlined.")]
    lesions = measured.lesions[:MAX_KEY_PICTURES]
    # Lesions that are largest on the same slice share a picture.
    return [
        _of_lesions(index, [lesion for lesion in lesions if lesion.largest_slice == index])
        for index in dict.fromkeys(lesion.largest_slice for lesion in lesions)
    ]


def _of_classes(findings: StudyFindings) -> list[_Shown]:
    found = next((r.classification for r in findings.classifications if r.classification), None)
    if found is None:
        return [_Shown(findings.volume.geometry.shape[0] // 2, "Nothing is outlined.", "slice")]
    text = _class_words(found)
    return [_Shown(i, text, "slice") for i in found.driving_slices[:MAX_KEY_PICTURES]]


def _class_words(found: Classification) -> str:
    return f"{found.labels[found.winner]} {found.probabilities[found.winner]:.0%}."


def _of_lesions(index: int, lesions: Sequence[Lesion]) -> _Shown:
    lines = tuple(line for one in lesions for line in (one.longest, one.perpendicular) if line)
    return _Shown(index, " ".join(describe_lesion(one) for one in lesions), "outline", lines)


def _of_map(found: ActivationMap) -> _Shown:
    """The slice on which the map is brightest."""
    sums = found.array.reshape(len(found.slices), -1).sum(axis=1)
    index = found.slices[int(np.argmax(sums))]
    return _Shown(index, f"Where {found.model_id} looked for {found.label}: {found.method}.", "map")


def _largest_area(labels: npt.NDArray[np.uint8]) -> int:
    return int(np.argmax(np.count_nonzero(labels, axis=(1, 2))))
