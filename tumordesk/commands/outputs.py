"""What predict writes for one input: result.json, mask.nii.gz and key pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tumordesk.core.colours import segment_colour
from tumordesk.core.errors import WriteError
from tumordesk.core.finding import AnalysisResult, Diameter, Lesion
from tumordesk.core.geometry import Geometry
from tumordesk.core.lesion_words import describe_lesion
from tumordesk.core.model_card import NOTICE
from tumordesk.core.volume import Volume

RESULT = "result.json"
MASK = "mask.nii.gz"
KEY_PICTURES = "key-*.png"
FORMATS = ("nifti", "png", "json")
MAX_KEY_PICTURES = 3


def own_files(folder: Path) -> list[Path]:
    """Results of an earlier run in ``folder``."""
    named = [folder / name for name in (RESULT, MASK) if (folder / name).exists()]
    return named + sorted(folder.glob(KEY_PICTURES))


def refuse_existing(folder: Path) -> None:
    """Raise WriteError where ``folder`` holds results already, or is no folder at all."""
    if folder.exists() and not folder.is_dir():
        raise WriteError(f"{folder} is a file, not a folder.", "Choose another --out.")
    existing = own_files(folder)
    if existing:
        raise WriteError(
            f"{folder} already holds {existing[0].name}.",
            "Choose another --out, or add --overwrite to replace earlier results.",
        )


def write_outputs(
    folder: Path,
    formats: Sequence[str],
    document: dict[str, Any],
    result: AnalysisResult,
    volume: Volume,
    *,
    overwrite: bool,
) -> list[Path]:
    """Write the chosen formats into ``folder``; result.json last, as the sign that all is there.

    Raises:
        WriteError: disk full, folder read-only, or files there and not ``overwrite``.
    """
    from tumordesk.core.jsonio import write_json
    from tumordesk.io.writers import write_nifti, write_png

    if overwrite:
        for stale in own_files(folder):
            stale.unlink()
    written = []
    if "nifti" in formats and result.segmentation is not None:
        array = np.asarray(result.segmentation.array)
        write_nifti(folder / MASK, array, volume.geometry, overwrite=overwrite)
        written.append(folder / MASK)
    if "png" in formats:
        for name, picture in key_pictures(result, volume):
            write_png(folder / name, picture, overwrite=overwrite)
            written.append(folder / name)
    if "json" in formats:
        document = document | {"files": [path.name for path in written]}
        write_json(folder / RESULT, document, overwrite=overwrite)
        written.append(folder / RESULT)
    return written


@dataclass(frozen=True)
class _Shown:
    """A slice worth showing, what to write below it, and the diameters to draw."""

    index: int
    text: str
    lines: tuple[Diameter, ...] = ()


def key_pictures(result: AnalysisResult, volume: Volume) -> list[tuple[str, Any]]:
    """(file name, RGB picture) of the slices worth showing, at most three."""
    from tumordesk.imaging.overlay import PictureLine, key_picture
    from tumordesk.imaging.windowing import initial_window

    window = initial_window(volume, volume.windows)
    segmentation = result.segmentation
    segments = () if segmentation is None else segmentation.segments
    pictures = []
    for number, shown in enumerate(_worth_showing(result, volume), start=1):
        picture = key_picture(
            volume.array[shown.index],
            window,
            None if segmentation is None else segmentation.array[shown.index],
            {segment.number: segment_colour(segment.number) for segment in segments},
            inverted=volume.inverted,
            pixel_spacing_mm=volume.geometry.pixel_spacing_mm,
            lines=[PictureLine(line.start, line.end) for line in shown.lines],
            letters=edge_letters(volume.geometry),
            caption=f"{shown.text} Slice {shown.index + 1} of {volume.geometry.shape[0]}. {NOTICE}",
        )
        pictures.append((f"key-{number}-slice-{shown.index + 1:03d}.png", picture))
    return pictures


def edge_letters(geometry: Geometry) -> tuple[str, str, str, str] | None:
    """R, L, A, P, H, F at the top, bottom, left and right of a slice; None where unknown."""
    rows, columns = geometry.axis_letters(1), geometry.axis_letters(2)
    return None if rows is None or columns is None else (*rows, *columns)


def _worth_showing(result: AnalysisResult, volume: Volume) -> list[_Shown]:
    if result.classification is not None:
        found = result.classification
        text = f"{found.labels[found.winner]} {found.probabilities[found.winner]:.0%}."
        return [_Shown(i, text) for i in found.driving_slices[:MAX_KEY_PICTURES]]
    if result.measurements is None or not result.measurements.lesions:
        return [_Shown(volume.geometry.shape[0] // 2, "No tumour found.")]
    lesions = result.measurements.lesions[:MAX_KEY_PICTURES]
    # Lesions that are largest on the same slice share a picture.
    return [
        _of_lesions(index, [lesion for lesion in lesions if lesion.largest_slice == index])
        for index in dict.fromkeys(lesion.largest_slice for lesion in lesions)
    ]


def _of_lesions(index: int, lesions: list[Lesion]) -> _Shown:
    lines = [line for one in lesions for line in (one.longest, one.perpendicular) if line]
    return _Shown(index, " ".join(describe_lesion(one) for one in lesions), tuple(lines))
