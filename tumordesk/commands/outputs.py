"""What predict writes for one input: result.json, mask.nii.gz and key pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tumordesk.core.colours import segment_colour
from tumordesk.core.errors import WriteError
from tumordesk.core.finding import AnalysisResult, Diameter, Lesion
from tumordesk.core.geometry import Geometry
from tumordesk.core.model_card import NOTICE, ModelCard
from tumordesk.core.volume import Volume

RESULT = "result.json"
MASK = "mask.nii.gz"
KEY_PICTURES = "key-*.png"
FORMATS = ("nifti", "png", "json")
SCHEMA = 1
MAX_KEY_PICTURES = 3


def own_files(folder: Path) -> list[Path]:
    """Results of an earlier run in ``folder``."""
    named = [folder / name for name in (RESULT, MASK) if (folder / name).exists()]
    return named + sorted(folder.glob(KEY_PICTURES))


def refuse_existing(folder: Path) -> None:
    """Raise WriteError where ``folder`` holds results already."""
    existing = own_files(folder)
    if existing:
        raise WriteError(
            f"{folder} already holds {existing[0].name}.",
            "Choose another --out, or add --overwrite to replace earlier results.",
        )


def result_document(
    card: ModelCard,
    result: AnalysisResult,
    geometry: Geometry,
    warnings: Sequence[str],
    *,
    source: str = "",
    second: AnalysisResult | None = None,
) -> dict[str, Any]:
    """The content of result.json. ``second``: classes found on the outline of ``result``."""
    provenance = result.provenance
    classes = result.classification or (second.classification if second else None)
    measured = result.measurements
    spacing = geometry.spacing_mm
    notes = [*provenance.notes, *(measured.notes if measured else ())]
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "model": _model(result),
        "device": provenance.device,
        "series_uid": provenance.series_uid,
        "warnings": list(dict.fromkeys(warnings)),
        "outcome": result.outcome,
        "lesions": [_lesion(lesion) for lesion in measured.lesions] if measured else [],
        "volume_ml": _rounded(measured.volume_ml, 4) if measured else None,
        "classes": None,
        "seconds": round(provenance.seconds + (second.provenance.seconds if second else 0.0), 3),
        "input": source,
        "task": card.task,
        "spacing_mm": None if spacing is None else [round(s, 6) for s in spacing],
        "shape": list(geometry.shape),
        "notes": list(dict.fromkeys(notes)),
        "software": provenance.software,
        "notice": card.notice or NOTICE,
    }
    if measured is not None:
        document["tumour_slices"] = list(measured.tumour_slices)
        document["share_of_slices"] = round(measured.share_of_slices, 6)
        document["share_of_pixels"] = round(measured.share_of_pixels, 6)
        document["refused"] = list(measured.refused)
    if classes is not None:
        pairs = zip(classes.classes, classes.probabilities, strict=True)
        document["classes"] = {name: round(p, 6) for name, p in pairs}
        document["driving_slices"] = list(classes.driving_slices)
        document["slices"] = [
            {"slice": s.slice_index, "probabilities": [round(p, 6) for p in s.probabilities]}
            for s in classes.slices
        ]
    if second is not None:
        document["classifier"] = _model(second)
    return document


def _model(result: AnalysisResult) -> dict[str, str]:
    made_by = result.provenance
    return {
        "id": made_by.model_id,
        "version": made_by.model_version,
        "sha256": made_by.model_sha256,
    }


def _lesion(lesion: Lesion) -> dict[str, Any]:
    return {
        "number": lesion.number,
        "segment": lesion.segment,
        "voxels": lesion.voxels,
        "volume_ml": _rounded(lesion.volume_ml, 4),
        "longest_mm": _length(lesion.longest),
        "perpendicular_mm": _length(lesion.perpendicular),
        "longest_px": _pixels(lesion.longest),
        "perpendicular_px": _pixels(lesion.perpendicular),
        "slice": lesion.largest_slice,
        "slice_range": list(lesion.slice_range),
        "centroid": [round(c, 2) for c in lesion.centroid],
        "side": lesion.side,
        "refused": list(lesion.refused),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _length(diameter: Diameter | None) -> float | None:
    return None if diameter is None else _rounded(diameter.length_mm, 2)


def _pixels(diameter: Diameter | None) -> float | None:
    return None if diameter is None else round(diameter.length_px, 2)


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


def key_pictures(result: AnalysisResult, volume: Volume) -> list[tuple[str, Any]]:
    """(file name, RGB picture) of the slices worth showing, at most three."""
    from tumordesk.imaging.overlay import PictureLine, key_picture
    from tumordesk.imaging.windowing import initial_window

    window = initial_window(volume, volume.windows)
    pictures = []
    for number, (index, text, lesion) in enumerate(_worth_showing(result, volume), start=1):
        labels, lines, colours = None, [], {}
        if result.segmentation is not None:
            labels = result.segmentation.array[index]
            colours = {s.number: segment_colour(s.number) for s in result.segmentation.segments}
        if lesion is not None:
            ends = [d for d in (lesion.longest, lesion.perpendicular) if d is not None]
            lines = [PictureLine(d.start, d.end) for d in ends]
        picture = key_picture(
            volume.array[index],
            window,
            labels,
            colours,
            inverted=volume.inverted,
            pixel_spacing_mm=volume.geometry.pixel_spacing_mm,
            lines=lines,
            letters=edge_letters(volume.geometry),
            caption=f"{text} Slice {index + 1} of {volume.geometry.shape[0]}. {NOTICE}",
        )
        pictures.append((f"key-{number}-slice-{index + 1:03d}.png", picture))
    return pictures


def edge_letters(geometry: Geometry) -> tuple[str, str, str, str] | None:
    """R, L, A, P, H, F at the top, bottom, left and right of a slice; None where unknown."""
    rows, columns = geometry.axis_letters(1), geometry.axis_letters(2)
    return None if rows is None or columns is None else (*rows, *columns)


def _worth_showing(result: AnalysisResult, volume: Volume) -> list[tuple[int, str, Lesion | None]]:
    if result.classification is not None:
        found = result.classification
        text = f"{found.labels[found.winner]} {found.probabilities[found.winner]:.0%}."
        return [(i, text, None) for i in found.driving_slices[:MAX_KEY_PICTURES]]
    if result.measurements is None or not result.measurements.lesions:
        return [(volume.geometry.shape[0] // 2, "No tumour found.", None)]
    return [
        (lesion.largest_slice, describe_lesion(lesion), lesion)
        for lesion in result.measurements.lesions[:MAX_KEY_PICTURES]
    ]


def describe_lesion(lesion: Lesion) -> str:
    """'Lesion 1: right, 35.2 mL, 52 x 41 mm.' with what is known."""
    return f"Lesion {lesion.number}: {size_and_side(lesion)}."


def size_and_side(lesion: Lesion) -> str:
    """'right, 35.2 mL, 52 x 41 mm' with what is known."""
    parts = [lesion.side] if lesion.side else []
    if lesion.volume_ml is not None:
        parts.append(f"{lesion.volume_ml:.1f} mL")
    long, short = lesion.longest, lesion.perpendicular
    if long is not None and short is not None:
        if long.length_mm is not None and short.length_mm is not None:
            parts.append(f"{long.length_mm:.0f} x {short.length_mm:.0f} mm")
        else:
            parts.append(f"{long.length_px:.0f} x {short.length_px:.0f} pixels")
    return ", ".join(parts)
