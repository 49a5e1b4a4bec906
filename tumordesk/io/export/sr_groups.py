"""Measurement groups of a report (PS3.16 TID 1411 and TID 1501), one for each thing measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from tumordesk.core.finding import (
    AnalysisResult,
    Classification,
    Diameter,
    Lesion,
    Measurements,
    Part,
)
from tumordesk.core.model_card import Code
from tumordesk.core.segmentation import Segment
from tumordesk.core.study_findings import StudyFindings
from tumordesk.io.export import identity

LONG_AXIS = Code("103339001", "SCT", "Long Axis")
SHORT_AXIS = Code("103340004", "SCT", "Short Axis")
VOLUME = Code("118565006", "SCT", "Volume")
MILLILITRE = Code("ml", "UCUM", "milliliter")
MILLIMETRE = Code("mm", "UCUM", "millimeter")
NO_UNITS = Code("1", "UCUM", "no units")
PIXEL_CENTRE = 0.5
"""From an index, whole in the middle of a pixel, to DICOM's, 0 at its edge (C.18.6.1.2)."""


@dataclass(frozen=True)
class Segmented:
    """The SEG that a report refers to."""

    sop_class: str
    sop_uid: str
    series_uid: str
    numbers: dict[int, int]
    """Label of the outline to segment number."""
    tracking: dict[int, tuple[str, str]]
    """Label of the outline to (tracking identifier, UID)."""


class Groups:
    """Builds the groups; ``images`` are the stand-ins of the source's slices."""

    def __init__(
        self, findings: StudyFindings, images: list[Dataset], seg: Segmented | None
    ) -> None:
        self._findings = findings
        self._images = images
        self._seg = seg
        outline = findings.outline
        segments = () if outline is None else outline.segments
        self._segments = {segment.number: segment for segment in segments}

    def all(self) -> list[Any]:
        """Every group that the findings support."""
        found: list[Any] = []
        measured = self._findings.measurements
        if measured is not None and self._findings.outline is not None:
            for lesion in measured.lesions:
                found += self._lesion(lesion)
            if len(measured.lesions) != 1:
                found += self._total(measured)
            for part in measured.parts:
                found += self._part(part, measured)
        for result in self._findings.classifications:
            if result.classification is not None:
                found.append(self._classes(result))
        return found

    def _lesion(self, lesion: Lesion) -> list[Any]:
        """The lesion's numbers with the lines of its diameters.

        Where it is a segment of the SEG by itself, a group before that refers to the segment; such
        a group holds no lines (TID 1419), so the diameters stand in both, under one identifier.
        """
        from highdicom.sr import TrackingIdentifier

        # Not where the segment holds another lesion, or specks too small to be listed as one.
        whole = not lesion.parts and self._voxels(lesion.segment) == lesion.voxels
        known = self._seg.tracking.get(lesion.segment) if self._seg is not None and whole else None
        name, uid = known or (f"Lesion {lesion.number}", identity.new_uid())
        tracking = TrackingIdentifier(uid=uid, identifier=name)
        volume = []
        if lesion.volume_ml is not None:
            volume.append(_number(VOLUME, round(lesion.volume_ml, 3), MILLILITRE))
        drawn = [n for n in (self._axis(lesion, long, True) for long in (True, False)) if n]
        if known is None:
            numbers = [*volume, *drawn]
            return [self._plain(tracking, numbers, lesion.segment)] if numbers else []
        bare = [n for n in (self._axis(lesion, long, False) for long in (True, False)) if n]
        slices = range(lesion.slice_range[0], lesion.slice_range[1] + 1)
        found = [self._of_segment(tracking, [*volume, *bare], lesion.segment, slices)]
        return [*found, self._plain(tracking, drawn, lesion.segment)] if drawn else found

    def _part(self, part: Part, measured: Measurements) -> list[Any]:
        """The volume of one of several segments, referring to it; not where a lesion already is."""
        from highdicom.sr import TrackingIdentifier

        known = self._seg.tracking.get(part.segment) if self._seg is not None else None
        told = any(
            not one.parts and one.segment == part.segment and one.voxels == part.voxels
            for one in measured.lesions
        )
        outline = self._findings.outline
        if known is None or told or part.volume_ml is None or outline is None or not part.voxels:
            return []
        tracking = TrackingIdentifier(uid=known[1], identifier=known[0])
        number = _number(VOLUME, round(part.volume_ml, 3), MILLILITRE)
        slices = np.flatnonzero((outline.array == part.segment).any(axis=(1, 2))).tolist()
        return [self._of_segment(tracking, [number], part.segment, slices)]

    def _voxels(self, label: int) -> int:
        outline = self._findings.outline
        return 0 if outline is None else int(np.count_nonzero(outline.array == label))

    def _axis(self, lesion: Lesion, long: bool, drawn: bool) -> Any:
        diameter = lesion.longest if long else lesion.perpendicular
        if diameter is None or diameter.length_mm is None:
            return None
        name = LONG_AXIS if long else SHORT_AXIS
        lines = [self._line(diameter)] if drawn else None
        return _number(name, round(diameter.length_mm, 2), MILLIMETRE, lines)

    def _line(self, diameter: Diameter) -> Any:
        from highdicom.sr import CoordinatesForMeasurement, SourceImageForRegion

        image = self._images[diameter.slice_index]
        ends = [(column, row) for row, column in (diameter.start, diameter.end)]
        return CoordinatesForMeasurement(
            graphic_type="POLYLINE",
            graphic_data=np.asarray(ends, dtype=np.float32) + PIXEL_CENTRE,
            source_image=SourceImageForRegion(image.SOPClassUID, image.SOPInstanceUID),
        )

    def _of_segment(
        self, tracking: Any, numbers: list[Any], label: int, slices: Iterable[int]
    ) -> Any:
        """Numbers of a whole segment of the SEG, made from those slices."""
        if self._seg is None:
            raise ValueError("there is no SEG to refer to")
        from highdicom.sr import (
            ReferencedSegment,
            SourceImageForSegmentation,
            VolumetricROIMeasurementsAndQualitativeEvaluations,
        )

        images = [self._images[index] for index in slices]
        return VolumetricROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=tracking,
            referenced_segment=ReferencedSegment(
                self._seg.sop_class,
                self._seg.sop_uid,
                self._seg.numbers[label],
                source_images=[
                    SourceImageForSegmentation(image.SOPClassUID, image.SOPInstanceUID)
                    for image in images
                ],
            ),
            finding_category=identity.coded(None, identity.category(self._segment(label))),
            finding_type=self._finding(label),
            algorithm_id=_algorithm(self._maker(label)),
            measurements=numbers,
        )

    def _plain(self, tracking: Any, numbers: list[Any], label: int | None) -> Any:
        from highdicom.sr import MeasurementsAndQualitativeEvaluations

        return MeasurementsAndQualitativeEvaluations(
            tracking_identifier=tracking,
            finding_category=identity.coded(None, identity.category(self._segment(label))),
            finding_type=self._finding(label),
            algorithm_id=_algorithm(self._maker(label)),
            measurements=numbers,
        )

    def _total(self, measured: Measurements) -> list[Any]:
        from highdicom.sr import TrackingIdentifier

        if measured.volume_ml is None:
            return []
        number = _number(VOLUME, round(measured.volume_ml, 3), MILLILITRE)
        labels = {number for lesion in measured.lesions for number in lesion.segments}
        known = None
        whole = sum(map(self._voxels, labels)) == measured.voxels
        if self._seg is not None and whole and len(labels) == 1 == len(self._seg.numbers):
            known = self._seg.tracking.get(next(iter(labels)))
        if known is not None:
            tracking = TrackingIdentifier(uid=known[1], identifier=known[0])
            slices = measured.tumour_slices
            return [self._of_segment(tracking, [number], labels.pop(), slices)]
        tracking = TrackingIdentifier(uid=identity.new_uid(), identifier="All lesions")
        return [self._plain(tracking, [number], None)]

    def _classes(self, result: AnalysisResult) -> Any:
        from highdicom.sr import (
            MeasurementsAndQualitativeEvaluations,
            QualitativeEvaluation,
            TrackingIdentifier,
        )

        found, made = result.classification, result.provenance
        if found is None:
            raise ValueError("the result holds no classification")
        hash_of = {"weights sha256": made.model_sha256} if made.model_sha256 else {}
        maker = identity.Maker(
            "AUTOMATIC", identity.short(made.model_id), identity.version_of(made), hash_of
        )
        numbers = []
        for index, share in enumerate(found.probabilities):
            code = _class_code(found.classes, found.labels, index, "Probability of ")
            numbers.append(_number(code, round(float(share), 4), NO_UNITS))
        return MeasurementsAndQualitativeEvaluations(
            tracking_identifier=TrackingIdentifier(
                uid=identity.new_uid(), identifier=identity.short(f"Type by {made.model_id}")
            ),
            algorithm_id=_algorithm(maker),
            measurements=numbers,
            qualitative_evaluations=[
                QualitativeEvaluation(name=identity.coded(name, name), value=winner)
                for name, winner in _verdicts(found)
            ],
        )

    def _maker(self, label: int | None) -> identity.Maker:
        return identity.maker_of(self._findings, self._segment(label))

    def _finding(self, label: int | None) -> Any:
        segment = self._segment(label)
        return identity.coded(None if segment is None else segment.code, identity.NEOPLASM)

    def _segment(self, label: int | None) -> Segment | None:
        """The segment of that label; of all lesions together the only one there is."""
        if label is None:
            return next(iter(self._segments.values())) if len(self._segments) == 1 else None
        return self._segments.get(label)


def _verdicts(found: Classification) -> list[tuple[Code, Any]]:
    """The most probable class; whether the pictures are like those it was trained on."""
    winner = _class_code(found.classes, found.labels, found.winner)
    verdicts = [(Code("TYPE", identity.SCHEME, "Most probable type"), winner)]
    if found.unlike is not None and found.unlike.threshold is not None:
        kind = "UNLIKE" if found.unlike.unlike else "LIKE"
        meaning = "Unlike its training data" if found.unlike.unlike else "Like its training data"
        name = Code("INPUT", identity.SCHEME, "Pictures compared with training data")
        verdicts.append((name, Code(kind, identity.SCHEME, meaning)))
    return [(name, identity.coded(value, value)) for name, value in verdicts]


def _class_code(
    classes: tuple[str, ...], labels: tuple[str, ...], index: int, before: str = ""
) -> Code:
    """A private code of a class: its place and the beginning of its name, at most 16 characters."""
    kind = "P" if before else "C"
    name = "".join(c if c.isascii() and c.isalnum() else "_" for c in classes[index]).upper()
    return Code(f"{kind}{index}_{name}"[:16], identity.SCHEME, f"{before}{labels[index]}")


def _number(name: Code, value: float, unit: Code, lines: list[Any] | None = None) -> Any:
    from highdicom.sr import Measurement

    return Measurement(
        name=identity.coded(name, name),
        value=value,
        unit=identity.coded(unit, unit),
        referenced_coordinates=lines,
    )


def _algorithm(maker: identity.Maker) -> Any:
    if not maker.name:
        return None
    from highdicom.sr import AlgorithmIdentification

    return AlgorithmIdentification(
        name=maker.name,
        version=maker.version,
        parameters=[f"{name}: {value}" for name, value in maker.parameters.items()] or None,
    )
