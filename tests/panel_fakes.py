"""Series, layers and results with known numbers, for tests of panels and dialogs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tumordesk.core.finding import (
    AnalysisResult,
    Classification,
    Diameter,
    Lesion,
    Measurements,
    Provenance,
    SliceProbabilities,
)
from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import Instance, Sequence, SequenceGuess, Series
from tumordesk.session.layers import Layer, SeriesResults, layer_from_result, own_copy

AXIAL = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
SHAPE = (26, 256, 256)


def geometry(*, mm: bool = True, shape: tuple[int, int, int] = SHAPE) -> Geometry:
    """Axial, 5 x 0.9 x 0.9 mm; or without any spacing."""
    if not mm:
        verdict = Verdict.SINGLE if shape[0] == 1 else Verdict.NO_MM
        return Geometry(shape, verdict=verdict)
    affine = affine_from((-115.0, -115.0, -60.0), AXIAL, (5.0, 0.9, 0.9))
    return Geometry(shape, (0.9, 0.9), 5.0, affine, verdict=Verdict.OK)


def series(*, picture: bool = False) -> Series:
    """The FLAIR series of the examples, or a picture."""
    where = geometry(mm=False, shape=(1, 480, 512)) if picture else geometry()
    guess = SequenceGuess(Sequence.UNKNOWN if picture else Sequence.FLAIR, "description says FLAIR")
    return Series(
        key="s1",
        uid="1.2.3",
        kind="picture" if picture else "dicom",
        number=5,
        modality="MR",
        description="AX FLAIR",
        guess=guess,
        geometry=where,
        instances=tuple(Instance(Path(f"{i}.dcm")) for i in range(where.shape[0])),
    )


def diameter(index: int, length_mm: float | None, length_px: float = 40.0) -> Diameter:
    """Ends at (90, 100) and (110, 140)."""
    return Diameter(index, (90.0, 100.0), (110.0, 140.0), length_px, length_mm)


def lesion(number: int = 1, *, mm: bool = True, **changes: Any) -> Lesion:
    """41 x 32 mm on slice index 13, right side; in pixels without ``mm``."""
    made = Lesion(
        number=number,
        segment=1,
        voxels=6000,
        volume_mm3=24_312.0 if mm else None,
        longest=diameter(13, 41.2 if mm else None, 45.8),
        perpendicular=diameter(13, 32.4 if mm else None, 36.0),
        slice_range=(8, 17) if mm else (0, 0),
        largest_slice=13 if mm else 0,
        centroid=(12.6, 101.0, 118.0) if mm else (0.0, 101.0, 118.0),
        side="right" if mm else None,
    )
    return replace(made, **changes)


def measurements(*lesions: Lesion, **changes: Any) -> Measurements:
    """Totals that suit one lesion of the examples."""
    found = lesions or (lesion(),)
    known = all(one.volume_mm3 is not None for one in found)
    made = Measurements(
        lesions=found,
        volume_mm3=sum(one.volume_mm3 or 0.0 for one in found) if known else None,
        voxels=sum(one.voxels for one in found),
        tumour_slices=tuple(range(8, 18)),
        share_of_slices=10 / 26,
        share_of_pixels=0.0142,
    )
    return replace(made, **changes)


NOTHING = Measurements((), 0.0, 0, (), 0.0, 0.0)
PIXELS_ONLY = "No millimetres: the file does not give the size of its pixels."


def provenance(model_id: str = "flair-glioma", **changes: Any) -> Provenance:
    """Twelve seconds on the CPU."""
    made = Provenance(
        model_id=model_id,
        model_version="1.0",
        model_sha256="3f2a91c0d7e4" + "0" * 52,
        architecture="unet-mobilenetv2",
        series_uid="1.2.3",
        device="CPU",
        batch_size=8,
        seconds=12.3,
        software="TumorDesk 0.1.0, torch 2.14",
    )
    return replace(made, **changes)


def result(measured: Measurements | None = None, **changes: Any) -> AnalysisResult:
    """A segmentation result; ``changes`` go to its provenance."""
    measured = measured or measurements()
    where = geometry(shape=(26, 8, 8))
    array = np.zeros(where.shape, np.uint8)
    array[8:18, 2:5, 2:5] = 1 if measured.voxels else 0
    outline = Segmentation(array, where, (Segment(1, "Tumour"),), "1.2.3")
    return AnalysisResult(provenance(**changes), outline, measured)


def layer(measured: Measurements | None = None, **changes: Any) -> Layer:
    """The layer of a model."""
    return layer_from_result(result(measured, **changes), "Tumour", 0.45, 0)


def mine(origin: Layer) -> Layer:
    """The person's copy of it."""
    return own_copy(origin, 1, 1)


def classification(*probabilities: float) -> AnalysisResult:
    """Glioma, meningioma, pituitary tumour, no tumour; read on slices 9 to 18."""
    values = probabilities or (0.87, 0.09, 0.03, 0.01)
    classes = Classification(
        ("glioma", "meningioma", "pituitary", "no_tumor"),
        ("Glioma", "Meningioma", "Pituitary tumour", "No tumour"),
        values,
        tuple(SliceProbabilities(i, values) for i in range(8, 18)),
        (13, 12, 14),
    )
    return AnalysisResult(provenance("tumour-type"), classification=classes)


def results(*layers: Layer, classes: AnalysisResult | None = None) -> SeriesResults:
    """Layers of a series, the last one active."""
    return SeriesResults(list(layers), classes, layers[-1].key if layers else "")
