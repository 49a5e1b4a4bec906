"""Findings on made-up series, as the writers of exported files get them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import factories
from tumordesk.core.finding import (
    AnalysisResult,
    Classification,
    Provenance,
    SliceProbabilities,
)
from tumordesk.core.model_card import Code
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import Series
from tumordesk.core.study_findings import StudyFindings
from tumordesk.core.volume import Volume
from tumordesk.imaging.measure import measure
from tumordesk.io.scan import scan_paths

NEOPLASM = Code("108369006", "SCT", "Neoplasm")
HASH = "0123456789abcdef" * 4
SHAPE = (7, 30, 23)
"""Odd in every way: a row is no whole number of bytes."""
OBLIQUE = np.linalg.qr(np.array([[0.9, 0.2, -0.3], [-0.1, 0.8, 0.5], [0.4, -0.3, 0.8]]))[0]


def lopsided(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Two labels (1 and 3), alike in no mirror image and on no two neighbouring slices."""
    labels = np.zeros(shape, np.uint8)
    slices, rows, columns = shape
    for index in range(slices // 4, max(slices // 4 + 1, slices - 2)):
        grown = index % 4
        labels[index, rows // 5 : rows // 2 + grown, columns // 6 : columns // 2 - grown] = 1
    labels[slices // 2, -6:-3, -9:-2] = 3
    return labels


def one_lesion(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """One label in one piece."""
    return np.asarray(lopsided(shape) == 1, dtype=np.uint8)


def oblique_series(folder: Path, volume: np.ndarray, **attributes: Any) -> list[Path]:
    """A series whose axes are no patient axes; files are in reverse order."""
    along, down = OBLIQUE[:, 0], OBLIQUE[:, 1]
    normal = np.cross(along, down)
    datasets = []
    for index, array in enumerate(volume):
        position = np.array([-31.25, 17.5, 42.125]) + index * 3.3 * normal
        datasets.append(
            factories.dicom_slice(
                array,
                number=index + 1,
                PixelSpacing=[0.7, 1.1],
                SliceThickness=3.3,
                ImageOrientationPatient=[float(v) for v in (*along, *down)],
                ImagePositionPatient=[float(v) for v in position],
                **attributes,
            )
        )
    return factories.save_all(datasets[::-1], folder)


def only_series(*paths: Path) -> Series:
    """The one series in ``paths``."""
    (series,) = scan_paths(paths).series
    return series


def provenance(model_id: str = "flair-fake") -> Provenance:
    """Where a result came from."""
    return Provenance(model_id, "1.2", HASH, "unet", "series", "cpu", 4, 1.5, "TumorDesk")


def classified(series: Series) -> AnalysisResult:
    """A classifier's answer on the middle slice."""
    index = series.slices // 2
    found = Classification(
        classes=("glioma", "no_tumor"),
        labels=("Glioma", "No tumour"),
        probabilities=(0.875, 0.125),
        slices=(SliceProbabilities(index, (0.875, 0.125)),),
        driving_slices=(index,),
    )
    return AnalysisResult(provenance("type-fake"), classification=found)


def findings_on(
    series: Series,
    labels: np.ndarray | None = None,
    *,
    segments: Sequence[Segment] = (Segment(1, "Tumour", NEOPLASM), Segment(3, "Oedema")),
    measured: bool = True,
) -> StudyFindings:
    """What a model outlined and a classifier said, measured; pixels are left out (all 0)."""
    labels = lopsided(series.geometry.shape) if labels is None else labels
    outline = Segmentation(labels, series.geometry, tuple(segments), series.uid)
    volume = Volume(np.zeros(series.geometry.shape, np.uint8), series.geometry, series.uid)
    numbers = measure(outline) if measured else None
    return StudyFindings(
        series=series,
        volume=volume,
        outline=outline,
        made_by=AnalysisResult(provenance(), segmentation=outline, measurements=numbers),
        measurements=numbers,
        classifications=(classified(series),),
    )


def by_hand(findings: StudyFindings) -> StudyFindings:
    """The same, drawn by a person."""
    return replace(findings, origin="mine", made_by=None)
