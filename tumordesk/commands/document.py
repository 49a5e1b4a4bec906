"""The content of result.json, and results in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tumordesk.core.activation import Unlikeness
from tumordesk.core.finding import AnalysisResult, Diameter, Lesion, Measurements, Part
from tumordesk.core.geometry import Geometry
from tumordesk.core.lesion_words import size_and_side
from tumordesk.core.model_card import NOTICE, ModelCard
from tumordesk.core.segmentation import Segmentation

SCHEMA = 1


def result_document(
    card: ModelCard,
    result: AnalysisResult,
    geometry: Geometry,
    warnings: Sequence[str],
    *,
    seconds: float,
    source: str = "",
    notes: Sequence[str] = (),
    second: AnalysisResult | None = None,
) -> dict[str, Any]:
    """The content of result.json; slices, rows and columns count from 0, as in the mask.

    ``second``: classes found on the outline of ``result``.
    """
    provenance = result.provenance
    classes = result.classification or (second.classification if second else None)
    measured = result.measurements
    spacing = geometry.spacing_mm
    told = [*notes, *provenance.notes, *(measured.notes if measured else ())]
    if second is not None:
        warnings = [*warnings, *second.provenance.warnings]
        told += second.provenance.notes
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
        "seconds": round(seconds, 3),
        "input": source,
        "task": card.task,
        "spacing_mm": None if spacing is None else [round(s, 6) for s in spacing],
        "shape": list(geometry.shape),
        "notes": list(dict.fromkeys(told)),
        "software": provenance.software,
        "notice": card.notice or NOTICE,
    }
    if measured is not None:
        document["tumour_slices"] = list(measured.tumour_slices)
        document["share_of_slices"] = round(measured.share_of_slices, 6)
        document["share_of_pixels"] = round(measured.share_of_pixels, 6)
        document["refused"] = list(measured.refused)
        document["totals"] = _totals(measured)
        document["totals"]["parts"] = _parts(measured.parts, result.segmentation)
        for lesion, told_of in zip(measured.lesions, document["lesions"], strict=True):
            told_of["parts"] = _parts(lesion.parts, result.segmentation)
    if classes is not None:
        pairs = zip(classes.classes, classes.probabilities, strict=True)
        document["classes"] = {name: round(p, 6) for name, p in pairs}
        document["driving_slices"] = list(classes.driving_slices)
        document["slices"] = [
            {"slice": s.slice_index, "probabilities": [round(p, 6) for p in s.probabilities]}
            for s in classes.slices
        ]
        document["unlike"] = None if classes.unlike is None else _unlike(classes.unlike)
    if second is not None:
        document["classifier"] = _model(second)
    return document


def _unlike(found: Unlikeness) -> dict[str, Any]:
    """How unlike its training pictures the classifier found what it read; score and threshold
    are null where that cannot be told."""
    return {
        "unlike": found.unlike,
        "score": _rounded(found.score, 4),
        "threshold": _rounded(found.threshold, 4),
        "method": found.method,
        "text": found.text,
        "slices": [{"slice": i, "score": round(score, 4)} for i, score in found.by_slice],
    }


def _totals(measured: Measurements) -> dict[str, Any]:
    """The whole series; ``volume_estimated`` where slices are missing or unevenly spaced."""
    return {
        "lesions": len(measured.lesions),
        "voxels": measured.voxels,
        "volume_ml": _rounded(measured.volume_ml, 4),
        "volume_estimated": measured.volume_estimated,
        "sum_of_products_mm2": _rounded(measured.product_mm2, 2),
        "slices": len(measured.tumour_slices),
        "share_of_slices": round(measured.share_of_slices, 6),
        "share_of_pixels": round(measured.share_of_pixels, 6),
    }


def _parts(parts: Sequence[Part], outline: Segmentation | None) -> list[dict[str, Any]]:
    """By segment; empty where the outline, or the lesion, is of one."""
    return [
        {
            "segment": part.segment,
            "label": outline.names((part.segment,)) if outline is not None else "",
            "voxels": part.voxels,
            "volume_ml": _rounded(part.volume_ml, 4),
        }
        for part in parts
    ]


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
        "location": lesion.location,
        "product_mm2": _rounded(lesion.product_mm2, 2),
        "refused": list(lesion.refused),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _length(diameter: Diameter | None) -> float | None:
    return None if diameter is None else _rounded(diameter.length_mm, 2)


def _pixels(diameter: Diameter | None) -> float | None:
    return None if diameter is None else round(diameter.length_px, 2)


def summary(result: AnalysisResult, second: AnalysisResult | None) -> str:
    """The result in one line."""
    classes = result.classification or (second.classification if second else None)
    parts = [result.outcome]
    if result.measurements is not None and result.measurements.lesions:
        parts[0] += f" ({_sizes(result.measurements)})"
    if classes is not None:
        winner = classes.winner
        parts.append(f"{classes.labels[winner]} {classes.probabilities[winner]:.0%}")
    return ", ".join(parts)


def _sizes(measured: Measurements) -> str:
    largest = size_and_side(measured.lesions[0])
    count = len(measured.lesions)
    if count == 1:
        return largest
    total = "" if measured.volume_ml is None else f", {measured.volume_ml:.1f} mL"
    return f"{count} lesions{total}; the largest {largest}"
